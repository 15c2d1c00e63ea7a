// The labelled texts that a model is trained and measured on.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_TRAINING_CORPUS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_TRAINING_CORPUS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace datamigrate::guardian {

struct LabelledText {
  std::string id;
  std::string kind;    // "sqli", "benign_prose", ...
  std::string source;  // where it was collected
  std::string sub;     // a kind within the kind, such as "credit_card"
  std::string text;
  bool is_positive;  // false for what only looks like its kind
};

// Reads every *.jsonl of `folder`, in the order of their names: objects with id, kind, source, sub,
// label (1 or 0) and text, or parts, which are joined.
// Errors: kNotFound; kInvalidArgument names the file and the line.
absl::StatusOr<std::vector<LabelledText>> ReadCorpus(const std::string& folder);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_TRAINING_CORPUS_H_
