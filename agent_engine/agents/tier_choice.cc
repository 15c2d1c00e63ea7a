#include "agent_engine/agents/tier_choice.h"

#include <algorithm>

namespace datamigrate::agents {
TierChoice::TierChoice(const std::vector<store::ModelGradeSum>& sums) {
  for (const store::ModelGradeSum& sum : sums) {
    const auto tier = routing::ComplexityNamed(sum.tier);
    if (!tier) continue;
    Grades& grades = grades_[{sum.code, static_cast<int>(*tier)}];
    grades.answers += sum.answers;
    grades.proven += sum.proven;
  }
}

std::optional<double> TierChoice::ShareOf(const std::string& code, int tier) const {
  const auto found = grades_.find({code, tier});
  if (found == grades_.end() || found->second.answers < kEnoughAnswers) return std::nullopt;
  return static_cast<double>(found->second.proven) / static_cast<double>(found->second.answers);
}

int TierChoice::TierFor(const std::string& code, int by_complexity) const {
  for (int tier = 0; tier < kTiers; ++tier) {
    if (ShareOf(code, tier).value_or(0) >= kEnough) return tier;
  }
  int tier = by_complexity;
  while (tier + 1 < kTiers && ShareOf(code, tier).value_or(1) <= kNotEnough) ++tier;
  return tier;
}

routing::Complexity TierChoice::For(const std::vector<std::string>& codes,
                                    routing::Complexity by_complexity) const {
  if (codes.empty()) return by_complexity;
  int highest = 0;
  for (const std::string& code : codes) {
    highest = std::max(highest, TierFor(code, static_cast<int>(by_complexity)));
  }
  return static_cast<routing::Complexity>(highest);
}

}  // namespace datamigrate::agents
