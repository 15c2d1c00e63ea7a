// Parses T-SQL text into a lossless syntax tree.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent_engine/tsql/ast/syntax_tree.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::tsql {

struct ParseOptions {
  bool quoted_identifier =
      true;  // "a" is a name; otherwise a string. SET QUOTED_IDENTIFIER inside the text changes it.
  int max_depth = 1000;  // Deeper nesting is a diagnostic, never a crash.
};

struct ParseResult {
  SyntaxTree tree;      // Root: kBatch. Statements that could not be parsed are left out of it.
  bool ok = false;      // No error was reported: every token of the text is in the tree.
  int unsupported = 0;  // Statements left out.
  bool quoted_identifier =
      true;  // The setting at the end of the text, where the next batch of a script goes on.
};

// Parses one batch (no GO lines). Never fails: errors go to `sink` with their place and what would
// have fitted, and parsing goes on at the next statement. Time and memory are linear in the text.
// `text` must outlive the result.
ParseResult ParseBatch(std::string_view text, const ParseOptions& options,
                       diagnostics::DiagnosticSink& sink);

// Parses one scalar expression or one search condition, e.g. a CHECK or DEFAULT text of the
// catalog. Root: the expression.
ParseResult ParseExpression(std::string_view text, bool is_condition, const ParseOptions& options,
                            diagnostics::DiagnosticSink& sink);

}  // namespace datamigrate::tsql
