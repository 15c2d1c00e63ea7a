#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "agent_engine/tsql/parser/grammar/grammar.h"
#include "agent_engine/tsql/parser/parser.h"
#include "tests/unit/tsql/parse_cases.h"

namespace datamigrate::tsql {
namespace {

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// Each line is one statement that must be taken whole.
void CheckAccepted(const std::string& text) {
  for (const std::string& line : Lines(text)) {
    diagnostics::DiagnosticSink sink;
    const ParseResult result = ParseBatch(line, {}, sink);
    INFO(line);
    INFO(testing::ReportText(sink.diagnostics(), line));
    CHECK(result.ok);
    CHECK(result.tree.Root().Children(Role::kStatement).size() == 1);
    CHECK(testing::KeepsAllTokens(line, result.tree.Root(), true));
  }
}

// Each line is one statement, the line behind it the message that it must give.
void CheckRefused(const std::string& text) {
  const std::vector<std::string> lines = Lines(text);
  REQUIRE(lines.size() % 2 == 0);
  for (size_t i = 0; i < lines.size(); i += 2) {
    diagnostics::DiagnosticSink sink;
    const ParseResult result = ParseBatch(lines[i], {}, sink);
    INFO(lines[i]);
    CHECK_FALSE(result.ok);
    REQUIRE_FALSE(sink.diagnostics().empty());
    CHECK(testing::ReportText({sink.diagnostics()[0]}, lines[i]) == lines[i + 1]);
  }
}

std::string CompileError(const std::string& rule, const std::string& statement) {
  const std::vector<std::string> errors =
      Grammar({{"r", rule}}, {{NodeKind::kCommand, statement}}).errors();
  return errors.empty() ? "" : errors[0];
}

TEST_CASE("definitions and commands make the trees of their cases", "[parser]") {
  for (const char* folder : {"parse/ddl", "parse/command"}) {
    for (const auto& test : testing::LoadParseCases(folder)) {
      DYNAMIC_SECTION(folder << ": " << test.name) {
        if (test.sections.contains("accepts")) CheckAccepted(test.sections.at("accepts"));
        if (test.sections.contains("refuses")) CheckRefused(test.sections.at("refuses"));
        if (!test.sections.contains("tsql")) continue;
        const auto outcome = testing::RunParseCase(test);
        CHECK(outcome.report.empty());
        CHECK(testing::CollapseBlanks(outcome.tree) ==
              testing::CollapseBlanks(test.sections.at("tree")));
        diagnostics::DiagnosticSink sink;
        const std::string& text = test.sections.at("tsql");
        CHECK(testing::KeepsAllTokens(text, ParseBatch(text, {}, sink).tree.Root(), true));
      }
    }
  }
}

TEST_CASE("the rows of the grammar compile", "[parser]") {
  CHECK(Grammar::Instance().errors().empty());
  CHECK(Grammar::Instance().statements().size() > 190);
}

TEST_CASE("a row with a mistake is named", "[parser]") {
  CHECK(CompileError("A", "B r").empty());
  CHECK(CompileError("A {", "B r") == "r: an alternative is empty before \"\"");
  CHECK(CompileError("{A | }", "B r") == "r: an alternative is empty before \"\"");
  CHECK(CompileError("A", "B unknown") == "B unknown: no rule unknown before \"\"");
  CHECK(CompileError("Nothing:A", "B") == "r: no role Nothing before \":A\"");
  CHECK(CompileError("Item/Nothing:{A}", "B") == "r: no kind of node Nothing before \":{A}\"");
  CHECK(CompileError("A ]", "B") == "r: unexpected ] before \"\"");
  CHECK(CompileError("A ;", "B") == "r: no symbol ; before \"\"");
  CHECK(CompileError("A", "( B )") == "( B ): a statement begins with a word before \"\"");
}

TEST_CASE("commands follow one another without semicolons", "[parser]") {
  const std::string text =
      "GRANT SELECT ON t TO u DENY INSERT ON t TO u REVOKE ALL FROM u CASCADE "
      "BACKUP DATABASE d TO DISK = 'x' RESTORE DATABASE d FROM y WITH RECOVERY, REPLACE "
      "ALTER EVENT SESSION s ON SERVER ADD EVENT a.b DROP EVENT SESSION s ON SERVER "
      "CREATE USER u FOR LOGIN l DROP USER u ALTER ROLE r ADD MEMBER m ADD SIGNATURE TO p BY "
      "CERTIFICATE c "
      "CREATE QUEUE q ALTER QUEUE q WITH STATUS = OFF SEND ON CONVERSATION @h RECEIVE * FROM q "
      "DBCC FREEPROCCACHE CHECKPOINT KILL 53 DROP TABLE a, b CREATE TABLE t (a int) "
      "CREATE INDEX i ON t (a) ALTER TABLE t DROP COLUMN a TRUNCATE TABLE t";
  diagnostics::DiagnosticSink sink;
  const ParseResult result = ParseBatch(text, {}, sink);
  INFO(testing::ReportText(sink.diagnostics(), text));
  CHECK(result.ok);
  CHECK(result.tree.Root().Children(Role::kStatement).size() == 23);
}

TEST_CASE("a wrong statement costs no other", "[parser]") {
  const std::string text =
      "CREATE ENDPOINT 5 foo bar\nDROP TABLE t\nCREATE LOGIN l WITH PASSWRD = 'x'\nDROP VIEW v";
  diagnostics::DiagnosticSink sink;
  const ParseResult result = ParseBatch(text, {}, sink);
  CHECK(result.unsupported == 2);
  CHECK(testing::StatementsText(result.tree.Root()) ==
        "(DropStatement Kind:'TABLE' Name:`t`)\n(DropStatement Kind:'VIEW' Name:`v`)");
}

TEST_CASE("deeply nested commands are refused, not crashed on", "[parser]") {
  const std::string open(10000, '(');
  for (const std::string& text :
       {"CREATE SERVER AUDIT a TO FILE WHERE " + open, "ALTER RESOURCE POOL p WITH " + open,
        "DBCC x (" + open, "CREATE TABLE t (a AS " + open + ")",
        "CREATE EVENT SESSION s ON SERVER ADD EVENT a.b (WHERE " + open}) {
    diagnostics::DiagnosticSink sink;
    CHECK_FALSE(ParseBatch(text, {}, sink).ok);
    CHECK_FALSE(sink.diagnostics().empty());
  }
}

}  // namespace
}  // namespace datamigrate::tsql
