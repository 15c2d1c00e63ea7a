// Ollama's chat: POST /api/chat.
#ifndef DATAMIGRATE_AGENT_ENGINE_PROVIDERS_OLLAMA_OLLAMA_H_
#define DATAMIGRATE_AGENT_ENGINE_PROVIDERS_OLLAMA_OLLAMA_H_

#include "agent_engine/providers/protocol.h"

namespace datamigrate::providers {

const Protocol& Ollama();

}  // namespace datamigrate::providers

#endif  // DATAMIGRATE_AGENT_ENGINE_PROVIDERS_OLLAMA_OLLAMA_H_
