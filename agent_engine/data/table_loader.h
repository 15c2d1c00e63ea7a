// Loads the rows of source tables into DuckDB, in chunks that are either there whole or not at all.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/data/duckdb_database.h"
#include "agent_engine/data/row_source.h"
#include "agent_engine/dbt/project_model.h"

namespace datamigrate::data {

struct LoadOptions {
  int64_t chunk_rows = 100'000;  // Rows committed together; at least 1.
  std::function<bool()> is_cancelled{};
  // After each chunk: rows of the table that are in the target.
  std::function<void(const dbt::SourceTable& table, int64_t rows)> on_chunk{};
};

struct TableLoad {
  int64_t rows = 0;  // In the table now.
  int64_t chunks = 0;
  int64_t chunks_kept = 0;  // Of these, loaded by an earlier run.
  // Columns whose fractions of a second were cut to what the target type holds, with the number of
  // values.
  std::map<std::string, int64_t> shortened;
};

// Makes the raw schema and the empty raw table, unless they exist.
absl::Status CreateRawTable(Connection& connection, const dbt::SourceTable& table);

// Loads all rows of the table. A rerun after a kill goes on behind the last committed chunk; a
// finished table is left as it is; a table whose layout has changed, or whose source has other rows
// than those of the chunks that are there, is loaded from the beginning. Call it for different
// tables at once with a connection each. Errors: kOutOfRange for a value that the target type does
// not hold, which names table, row and column but never the value; kInvalidArgument for a row with
// another number of cells than the table has columns; kUnimplemented for a target type that cannot
// be loaded; kNotFound when the source does not know the table; kCancelled; the source's and
// DuckDB's. Chunks before the failing one stay loaded; the error knows which it was and the rows
// before it (errors::ContextOf).
absl::StatusOr<TableLoad> LoadTable(Connection& connection, const dbt::SourceTable& table,
                                    RowSource& source, const LoadOptions& options);

}  // namespace datamigrate::data
