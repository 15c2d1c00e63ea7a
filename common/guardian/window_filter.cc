#include "common/guardian/window_filter.h"

#include <re2/filtered_re2.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

namespace datamigrate::guardian {
namespace {

constexpr uint32_t kThreeBytes = 0xffffff;
constexpr int kShortestLiteral = 3;

uint32_t FourBytesAt(const char* bytes) {
  uint32_t sequence;
  std::memcpy(&sequence, bytes, sizeof(sequence));
  return sequence;
}

// Bytes of ordinary text, the most frequent last.
constexpr std::string_view kByFrequency = "zqjxkvbpygfwmucldrhsnioate ";

// Higher for bytes that say more.
size_t RarityOf(std::string_view bytes) {
  size_t rarity = 0;
  for (const char c : bytes) {
    const size_t place = kByFrequency.find(c);
    rarity += kByFrequency.size() - (place == std::string_view::npos ? 0 : place);
  }
  return rarity;
}

// Whether one of `anchors` holds the literal or is held by it.
bool IsLikeOneOf(std::string_view literal, std::string_view anchors) {
  while (!anchors.empty()) {
    const size_t end = std::min(anchors.find('|'), anchors.size());
    const std::string_view anchor = anchors.substr(0, end);
    if (literal.find(anchor) != std::string_view::npos ||
        anchor.find(literal) != std::string_view::npos) {
      return true;
    }
    anchors.remove_prefix(std::min(end + 1, anchors.size()));
  }
  return false;
}

}  // namespace

WindowFilter::WindowFilter(std::string_view pattern, std::string_view anchors) {
  if (pattern.find("(?i") != std::string_view::npos) return;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  re2::FilteredRE2 filtered(kShortestLiteral);
  int number = 0;
  if (filtered.Add(re2::StringPiece(pattern.data(), pattern.size()), options, &number) !=
      re2::RE2::NoError) {
    return;
  }
  std::vector<std::string> literals;
  filtered.Compile(&literals);
  std::vector<int> given;  // by what stands at anchors
  std::vector<std::string_view> wanted;
  for (size_t i = 0; i < literals.size(); ++i) {
    if (IsLikeOneOf(literals[i], anchors)) {
      given.push_back(static_cast<int>(i));
    } else {
      wanted.push_back(literals[i]);
    }
  }
  std::vector<int> possible;
  filtered.AllPotentials(given, &possible);
  if (!possible.empty()) return;
  for (const std::string_view literal : wanted) Add(literal);
}

void WindowFilter::Add(std::string_view literal) {
  const size_t length = std::min(literal.size(), sizeof(uint32_t));
  std::string_view best = literal.substr(0, length);
  for (size_t at = 1; at + length <= literal.size(); ++at) {
    const std::string_view bytes = literal.substr(at, length);
    if (RarityOf(bytes) > RarityOf(best)) best = bytes;
  }
  std::array<char, sizeof(uint32_t)> padded{};
  std::ranges::copy(best, padded.begin());
  const uint32_t sequence = FourBytesAt(padded.data());
  (length == sizeof(uint32_t) ? fours_ : threes_).push_back(sequence);
  marks_.set(MarkOf(sequence));
}

bool WindowFilter::Holds(const std::vector<uint32_t>& sequences, std::string_view window,
                         uint32_t mask) const {
  const auto is_marked = [&](const char* at) { return marks_[MarkOf(FourBytesAt(at) & mask)]; };
  const auto is_held = [&](const char* at) {
    return is_marked(at) && std::ranges::find(sequences, FourBytesAt(at) & mask) != sequences.end();
  };
  const char* at = window.data();
  const char* const last = at + window.size() - sizeof(uint32_t);
  for (; last - at >= 3; at += 4) {
    if ((is_marked(at) | is_marked(at + 1) | is_marked(at + 2) | is_marked(at + 3)) &&
        (is_held(at) || is_held(at + 1) || is_held(at + 2) || is_held(at + 3))) {
      return true;
    }
  }
  for (; at <= last; ++at) {
    if (is_held(at)) return true;
  }
  return false;
}

bool WindowFilter::MayMatch(std::string_view window) const {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  if ((fours_.empty() && threes_.empty()) || window.size() < sizeof(uint32_t)) return true;
  if (!fours_.empty() && Holds(fours_, window, ~uint32_t{0})) return true;
  if (threes_.empty()) return false;
  const uint32_t last = FourBytesAt(window.data() + window.size() - sizeof(uint32_t)) >> 8;
  return Holds(threes_, window, kThreeBytes) || std::ranges::find(threes_, last) != threes_.end();
}

}  // namespace datamigrate::guardian
