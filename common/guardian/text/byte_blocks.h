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
#include <string>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "common/guardian/ascii.h"

namespace datamigrate::guardian {

inline constexpr size_t kBlock = 32;

// Compared and combined byte by byte, in one instruction each.
using ByteVector = uint8_t __attribute__((vector_size(16)));
// 0 or all ones for each byte: what comparing two ByteVectors gives.
using ByteMask = int8_t __attribute__((vector_size(16)));

// A bit for each byte of `mask` that is set, the first byte's lowest.
inline uint32_t BitsOf(ByteMask mask) {
#ifdef __SSE2__
  return static_cast<uint32_t>(_mm_movemask_epi8(reinterpret_cast<__m128i>(mask)));
#else
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  std::array<uint64_t, 2> words;
  std::memcpy(words.data(), &mask, sizeof(words));
  // One bit a byte, multiplied so that the eight of them meet in the highest byte.
  const auto gather = [](uint64_t word) {
    return static_cast<uint32_t>((word & 0x0101010101010101) * 0x0102040810204080 >> 56);
  };
  return gather(words[0]) | gather(words[1]) << 8;
#endif
}

// The sixteen bytes at `bytes`.
inline ByteVector LoadBlock(const char* bytes) {
  ByteVector block;
  std::memcpy(&block, bytes, sizeof(block));
  return block;
}

// For 64 bytes at `bytes`: a bit for each that passes `test`, the first one's lowest. `test` makes
// a ByteMask of a ByteVector; a function object, so that it is compiled into the loop.
template <typename Test>
uint64_t BitsOf64(const char* bytes, Test test) {
  uint64_t bits = 0;
  for (int i = 0; i < 4; ++i) {
    bits |= static_cast<uint64_t>(BitsOf(test(LoadBlock(bytes + 16 * i)))) << (16 * i);
  }
  return bits;
}

// The first position at or after `from` and before the text's last `reach` bytes that passes
// `test`, or the size of the text. `test` makes a ByteMask for the sixteen places at a pointer; it
// may read `reach` bytes behind each.
template <size_t reach, typename Test>
size_t FindPlace(std::string_view text, size_t from, Test test) {
  constexpr size_t kStep = sizeof(ByteVector);
  if (text.size() <= reach) return text.size();
  const size_t end = text.size() - reach;
  size_t at = from;
  while (at + kStep <= end) {
    const char* const bytes = text.data() + at;
    if (const uint32_t bits = BitsOf(test(bytes)); bits != 0) {
      return at + static_cast<size_t>(std::countr_zero(bits));
    }
    at += kStep;
    // Where nothing stands, nothing stands for long, most often.
    for (; at + 4 * kStep <= end; at += 4 * kStep) {
      const char* const next = text.data() + at;
      const ByteMask any =
          test(next) | test(next + kStep) | test(next + 2 * kStep) | test(next + 3 * kStep);
      if (BitsOf(any) != 0) break;
    }
  }
  if (at >= end) return text.size();
  std::array<char, kStep + reach> rest{};
  std::memcpy(rest.data(), text.data() + at, text.size() - at);
  const uint32_t bits = BitsOf(test(rest.data())) & ((uint32_t{1} << (end - at)) - 1);
  return bits == 0 ? text.size() : at + static_cast<size_t>(std::countr_zero(bits));
}

// The first position at or after `from` whose byte passes `test`, or the size of the text.
template <typename Test>
size_t FindFirst(std::string_view text, size_t from, Test test) {
  return FindPlace<0>(text, from, [&](const char* bytes) { return test(LoadBlock(bytes)); });
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

// The block in lower case, as far as it is ASCII.
inline ByteVector InLowerCase(ByteVector block) {
  const ByteMask is_upper = (block - 'A') < 26;
  return block | (reinterpret_cast<ByteVector>(is_upper) & 0x20);
}

// How many of the `length` bytes at `text`, put into lower case, are those at `lower`.
inline size_t EqualInLowerCase(const char* text, const char* lower, size_t length) {
  constexpr size_t kStep = sizeof(ByteVector);
  const auto differs_at = [&](size_t at) -> ByteMask {
    return InLowerCase(LoadBlock(text + at)) != LoadBlock(lower + at);
  };
  size_t at = 0;
  while (at + kStep <= length) {
    const uint32_t differs = BitsOf(differs_at(at));
    if (differs != 0) return at + static_cast<size_t>(std::countr_zero(differs));
    at += kStep;
    for (; at + 4 * kStep <= length; at += 4 * kStep) {
      const ByteMask any = differs_at(at) | differs_at(at + kStep) | differs_at(at + 2 * kStep) |
                           differs_at(at + 3 * kStep);
      if (BitsOf(any) != 0) break;
    }
  }
  while (at < length && ToLower(text[at]) == lower[at]) ++at;
  return at;
}

// Puts `to` in the place of every `from`.
inline void ReplaceBytes(char from, char to, std::string& text) {
  constexpr size_t kStep = sizeof(ByteVector);
  const auto difference = static_cast<uint8_t>(from ^ to);
  size_t at = 0;
  for (; at + kStep <= text.size(); at += kStep) {
    const ByteVector block = LoadBlock(text.data() + at);
    const ByteMask found = block == static_cast<uint8_t>(from);
    const ByteVector replaced = block ^ (reinterpret_cast<ByteVector>(found) & difference);
    std::memcpy(text.data() + at, &replaced, sizeof(replaced));
  }
  std::replace(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), from, to);
}

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_TEXT_BYTE_BLOCKS_H_
