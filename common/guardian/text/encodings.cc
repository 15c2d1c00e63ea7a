#include "common/guardian/text/encodings.h"

#include <algorithm>
#include <array>
#include <utility>

namespace datamigrate::guardian {
namespace {

constexpr uint32_t kLastCharacter = 0x10ffff;
constexpr size_t kLongestNumber = 8;  // digits of a numeric reference; leading zeros are common

// The value of each digit; -1 for what is none.
using DigitValues = std::array<int8_t, 256>;

// Of digits that count from 0, and of others for the values from `first` on.
constexpr DigitValues ValuesOf(std::string_view digits, std::string_view others, int first) {
  DigitValues values;
  values.fill(-1);
  int next = 0;
  for (const char c : digits) values[static_cast<unsigned char>(c)] = static_cast<int8_t>(next++);
  for (const char c : others) values[static_cast<unsigned char>(c)] = static_cast<int8_t>(first++);
  return values;
}

constexpr DigitValues kBase64Digits =
    ValuesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "-_", 62);
constexpr DigitValues kHexDigits = ValuesOf("0123456789abcdef", "ABCDEF", 10);

int HexDigit(char c) {
  return kHexDigits[static_cast<unsigned char>(c)];
}

// Exactly `count` hexadecimal digits at `from`.
std::optional<uint32_t> HexNumber(std::string_view text, size_t from, size_t count) {
  if (text.size() < from + count) return std::nullopt;
  uint32_t number = 0;
  for (size_t i = from; i < from + count; ++i) {
    const int digit = HexDigit(text[i]);
    if (digit < 0) return std::nullopt;
    number = number * 16 + static_cast<uint32_t>(digit);
  }
  return number;
}

// HTML's named references that stand for ASCII, and the space.
// https://html.spec.whatwg.org/multipage/named-characters.html
constexpr auto kEntities = std::to_array<std::pair<std::string_view, char>>({
    {"amp", '&'},   {"apos", '\''},    {"ast", '*'},    {"bsol", '\\'},  {"colon", ':'},
    {"comma", ','}, {"commat", '@'},   {"dollar", '$'}, {"equals", '='}, {"excl", '!'},
    {"grave", '`'}, {"gt", '>'},       {"hat", '^'},    {"lbrace", '{'}, {"lbrack", '['},
    {"lcub", '{'},  {"lowbar", '_'},   {"lpar", '('},   {"lsqb", '['},   {"lt", '<'},
    {"nbsp", ' '},  {"newline", '\n'}, {"num", '#'},    {"percnt", '%'}, {"period", '.'},
    {"plus", '+'},  {"quest", '?'},    {"quot", '"'},   {"rbrace", '}'}, {"rbrack", ']'},
    {"rcub", '}'},  {"rpar", ')'},     {"rsqb", ']'},   {"semi", ';'},   {"sol", '/'},
    {"tab", '\t'},  {"verbar", '|'},   {"vert", '|'},
});

std::optional<Decoded> DecodeNamedEntity(std::string_view text) {
  std::array<char, 9> name;
  size_t length = 0;
  while (length < name.size() && length + 1 < text.size()) {
    const char c = static_cast<char>(text[length + 1] | 0x20);
    if (c < 'a' || c > 'z' || text[length + 1] < 'A') break;
    name[length++] = c;
  }
  if (length < 2 || length + 1 >= text.size() || text[length + 1] != ';') return std::nullopt;
  const std::string_view wanted(name.data(), length);
  const auto found = std::ranges::find(kEntities, wanted, &decltype(kEntities)::value_type::first);
  if (found == kEntities.end()) return std::nullopt;
  return Decoded{length + 2, static_cast<unsigned char>(found->second), false};
}

uint32_t Byte(std::string_view text, size_t index) {
  return static_cast<unsigned char>(text[index]);
}

bool IsContinuation(std::string_view text, size_t index) {
  return index < text.size() && (Byte(text, index) & 0xc0) == 0x80;
}

// Of `digits`, each of which is `width` bits of the bytes, the first ones highest; what is left
// over is dropped. False where one is none.
bool DecodeDigits(std::string_view digits, const DigitValues& values, int width,
                  std::string& bytes) {
  bytes.resize(digits.size() * static_cast<size_t>(width) / 8);
  char* next = bytes.data();
  uint32_t bits = 0;
  int count = 0;
  int any = 0;
  for (const char c : digits) {
    const int digit = values[static_cast<unsigned char>(c)];
    any |= digit;
    bits = bits << width | static_cast<uint32_t>(digit);
    count += width;
    if (count < 8) continue;
    count -= 8;
    *next++ = static_cast<char>(bits >> count & 0xff);
  }
  return any >= 0;
}

}  // namespace

