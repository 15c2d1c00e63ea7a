// How many tokens a request has and what they cost, before and after a provider has counted them.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_TOKEN_COUNT_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_TOKEN_COUNT_H_

#include <cstdint>
#include <string_view>

#include "agent_engine/routing/model_call.h"
#include "agent_engine/routing/routes.h"

namespace datamigrate::routing {

// An estimate that is rather too high: a token for three bytes of text, as SQL and JSON have it
// with the tokenizers of 2026. Vocabularies differ, and no provider's is public for every model.
int64_t EstimateTokens(std::string_view text);
int64_t EstimateInputTokens(const ModelRequest& request);

// In millionths of a dollar, rounded up.
int64_t CostOf(const Model& model, const TokenUsage& usage);

// The most that a call can cost: its input, none of it cached, and max_output_tokens.
int64_t MostCost(const Model& model, int64_t input_tokens, int64_t output_tokens);

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_TOKEN_COUNT_H_
