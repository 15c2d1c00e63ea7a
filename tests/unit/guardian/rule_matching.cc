#include "tests/unit/guardian/rule_matching.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "common/guardian/ascii.h"

namespace datamigrate::guardian {
namespace {

// The match of `rule` around the anchor at [begin, end).
std::optional<std::string> Confirm(const Rule& rule, const re2::RE2* pattern, std::string_view text,
                                   size_t begin, size_t end) {
  std::string_view match = text.substr(begin, end - begin);
  if (pattern != nullptr) {
    std::array<re2::StringPiece, 2> groups;
    const re2::StringPiece whole(text.data(), text.size());
    const size_t from = begin - std::min<size_t>(rule.before, begin);
    const size_t to = std::min(text.size(), end + rule.after);
    if (!pattern->Match(whole, from, to, re2::RE2::UNANCHORED, groups.data(),
                        1 + std::min(1, pattern->NumberOfCapturingGroups()))) {
      return std::nullopt;
    }
    const re2::StringPiece& group = groups[1].data() != nullptr ? groups[1] : groups[0];
    match = {group.data(), group.size()};
  }
  if (rule.validator != nullptr && !rule.validator(match)) return std::nullopt;
  return std::string(match);
}

std::optional<std::string> FirstMatch(const Rule& rule, std::string_view text) {
  const std::string lower = ToLower(text);
  std::optional<re2::RE2> pattern;
  std::string_view anchors = rule.anchors;
  while (!anchors.empty()) {
    const std::string anchor = ToLower(anchors.substr(0, anchors.find('|')));
    anchors.remove_prefix(std::min(anchors.size(), anchor.size() + 1));
    for (size_t at = lower.find(anchor); at != std::string::npos; at = lower.find(anchor, at + 1)) {
      if (!pattern && !rule.pattern.empty()) {
        re2::RE2::Options options;
        options.set_dot_nl(true);
        pattern.emplace(re2::StringPiece(rule.pattern.data(), rule.pattern.size()), options);
        if (!pattern->ok()) throw std::runtime_error(std::string(rule.id) + pattern->error());
      }
      auto match = Confirm(rule, pattern ? &*pattern : nullptr, text, at, at + anchor.size());
      if (match) return match;
    }
  }
  return std::nullopt;
}

}  // namespace

std::set<std::string> MatchingRules(std::span<const Rule> rules, std::string_view text) {
  std::set<std::string> ids;
  for (const Rule& rule : rules) {
    if (FirstMatch(rule, text)) ids.emplace(rule.id);
  }
  return ids;
}

std::string MatchOf(std::span<const Rule> rules, std::string_view id, std::string_view text) {
  for (const Rule& rule : rules) {
    if (rule.id == id) return FirstMatch(rule, text).value_or("");
  }
  throw std::invalid_argument("no rule " + std::string(id));
}

std::string RandomText(size_t length, std::string_view alphabet, uint64_t seed) {
  std::string text;
  uint64_t state = seed * 0x9e3779b97f4a7c15;
  while (text.size() < length) {  // splitmix64
    state += 0x9e3779b97f4a7c15;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    text += alphabet[(z ^ (z >> 31)) % alphabet.size()];
  }
  return text;
}

}  // namespace datamigrate::guardian
