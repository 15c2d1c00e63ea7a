#include "agent_engine/relational/lowering/clr_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstdlib>
#include <vector>

namespace datamigrate::relational {
namespace {

// How a range of ordinals is written: x stands for a bit of its distance from the least one.
struct Pattern {
  int64_t least;
  int64_t most;
  std::string_view bits;
};

constexpr auto kPatterns = std::to_array<Pattern>({
    {-281479271682120, -4294971465, "000100xxxxxxxxxxxxxx0xxxxxxxxxxxxxxxxxxxxx0xxxxxx0xxx0x1xxx"},
    {-4294971464, -4169, "000101xxxxxxxxxxxxxxxxxxx0xxxxxx0xxx0x1xxx"},
    {-4168, -73, "000110xxxxx0xxx0x1xxx"},
    {-72, -9, "0010xx0x1xxx"},
    {-8, -1, "00111xxx"},
    {0, 3, "01xx"},
    {4, 7, "100xx"},
    {8, 15, "101xxx"},
    {16, 79, "110xx0x1xxx"},
    {80, 1103, "1110xxx0xxx0x1xxx"},
    {1104, 5199, "11110xxxxx0xxx0x1xxx"},
    {5200, 4294972495, "111110xxxxxxxxxxxxxxxxxxx0xxxxxx0xxx0x1xxx"},
    {4294972496, 281479271683151, "111111xxxxxxxxxxxxxx0xxxxxxxxxxxxxxxxxxxxx0xxxxxx0xxx0x1xxx"},
});

// The bits of one ordinal; empty beyond all ranges.
std::string OrdinalBits(int64_t ordinal) {
  const auto pattern = std::ranges::find_if(kPatterns, [&](const Pattern& candidate) {
    return ordinal >= candidate.least && ordinal <= candidate.most;
  });
  if (pattern == kPatterns.end()) return "";
  auto rest = static_cast<uint64_t>(ordinal - pattern->least);
  std::string bits(pattern->bits);
  for (size_t i = bits.size(); i-- > 0;) {
    if (bits[i] != 'x') continue;
    bits[i] = (rest & 1) != 0 ? '1' : '0';
    rest >>= 1;
  }
  return bits;
}

constexpr char kHex[] = "0123456789ABCDEF";

std::string HexOfBits(std::string bits) {
  bits.resize((bits.size() + 7) / 8 * 8, '0');
  std::string hex;
  for (size_t i = 0; i < bits.size(); i += 4) {
    int digit = 0;
    for (size_t k = 0; k < 4; ++k) digit = digit * 2 + (bits[i + k] - '0');
    hex += kHex[digit];
  }
  return hex;
}

// The lowest byte first, as CLR writes numbers.
void AppendNumber(std::string& hex, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    hex += kHex[(number >> 4) & 15];
    hex += kHex[number & 15];
    number >>= 8;
  }
}

}  // namespace

std::optional<std::string> HierarchyBytes(std::string_view text) {
  if (!text.starts_with('/') || !text.ends_with('/')) return std::nullopt;
  std::string bits;
  for (size_t i = 1; i < text.size();) {
    const size_t end = text.find_first_of("./", i);
    const std::string digits(text.substr(i, end - i));
    const size_t sign = digits.starts_with('-') ? 1 : 0;
    const bool is_number =
        digits.size() > sign && digits.size() < 17 &&
        std::all_of(digits.begin() + static_cast<std::ptrdiff_t>(sign), digits.end(),
                    [](unsigned char c) { return std::isdigit(c); });
    if (!is_number) return std::nullopt;
    const bool ends_level = text[end] == '/';
    // What stands before a point is kept one higher: so /1.1/ sorts between /1/ and /2/.
    const std::string code = OrdinalBits(std::atoll(digits.c_str()) + (ends_level ? 0 : 1));
    if (code.empty()) return std::nullopt;
    bits += code + (ends_level ? '1' : '0');
    i = end + 1;
  }
  return HexOfBits(std::move(bits));
}

std::string PointBytes(double first, double second, int32_t srid) {
  std::string hex;
  AppendNumber(hex, static_cast<uint32_t>(srid), 4);
  hex += "010C";  // Version 1; valid, a single point.
  AppendNumber(hex, std::bit_cast<uint64_t>(first), 8);
  AppendNumber(hex, std::bit_cast<uint64_t>(second), 8);
  return hex;
}

std::optional<PointText> ParsePoint(std::string_view text) {
  std::string folded;
  for (const unsigned char c : text) folded += static_cast<char>(std::toupper(c));
  const size_t word = folded.find_first_not_of(' ');
  const size_t open = folded.find('(');
  if (word == std::string::npos || open == std::string::npos ||
      folded.compare(word, 5, "POINT") != 0 || folded.find_first_not_of(' ', word + 5) != open)
    return std::nullopt;
  const char* at = folded.c_str() + open + 1;
  char* end = nullptr;
  PointText point;
  point.x = std::strtod(at, &end);
  if (end == at) return std::nullopt;
  at = end;
  point.y = std::strtod(at, &end);
  if (end == at) return std::nullopt;
  const std::string_view rest(end);
  const size_t close = rest.find_first_not_of(' ');
  const bool ends_here = close != std::string_view::npos && rest[close] == ')' &&
                         rest.find_first_not_of(' ', close + 1) == std::string_view::npos;
  return ends_here ? std::optional(point) : std::nullopt;
}

}  // namespace datamigrate::relational
