// The shapes of personal numbers: one row a way of writing one.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_NUMBER_SHAPES_H_
#define DATAMIGRATE_COMMON_GUARDIAN_NUMBER_SHAPES_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace datamigrate::guardian {

// What must speak for a number besides its shape and its check digits.
enum class Proof : uint8_t {
  kNone,         // nothing: shape and check are rare in other data
  kWordOrAlone,  // a word that names it near, or it is all of the text
  kWord,         // a word that names it near
};

struct NumberShape {
  std::string_view rule;  // the id of a row of PersonalDataRules()
  // 9 a digit, A a letter, X either, and between groups "-" for one separator, the same throughout.
  std::string_view pattern;
  std::string_view separators;  // which "-" may be: of " -./:"
  Proof proof;
  bool (*check)(std::string_view number);  // of the number without separators; null: none
};

std::span<const NumberShape> NumberShapes();

// The words that name the numbers of a rule, in lower case with "|" between; "" if there are none.
std::string_view WordsThatName(std::string_view rule);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_NUMBER_SHAPES_H_
