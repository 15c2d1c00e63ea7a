// Rows of a relation against a CSV of what SQL Server returns: a multiset, numbers within a
// tolerance.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent_engine/data/duckdb_database.h"

namespace datamigrate::testing {

using Cells = std::vector<std::optional<std::string>>;

struct CsvTable {
  std::vector<std::string> header;
  std::vector<Cells> rows;  // "\N" without quotes is NULL.
};

// Empty when the file is absent or has no header.
std::optional<CsvTable> ReadCsv(const std::filesystem::path& path);

struct ExpectedRows {
  CsvTable table;
  std::vector<bool> is_number;    // By column, from the file beside it that ends in .types.csv.
  std::vector<double> tolerance;  // By column; of numbers.
};

// The CSV with its types; every tolerance is 1e-6.
std::optional<ExpectedRows> ReadExpected(const std::filesystem::path& csv);

struct RowsDifference {
  std::string summary;  // Empty when the relation holds the expected rows.
  bool is_equal() const { return summary.empty(); }
};

// Compares names and order of the columns, and the rows.
RowsDifference CompareRows(data::Connection& connection, const std::string& relation,
                           const ExpectedRows& expected);

}  // namespace datamigrate::testing
