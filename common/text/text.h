// Small works on texts. Debian's abseil has a string_view of its own, to which std::string_view
// does not convert, so its functions for texts are of no use here.
#ifndef DATAMIGRATE_COMMON_TEXT_TEXT_H_
#define DATAMIGRATE_COMMON_TEXT_TEXT_H_

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace datamigrate::text {

// All parts, texts and numbers, one after another.
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  fmt::memory_buffer buffer;
  (fmt::format_to(std::back_inserter(buffer), "{}", parts), ...);
  return fmt::to_string(buffer);
}

template <typename Texts>
std::string Join(const Texts& texts, std::string_view between) {
  std::string joined;
  bool is_first = true;
  for (const auto& text : texts) {
    if (!is_first) joined += between;
    is_first = false;
    joined += text;
  }
  return joined;
}

// ASCII letters alone are changed.
inline char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
inline std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return Lower(c); });
  return lower;
}

inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

inline bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline constexpr std::string_view kSpaces = " \t\r\n\v\f";

inline std::string_view TrimmedRight(std::string_view text) {
  const size_t last = text.find_last_not_of(kSpaces);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}
inline std::string_view Trimmed(std::string_view text) {
  text = TrimmedRight(text);
  const size_t first = text.find_first_not_of(kSpaces);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

inline bool IsAsciiAlnum(char c) {
  return (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z');
}

inline absl::string_view ToAbsl(std::string_view text) {
  return {text.data(), text.size()};
}

inline std::string MessageOf(const absl::Status& status) {
  return std::string(status.message());
}

}  // namespace datamigrate::text

#endif  // DATAMIGRATE_COMMON_TEXT_TEXT_H_
