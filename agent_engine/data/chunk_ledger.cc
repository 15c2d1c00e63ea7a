#include "agent_engine/data/chunk_ledger.h"

namespace datamigrate::data {

absl::Status ChunkLedger::Create() {
  return connection_.Execute(
      "create table if not exists main._datamigrate_tables ("
      "table_name varchar not null, layout varchar not null, is_complete boolean not null);"
      "create table if not exists main._datamigrate_chunks ("
      "table_name varchar not null, chunk bigint not null, row_count bigint not null, "
      "checksum ubigint not null);");
}

absl::StatusOr<std::optional<ChunkLedger::TableEntry>> ChunkLedger::Find(const std::string& table) {
  auto result = connection_.QueryBound(
      "select layout, is_complete from main._datamigrate_tables where table_name = ?", {table});
  if (!result.ok()) return result.status();
  const auto more = result->Next();
  if (!more.ok()) return more.status();
  if (!*more) return std::optional<TableEntry>();
  return std::optional<TableEntry>({*result->Text(0, 0), *result->Text(1, 0) == "1"});
}

absl::StatusOr<std::vector<RowsChecksum>> ChunkLedger::Chunks(const std::string& table) {
  auto result = connection_.QueryBound(
      "select row_count, checksum from main._datamigrate_chunks where table_name = ? "
      "order by chunk",
      {table});
  if (!result.ok()) return result.status();
  std::vector<RowsChecksum> chunks;
  while (true) {
    const auto more = result->Next();
    if (!more.ok()) return more.status();
    if (!*more) return chunks;
    for (int64_t row = 0; row < result->row_count(); ++row) {
      chunks.push_back({std::stoll(*result->Text(0, row)), std::stoull(*result->Text(1, row))});
    }
  }
}

absl::Status ChunkLedger::Begin(const std::string& table, const std::string& layout) {
  for (const char* sql : {"delete from main._datamigrate_tables where table_name = ?",
                          "delete from main._datamigrate_chunks where table_name = ?"}) {
    if (absl::Status status = connection_.ExecuteBound(sql, {table}); !status.ok()) return status;
  }
  return connection_.ExecuteBound("insert into main._datamigrate_tables values (?, ?, false)",
                                  {table, layout});
}

absl::Status ChunkLedger::AddChunk(const std::string& table, size_t chunk,
                                   const RowsChecksum& checksum) {
  return connection_.ExecuteBound(
      "insert into main._datamigrate_chunks values (?, cast(? as bigint), cast(? as bigint), "
      "cast(? as ubigint))",
      {table, std::to_string(chunk), std::to_string(checksum.rows), std::to_string(checksum.sum)});
}

absl::Status ChunkLedger::Complete(const std::string& table) {
  return connection_.ExecuteBound(
      "update main._datamigrate_tables set is_complete = true where table_name = ?", {table});
}

}  // namespace datamigrate::data
