// The engines that run the translations of the sample databases over the databases' own rows.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent_engine/dialects/translate.h"
#include "tests/unit/dialects/duckdb_session.h"

namespace datamigrate::testing {

class SampleEngine {
 public:
  virtual ~SampleEngine() = default;

  virtual dialects::Target target() const = 0;
  // Runs all statements; the rows are the last one's.
  virtual Rows Run(const std::string& sql) = 0;
  // The rows of one SELECT, every value as the engine writes it.
  virtual Rows RunAsText(const std::string& query) = 0;
  // Makes the temporary table "staged" of a CSV file, every column as text; NULL is \N there. Gives
  // the error, empty when it was made.
  virtual std::string Stage(const std::filesystem::path& csv) = 0;
  // The expression that makes bytes of a staged column, which holds 0x….
  virtual std::string Bytes(const std::string& column) const = 0;
  // What asks for the time in translated text.
  virtual std::string clock() const = 0;

  std::string Quoted(const std::string& name) const;
  std::string Quoted(const catalog::ObjectName& name) const;
};

std::unique_ptr<SampleEngine> MakeDuckDbEngine();
// In a database of its own on the server that DATAMIGRATE_TEST_DATABASE_URL names; null without
// one.
std::unique_ptr<SampleEngine> MakePostgresEngine();

// "read_csv(…)" for DuckDB.
std::string CsvTable(const std::filesystem::path& path);

// Creates the table and loads `rows`/schema.table.csv where there is one. Gives the error, empty
// when all went well.
std::string LoadTable(SampleEngine& engine, const catalog::CatalogIndex& index,
                      const catalog::Table& table, const std::filesystem::path& rows);

// Creates all views, those that read others after them, with the clock at the time that the
// expected results were taken. Gives each view's error by its name, empty when it was made;
// "refused".
std::map<std::string, std::string> CreateViews(SampleEngine& engine,
                                               const catalog::CatalogIndex& index);

// {{ var('name', 'default') }} with the arguments of "EXEC p @name='x', @other=2" in place.
std::string Bind(const std::string& sql, const std::string& call);

// The text with that clock at the time that the expected results were taken.
std::string WithClock(std::string sql, const std::string& clock);

// A statement whose result was taken from the source: a procedure's call, or a query that calls
// functions.
struct ComparedCall {
  std::string statement;
  std::vector<const catalog::Routine*> routines;  // Those that it calls.
  std::string difference;                         // Empty when the rows are equal; "refused".
};

// Runs the statements of `expected`/_exec.csv that the source answered.
std::vector<ComparedCall> CompareCalls(SampleEngine& engine, const catalog::CatalogIndex& index,
                                       const std::filesystem::path& expected, double tolerance);

// How far apart numbers of a view may be: Northwind's year of sales by category adds up to eight half
// cents (../shared/expected/northwind/_tie_lines.csv), a cent each; the others stay within `usual`.
double ToleranceOf(const catalog::ObjectName& view, double usual);

// Empty when both hold the same rows, in any order; numbers within `tolerance`.
std::string Difference(Rows actual, Rows expected, double tolerance);

}  // namespace datamigrate::testing
