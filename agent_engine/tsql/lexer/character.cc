#include "agent_engine/tsql/lexer/character.h"

#include <algorithm>
#include <cstddef>

namespace datamigrate::tsql {
namespace {

struct CodeRange {
  uint32_t first;
  uint32_t last;
  CharacterClass kind;
};

// What is not a letter above ASCII, sorted. Everything else there is a letter, a mark or a digit of
// some script, which names may hold.
constexpr CodeRange kRanges[] = {
    {0x0080, 0x00A0, CharacterClass::kSpace},    {0x00A1, 0x00A1, CharacterClass::kOther},
    {0x00A2, 0x00A5, CharacterClass::kCurrency}, {0x00A6, 0x00A9, CharacterClass::kOther},
    {0x00AB, 0x00AC, CharacterClass::kOther},    {0x00AD, 0x00AD, CharacterClass::kSpace},
    {0x00AE, 0x00B4, CharacterClass::kOther},    {0x00B6, 0x00B9, CharacterClass::kOther},
    {0x00BB, 0x00BF, CharacterClass::kOther},    {0x00D7, 0x00D7, CharacterClass::kOther},
    {0x00F7, 0x00F7, CharacterClass::kOther},    {0x09F2, 0x09F3, CharacterClass::kCurrency},
    {0x0E3F, 0x0E3F, CharacterClass::kCurrency}, {0x1680, 0x1680, CharacterClass::kSpace},
    {0x17DB, 0x17DB, CharacterClass::kCurrency}, {0x2000, 0x200B, CharacterClass::kSpace},
    {0x2010, 0x2027, CharacterClass::kOther},    {0x2028, 0x202F, CharacterClass::kSpace},
    {0x2030, 0x203E, CharacterClass::kOther},    {0x2041, 0x2053, CharacterClass::kOther},
    {0x2055, 0x205E, CharacterClass::kOther},    {0x205F, 0x205F, CharacterClass::kSpace},
    {0x2060, 0x206F, CharacterClass::kOther},    {0x20A0, 0x20CF, CharacterClass::kCurrency},
    {0x2190, 0x245F, CharacterClass::kOther},    {0x2500, 0x2BFF, CharacterClass::kOther},
    {0x2E00, 0x2E7F, CharacterClass::kOther},    {0x3000, 0x3000, CharacterClass::kSpace},
    {0x3001, 0x3004, CharacterClass::kOther},    {0x3008, 0x3020, CharacterClass::kOther},
    {0xD800, 0xF8FF, CharacterClass::kOther},    {0xFDFC, 0xFDFC, CharacterClass::kCurrency},
    {0xFE10, 0xFE19, CharacterClass::kOther},    {0xFE30, 0xFE32, CharacterClass::kOther},
    {0xFE35, 0xFE4C, CharacterClass::kOther},    {0xFE50, 0xFE68, CharacterClass::kOther},
    {0xFE69, 0xFE69, CharacterClass::kCurrency}, {0xFE6A, 0xFE6B, CharacterClass::kOther},
    {0xFEFF, 0xFEFF, CharacterClass::kSpace},    {0xFF01, 0xFF02, CharacterClass::kOther},
    {0xFF04, 0xFF04, CharacterClass::kCurrency}, {0xFF05, 0xFF0F, CharacterClass::kOther},
    {0xFF1A, 0xFF20, CharacterClass::kOther},    {0xFF3B, 0xFF3E, CharacterClass::kOther},
    {0xFF5B, 0xFF65, CharacterClass::kOther},    {0xFFE0, 0xFFE1, CharacterClass::kCurrency},
    {0xFFE2, 0xFFE4, CharacterClass::kOther},    {0xFFE5, 0xFFE6, CharacterClass::kCurrency},
    {0xFFE8, 0xFFFF, CharacterClass::kOther},    {0x1F000, 0x1FAFF, CharacterClass::kOther},
    {0xE0000, 0x10FFFF, CharacterClass::kOther},
};

CharacterClass Classify(uint32_t code) {
  const auto* range = std::ranges::lower_bound(kRanges, code, {}, &CodeRange::last);
  if (range == std::end(kRanges) || code < range->first) return CharacterClass::kLetter;
  return range->kind;
}

uint32_t SequenceLength(unsigned char first) {
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 1;
}

}  // namespace

Character DecodeCharacter(const char* text, const char* end) {
  const auto byte = [&](uint32_t i) { return static_cast<unsigned char>(text[i]); };
  const Character invalid = {byte(0), 1, CharacterClass::kOther};
  const uint32_t size = SequenceLength(byte(0));
  if (size == 1 || end - text < static_cast<ptrdiff_t>(size)) return invalid;
  uint32_t code = byte(0) & (0xFF >> (size + 1));
  for (uint32_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr uint32_t kLeastCodes[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeastCodes[size] || code > 0x10FFFF) return invalid;
  return {code, size, Classify(code)};
}

}  // namespace datamigrate::tsql
