// The tables that statements read and change: those of the catalog, temporary ones and table
// variables.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/data/row_source.h"
#include "agent_engine/source/scripts/rows/row_store.h"

namespace datamigrate::source {

using RowsPointer = std::shared_ptr<const std::vector<data::Row>>;

// Rows are kept in the store; tables that are read or changed are decoded in memory, the least used
// ones put back when they take too much. Not thread-safe.
class TableSet {
 public:
  // A table whose rows take more is not decoded: statements that need it are refused.
  static constexpr int64_t kMaxDecodedRows = 4'000'000;

  // Borrows both. The tables of the catalog have the numbers of their places in it.
  TableSet(const catalog::Catalog& catalog, RowStore& store);

  // An empty schema means `default_schema`. Temporary tables and variables are found by their name
  // alone.
  std::optional<size_t> Find(std::string_view schema, std::string_view name,
                             std::string_view default_schema) const;
  // Adds or replaces a temporary table (#t) or table variable (@t).
  size_t AddTemporary(catalog::Table table);
  void DropTemporary(std::string_view name);
  // Forgets the table variables of a batch.
  void DropVariables();

  const catalog::Table& table(size_t number) const { return *tables_[number]; }
  // Places in table().columns of the columns that rows have, in order: all but the computed ones.
  const std::vector<size_t>& stored_columns(size_t number) const { return stored_columns_[number]; }

  // Errors: those of RowStore; kResourceExhausted for a table too large to decode.
  absl::StatusOr<RowsPointer> Rows(size_t number);
  absl::Status Append(size_t number, std::vector<data::Row> rows);
  absl::Status Replace(size_t number, std::vector<data::Row> rows);
  absl::Status AppendForeign(size_t number, std::shared_ptr<const ForeignRows> rows);
  absl::Status Clear(size_t number);

  // Changes with every change of rows: of any table, of one table.
  uint64_t version() const { return version_; }
  uint64_t version(size_t number) const;

  // The next value of the table's identity column.
  std::string NextIdentity(size_t number);
  // Takes note of a value that a statement gave itself.
  void NoteIdentity(size_t number, const std::string& value);
  void ResetIdentity(size_t number) { identities_.erase(number); }

  // Remembers the rows and identities of all tables; changes can be taken back until Commit or
  // RollBack. Does not nest.
  void Begin();
  void Commit();
  void RollBack();

  // Puts all decoded tables back into the store.
  absl::Status Flush();

 private:
  struct Decoded {
    std::shared_ptr<std::vector<data::Row>> rows;
    bool is_changed = false;
    uint64_t last_use = 0;
  };

  // Before a change: keeps the rows for RollBack.
  absl::Status Remember(size_t number);
  absl::Status PutBack(size_t number, Decoded& decoded);
  absl::Status MakeRoom(size_t except);
  std::vector<data::Row>& Writable(Decoded& decoded);

  RowStore& store_;
  std::vector<const catalog::Table*> tables_;
  std::list<catalog::Table> temporary_;
  std::vector<std::vector<size_t>> stored_columns_;
  absl::flat_hash_map<std::string, size_t> by_name_;
  absl::flat_hash_map<size_t, Decoded> decoded_;
  absl::flat_hash_map<size_t, int64_t> identities_;  // Last value given.
  bool in_transaction_ = false;
  absl::flat_hash_map<size_t, std::shared_ptr<std::vector<data::Row>>> before_;
  absl::flat_hash_map<size_t, int64_t> identities_before_;
  void Changed(size_t number);

  uint64_t version_ = 0;
  absl::flat_hash_map<size_t, uint64_t> versions_;
  uint64_t uses_ = 0;
};

}  // namespace datamigrate::source
