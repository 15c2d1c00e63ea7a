// Compares what a table holds with what its source gave, chunk by chunk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/data/duckdb_database.h"
#include "agent_engine/data/row_checksum.h"
#include "agent_engine/dbt/project_model.h"

namespace datamigrate::data {

struct ChunkDifference {
  int64_t chunk = 0;  // From 0.
  RowsChecksum source, target;
};

struct TableComparison {
  std::string table;  // "schema.name" of the source.
  int64_t source_rows = 0;
  int64_t target_rows = 0;
  int64_t chunks = 0;
  std::vector<ChunkDifference> differences;
  bool is_complete = false;  // The load reached the end of the source.

  bool is_equal() const { return is_complete && differences.empty() && source_rows == target_rows; }
};

// Reads every row of the raw table and compares count and checksum of each chunk with the ledger's,
// which were made from the source's cells while it was read. kNotFound when the table was never
// loaded.
absl::StatusOr<TableComparison> CompareTable(Connection& connection, const dbt::SourceTable& table);

}  // namespace datamigrate::data
