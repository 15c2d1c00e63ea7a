// Anthropic's Messages: POST /v1/messages, version 2023-06-01.
#ifndef DATAMIGRATE_AGENT_ENGINE_PROVIDERS_ANTHROPIC_ANTHROPIC_H_
#define DATAMIGRATE_AGENT_ENGINE_PROVIDERS_ANTHROPIC_ANTHROPIC_H_

#include "agent_engine/providers/protocol.h"

namespace datamigrate::providers {

const Protocol& Anthropic();

}  // namespace datamigrate::providers

#endif  // DATAMIGRATE_AGENT_ENGINE_PROVIDERS_ANTHROPIC_ANTHROPIC_H_
