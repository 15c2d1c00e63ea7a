// The shapes of personal numbers, found by what is known of a number: its length, and how it
// begins.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_SHAPE_INDEX_H_
#define DATAMIGRATE_COMMON_GUARDIAN_SHAPE_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/guardian/number_shapes.h"
#include "common/guardian/rule.h"

namespace datamigrate::guardian {

inline constexpr size_t kLongestNumber = 20;              // letters and digits of a shape
inline constexpr std::string_view kSeparators = " -./:";  // of groups

// The row of PersonalDataRules(); null where there is none.
const Rule* PersonalDataRow(std::string_view id);

// A NumberShape as it is compared: classes without separators, and the lengths of its groups five
// bits each.
struct Shape {
  const Rule* rule;
  std::string classes;
  uint64_t groups;
  bool is_grouped;
  std::string_view separators;
  Proof proof;
  bool (*check)(std::string_view);
  std::string_view words;
};

// True for letters and digits, in upper case, that are as `classes` says.
bool IsOfClasses(std::string_view number, std::string_view classes);

// Immutable; safe to use from any thread.
class ShapeIndex {
 public:
  static const ShapeIndex& Get();

  // Those of so many letters and digits, at most kLongestNumber.
  const std::vector<Shape>& OfLength(size_t length) const { return by_length_[length]; }

  // False when no shape has a first group of that length with `separator` and then `next` behind
  // it.
  bool MayBegin(size_t length, char separator, char next) const;

 private:
  // Whether some shape goes on so behind its first group and a separator.
  struct Beginning {
    bool before_digit = false;
    bool before_letter = false;
  };

  ShapeIndex();
  void NoteBeginning(const NumberShape& row);

  std::array<std::vector<Shape>, kLongestNumber + 1> by_length_;
  std::array<std::array<Beginning, kSeparators.size()>, kLongestNumber + 1> beginnings_;
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_SHAPE_INDEX_H_
