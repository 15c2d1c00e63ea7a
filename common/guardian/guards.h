// Looks that cost a few comparisons, before a rule's pattern is tried: see Rule::guard.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_GUARDS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_GUARDS_H_

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "common/guardian/ascii.h"
#include "common/guardian/text/byte_blocks.h"

namespace datamigrate::guardian {

// At least `length` letters, digits, '-', '_' and '.' follow the anchor.
template <size_t length>
bool IsFollowedByToken(std::string_view text, size_t, size_t end) {
  if (text.size() - end < length) return false;
  return std::ranges::all_of(text.substr(end, length), [](char c) {
    return IsLetterOrDigit(c) || c == '-' || c == '_' || c == '.';
  });
}

// `wanted` stands between the anchor and the next blank, within `reach` bytes.
template <char wanted, size_t reach>
bool IsFollowedBy(std::string_view text, size_t, size_t end) {
  for (const char c : text.substr(end, reach)) {
    if (c == wanted) return true;
    if (static_cast<unsigned char>(c) <= ' ') return false;
  }
  return false;
}

// ":" or "=" comes next, behind quotes and brackets and then blanks, few of each.
inline bool IsFollowedByAssignment(std::string_view text, size_t, size_t end) {
  constexpr size_t kMostBlanks = 6;
  const size_t name_end = std::min(end + 2, text.find_first_not_of("\"'`]", end));
  const size_t sign = text.find_first_not_of(" \t\r\n\v\f", name_end);
  return sign < text.size() && sign - name_end <= kMostBlanks &&
         (text[sign] == '=' || text[sign] == ':');
}

// Within `reach` bytes a sign of an assignment stands, and behind it, after at most five blanks and
// quotes, so many bytes without any.
template <size_t reach, size_t length>
bool IsAssignedToken(std::string_view text, size_t, size_t end) {
  constexpr size_t kMostBetween = 5;
  const std::string_view ahead = text.substr(end, reach);
  const auto is_sign = [](ByteVector c) -> ByteMask {
    return (c == '=') | (c == ':') | (c == '>') | (c == ',');
  };
  const auto is_between = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '`';
  };
  for (size_t at = 0; (at = FindFirst(ahead, at, is_sign)) < ahead.size();) {
    const std::string_view behind = ahead.substr(++at);
    const auto* const first = std::ranges::find_if_not(behind.substr(0, kMostBetween), is_between);
    const std::string_view token = behind.substr(static_cast<size_t>(first - behind.begin()));
    if (token.size() >= length && std::ranges::none_of(token.substr(0, length), is_between)) {
      return true;
    }
  }
  return false;
}

// A URL comes next, behind at most four blanks and "<".
inline bool IsFollowedByUrl(std::string_view text, size_t, size_t end) {
  constexpr size_t kMostBlanks = 4;
  const size_t first = text.find_first_not_of(" \t\r\n\f", end);
  if (first >= text.size() || first - end > kMostBlanks) return false;
  const std::string_view url = text.substr(first + (text[first] == '<' ? 1 : 0));
  return url.starts_with("//") || (!url.empty() && ToLower(url.front()) == 'h');
}

// A bracket that opens or a backquote comes next, behind quotes, a bracket that closes and blanks,
// or the anchor is more than a name that may be called.
inline bool IsCalled(std::string_view text, size_t begin, size_t end) {
  const std::string_view anchor = text.substr(begin, end - begin);
  if (anchor != "alert" && anchor != "prompt" && anchor != "confirm") return true;
  const size_t next = text.find_first_not_of("'\"] \t\r\n\f", end);
  return next < text.size() && (text[next] == '(' || text[next] == '`');
}

// The text ends at most `reach` bytes behind the anchor, in a comment.
template <size_t reach>
bool EndsInComment(std::string_view text, size_t, size_t end) {
  if (text.size() - end > reach) return false;
  const size_t last = text.find_last_not_of(" \t\r\n");
  return last != std::string_view::npos && (text[last] == '-' || text[last] == '#');
}

// The text ends at most `reach` bytes behind the anchor, and a comment begins near its end.
template <size_t reach>
bool EndsNearComment(std::string_view text, size_t, size_t end) {
  constexpr size_t kNear = 8;
  if (text.size() - end > reach) return false;
  return text.substr(std::max(end, text.size() - std::min(kNear, text.size()))).find("--") !=
         std::string_view::npos;
}

// A number comes next.
inline bool IsFollowedByNumber(std::string_view text, size_t, size_t end) {
  while (end < text.size() && static_cast<unsigned char>(text[end]) <= ' ') ++end;
  return end < text.size() && IsDigit(text[end]);
}

// A point comes before, or a comment, with blanks between.
inline bool FollowsPoint(std::string_view text, size_t begin, size_t) {
  while (begin > 0 && text[begin - 1] == ' ') --begin;
  return begin > 0 && (text[begin - 1] == '.' || text[begin - 1] == '/');
}

// A quote, a digit, "(" or ";" stands anywhere: ordinary words have none.
inline bool HasQuoteOrNumber(std::string_view text, size_t, size_t) {
  return FindFirst(text, 0, [](ByteVector bytes) {
           return (bytes == '\'') | (bytes == '"') | (bytes == '(') | (bytes == ';') |
                  ((bytes >= '0') & (bytes <= '9'));
         }) < text.size();
}

// A sign or a digit stands anywhere that ordinary words have none of, or an operator or a call
// leads.
inline bool HasSignOrOperator(std::string_view text, size_t, size_t) {
  const std::string_view words = text.substr(std::min(text.size(), text.find_first_not_of(' ')));
  if (words.starts_with("or ") || words.starts_with("and ") || words.starts_with("exec")) {
    return true;
  }
  return FindFirst(text, 0, [](ByteVector c) -> ByteMask {
           return (c == '\'') | (c == '"') | (c == '=') | (c == '|') | (c == '&') | (c == '@') |
                  (c == ';') | (c == '`') | (c == '*') | (c == '(') | (c == ')') | ((c - '0') < 10);
         }) < text.size();
}

// A "=" stands anywhere.
inline bool HasEqualsSign(std::string_view text, size_t, size_t) {
  return text.find('=') != std::string_view::npos;
}

// The anchor "char(" has a number in brackets behind it, and another such call behind that.
inline bool BeginsCharacters(std::string_view text, size_t, size_t end) {
  const size_t close = text.find_first_not_of("0123456789", end);
  if (close == std::string_view::npos || close == end || text[close] != ')') return false;
  const size_t next = text.find_first_not_of(" +|,\t\r\n", close + 1);
  return next != std::string_view::npos && text.substr(next).starts_with("ch");
}

// The anchor stands at most `reach` bytes behind the beginning of the text.
template <size_t reach>
bool LeadsText(std::string_view, size_t begin, size_t) {
  return begin <= reach;
}

// The same, or the anchor begins with `first`.
template <char first, size_t reach>
bool BeginsWithOrLeads(std::string_view text, size_t begin, size_t) {
  return text[begin] == first || begin <= reach;
}

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_GUARDS_H_
