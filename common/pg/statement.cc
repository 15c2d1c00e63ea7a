#include "common/pg/statement.h"

#include <cstddef>

#include <fmt/format.h>

namespace datamigrate::pg {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The length of the UTF-8 sequence at the start of `text`, 0 when it is malformed (Unicode
// standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t SequenceLength(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto continues = [&](std::size_t i, unsigned char low = 0x80, unsigned char high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    unsigned char low = first == 0xE0 ? 0xA0 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    unsigned char low = first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

std::string ArrayLiteral(const std::vector<std::string>& values) {
  std::string literal = "{";
  for (const std::string& value : values) {
    if (literal.size() > 1) literal += ',';
    literal += '"';
    for (char c : value) {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
    literal += '"';
  }
  return literal + "}";
}

}  // namespace

Parameter::Parameter(double value) : value_(fmt::format("{:.17g}", value)) {}

Parameter::Parameter(absl::Time value)
    : value_(absl::FormatTime("%E4Y-%m-%d %H:%M:%E6S+00", value, absl::UTCTimeZone())) {}

Parameter::Parameter(absl::Duration value)
    : value_(fmt::format("{} microseconds", absl::ToInt64Microseconds(value))) {}

Parameter::Parameter(const std::vector<std::string>& values) : value_(ArrayLiteral(values)) {}

std::string ToStorableText(std::string_view text) {
  std::string storable;
  storable.reserve(text.size());
  while (!text.empty()) {
    std::size_t length = text[0] == '\0' ? 0 : SequenceLength(text);
    storable += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return storable;
}

std::string ToStorableJson(std::string_view json) {
  std::string storable = ToStorableText(json);
  for (std::size_t i = 0; i + 1 < storable.size(); ++i) {
    if (storable[i] != '\\') continue;
    if (storable.compare(i, 6, "\\u0000") == 0) storable.replace(i, 6, "\\ufffd");
    ++i;  // whatever is escaped, even a backslash, belongs to this one
  }
  return storable;
}

}  // namespace datamigrate::pg
