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

// Examples of at least this score are exported.
inline constexpr double kLeastScore = 0.8;

struct ExportedExamples {
  std::vector<std::string>
      training;  // JSON lines {"messages": […]}, as chat models are trained with.
  std::vector<std::string>
      evaluation;        // About one of ten; by the object, so that an object is in one of them.
  int below = 0;         // Left out for their score.
  int not_readable = 0;  // Left out as they could not be made anonymous.
};

// Makes the examples anonymous, each by itself. The same seed gives the same lines.
ExportedExamples ExportExamples(const std::vector<Example>& examples, uint64_t seed);

}  // namespace datamigrate::training
