#include "agent_engine/data/table_loader.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "agent_engine/data/chunk_ledger.h"
#include "agent_engine/data/stored_value.h"
#include "common/errors/error_context.h"

namespace datamigrate::data {
namespace {

std::string TableKey(const dbt::SourceTable& table) {
  return table.raw_schema + "." + table.identifier;
}

std::string Layout(const dbt::SourceTable& table, int64_t chunk_rows) {
  std::string layout = std::to_string(chunk_rows);
  for (const dbt::SourceColumn& column : table.columns) {
    layout += "\n" + column.name + "\t" + column.target_type;
  }
  return layout;
}

std::string CreateSql(const dbt::SourceTable& table) {
  std::string sql = "create schema if not exists " + QuoteName(table.raw_schema) +
                    "; create table if not exists " +
                    QuoteRelation(table.raw_schema, table.identifier) + " (";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (i > 0) sql += ", ";
    sql += QuoteName(table.columns[i].name) + " " + table.columns[i].target_type;
  }
  return sql + ")";
}

// Connections that change the catalog at once conflict; who comes later tries again when the other
// is through.
absl::Status RetryConflicts(const std::function<absl::Status()>& change) {
  constexpr int kAttempts = 40;
  constexpr auto kLongestPause = std::chrono::milliseconds(64);
  auto pause = std::chrono::milliseconds(1);
  for (int attempt = 1;; ++attempt) {
    absl::Status status = change();
    if (!absl::IsAborted(status) || attempt == kAttempts) return status;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

// Writes rows to a table through DuckDB's appender, one vector at a time.
class ChunkWriter {
 public:
  explicit ChunkWriter(const dbt::SourceTable& table)
      : table_(table), shortened_(table.columns.size()) {}
  ChunkWriter(const ChunkWriter&) = delete;
  ChunkWriter& operator=(const ChunkWriter&) = delete;
  ~ChunkWriter() {
    if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
    if (appender_ != nullptr) duckdb_appender_destroy(&appender_);
    for (duckdb_logical_type& type : logical_types_) duckdb_destroy_logical_type(&type);
  }

  absl::Status Open(Connection& connection) {
    if (duckdb_appender_create(connection.get(), table_.raw_schema.c_str(),
                               table_.identifier.c_str(), &appender_) == DuckDBError) {
      return AppenderError();
    }
    for (idx_t i = 0; i < duckdb_appender_column_count(appender_); ++i) {
      logical_types_.push_back(duckdb_appender_column_type(appender_, i));
      types_.push_back(StoredType::Of(logical_types_.back()));
      if (IsLoadable(types_.back())) continue;
      return absl::UnimplementedError("rows cannot be loaded into a column of type " +
                                      table_.columns[i].target_type + ": " +
                                      table_.object.ToString() + "." + table_.columns[i].name);
    }
    chunk_ = duckdb_create_data_chunk(logical_types_.data(), logical_types_.size());
    for (idx_t i = 0; i < types_.size(); ++i) {
      vectors_.push_back(duckdb_data_chunk_get_vector(chunk_, i));
    }
    StartVector();
    return absl::OkStatus();
  }

  // The row's number counts from 1 in the table, for messages.
  absl::Status Add(const Row& row, int64_t number) {
    for (size_t column = 0; column < row.size(); ++column) {
      const Cell& cell = row[column];
      if (!cell) {
        SetNull(column);
        continue;
      }
      const Fit fit = StoreText(types_[column], *cell, vectors_[column], values_[column], rows_);
      if (fit == Fit::kNot) return BadValue(column, number);
      if (fit == Fit::kShortened) ++shortened_[column];
    }
    ++rows_;
    if (rows_ == duckdb_vector_size()) return FlushVector();
    return absl::OkStatus();
  }

  absl::Status Close() {
    if (absl::Status status = FlushVector(); !status.ok()) return status;
    return duckdb_appender_close(appender_) == DuckDBError ? AppenderError() : absl::OkStatus();
  }

  // Per column, the values of which digits were cut off.
  const std::vector<int64_t>& shortened() const { return shortened_; }

 private:
  void StartVector() {
    duckdb_data_chunk_reset(chunk_);
    rows_ = 0;
    values_.clear();
    for (duckdb_vector vector : vectors_) {
      values_.push_back(duckdb_vector_get_data(vector));
    }
    validities_.assign(vectors_.size(), nullptr);
  }

  void SetNull(size_t column) {
    if (validities_[column] == nullptr) {
      duckdb_vector_ensure_validity_writable(vectors_[column]);
      validities_[column] = duckdb_vector_get_validity(vectors_[column]);
    }
    duckdb_validity_set_row_invalid(validities_[column], rows_);
  }

  absl::Status FlushVector() {
    if (rows_ == 0) return absl::OkStatus();
    duckdb_data_chunk_set_size(chunk_, rows_);
    if (duckdb_append_data_chunk(appender_, chunk_) == DuckDBError) return AppenderError();
    StartVector();
    return absl::OkStatus();
  }

  absl::Status BadValue(size_t column, int64_t number) const {
    return absl::OutOfRangeError(table_.object.ToString() + ", row " + std::to_string(number) +
                                 ": the value of " + table_.columns[column].name +
                                 " does not fit the type " + table_.columns[column].target_type);
  }

  absl::Status AppenderError() const {
    const char* error = appender_ == nullptr ? nullptr : duckdb_appender_error(appender_);
    return absl::UnavailableError("cannot write rows of " + table_.object.ToString() + ": " +
                                  (error == nullptr ? "no such table" : error));
  }

  const dbt::SourceTable& table_;
  std::vector<int64_t> shortened_;
  duckdb_appender appender_ = nullptr;
  duckdb_data_chunk chunk_ = nullptr;
  std::vector<duckdb_logical_type> logical_types_;
  std::vector<StoredType> types_;
  std::vector<duckdb_vector> vectors_;
  std::vector<void*> values_;
  std::vector<uint64_t*> validities_;
  idx_t rows_ = 0;
};

class TableLoader {
 public:
  TableLoader(Connection& connection, const dbt::SourceTable& table, RowSource& source,
              const LoadOptions& options)
      : connection_(connection),
        table_(table),
        source_(source),
        options_(options),
        key_(TableKey(table)),
        layout_(Layout(table, options.chunk_rows)),
        ledger_(connection) {}

  absl::StatusOr<TableLoad> Load() {
    absl::Status status = RetryConflicts([this] { return ledger_.Create(); });
    if (!status.ok()) return status;
    const auto entry = ledger_.Find(key_);
    if (!entry.ok()) return entry.status();
    const bool is_begun = entry->has_value() && (*entry)->layout == layout_;
    if (!is_begun) return LoadFromStart();
    auto kept = ledger_.Chunks(key_);
    if (!kept.ok()) return kept.status();
    kept_ = std::move(*kept);
    if ((*entry)->is_complete) return Kept();
    if (status = ReadTypes(); !status.ok()) return status;
    auto load = ReadSource();
    // The chunks that are there are not what the source gives now.
    if (absl::IsDataLoss(load.status())) return LoadFromStart();
    return load;
  }

 private:
  TableLoad Kept() const {
    TableLoad load;
    for (const RowsChecksum& chunk : kept_) load.rows += chunk.rows;
    load.chunks = load.chunks_kept = static_cast<int64_t>(kept_.size());
    return load;
  }

  absl::StatusOr<TableLoad> LoadFromStart() {
    kept_.clear();
    absl::Status status = RetryConflicts([this] { return Reset(); });
    if (status.ok()) status = ReadTypes();
    if (!status.ok()) return status;
    return ReadSource();
  }

  absl::Status Reset() {
    Transaction transaction(connection_);
    if (absl::Status status = transaction.Begin(); !status.ok()) return status;
    const std::string relation = QuoteRelation(table_.raw_schema, table_.identifier);
    for (const std::string& sql : {"create schema if not exists " + QuoteName(table_.raw_schema),
                                   "drop table if exists " + relation, CreateSql(table_)}) {
      if (absl::Status status = connection_.Execute(sql); !status.ok()) return status;
    }
    if (absl::Status status = ledger_.Begin(key_, layout_); !status.ok()) return status;
    return transaction.Commit();
  }

  absl::Status ReadTypes() {
    const auto result = connection_.Query(
        "select * from " + QuoteRelation(table_.raw_schema, table_.identifier) + " limit 0");
    if (!result.ok()) return result.status();
    types_.clear();
    for (size_t i = 0; i < result->column_count(); ++i) types_.push_back(result->column_type(i));
    return absl::OkStatus();
  }

  absl::StatusOr<TableLoad> ReadSource() {
    load_ = TableLoad();
    chunk_ = 0;
    pending_.clear();
    const int batch_rows = static_cast<int>(std::clamp<int64_t>(options_.chunk_rows, 1, 10'000));
    absl::Status status = source_.ReadTable(
        table_.object, batch_rows, [this](RowBatch batch) { return TakeBatch(std::move(batch)); });
    if (status.ok() && !pending_.empty()) status = FinishChunk();
    if (status.ok() && chunk_ < kept_.size()) status = SourceChanged();
    if (status.ok()) status = RetryConflicts([this] { return FinishTable(); });
    if (!status.ok()) return WithPlace(status);
    return std::move(load_);
  }

  absl::Status WithPlace(const absl::Status& status) const {
    return errors::WithContext(status, {.operation = "load rows",
                                        .object = table_.object.ToString(),
                                        .batch = "chunk " + std::to_string(chunk_ + 1),
                                        .rows = load_.rows});
  }

  absl::Status TakeBatch(RowBatch batch) {
    if (options_.is_cancelled && options_.is_cancelled()) {
      return absl::CancelledError("loading " + table_.object.ToString() + " was cancelled");
    }
    for (Row& row : batch.rows) {
      if (row.size() != table_.columns.size()) return BadRow(row.size());
      pending_.push_back(std::move(row));
      if (static_cast<int64_t>(pending_.size()) < options_.chunk_rows) continue;
      if (absl::Status status = FinishChunk(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status BadRow(size_t cells) const {
    const int64_t number = load_.rows + static_cast<int64_t>(pending_.size()) + 1;
    return absl::InvalidArgumentError(table_.object.ToString() + ", row " + std::to_string(number) +
                                      ": " + std::to_string(cells) + " values for " +
                                      std::to_string(table_.columns.size()) + " columns");
  }

  // Takes the pending rows as the next chunk: compares it with the one that is there, or writes it.
  absl::Status FinishChunk() {
    const RowsChecksum checksum = PendingChecksum();
    absl::Status status;
    if (chunk_ < kept_.size()) {
      if (!(kept_[chunk_] == checksum)) return SourceChanged();
      ++load_.chunks_kept;
    } else {
      status = RetryConflicts([&] { return WriteChunk(checksum); });
    }
    if (!status.ok()) return status;
    ++chunk_;
    ++load_.chunks;
    load_.rows += checksum.rows;
    pending_.clear();
    if (options_.on_chunk) options_.on_chunk(table_, load_.rows);
    return absl::OkStatus();
  }

  RowsChecksum PendingChecksum() const {
    RowsChecksum checksum;
    for (const Row& row : pending_) {
      RowHash hash;
      for (size_t i = 0; i < row.size(); ++i) {
        if (!row[i])
          hash.AddNull();
        else if (types_[i].id == DUCKDB_TYPE_VARCHAR)
          hash.Add(std::string_view(*row[i]));
        else
          hash.Add(std::string_view(NormalizeText(types_[i], *row[i])));
      }
      checksum.Add(hash);
    }
    return checksum;
  }

  absl::Status WriteChunk(const RowsChecksum& checksum) {
    Transaction transaction(connection_);
    if (absl::Status status = transaction.Begin(); !status.ok()) return status;
    std::vector<int64_t> shortened;
    {
      ChunkWriter writer(table_);
      if (absl::Status status = writer.Open(connection_); !status.ok()) return status;
      int64_t number = load_.rows;
      for (const Row& row : pending_) {
        if (absl::Status status = writer.Add(row, ++number); !status.ok()) return status;
      }
      if (absl::Status status = writer.Close(); !status.ok()) return status;
      shortened = writer.shortened();
    }
    if (absl::Status status = ledger_.AddChunk(key_, chunk_, checksum); !status.ok()) return status;
    if (absl::Status status = transaction.Commit(); !status.ok()) return status;
    for (size_t i = 0; i < shortened.size(); ++i) {
      if (shortened[i] > 0) load_.shortened[table_.columns[i].name] += shortened[i];
    }
    return absl::OkStatus();
  }

  absl::Status FinishTable() {
    Transaction transaction(connection_);
    if (absl::Status status = transaction.Begin(); !status.ok()) return status;
    if (absl::Status status = ledger_.Complete(key_); !status.ok()) return status;
    return transaction.Commit();
  }

  absl::Status SourceChanged() const {
    return absl::DataLossError("the source's rows of " + table_.object.ToString() +
                               " are not those that were loaded before");
  }

  Connection& connection_;
  const dbt::SourceTable& table_;
  RowSource& source_;
  const LoadOptions& options_;
  const std::string key_, layout_;
  ChunkLedger ledger_;
  std::vector<StoredType> types_;
  std::vector<RowsChecksum> kept_;  // Chunks of an earlier run.
  std::vector<Row> pending_;
  size_t chunk_ = 0;
  TableLoad load_;
};

}  // namespace

absl::Status CreateRawTable(Connection& connection, const dbt::SourceTable& table) {
  return RetryConflicts([&] { return connection.Execute(CreateSql(table)); });
}

absl::StatusOr<TableLoad> LoadTable(Connection& connection, const dbt::SourceTable& table,
                                    RowSource& source, const LoadOptions& options) {
  if (options.chunk_rows < 1) return absl::InvalidArgumentError("a chunk has at least one row");
  return TableLoader(connection, table, source, options).Load();
}

}  // namespace datamigrate::data
