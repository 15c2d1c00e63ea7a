// Searches for bytes, many at a time: loops of a known length without branches, which compilers
// turn into vector instructions.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_TEXT_BYTE_BLOCKS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_TEXT_BYTE_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace datamigrate::guardian {

inline constexpr size_t kBlock = 32;

// The first position at or after `from` whose byte passes `test`, or the size of the text. `test`
// takes an unsigned char and gives 0 or 1; it must not branch.
template <typename Test>
size_t FindFirst(std::string_view text, size_t from, Test test) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t at = from;
  for (; at + kBlock <= text.size(); at += kBlock) {
    uint8_t found = 0;
    for (size_t i = 0; i < kBlock; ++i) found |= test(bytes[at + i]);
    if (found != 0) break;
  }
  while (at < text.size() && test(bytes[at]) == 0) ++at;
  return at;
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
