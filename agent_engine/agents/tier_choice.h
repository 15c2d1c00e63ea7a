// Which tier of models to ask first, by how earlier answers were graded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent_engine/routing/model_call.h"
#include "agent_engine/store/model_grades.h"

namespace datamigrate::agents {

// As many as routing::Complexity has.
inline constexpr int kTiers = 4;

// A value.
class TierChoice {
 public:
  // Fewer answers than this about a code by a tier say nothing of it.
  static constexpr int64_t kEnoughAnswers = 5;
  // The share of proven answers from which a tier is enough, and up to which it is not.
  static constexpr double kEnough = 0.8;
  static constexpr double kNotEnough = 0.1;

  TierChoice() = default;
  explicit TierChoice(const std::vector<store::ModelGradeSum>& sums);

  // For an object that the rules refuse for these codes of diagnostics: the lowest tier that is
  // enough; where none is known to be, that of its complexity, or the next above it that is not
  // known not to be. Of several codes, the highest.
  routing::Complexity For(const std::vector<std::string>& codes,
                          routing::Complexity by_complexity) const;

 private:
  struct Grades {
    int64_t answers = 0;
    int64_t proven = 0;
  };

  // Nothing where too little is known.
  std::optional<double> ShareOf(const std::string& code, int tier) const;
  int TierFor(const std::string& code, int by_complexity) const;

  std::map<std::pair<std::string, int>, Grades> grades_;  // By code and tier.
};

}  // namespace datamigrate::agents
