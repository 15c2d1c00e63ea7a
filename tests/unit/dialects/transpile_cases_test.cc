// Runs the cases of tests/cases/transpile: the text that a target gets, what is reported, and the
// rows that DuckDB returns. Values and rows come from the page of the Transact-SQL reference that
// each case names.
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "agent_engine/dialects/translate.h"
#include "tests/unit/dialects/case_file.h"
#include "tests/unit/dialects/duckdb_session.h"
#include "tests/unit/dialects/postgres_session.h"

namespace datamigrate::dialects {
namespace {

using testing::Case;

const std::filesystem::path kCases =
    std::filesystem::path(DATAMIGRATE_SOURCE_DIR) / "tests/cases/transpile";

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TranslatedBatch Translate(const std::string& batch, Target target = Target::kDuckDb) {
  const catalog::Catalog empty;
  const catalog::CatalogIndex index(empty);
  return TranslateBatch(index, batch, target);
}

// Findings as "error TP0101 1:8 message", errors and warnings only, places counted from the tsql
// section.
std::vector<std::string> Report(const TranslatedBatch& batch, const std::string& text,
                                size_t setup_size) {
  const diagnostics::SourceFile file("case", text.substr(setup_size));
  std::vector<std::string> lines;
  for (const diagnostics::Diagnostic& diagnostic : batch.diagnostics) {
    const diagnostics::DiagnosticKind& kind = diagnostics::KindOf(diagnostic.id);
    if (kind.severity == diagnostics::Severity::kNote) continue;
    const auto begin = diagnostic.span.begin -
                       std::min<uint32_t>(diagnostic.span.begin, static_cast<uint32_t>(setup_size));
    const diagnostics::LineColumn place = file.Locate(begin);
    lines.push_back(std::string(diagnostics::SeverityName(kind.severity)) + " " +
                    std::string(kind.code) + " " + std::to_string(place.line) + ":" +
                    std::to_string(place.column) + " " + diagnostics::Message(diagnostic));
  }
  return lines;
}

std::vector<std::string> RowLines(const testing::Rows& rows) {
  std::vector<std::string> lines;
  for (const auto& row : rows.rows) {
    std::string line;
    for (const std::string& cell : row) line += (line.empty() ? "" : "\t") + cell;
    lines.push_back(line);
  }
  return lines;
}

bool SameLine(const std::string& actual, const std::string& expected) {
  std::istringstream left(actual);
  std::istringstream right(expected);
  std::string a;
  std::string b;
  while (true) {
    const bool has_a = static_cast<bool>(std::getline(left, a, '\t'));
    const bool has_b = static_cast<bool>(std::getline(right, b, '\t'));
    if (has_a != has_b) return false;
    if (!has_a) return true;
    if (!testing::SameValue(a, b, 0)) return false;
  }
}

std::string Nested(const std::string& sql, int levels) {
  const size_t open = sql.find('(');
  const size_t close = sql.rfind(')');
  return sql.substr(0, open) + std::string(levels, '(') + sql.substr(open + 1, close - open - 1) +
         std::string(levels, ')') + sql.substr(close + 1);
}

void CheckRows(const Case& test, const std::string& section, const std::string& sql) {
  testing::DuckDbSession session;
  const testing::Rows rows = session.Run(sql);
  INFO(sql);
  REQUIRE(rows.error == "");
  std::vector<std::string> actual = RowLines(rows);
  std::vector<std::string> expected = Lines(test.Section(section));
  if (section == "rows unordered") {
    std::ranges::sort(actual);
    std::ranges::sort(expected);
  }
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    INFO("row " << i + 1 << ": " << actual[i] << " for " << expected[i]);
    CHECK(SameLine(actual[i], expected[i]));
  }
}

TEST_CASE("cases of queries give the text, the findings and the rows that they name",
          "[transpile][duckdb]") {
  const std::vector<Case> cases = testing::LoadCases(kCases / "duckdb");
  REQUIRE(cases.size() >= 25);
  for (const Case& test : cases) {
    DYNAMIC_SECTION(test.file << ": " << test.name) {
      std::string setup = test.Section("setup");
      if (!setup.empty()) setup += "\n";
      std::string text = setup + test.Section("tsql");
      if (test.Has("tsql repeated 10000"))
        text = Nested(test.Section("tsql repeated 10000"), 10000);
      const TranslatedBatch batch = Translate(text);
      INFO(batch.sql);
      if (test.Has("report")) {
        const std::vector<std::string> expected = Lines(test.Section("report"));
        const std::vector<std::string> actual = Report(batch, text, setup.size());
        REQUIRE(actual.size() == expected.size());
        for (size_t i = 0; i < actual.size(); ++i) {
          INFO(actual[i]);
          // A line may leave out the place and the message.
          CHECK((actual[i] == expected[i] || actual[i].starts_with(expected[i] + " ")));
        }
        const bool refuses = std::ranges::any_of(
            expected, [](const std::string& line) { return line.starts_with("error"); });
        CHECK(batch.ok == !refuses);
        continue;
      }
      for (const std::string& line : Report(batch, text, setup.size())) UNSCOPED_INFO(line);
      REQUIRE(batch.ok);
      if (test.Has("duckdb"))
        CHECK((batch.sql == test.Section("duckdb") ||
               batch.sql.ends_with("\n\n" + test.Section("duckdb"))));
      if (test.Has("rows")) CheckRows(test, "rows", batch.sql);
      if (test.Has("rows unordered")) CheckRows(test, "rows unordered", batch.sql);
    }
  }
}

// The statements behind those of the setup.
std::string WithoutSetup(const std::string& sql, bool has_setup) {
  const size_t end = has_setup ? sql.find(";\n\n") : std::string::npos;
  return end == std::string::npos ? sql : sql.substr(end + 3);
}

TEST_CASE("each warehouse gets the text and the findings that its cases name", "[transpile]") {
  for (const Target target : {Target::kSnowflake, Target::kDatabricks, Target::kBigQuery,
                              Target::kRedshift, Target::kFabric}) {
    const std::string name(TargetName(target));
    const std::vector<Case> cases = testing::LoadCases(kCases / name);
    CHECK(cases.size() >= 50);
    for (const Case& test : cases) {
      INFO(name << ": " << test.file << ": " << test.name);
      CHECK(test.Has("page"));
      std::string setup = test.Section("setup");
      if (!setup.empty()) setup += "\n";
      const std::string text = setup + test.Section("tsql");
      const TranslatedBatch batch = Translate(text, target);
      const std::vector<std::string> expected = Lines(test.Section("report"));
      const std::vector<std::string> actual = Report(batch, text, setup.size());
      CHECK(actual.size() == expected.size());
      for (size_t i = 0; i < std::min(actual.size(), expected.size()); ++i)
        CHECK((actual[i] == expected[i] || actual[i].starts_with(expected[i] + " ")));
      CHECK(batch.ok == test.Has(name));
      if (test.Has(name)) CHECK(WithoutSetup(batch.sql, !setup.empty()) == test.Section(name));
    }
  }
}

struct Value {
  std::string expression;
  std::string expected;
  bool may_be_refused = false;
  bool fails_or_told = false;  // SQL Server fails, or the target cannot say it and a finding tells.
};

std::vector<Value> ValuesOf(const Case& test) {
  std::vector<Value> values;
  for (const bool may_be_refused : {false, true}) {
    for (const std::string& line :
         Lines(test.Section(may_be_refused ? "values unless refused" : "values"))) {
      const size_t arrow = line.rfind(" => ");
      if (arrow == std::string::npos) {
        FAIL_CHECK("no => in " << line);
        continue;
      }
      values.push_back({line.substr(0, arrow), line.substr(arrow + 4), may_be_refused, false});
    }
  }
  for (const std::string& line : Lines(test.Section("fails or told")))
    values.push_back({line, "", false, true});
  return values;
}

bool IsTold(const TranslatedBatch& batch) {
  return std::ranges::any_of(batch.diagnostics, [](const diagnostics::Diagnostic& diagnostic) {
    return diagnostics::KindOf(diagnostic.id).severity == diagnostics::Severity::kWarning;
  });
}

template <typename Session>
void CheckValue(const Value& value, Target target, Session& session) {
  const TranslatedBatch batch = Translate("SELECT " + value.expression, target);
  INFO(TargetName(target) << ": " << value.expression << "\n" << batch.sql);
  for (const diagnostics::Diagnostic& diagnostic : batch.diagnostics)
    UNSCOPED_INFO(diagnostics::Message(diagnostic));
  if (!batch.ok) {
    CHECK((value.may_be_refused || value.fails_or_told));
    return;
  }
  const testing::Rows rows = session.Run(batch.sql);
  if (value.fails_or_told) {
    CHECK((rows.error != "" || IsTold(batch)));
    return;
  }
  CHECK(rows.error == "");
  if (rows.rows.size() != 1) return;
  INFO("got " << rows.rows[0][0] << " for " << value.expected);
  CHECK(testing::SameValue(rows.rows[0][0], value.expected, 0));
}

template <typename Session>
void CheckValues(Target target) {
  Session session;
  size_t count = 0;
  for (const Case& test : testing::LoadCases(kCases / "values")) {
    INFO(test.file << ": " << test.name);
    CHECK(test.Has("page"));
    for (const Value& value : ValuesOf(test)) {
      CheckValue(value, target, session);
      ++count;
    }
  }
  CHECK(count >= 1800);
}

// "1,a|2,b": the rows and cells of a line of batches.
std::vector<std::vector<std::string>> CellsOf(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  if (text.empty()) return rows;
  rows.emplace_back(1);
  for (const char c : text) {
    if (c == '|')
      rows.emplace_back(1);
    else if (c == ',')
      rows.back().emplace_back();
    else
      rows.back().back() += c;
  }
  return rows;
}

template <typename Session>
void CheckBatch(const Value& value, Target target) {
  const TranslatedBatch batch = Translate(value.expression, target);
  INFO(TargetName(target) << ": " << value.expression << "\n" << batch.sql);
  for (const diagnostics::Diagnostic& diagnostic : batch.diagnostics)
    UNSCOPED_INFO(diagnostics::Message(diagnostic));
  if (!batch.ok) {
    CHECK(value.fails_or_told);
    return;
  }
  Session session;
  const testing::Rows rows = session.Run(batch.sql);
  if (value.fails_or_told) {
    CHECK((rows.error != "" || IsTold(batch)));
    return;
  }
  REQUIRE(rows.error == "");
  const std::vector<std::vector<std::string>> expected = CellsOf(value.expected);
  REQUIRE(rows.rows.size() == expected.size());
  for (size_t row = 0; row < expected.size(); ++row) {
    // A comma in the expected text may be part of a value.
    std::string got;
    std::string wanted;
    bool same = rows.rows[row].size() == expected[row].size();
    for (size_t i = 0; same && i < expected[row].size(); ++i)
      same = testing::SameValue(rows.rows[row][i], expected[row][i], 0);
    for (const std::string& cell : rows.rows[row]) got += (got.empty() ? "" : ",") + cell;
    for (const std::string& cell : expected[row]) wanted += (wanted.empty() ? "" : ",") + cell;
    INFO("row " << row + 1 << ": " << got << " for " << wanted);
    CHECK((same || got == wanted));
  }
}

template <typename Session>
void CheckBatches(Target target) {
  size_t count = 0;
  for (const Case& test : testing::LoadCases(kCases / "batches")) {
    INFO(test.file << ": " << test.name);
    CHECK(test.Has("page"));
    Case values = test;
    const std::string setup = test.Section("setup");
    if (setup.empty()) values.sections["values"] = test.Section("batches");
    for (Value value : ValuesOf(values)) {
      if (!setup.empty()) value.expression = setup + "\nSELECT " + value.expression + " FROM t";
      CheckBatch<Session>(value, target);
      ++count;
    }
  }
  CHECK(count >= 900);
}

TEST_CASE("batches leave the rows that SQL Server leaves, on DuckDB", "[transpile][duckdb]") {
  CheckBatches<testing::DuckDbSession>(Target::kDuckDb);
}

TEST_CASE("batches leave the rows that SQL Server leaves, on PostgreSQL", "[transpile][postgres]") {
  if (!testing::PostgresSession::IsAvailable()) {
    WARN("skipped: DATAMIGRATE_TEST_DATABASE_URL is not set");
    return;
  }
  CheckBatches<testing::PostgresSession>(Target::kPostgres);
}

TEST_CASE("expressions have the values that the Transact-SQL reference gives them, on DuckDB",
          "[transpile][duckdb]") {
  CheckValues<testing::DuckDbSession>(Target::kDuckDb);
}

TEST_CASE("expressions have the values that the Transact-SQL reference gives them, on PostgreSQL",
          "[transpile][postgres]") {
  if (!testing::PostgresSession::IsAvailable()) {
    WARN("skipped: DATAMIGRATE_TEST_DATABASE_URL is not set");
    return;
  }
  CheckValues<testing::PostgresSession>(Target::kPostgres);
}

}  // namespace
}  // namespace datamigrate::dialects
