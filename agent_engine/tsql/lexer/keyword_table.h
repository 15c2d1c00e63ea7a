// The table behind keywords.h, inline for the lexer and the parser: a hash table made at compile
// time.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "agent_engine/tsql/lexer/token.h"

namespace datamigrate::tsql {

struct KeywordRow {
  std::string_view text;
  bool is_reserved;
};

inline constexpr auto kKeywordRows = std::to_array<KeywordRow>({
#define KEYWORD(id, text, is_reserved) {text, is_reserved},
#include "agent_engine/tsql/lexer/keywords.def"
#undef KEYWORD
});

// A word with its letters in lower case: the first eight bytes and the last eight (which overlap in
// words of up to 15 bytes); shorter words have zeros behind. Setting bit 0x20 maps no two different
// bytes of ASCII words to one but letters.
struct FoldedWord {
  uint64_t head = 0;
  uint64_t tail = 0;
  bool operator==(const FoldedWord&) const = default;
};

inline constexpr uint64_t kFoldMask = 0x2020202020202020;

constexpr uint64_t LoadBytes(const char* text, size_t count) {
  uint64_t value = 0;
  if (std::is_constant_evaluated()) {
    for (size_t i = 0; i < count; ++i) {
      value |= static_cast<uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    }
  } else {
    std::memcpy(&value, text, count);
  }
  return value;
}
static_assert(std::endian::native == std::endian::little);

// `readable_end` bounds what may be read behind the word.
constexpr FoldedWord FoldWord(const char* text, size_t length, const char* readable_end) {
  if (length >= 8) {
    return {LoadBytes(text, 8) | kFoldMask, LoadBytes(text + length - 8, 8) | kFoldMask};
  }
  if (!std::is_constant_evaluated() && readable_end - text >= 8) {
    const uint64_t mask = (uint64_t{1} << (8 * length)) - 1;
    return {(LoadBytes(text, 8) | kFoldMask) & mask, 0};
  }
  uint64_t value = 0;
  for (size_t i = 0; i < length; ++i) {
    value |= static_cast<uint64_t>(static_cast<unsigned char>(text[i]) | 0x20) << (8 * i);
  }
  return {value, 0};
}

inline constexpr size_t kMaxKeywordLength = 30;
inline constexpr uint32_t kKeywordSlots = 4096;

constexpr uint32_t HashWord(const FoldedWord& word, size_t length) {
  uint64_t hash = (word.head ^ (word.tail * 0x9E3779B97F4A7C15) ^ length) * 0xD6E8FEB86659FD93;
  return static_cast<uint32_t>(hash >> 52);
}

struct KeywordTable {
  std::array<uint16_t, kKeywordSlots> slots{};  // Keyword, or 0.
  std::array<FoldedWord, kKeywordRows.size() + 1> words{};
};

constexpr KeywordTable MakeKeywordTable() {
  KeywordTable table;
  for (size_t i = 0; i < kKeywordRows.size(); ++i) {
    const std::string_view text = kKeywordRows[i].text;
    const FoldedWord word = FoldWord(text.data(), text.size(), text.data() + text.size());
    uint32_t slot = HashWord(word, text.size());
    while (table.slots[slot] != 0) slot = (slot + 1) % kKeywordSlots;
    table.slots[slot] = static_cast<uint16_t>(i + 1);
    table.words[i + 1] = word;
  }
  return table;
}

inline constexpr KeywordTable kKeywordTable = MakeKeywordTable();

constexpr bool EqualsKeyword(const char* text, size_t length, const FoldedWord& word, uint32_t id) {
  const std::string_view keyword = kKeywordRows[id - 1].text;
  if (keyword.size() != length || !(kKeywordTable.words[id] == word)) return false;
  for (size_t i = 8; i + 8 < length; ++i) {
    if ((text[i] | 0x20) != (keyword[i] | 0x20)) return false;
  }
  return true;
}

// FindKeyword for words of word characters only.
constexpr Keyword LookUpKeyword(const char* text, size_t length, const char* readable_end) {
  if (length < 2 || length > kMaxKeywordLength) return Keyword::kNone;
  const FoldedWord word = FoldWord(text, length, readable_end);
  uint32_t slot = HashWord(word, length);
  while (const uint32_t id = kKeywordTable.slots[slot]) {
    if (EqualsKeyword(text, length, word, id)) return static_cast<Keyword>(id);
    slot = (slot + 1) % kKeywordSlots;
  }
  return Keyword::kNone;
}

inline constexpr auto kReservedKeywords = [] {
  std::array<bool, kKeywordRows.size() + 1> reserved{};
  for (size_t i = 0; i < kKeywordRows.size(); ++i) reserved[i + 1] = kKeywordRows[i].is_reserved;
  return reserved;
}();

}  // namespace datamigrate::tsql
