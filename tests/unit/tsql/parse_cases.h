// Cases of the parser: T-SQL with the tree and the messages it gives.
//
//   === case: a sign binds less tightly than *
//   === expression            (or condition, or tsql for a batch)
//   -a * b
//   === tree
//   (Unary Operator:'-' Operand:(Binary Left:`a` Operator:'*' Right:`b`))
//   === report
//   error TS0210 1:8 expected ...
//
// A tree is written as (Kind Role:child ...), without tokens of role Syntax. A name, a column, a
// variable and a literal are their text in back quotes; tokens are in quotes. Line breaks and runs
// of blanks do not count. A batch is the list of its statements.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "agent_engine/tsql/ast/syntax_tree.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::testing {

struct ParseCase {
  std::string name;
  std::map<std::string, std::string> sections;  // Without the line break at the end.
};

// All cases of all *.case files below `folder` (relative to tests/cases), by path. Throws
// std::runtime_error when there is none.
std::vector<ParseCase> LoadParseCases(const std::string& folder);

// The notation above, with single blanks.
std::string TreeText(tsql::Node node);
// Each statement's text, a line each.
std::string StatementsText(tsql::Node batch);
// "error TS0210 1:8 message", a line each.
std::string ReportText(const std::vector<diagnostics::Diagnostic>& diagnostics,
                       const std::string& text);

// What a case's input gives, in the form of its sections tree and report.
struct ParseOutcome {
  std::string tree;
  std::string report;
};
ParseOutcome RunParseCase(const ParseCase& test);

// With every run of white space made one blank.
std::string CollapseBlanks(const std::string& text);

// Whether printing the tree gives the tokens of `text` again, all of them.
bool KeepsAllTokens(std::string_view text, tsql::Node root, bool quoted_identifier);

}  // namespace datamigrate::testing
