// The keywords of T-SQL: their texts, which of them are reserved, and the look-up of a word.
#pragma once

#include <string_view>

#include "agent_engine/tsql/lexer/keyword_table.h"
#include "agent_engine/tsql/lexer/token.h"

namespace datamigrate::tsql {

// In upper case; empty for kNone.
std::string_view KeywordText(Keyword keyword);

// Whether the word may not stand as an unquoted name: "Reserved Keywords (Transact-SQL)". False for
// kNone.
inline bool IsReserved(Keyword keyword) {
  return kReservedKeywords[static_cast<size_t>(keyword)];
}

// The keyword that `word` spells in any mixture of cases; kNone when it spells none.
Keyword FindKeyword(std::string_view word);

// How a message names a token of this kind: "'('", "a name".
std::string_view TokenKindText(TokenKind kind);

// Whether two texts are equal but for the case of ASCII letters.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

}  // namespace datamigrate::tsql
