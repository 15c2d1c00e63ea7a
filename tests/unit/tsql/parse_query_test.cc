#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "agent_engine/tsql/parser/parser.h"
#include "tests/unit/tsql/parse_cases.h"

namespace datamigrate::tsql {
namespace {

using testing::CollapseBlanks;

struct Outcome {
  bool ok = false;
  int unsupported = 0;
  bool is_lossless = false;
  std::vector<diagnostics::Diagnostic> diagnostics;
  size_t statements = 0;
};

Outcome Parse(const std::string& text, int max_depth = 1000) {
  diagnostics::DiagnosticSink sink;
  ParseOptions options;
  options.max_depth = max_depth;
  const ParseResult result = ParseBatch(text, options, sink);
  return {result.ok, result.unsupported, testing::KeepsAllTokens(text, result.tree.Root(), true),
          sink.Take(), result.tree.Root().Children(Role::kStatement).size()};
}

std::string Repeat(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

bool Reports(const Outcome& outcome, diagnostics::DiagnosticId id) {
  return std::ranges::any_of(outcome.diagnostics, [&](const auto& d) { return d.id == id; });
}

TEST_CASE("queries and statements become these trees", "[parser][cases]") {
  for (const auto& test : testing::LoadParseCases("parse/query")) {
    DYNAMIC_SECTION(test.name) {
      const auto outcome = testing::RunParseCase(test);
      const auto section = [&](const std::string& name) {
        const auto found = test.sections.find(name);
        return found == test.sections.end() ? std::string() : CollapseBlanks(found->second);
      };
      CHECK(CollapseBlanks(outcome.tree) == section("tree"));
      CHECK(CollapseBlanks(outcome.report) == section("report"));
    }
  }
}

std::vector<std::string> Lines(const std::string& file) {
  std::ifstream in(std::string(DATAMIGRATE_SOURCE_DIR) + "/tests/cases/parse/query/" + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  REQUIRE(lines.size() > 100);
  return lines;
}

TEST_CASE("each line of accepted.txt is a batch of valid T-SQL", "[parser]") {
  for (const std::string& line : Lines("accepted.txt")) {
    INFO(line);
    const Outcome outcome = Parse(line);
    INFO(testing::ReportText(outcome.diagnostics, line));
    CHECK(outcome.ok);
    CHECK(outcome.is_lossless);
  }
}

TEST_CASE("each line of refused.txt is a batch of wrong T-SQL", "[parser]") {
  for (const std::string& line : Lines("refused.txt")) {
    INFO(line);
    const Outcome outcome = Parse(line);
    CHECK_FALSE(outcome.ok);
    CHECK_FALSE(outcome.diagnostics.empty());
  }
}

TEST_CASE("nesting beyond the limit is a message, not a crash", "[parser]") {
  const auto id = diagnostics::DiagnosticId::kNestingTooDeep;
  constexpr int kCount = 100000;
  const std::string texts[] = {
      "SELECT " + Repeat("(", kCount),
      "SELECT " + Repeat("(", 10000) + "1" + Repeat(")", 10000),
      "SELECT " + Repeat("CASE WHEN 1 = 1 THEN ", kCount),
      "SELECT 1 WHERE " + Repeat("NOT ", kCount) + "1 = 1",
      "SELECT 1 WHERE " + Repeat("(", kCount),
      "SELECT 1 WHERE " + Repeat("EXISTS (SELECT 1 WHERE ", kCount),
      "SELECT " + Repeat("- ", kCount) + "1",
      "SELECT " + Repeat("~", kCount) + "1",
      "SELECT " + Repeat("f(", kCount),
      "SELECT " + Repeat("a.value(", kCount),
      "SELECT " + Repeat("f() OVER (ORDER BY ", kCount),
      "SELECT 1 GROUP BY " + Repeat("ROLLUP (", kCount),
      "SELECT * FROM " + Repeat("(", kCount),
      "SELECT * FROM " + Repeat("(SELECT * FROM ", kCount),
      "SELECT * FROM a " + Repeat("JOIN b ", kCount),
      "SELECT * FROM " + Repeat("{OJ ", kCount),
      Repeat("WITH a AS (", kCount),
      Repeat("MERGE t USING (", kCount),
      Repeat("BEGIN ", kCount),
      Repeat("BEGIN TRY\n", kCount),
      Repeat("IF 1 = 1 ", kCount),
      Repeat("IF 1 = 1 PRINT 1 ELSE ", kCount),
      Repeat("WHILE 1 = 1 ", kCount),
      Repeat("WAITFOR (", kCount),
      "SELECT " + Repeat("{fn ", kCount),
  };
  for (const std::string& text : texts) {
    INFO(text.substr(0, 40));
    const Outcome outcome = Parse(text);
    CHECK_FALSE(outcome.ok);
    CHECK(Reports(outcome, id));
  }
}

TEST_CASE("chains of operators are read without recursion up to a bound", "[parser]") {
  const auto id = diagnostics::DiagnosticId::kNestingTooDeep;
  const std::string prefix = "SELECT 1 WHERE 1 = 1";
  for (const std::string link : {" AND 1 = 1", " OR 1 = 1"}) {
    CHECK(Parse(prefix + Repeat(link, 9000)).is_lossless);
    CHECK(Parse(prefix + Repeat(link, 9000)).ok);
    CHECK(Reports(Parse(prefix + Repeat(link, 100000)), id));
  }
  for (const std::string link : {" + 1", " * 1", " COLLATE x", " UNION SELECT 1"}) {
    CHECK(Parse("SELECT 1" + Repeat(link, 9000)).ok);
    CHECK(Reports(Parse("SELECT 1" + Repeat(link, 100000)), id));
  }
  CHECK(Parse("SELECT 1 FROM t" + Repeat(" CROSS JOIN t", 9000)).ok);
}

TEST_CASE("the limit of nesting is an option", "[parser]") {
  const std::string text = "SELECT " + Repeat("(", 20) + "1" + Repeat(")", 20);
  CHECK(Parse(text, 30).ok);
  CHECK_FALSE(Parse(text, 20).ok);
}

TEST_CASE("a bad statement costs itself alone", "[parser]") {
  const Outcome outcome = Parse(
      "SELECT 1\n"
      "SELECT FROM t WHERE\n"
      "SELECT 2;\n"
      "SELECT * FORM t\n"
      "PRINT 'x'\n"
      "BEGIN\n"
      "  UPDATE t SET = 1\n"
      "  SELECT 3\n"
      "END\n");
  CHECK_FALSE(outcome.ok);
  CHECK(outcome.diagnostics.size() == 3);
  CHECK(outcome.unsupported == 3);
  CHECK(outcome.statements == 4);  // SELECT 1, SELECT 2, PRINT, the block
}

TEST_CASE("garbage takes linear time and reports each place once", "[parser]") {
  constexpr int kCount = 50000;
  const std::string texts[] = {
      Repeat("SELECT FROM\n", kCount),
      Repeat("BEGIN\nSELECT FROM;\n", kCount),
      Repeat("x y z;\n", kCount),
      Repeat("`a", kCount),
      Repeat("CREATE VIEW v AS\n", kCount),
      Repeat("SELECT 1 END\n", kCount),
      Repeat("END\n", kCount),
      Repeat("( ", kCount),
      Repeat(") ", kCount),
      Repeat("CREATE PROC p AS ", kCount),
  };
  for (const std::string& text : texts) {
    INFO(text.substr(0, 30));
    const auto start = std::chrono::steady_clock::now();
    const Outcome outcome = Parse(text);
    CHECK_FALSE(outcome.ok);
    CHECK(outcome.diagnostics.size() <= text.size());
    // Quadratic time would be minutes; this bound is loose on purpose.
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  }
}

TEST_CASE("every prefix of a batch is parsed without harm", "[parser]") {
  const std::string text =
      "WITH c (a) AS (SELECT x.a FROM [t] AS x WITH (NOLOCK) WHERE x.b IN (1, 2) OR x.c LIKE "
      "N'a%')\n"
      "MERGE TOP (5) dbo.u AS u USING c ON c.a = u.a WHEN MATCHED AND u.b > 1 THEN UPDATE SET b += "
      "1\n"
      "WHEN NOT MATCHED THEN INSERT (a) VALUES (DEFAULT) OUTPUT $action, inserted.* INTO @t (a, "
      "b);\n"
      "BEGIN TRY EXEC @r = p @x = 1 OUTPUT, 'y' END TRY BEGIN CATCH THROW END CATCH\n"
      "DECLARE k CURSOR FAST_FORWARD FOR SELECT SUM(a) OVER (ORDER BY b ROWS 1 PRECEDING) FROM t "
      "FOR XML PATH\n";
  REQUIRE(Parse(text).ok);
  REQUIRE(Parse(text).is_lossless);
  for (size_t size = 0; size < text.size(); ++size) {
    const Outcome outcome = Parse(text.substr(0, size));
    if (outcome.ok) CHECK(outcome.is_lossless);
    CHECK(outcome.ok == outcome.diagnostics.empty());
  }
}

TEST_CASE("every token left out of a batch is noticed or leaves a whole tree", "[parser]") {
  const std::string words[] = {
      "SELECT", "TOP",  "(",      "3",     ")",       "a",    ".",         "b",   ",",
      "CASE",   "WHEN", "a",      "=",     "1",       "THEN", "'x'",       "END", "FROM",
      "t",      "LEFT", "JOIN",   "u",     "ON",      "t",    ".",         "c",   "IS",
      "NOT",    "NULL", "WHERE",  "a",     "BETWEEN", "1",    "AND",       "2",   "GROUP",
      "BY",     "a",    "HAVING", "COUNT", "(",       "*",    ")",         ">",   "1",
      "ORDER",  "BY",   "1",      "DESC",  "OPTION",  "(",    "RECOMPILE", ")"};
  for (size_t left_out = 0; left_out <= std::size(words); ++left_out) {
    std::string text;
    for (size_t i = 0; i < std::size(words); ++i) {
      if (i != left_out) text += words[i] + " ";
    }
    const Outcome outcome = Parse(text);
    INFO(text);
    CHECK(outcome.ok == outcome.is_lossless);
    CHECK((outcome.ok || !outcome.diagnostics.empty()));
  }
}

TEST_CASE("a text that holds a value is not repeated in a message", "[parser]") {
  const Outcome outcome = Parse("SELECT 1 FROM 'my secret'");
  REQUIRE(outcome.diagnostics.size() == 1);
  CHECK(diagnostics::Message(outcome.diagnostics[0]).find("secret") == std::string::npos);
}

TEST_CASE("expressions and conditions stand alone", "[parser]") {
  diagnostics::DiagnosticSink sink;
  CHECK(ParseExpression("(getdate())", false, {}, sink).ok);
  CHECK(ParseExpression("([a]>(0) AND [b] IS NOT NULL)", true, {}, sink).ok);
  CHECK(sink.diagnostics().empty());
  CHECK_FALSE(ParseExpression("1 = 1", false, {}, sink).ok);
  CHECK_FALSE(ParseExpression("1 + 1", true, {}, sink).ok);
  CHECK_FALSE(ParseExpression("1 + 1 x", false, {}, sink).ok);
  CHECK_FALSE(ParseExpression("", false, {}, sink).ok);
  CHECK(sink.diagnostics().size() == 4);
}

TEST_CASE("double quotes follow the option", "[parser]") {
  diagnostics::DiagnosticSink sink;
  ParseOptions options;
  options.quoted_identifier = false;
  const std::string text = "SELECT \"a\"";
  const auto result = ParseBatch(text, options, sink);
  REQUIRE(result.ok);
  CHECK_FALSE(result.quoted_identifier);
  CHECK(result.tree.tokens[1].kind == TokenKind::kString);
}

}  // namespace
}  // namespace datamigrate::tsql
