// A token of T-SQL: its kind, its place, and its keyword if it is one.
#pragma once

#include <cstdint>

namespace datamigrate::tsql {

enum class TokenKind : uint8_t {
#define TOKEN(id, text) id,
#include "agent_engine/tsql/lexer/token_kinds.def"
#undef TOKEN
};

// Keywords of the language, reserved or not; kNone for every other word. Rows: lexer/keywords.def.
enum class Keyword : uint16_t {
  kNone,
#define KEYWORD(id, text, is_reserved) id,
#include "agent_engine/tsql/lexer/keywords.def"
#undef KEYWORD
};

// White space and comments are the gaps between tokens: they are in the text and not in the list.
struct Token {
  uint32_t begin = 0;  // Bytes from the text's start.
  uint32_t end = 0;
  TokenKind kind{};
  Keyword keyword = Keyword::kNone;  // Of unquoted words only.
};

}  // namespace datamigrate::tsql
