// T-SQL that says nothing of the database it is from: for examples that leave the organization.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace datamigrate::training {

// Gives every name, variable and literal another one and leaves comments out. The same one, in any
// case, becomes the same in all texts of one Anonymizer, so that an original and its rewrite still
// fit together. What stays: words of the language, built-in functions and types with their lengths,
// styles of CONVERT, date parts, the schemas dbo and sys, the numbers 0 and 1, and of strings all
// that is no letter or digit. Not thread safe.
class Anonymizer {
 public:
  // `seed` decides the replacements of dates and numbers.
  explicit Anonymizer(uint64_t seed) : seed_(seed) {}

  // One batch. kInvalidArgument for a text that the parser does not take: what cannot be read
  // cannot be made safe.
  absl::StatusOr<std::string> Rewrite(std::string_view batch);

 private:
  friend class BatchRewriter;

  std::string NameFor(std::string_view name);
  std::string TextFor(std::string_view text);
  std::string NumberFor(std::string_view number);
  std::string WordFor(std::string_view word);
  std::string DigitsFor(std::string_view digits);

  const uint64_t seed_;
  std::map<std::string, std::string> names_;  // By folded name.
  std::map<std::string, std::string> words_;  // Of strings, folded.
  std::map<std::string, std::string> numbers_;
};

}  // namespace datamigrate::training
