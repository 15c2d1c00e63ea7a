// Searches for bytes, many at a time: loops of a known length without branches, which compilers
// turn into vector instructions.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_TEXT_BYTE_BLOCKS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_TEXT_BYTE_BLOCKS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace datamigrate::guardian {

inline constexpr size_t kBlock = 32;

// Compared and combined byte by byte, in one instruction each.
using ByteVector = uint8_t __attribute__((vector_size(16)));
// 0 or all ones for each byte: what comparing two ByteVectors gives.
using ByteMask = int8_t __attribute__((vector_size(16)));

// The position of the first byte that is set; sizeof(ByteMask) where none is.
inline size_t FirstOf(ByteMask mask) {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  std::array<uint64_t, 2> words;
  std::memcpy(words.data(), &mask, sizeof(words));
  if (words[0] != 0) return static_cast<size_t>(std::countr_zero(words[0])) / 8;
  return sizeof(uint64_t) + static_cast<size_t>(std::countr_zero(words[1])) / 8;
}

// The first position at or after `from` whose byte passes `test`, or the size of the text. `test`
// makes a ByteMask of a ByteVector.
template <typename Test>
size_t FindFirst(std::string_view text, size_t from, Test test) {
  size_t at = from;
  for (; at < text.size(); at += sizeof(ByteVector)) {
    ByteVector bytes{};
    if (text.size() - at >= sizeof(bytes)) {
      std::memcpy(&bytes, text.data() + at, sizeof(bytes));
    } else {
      std::memcpy(&bytes, text.data() + at, text.size() - at);
    }
    const size_t first = FirstOf(test(bytes));
    if (first < sizeof(bytes)) return std::min(at + first, text.size());
  }
  return text.size();
}

// Appends the text in lower case, as far as it is ASCII.
template <typename String>
void AppendLower(std::string_view text, String& lower) {
  const size_t begin = lower.size();
  lower.append(text);
  char* bytes = lower.data() + begin;
  const auto fold = [](char c) {
    return static_cast<char>(c | (static_cast<uint8_t>(static_cast<uint8_t>(c) - 'A') < 26) << 5);
  };
  size_t at = 0;
  for (; at + kBlock <= text.size(); at += kBlock) {
    for (size_t i = 0; i < kBlock; ++i) bytes[at + i] = fold(bytes[at + i]);
  }
  for (; at < text.size(); ++at) bytes[at] = fold(bytes[at]);
}

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_TEXT_BYTE_BLOCKS_H_
