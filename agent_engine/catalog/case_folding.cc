// EqualNames and FoldName: Unicode simple case folding of UTF-8. Bytes that are not UTF-8 stand for
// themselves.
#include <algorithm>
#include <array>
#include <cstdint>

#include "agent_engine/catalog/catalog.h"

namespace datamigrate::catalog {
namespace {

struct FoldingRange {
  uint32_t first;
  uint32_t last;
  uint32_t stride;
  int32_t distance;
};

constexpr auto kRanges = std::to_array<FoldingRange>({
#define RANGE(first, last, stride, distance) {first, last, stride, distance},
#include "agent_engine/catalog/case_folding_ranges.def"
#undef RANGE
});

uint32_t Fold(uint32_t code_point) {
  const auto range = std::ranges::lower_bound(kRanges, code_point, {}, &FoldingRange::last);
  if (range == kRanges.end() || code_point < range->first) return code_point;
  if ((code_point - range->first) % range->stride != 0) return code_point;
  return code_point + range->distance;
}

struct Decoded {
  uint32_t code_point;
  int length;  // 0: not UTF-8.
};

Decoded Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (length == 0 || lead > 0xF4 || text.size() < static_cast<size_t>(length)) return {lead, 0};
  uint32_t code_point = lead & (0x7F >> length);
  for (int i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {lead, 0};
    code_point = code_point << 6 | (byte(i) & 0x3F);
  }
  return {code_point, length};
}

void Append(std::string& text, uint32_t code_point) {
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
    return;
  }
  const int tail = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
  constexpr unsigned char kLeads[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kLeads[tail] | code_point >> (6 * tail));
  for (int i = tail - 1; i >= 0; --i) {
    text += static_cast<char>(0x80 | (code_point >> (6 * i) & 0x3F));
  }
}

char FoldAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool IsAscii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

}  // namespace

std::string FoldName(std::string_view name) {
  std::string folded(name);
  size_t ascii = 0;
  for (; ascii < folded.size() && IsAscii(folded[ascii]); ++ascii)
    folded[ascii] = FoldAscii(folded[ascii]);
  if (ascii == folded.size()) return folded;
  folded.resize(ascii);
  name.remove_prefix(ascii);
  while (!name.empty()) {
    if (IsAscii(name[0])) {
      folded += FoldAscii(name[0]);
      name.remove_prefix(1);
      continue;
    }
    const Decoded decoded = Decode(name);
    if (decoded.length == 0) {
      folded += name[0];
      name.remove_prefix(1);
      continue;
    }
    Append(folded, Fold(decoded.code_point));
    name.remove_prefix(decoded.length);
  }
  return folded;
}

bool EqualNames(std::string_view left, std::string_view right) {
  const size_t common = std::min(left.size(), right.size());
  for (size_t i = 0; i < common; ++i) {
    if (!IsAscii(left[i]) || !IsAscii(right[i])) {
      return FoldName(left.substr(i)) == FoldName(right.substr(i));
    }
    if (FoldAscii(left[i]) != FoldAscii(right[i])) return false;
  }
  return left.size() == right.size();
}

}  // namespace datamigrate::catalog
