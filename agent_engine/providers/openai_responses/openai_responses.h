// OpenAI's responses: POST /v1/responses.
#ifndef DATAMIGRATE_AGENT_ENGINE_PROVIDERS_OPENAI_RESPONSES_OPENAI_RESPONSES_H_
#define DATAMIGRATE_AGENT_ENGINE_PROVIDERS_OPENAI_RESPONSES_OPENAI_RESPONSES_H_

#include "agent_engine/providers/protocol.h"

namespace datamigrate::providers {

// Nothing is stored at the provider. Stop texts are not to be had.
const Protocol& OpenAiResponses();

}  // namespace datamigrate::providers

#endif  // DATAMIGRATE_AGENT_ENGINE_PROVIDERS_OPENAI_RESPONSES_OPENAI_RESPONSES_H_
