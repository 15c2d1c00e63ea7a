// Letters and digits of ASCII, whatever the locale; all other bytes are neither.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_ASCII_H_
#define DATAMIGRATE_COMMON_GUARDIAN_ASCII_H_

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
constexpr bool IsLetterOrDigit(char c) {
  return IsLetter(c) || IsDigit(c);
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
