// A small catalog with a few rows, and what translated routines give over them.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "agent_engine/dialects/translate.h"
#include "agent_engine/source/scripts/script_source.h"
#include "tests/unit/dialects/duckdb_session.h"

namespace datamigrate::dialects {

using Lines = std::vector<std::string>;

inline constexpr char kTables[] = R"(
CREATE TABLE dbo.Item (Id int NOT NULL PRIMARY KEY, Name nvarchar(20) NOT NULL, Price int NULL,
  Doubled AS Price * 2);
GO
CREATE TABLE dbo.Change (ItemId int NOT NULL, Price int NULL);
GO
CREATE TABLE dbo.Log (LogId int IDENTITY(10, 5) NOT NULL PRIMARY KEY, Message nvarchar(50) NULL,
  Kind nvarchar(10) NOT NULL DEFAULT (N'plain'));
GO
CREATE VIEW dbo.Expensive AS SELECT Id, Name FROM dbo.Item WHERE Price >= 20;
GO
)";

inline constexpr char kRows[] = R"(
create schema if not exists dbo;
create table dbo."Item" ("Id" integer, "Name" varchar, "Price" integer, "Doubled" integer);
insert into dbo."Item" values (1, 'pen', 10, 20), (2, 'ink', 20, 40), (3, 'pad', null, null);
create table dbo."Change" ("ItemId" integer, "Price" integer);
insert into dbo."Change" values (2, 25), (4, 40);
create table dbo."Log" ("LogId" integer, "Message" varchar, "Kind" varchar);
insert into dbo."Log" values (10, 'first', 'plain');
)";

// A catalog of the tables above and more definitions, read from a script.
class Source {
 public:
  explicit Source(const std::string& definitions) {
    path_ = std::filesystem::temp_directory_path() /
            ("routine_rows_" + std::to_string(reinterpret_cast<uintptr_t>(this)) + ".sql");
    std::ofstream(path_) << kTables << definitions << "\nGO\n";
    source::ScriptSourceOptions options;
    options.load_rows = false;
    auto opened = source::ScriptSource::Open(path_, options);
    REQUIRE(opened.ok());
    source_ = std::move(*opened);
  }
  ~Source() { std::filesystem::remove(path_); }

  const catalog::Catalog& catalog() const { return source_->catalog(); }

 private:
  std::filesystem::path path_;
  std::unique_ptr<source::ScriptSource> source_;
};

inline TranslatedQuery Translate(const Source& source, const std::string& routine,
                                 Target target = Target::kDuckDb) {
  const catalog::CatalogIndex index(source.catalog());
  const catalog::Routine* found = index.FindRoutine("dbo", routine);
  REQUIRE(found != nullptr);
  return TranslateRoutine(index, *found, target, QuotedRelationNamer(target));
}

// The text with each dbt variable's default, or that value, in its place.
inline std::string WithParameter(const std::string& sql, const std::string& parameter) {
  static const std::regex kVariable(R"(\{\{ var\('\w+', '([^']*)'\) \}\})");
  return std::regex_replace(sql, kVariable, parameter.empty() ? "$1" : parameter);
}

// Rows as "a|b", in order of their text.
inline Lines LinesOf(const testing::Rows& rows) {
  Lines lines;
  for (const auto& row : rows.rows) {
    std::string line;
    for (const std::string& cell : row) line += (line.empty() ? "" : "|") + cell;
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

inline Lines RowsOf(std::string sql, const std::string& parameter = "") {
  sql = WithParameter(sql, parameter);
  testing::DuckDbSession session;
  REQUIRE(session.Run(kRows).error == "");
  const testing::Rows rows = session.Run(sql);
  INFO(sql);
  CHECK(rows.error == "");
  return LinesOf(rows);
}

// What the routine p leaves in a table.
inline Lines After(const TranslatedQuery& query, const std::string& table,
                   const std::string& parameter = "") {
  for (const diagnostics::Diagnostic& found : query.diagnostics)
    UNSCOPED_INFO(diagnostics::Message(found));
  const auto part = std::ranges::find_if(
      query.parts, [&](const TranslatedPart& candidate) { return candidate.table.name == table; });
  REQUIRE(part != query.parts.end());
  return RowsOf(part->sql, parameter);
}

inline bool Reports(const TranslatedQuery& query, diagnostics::DiagnosticId id) {
  return std::ranges::any_of(query.diagnostics,
                             [&](const diagnostics::Diagnostic& d) { return d.id == id; });
}

}  // namespace datamigrate::dialects