std::optional<Decoded> DecodePercent(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  if (text[1] == 'u' || text[1] == 'U') {
    const auto number = HexNumber(text, 2, 4);
    if (!number.has_value()) return std::nullopt;
    return Decoded{6, *number, false};
  }
  const auto number = HexNumber(text, 1, 2);
  if (!number.has_value()) return std::nullopt;
  return Decoded{3, *number, true};
}

std::optional<Decoded> DecodeEntity(std::string_view text) {
  if (text.size() < 4 || text[0] != '&') return std::nullopt;
  if (text[1] != '#') return DecodeNamedEntity(text);
  const bool is_hex = text[2] == 'x' || text[2] == 'X';
  const size_t first = is_hex ? 3 : 2;
  uint64_t number = 0;
  size_t at = first;
  while (at < text.size() && at - first < kLongestNumber) {
    const int digit = HexDigit(text[at]);
    if (digit < 0 || (!is_hex && digit > 9)) break;
    number = number * (is_hex ? 16 : 10) + static_cast<uint64_t>(digit);
    ++at;
  }
  if (at == first || number > kLastCharacter) return std::nullopt;
  if (at < text.size() && text[at] == ';') ++at;
  return Decoded{at, static_cast<uint32_t>(number), false};
}

std::optional<Decoded> DecodeEscape(std::string_view text) {
  if (text.size() < 4 || text[0] != '\\') return std::nullopt;
  if (text[1] == 'x') {
    const auto number = HexNumber(text, 2, 2);
    if (!number.has_value()) return std::nullopt;
    return Decoded{4, *number, *number >= 0x80};
  }
  if (text[1] != 'u') return std::nullopt;
  if (text[2] != '{') {
    const auto number = HexNumber(text, 2, 4);
    if (!number.has_value()) return std::nullopt;
    return Decoded{6, *number, false};
  }
  const size_t end = text.substr(0, 3 + kLongestNumber).find('}');
  if (end == std::string_view::npos || end == 3) return std::nullopt;
  const auto number = HexNumber(text, 3, end - 3);
  if (!number.has_value()) return std::nullopt;
  return Decoded{end + 1, *number, false};
}

std::optional<Decoded> DecodeOverlong(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const uint32_t lead = Byte(text, 0);
  if (lead == 0xc0 || lead == 0xc1) {
    // Servers of old took any second byte and used its low six bits.
    return Decoded{2, ((lead & 1) << 6) | (Byte(text, 1) & 0x3f), false};
  }
  if (lead != 0xe0 || Byte(text, 1) > 0x9f || !IsContinuation(text, 1) ||
      !IsContinuation(text, 2)) {
    return std::nullopt;
  }
  const uint32_t character = ((Byte(text, 1) & 0x3f) << 6) | (Byte(text, 2) & 0x3f);
  if (character >= 0x80) return std::nullopt;
  return Decoded{3, character, false};
}

void AppendUtf8(uint32_t character, std::string& text) {
  if (character > kLastCharacter || (character >= 0xd800 && character < 0xe000)) {
    character = kReplacement;
  }
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xc0 | (character >> 6));
    text += static_cast<char>(0x80 | (character & 0x3f));
  } else if (character < 0x10000) {
    text += static_cast<char>(0xe0 | (character >> 12));
    text += static_cast<char>(0x80 | ((character >> 6) & 0x3f));
    text += static_cast<char>(0x80 | (character & 0x3f));
  } else {
    text += static_cast<char>(0xf0 | (character >> 18));
    text += static_cast<char>(0x80 | ((character >> 12) & 0x3f));
    text += static_cast<char>(0x80 | ((character >> 6) & 0x3f));
    text += static_cast<char>(0x80 | (character & 0x3f));
  }
}

Utf8Character FrontUtf8(std::string_view text) {
  const uint32_t lead = Byte(text, 0);
  if (lead < 0x80) return {lead, 1};
  const uint32_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {kReplacement, 1};
  uint32_t character = lead & (0x7fU >> length);
  for (uint32_t i = 1; i < length; ++i) {
    if (!IsContinuation(text, i)) return {kReplacement, 1};
    character = (character << 6) | (Byte(text, i) & 0x3f);
  }
  return {character, length};
}

bool DecodeBase64(std::string_view text, std::string& bytes) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return text.size() % 4 != 1 && DecodeDigits(text, kBase64Digits, 6, bytes);
}

bool DecodeHex(std::string_view text, std::string& bytes) {
  return text.size() % 2 == 0 && DecodeDigits(text, kHexDigits, 4, bytes);
}

}  // namespace datamigrate::guardian
