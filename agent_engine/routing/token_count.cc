#include "agent_engine/routing/token_count.h"

#include <algorithm>
#include <cmath>

namespace datamigrate::routing {
namespace {

constexpr int64_t kBytesPerToken = 3;
constexpr int64_t kTokensPerMessage = 8;  // roles, marks between messages
constexpr int64_t kTokensPerTool = 40;    // what providers write around a tool

int64_t BytesOf(const Part& part) {
  if (const auto* text = std::get_if<TextPart>(&part)) {
    return static_cast<int64_t>(text->text.size());
  }
  if (const auto* call = std::get_if<ToolCall>(&part)) {
    return static_cast<int64_t>(call->name.size() + call->arguments.size());
  }
  return static_cast<int64_t>(std::get<ToolResult>(part).text.size());
}

const Price& PriceAt(const Model& model, int64_t input_tokens) {
  const Price* price = &model.prices.front().price;
  for (const PriceStep& step : model.prices) {
    if (input_tokens > step.above) price = &step.price;
  }
  return *price;
}

int64_t RoundUp(double microdollars) {
  // Sums of prices as 0.1 are a little off; a millionth of a micro-dollar is none.
  return static_cast<int64_t>(std::ceil(microdollars - 1e-6));
}

}  // namespace

int64_t EstimateTokens(std::string_view text) {
  return (static_cast<int64_t>(text.size()) + kBytesPerToken - 1) / kBytesPerToken;
}

int64_t EstimateInputTokens(const ModelRequest& request) {
  int64_t tokens = EstimateTokens(request.system) + EstimateTokens(request.answer_schema);
  for (const Message& message : request.messages) {
    tokens += kTokensPerMessage;
    for (const Part& part : message.parts) {
      tokens += (BytesOf(part) + kBytesPerToken - 1) / kBytesPerToken;
    }
  }
  for (const ModelTool& tool : request.tools) {
    tokens += kTokensPerTool + EstimateTokens(tool.description) + EstimateTokens(tool.parameters);
  }
  return tokens;
}

int64_t CostOf(const Model& model, const TokenUsage& usage) {
  const Price& price = PriceAt(model, usage.input);
  const int64_t plain = std::max<int64_t>(0, usage.input - usage.cached_input - usage.cache_write);
  return RoundUp(static_cast<double>(plain) * price.input +
                 static_cast<double>(usage.cached_input) * price.cached_input +
                 static_cast<double>(usage.cache_write) * price.cache_write +
                 static_cast<double>(usage.output) * price.output);
}

int64_t MostCost(const Model& model, int64_t input_tokens, int64_t output_tokens) {
  const Price& price = PriceAt(model, input_tokens);
  const double input = std::max({price.input, price.cached_input, price.cache_write});
  return RoundUp(static_cast<double>(input_tokens) * input +
                 static_cast<double>(output_tokens) * price.output);
}

}  // namespace datamigrate::routing
