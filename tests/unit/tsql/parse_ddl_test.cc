#include <catch2/catch.hpp>
#include <string>

#include "agent_engine/tsql/parser/parser.h"
#include "tests/unit/tsql/parse_cases.h"

namespace datamigrate::tsql {
namespace {

// Parses one statement and demands that all went well and no token was lost.
class ParsedStatement {
 public:
  explicit ParsedStatement(std::string text) : text_(std::move(text)) {
    diagnostics::DiagnosticSink sink;
    result_ = ParseBatch(text_, {}, sink);
    INFO(text_);
    INFO(testing::ReportText(sink.diagnostics(), text_));
    CHECK(result_.ok);
    CHECK(testing::KeepsAllTokens(text_, result_.tree.Root(), true));
  }

  Node node() const { return result_.tree.Root().Child(Role::kStatement); }

 private:
  std::string text_;
  ParseResult result_;
};

std::string Report(const std::string& text) {
  diagnostics::DiagnosticSink sink;
  ParseBatch(text, {}, sink);
  return testing::ReportText(sink.diagnostics(), text);
}

TEST_CASE("a column keeps what was said of it in any order", "[parser]") {
  const ParsedStatement statement(
      "CREATE TABLE t (a int DEFAULT 1 NOT NULL IDENTITY(-1, 2) CONSTRAINT pk PRIMARY KEY, "
      "b AS a + 1 PERSISTED NOT NULL, c varchar(10) COLLATE Latin1_General_BIN NULL)");
  const auto columns = statement.node().Children(Role::kElement);
  REQUIRE(columns.size() == 3);
  CHECK(columns[0].Child(Role::kIdentity).Child(Role::kSeed).Text() == "-1");
  CHECK(columns[0].Child(Role::kNullability).Has(Role::kNegation));
  CHECK(columns[0].Children(Role::kConstraint).size() == 2);
  CHECK(columns[1].Child(Role::kComputed).Text() == "a + 1");
  CHECK(columns[1].Has(Role::kPersisted));
  CHECK(columns[2].TokenText(Role::kCollation) == "Latin1_General_BIN");
  CHECK_FALSE(columns[2].Child(Role::kNullability).Has(Role::kNegation));
}

TEST_CASE("a timestamp column needs no type", "[parser]") {
  const ParsedStatement statement("CREATE TABLE t (timestamp, a int, b timestamp NOT NULL)");
  const auto columns = statement.node().Children(Role::kElement);
  CHECK(columns[0].TokenText(Role::kName) == "timestamp");
  CHECK_FALSE(columns[0].Has(Role::kType));
  CHECK(columns[2].Child(Role::kType).Text() == "timestamp");
}

TEST_CASE("commas between table constraints may be missing or one too many", "[parser]") {
  const ParsedStatement statement(
      "CREATE TABLE t (a int, CONSTRAINT p PRIMARY KEY (a) CONSTRAINT c CHECK (a > 0),)");
  CHECK(statement.node().Children(Role::kElement).size() == 3);
}

TEST_CASE("a constraint behind a column without a comma is the column's", "[parser]") {
  const ParsedStatement statement("CREATE TABLE t (a int CONSTRAINT p PRIMARY KEY (a, b), b int)");
  const Node column = statement.node().Child(Role::kElement);
  CHECK(column.Child(Role::kConstraint).Child(Role::kColumns).Children(Role::kItem).size() == 2);
}

TEST_CASE("each kind of things that ALTER TABLE drops is an action", "[parser]") {
  const ParsedStatement statement(
      "ALTER TABLE t DROP CONSTRAINT a WITH (ONLINE = ON), b, COLUMN IF EXISTS c, d");
  const auto actions = statement.node().Children(Role::kAction);
  REQUIRE(actions.size() == 2);
  CHECK(actions[0].TokenText(Role::kKind) == "CONSTRAINT");
  CHECK(actions[0].TokensOf(Role::kName).size() == 2);
  CHECK(actions[1].TokenText(Role::kKind) == "COLUMN");
  CHECK(actions[1].TokensOf(Role::kName).size() == 2);
}

TEST_CASE("words of definitions stay free for names", "[parser]") {
  const ParsedStatement statement(
      "CREATE TABLE type (period int, connection int, hidden int, [index] int, masked int, "
      "row int, start int, precision int, edge int, PERIOD FOR SYSTEM_TIME (row, start))");
  CHECK(statement.node().Children(Role::kElement).size() == 10);
}

TEST_CASE("wrong definitions are refused where they go wrong", "[parser]") {
  CHECK(Report("CREATE TABLE t (a int b)").starts_with("error TS0210 1:23 expected ')', "));
  CHECK(Report("CREATE TABLE (a int)") == "error TS0210 1:14 expected a name before '('");
  CHECK(Report("CREATE TABLE t (a int").starts_with("error TS0210 1:22 expected ')', "));
  CHECK(Report("CREATE TABLE t ()") ==
        "error TS0210 1:17 expected a column definition, CONSTRAINT, PRIMARY, UNIQUE, FOREIGN, "
        "CHECK, DEFAULT or CONNECTION before ')'");
  CHECK(Report("CREATE TABLE t (PRIMARY KEY)") ==
        "error TS0210 1:28 expected '(', CLUSTERED, "
        "NONCLUSTERED or HASH before ')'");
  CHECK(Report("CREATE TABLE t (a int REFERENCES u ON DELETE NOTHING)") ==
        "error TS0210 1:46 expected CASCADE, NO or SET before 'NOTHING'");
  CHECK(Report("CREATE INDEX i t (a)") == "error TS0210 1:16 expected ON before 't'");
  CHECK(Report("CREATE INDEX i ON t (a) WITH (NOTHING = 1)")
            .starts_with("error TS0210 1:31 expected PAD_INDEX, "));
  CHECK(Report("ALTER TABLE t").starts_with("error TS0210 1:14 expected "));
  CHECK(Report("ALTER TABLE t ALTER COLUMN a ADD") ==
        "error TS0210 1:33 expected ROWGUIDCOL, PERSISTED, NOT, SPARSE, HIDDEN or MASKED before "
        "end of the batch");
  CHECK(Report("DROP TABLE") == "error TS0210 1:11 expected IF or a name before end of the batch");
  CHECK(Report("CREATE SEQUENCE s START 1") == "error TS0210 1:25 expected WITH before '1'");
  CHECK(Report("CREATE TYPE t") ==
        "error TS0210 1:14 expected FROM, AS or EXTERNAL before end of the batch");
}

}  // namespace
}  // namespace datamigrate::tsql
