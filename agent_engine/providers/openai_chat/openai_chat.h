// OpenAI's chat completions, POST /v1/chat/completions, and the servers that speak the same.
#ifndef DATAMIGRATE_AGENT_ENGINE_PROVIDERS_OPENAI_CHAT_OPENAI_CHAT_H_
#define DATAMIGRATE_AGENT_ENGINE_PROVIDERS_OPENAI_CHAT_OPENAI_CHAT_H_

#include "agent_engine/providers/protocol.h"

namespace datamigrate::providers {

// OpenAI itself.
const Protocol& OpenAiChat();

// vLLM, llama.cpp, LiteLLM and others: "max_tokens" for the limit, and a last message of the
// assistant is gone on with (vLLM: continue_final_message).
const Protocol& OpenAiCompatible();

}  // namespace datamigrate::providers

#endif  // DATAMIGRATE_AGENT_ENGINE_PROVIDERS_OPENAI_CHAT_OPENAI_CHAT_H_
