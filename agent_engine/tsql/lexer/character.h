// Classes of characters: "Database Identifiers" and "Constants (Transact-SQL)".
#pragma once

#include <array>
#include <cstdint>

namespace datamigrate::tsql {

enum class CharacterClass : uint8_t {
  kSpace,
  kLetter,  // Begins and continues a word.
  kDigit,
  kOther,  // Punctuation, or nothing that T-SQL knows.
  kCurrency,
  kNotAscii,  // Of a byte: look at the whole character.
};

// A character of UTF-8 text. An invalid sequence is one byte of kOther.
struct Character {
  uint32_t code = 0;
  uint32_t size = 1;  // Bytes.
  CharacterClass kind = CharacterClass::kOther;
};

// Decodes and classifies the character at `text`, which begins with a byte of 0x80 or more; `end`
// bounds it.
Character DecodeCharacter(const char* text, const char* end);

inline constexpr auto kByteClasses = [] {
  std::array<CharacterClass, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    auto& kind = classes[c];
    if (c >= 0x80) {
      kind = CharacterClass::kNotAscii;
    } else if (c <= ' ' || c == 0x7F) {
      kind = CharacterClass::kSpace;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '#') {
      kind = CharacterClass::kLetter;
    } else if (c >= '0' && c <= '9') {
      kind = CharacterClass::kDigit;
    } else {
      kind = CharacterClass::kOther;
    }
  }
  return classes;
}();

// Whether an ASCII byte may continue a word: letters, digits, _ # @ $.
inline constexpr auto kContinuesWord = [] {
  std::array<bool, 256> continues{};
  for (int c = 0; c < 0x80; ++c) {
    continues[c] = kByteClasses[c] == CharacterClass::kLetter ||
                   kByteClasses[c] == CharacterClass::kDigit || c == '@' || c == '$';
  }
  return continues;
}();

}  // namespace datamigrate::tsql
