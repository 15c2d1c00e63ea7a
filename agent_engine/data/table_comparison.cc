#include "agent_engine/data/table_comparison.h"

#include "agent_engine/data/chunk_ledger.h"

namespace datamigrate::data {
namespace {

// Cuts the rows that a table gives into chunks of the source's sizes and compares each. Rows come
// in the order in which they were appended (DuckDB: "preserve_insertion_order").
class ChunkComparer {
 public:
  ChunkComparer(const std::vector<RowsChecksum>& expected, TableComparison& comparison)
      : expected_(expected), comparison_(comparison) {}

  void Add(const RowHash& row) {
    ++comparison_.target_rows;
    current_.Add(row);
    const bool is_full = chunk_ < expected_.size() && current_.rows == expected_[chunk_].rows;
    if (is_full) Finish();
  }

  void FinishAll() {
    if (current_.rows > 0) Finish();
    while (chunk_ < expected_.size()) Finish();
  }

 private:
  void Finish() {
    const RowsChecksum expected = chunk_ < expected_.size() ? expected_[chunk_] : RowsChecksum();
    if (!(current_ == expected)) {
      comparison_.differences.push_back({static_cast<int64_t>(chunk_), expected, current_});
    }
    current_ = RowsChecksum();
    ++chunk_;
  }

  const std::vector<RowsChecksum>& expected_;
  TableComparison& comparison_;
  RowsChecksum current_;
  size_t chunk_ = 0;
};

}  // namespace

absl::StatusOr<TableComparison> CompareTable(Connection& connection,
                                             const dbt::SourceTable& table) {
  ChunkLedger ledger(connection);
  if (absl::Status status = ledger.Create(); !status.ok()) return status;
  const std::string key = table.raw_schema + "." + table.identifier;
  const auto entry = ledger.Find(key);
  if (!entry.ok()) return entry.status();
  if (!entry->has_value()) return absl::NotFoundError(key + " was not loaded");
  const auto chunks = ledger.Chunks(key);
  if (!chunks.ok()) return chunks.status();

  TableComparison comparison;
  comparison.table = table.object.ToString();
  comparison.is_complete = (*entry)->is_complete;
  comparison.chunks = static_cast<int64_t>(chunks->size());
  for (const RowsChecksum& chunk : *chunks) comparison.source_rows += chunk.rows;
  auto rows =
      connection.Query("select * from " + QuoteRelation(table.raw_schema, table.identifier));
  if (!rows.ok()) return rows.status();
  ChunkComparer comparer(*chunks, comparison);
  while (true) {
    const auto more = rows->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    for (int64_t row = 0; row < rows->row_count(); ++row) {
      RowHash hash;
      for (size_t column = 0; column < rows->column_count(); ++column) {
        hash.Add(rows->Text(column, row));
      }
      comparer.Add(hash);
    }
  }
  comparer.FinishAll();
  return comparison;
}

}  // namespace datamigrate::data
