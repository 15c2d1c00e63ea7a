// Letters and digits of ASCII, whatever the locale; all other bytes are neither.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_ASCII_H_
#define DATAMIGRATE_COMMON_GUARDIAN_ASCII_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace datamigrate::guardian {

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool IsLetter(char c) {
  return IsUpper(c) || IsLower(c);
}
inline constexpr std::array<bool, 256> kLettersAndDigits = [] {
  std::array<bool, 256> is_one{};
  for (size_t i = 0; i < is_one.size(); ++i) {
    is_one[i] = IsLetter(static_cast<char>(i)) || IsDigit(static_cast<char>(i));
  }
  return is_one;
}();
// By a table, as long texts are asked for it byte by byte.
constexpr bool IsLetterOrDigit(char c) {
  return kLettersAndDigits[static_cast<unsigned char>(c)];
}
constexpr bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr char ToLower(char c) {
  return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char ToUpper(char c) {
  return IsLower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

inline std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

inline std::string ToUpper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = ToUpper(c);
  return upper;
}

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_ASCII_H_
