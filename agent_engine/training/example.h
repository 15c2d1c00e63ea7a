// Examples to train a model with: what the rules refused and what stands for it now, scored by what
// was measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::training {

struct Example {
  std::string object;    // "schema.name"; never exported.
  std::string original;  // Both T-SQL.
  std::string rewritten;
  std::vector<std::string> codes;  // Why the rules refuse the original.
  std::string model;
  double score = 0;
};

// From 0 to 1: 1 for rows that are the source's; 0.7 for what runs and a person accepted; 0.5 for
// what runs; 0.2 for what returns other rows; 0.1 for what does not run; 0 for what was refused.
double ScoreOf(const v1::RewriteAttempt& attempt, bool is_accepted);

// One for each answer that had a definition.
std::vector<Example> ExamplesOf(const v1::MigrationState& state);

// Examples of at least this score are worth learning from.
inline constexpr double kLeastScore = 0.8;

// A JSON line {"messages": […]}, as chat models are trained with, made anonymous by itself. The
// same seed gives the same line. kInvalidArgument where one of its texts cannot be read, and so not
// be made anonymous.
absl::StatusOr<std::string> LineOf(const Example& example, uint64_t seed);

// Whether the example is to measure a model with, and not to train it: about one of ten, by its
// object, so that an object is always on the same side.
bool IsForEvaluation(const Example& example);

}  // namespace datamigrate::training
