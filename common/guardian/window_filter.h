// Says of most windows of text that a pattern does not match there, before it is tried.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_WINDOW_FILTER_H_
#define DATAMIGRATE_COMMON_GUARDIAN_WINDOW_FILTER_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace datamigrate::guardian {

// Immutable once it was made; safe to use from any thread.
class WindowFilter {
 public:
  // Rules out nothing.
  WindowFilter() = default;

  // Of a pattern (RE2) that is tried where one of `anchors` stands ("|" between), so that literals
  // like them tell nothing. Windows must be in lower case. It rules out nothing where the pattern
  // needs no other literal, is wrong, or does not regard case.
  WindowFilter(std::string_view pattern, std::string_view anchors);

  // False where the pattern does not match. Work is linear in the window.
  bool MayMatch(std::string_view window) const;

 private:
  // Of a literal four bytes, or three where it has no more.
  void Add(std::string_view literal);
  static uint32_t MarkOf(uint32_t sequence) { return sequence * 0x9e3779b1 >> (32 - kBits); }
  // Whether one of `sequences`, all of which are marked, stands in the window: at four bytes, of
  // which those in `mask` count.
  bool Holds(const std::vector<uint32_t>& sequences, std::string_view window, uint32_t mask) const;

  static constexpr int kBits = 11;

  // A match holds one of these; all empty: nothing is known.
  std::vector<uint32_t> fours_;
  std::vector<uint32_t> threes_;
  std::bitset<size_t{1} << kBits> marks_;  // by MarkOf
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_WINDOW_FILTER_H_
