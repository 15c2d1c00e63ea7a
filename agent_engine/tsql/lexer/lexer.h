// Splits T-SQL text into tokens.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "agent_engine/tsql/lexer/token.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::tsql {

// End tokens after the last one of a text, so that looking ahead needs no bounds check.
inline constexpr uint32_t kEndTokenCount = 16;

struct LexResult {
  std::vector<Token> tokens;      // kEndTokenCount tokens of kind kEnd follow the text's own.
  bool quoted_identifier = true;  // The setting at the end of the text.
  bool ok = true;                 // No error was reported.
};

// Tokens of `text` (UTF-8, less than 2 GiB). White space and comments, nested ones too, are the
// gaps between tokens. `quoted_identifier` says what ".." is at the beginning: a name (true) or a
// string; SET QUOTED_IDENTIFIER in the text changes it from there on. Never fails: what is
// unterminated reaches to the end of the text, an unknown character becomes a token of kind kOther,
// and both are reported to `sink`. Time and memory are linear in the text.
LexResult Lex(std::string_view text, bool quoted_identifier, diagnostics::DiagnosticSink& sink);

}  // namespace datamigrate::tsql
