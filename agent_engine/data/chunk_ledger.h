// What was loaded, kept inside the DuckDB file itself: a chunk's row in the ledger and its rows in
// the table are committed together, so that a kill at any moment leaves both or neither.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/data/duckdb_database.h"
#include "agent_engine/data/row_checksum.h"

namespace datamigrate::data {

// Tables main._datamigrate_tables and main._datamigrate_chunks. Tables are named by "schema.name"
// of the target.
class ChunkLedger {
 public:
  explicit ChunkLedger(Connection& connection) : connection_(connection) {}

  struct TableEntry {
    std::string layout;  // Columns, types and chunk size that the load began with.
    bool is_complete = false;
  };

  // Makes the ledger's tables where they are absent.
  absl::Status Create();
  absl::StatusOr<std::optional<TableEntry>> Find(const std::string& table);
  // The source's checksum of every chunk loaded so far, in order.
  absl::StatusOr<std::vector<RowsChecksum>> Chunks(const std::string& table);

  // These belong inside the transaction that changes the table.
  absl::Status Begin(const std::string& table, const std::string& layout);
  absl::Status AddChunk(const std::string& table, size_t chunk, const RowsChecksum& checksum);
  absl::Status Complete(const std::string& table);

 private:
  Connection& connection_;
};

}  // namespace datamigrate::data
