// LIKE patterns of T-SQL: % and _ as everywhere, sets in brackets as nowhere else, and no escape
// unless one is named. Source: "LIKE (Transact-SQL)".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::dialects {

struct PatternPiece {
  enum class Kind : uint8_t { kText, kAny, kOne, kSet };
  Kind kind;
  std::string text;  // The literal text, or the set's content as written.
  bool negated = false;
};

// Splits a constant pattern; `escape` is 0 without ESCAPE. A bracket without its partner is literal
// text.
std::vector<PatternPiece> ParseLikePattern(std::string_view pattern, char escape);

bool HasSets(const std::vector<PatternPiece>& pieces);
// As a LIKE pattern without sets; % and _ of the text, and `escape` itself, are escaped with
// `escape`. `used_escape` says whether any was.
std::string ToLikePattern(const std::vector<PatternPiece>& pieces, char escape, bool& used_escape);
// As a regular expression in RE2's and PCRE's common notation, for the whole text.
std::string ToRegex(const std::vector<PatternPiece>& pieces);

}  // namespace datamigrate::dialects
