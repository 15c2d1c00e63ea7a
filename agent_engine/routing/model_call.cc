#include "agent_engine/routing/model_call.h"

#include <array>

namespace datamigrate::routing {
namespace {

constexpr std::array<std::string_view, 4> kComplexities = {"simple", "medium", "complex",
                                                           "critical"};
constexpr std::array<std::string_view, 5> kStopReasons = {"end", "max_tokens", "stop_text",
                                                          "tool_calls", "refusal"};

}  // namespace

std::string_view NameOf(Complexity complexity) {
  return kComplexities[static_cast<size_t>(complexity)];
}

std::optional<Complexity> ComplexityNamed(std::string_view name) {
  for (size_t i = 0; i < kComplexities.size(); ++i) {
    if (kComplexities[i] == name) return static_cast<Complexity>(i);
  }
  return std::nullopt;
}

std::string_view NameOf(StopReason reason) {
  return kStopReasons[static_cast<size_t>(reason)];
}

}  // namespace datamigrate::routing
