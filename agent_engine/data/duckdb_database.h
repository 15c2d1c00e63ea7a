// An embedded DuckDB: database, connection and result as values that clean up after themselves.
//
// A DuckDB file belongs to one process at a time: close the Database before another program, dbt
// among them, opens it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/data/duckdb_library.h"

namespace datamigrate::data {

// A column of a result or table, as DuckDB stores it.
struct StoredType {
  duckdb_type id = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  // Of decimals: the integer that holds them.
  uint8_t width = 0;                          // Of decimals.
  uint8_t scale = 0;

  static StoredType Of(duckdb_logical_type type);
};

// The rows of a query, one vector of up to 2,048 of them after the other. Not thread-safe. It must
// not outlive its connection.
class Result {
 public:
  explicit Result(duckdb_result result) : result_(result) {}
  Result(Result&& other) noexcept;
  Result& operator=(Result&& other) noexcept;
  ~Result();

  size_t column_count() const { return columns_.size(); }
  const std::string& column_name(size_t column) const { return columns_[column].name; }
  // As DuckDB writes it: "DECIMAL(19,4)".
  const StoredType& column_type(size_t column) const { return columns_[column].type; }

  // Reads the columns' names and types. Called once, by the connection.
  void Describe();
  // Goes to the next vector; false at the end. Errors end a streamed result.
  absl::StatusOr<bool> Next();
  int64_t row_count() const { return rows_; }  // Of the current vector.
  // A value of the current vector in canonical text (data/row_source.h), or NULL.
  std::optional<std::string> Text(size_t column, int64_t row) const;

 private:
  struct Column {
    std::string name;
    StoredType type;
    void* values = nullptr;
    uint64_t* validity = nullptr;
  };

  void Clear();

  duckdb_result result_;
  bool is_owner_ = true;
  duckdb_data_chunk chunk_ = nullptr;
  int64_t rows_ = 0;
  std::vector<Column> columns_;
};

// One session. Not thread-safe, except Interrupt(). It must not outlive its database.
class Connection {
 public:
  explicit Connection(duckdb_connection connection) : connection_(connection) {}
  Connection(Connection&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  duckdb_connection get() const { return connection_; }

  // Runs one or more statements. Errors: kInvalidArgument for SQL that does not parse or bind,
  // kOutOfRange for a value that does not fit, kCancelled after Interrupt(), kResourceExhausted for
  // memory or disk, kUnavailable for the disk. Values of rows are taken out of the messages.
  absl::Status Execute(const std::string& sql);
  // The rows of one query; memory stays bounded by a vector, not by the result.
  absl::StatusOr<Result> Query(const std::string& sql);
  // The one value of a query with one row and column; NULL counts as 0.
  absl::StatusOr<int64_t> QueryInteger(const std::string& sql);
  // Binds `values` to ?, ?, ….
  absl::Status ExecuteBound(const std::string& sql, const std::vector<std::string>& values);
  absl::StatusOr<Result> QueryBound(const std::string& sql, const std::vector<std::string>& values);

  // Stops the running statement soon. Safe to call from any thread.
  void Interrupt() { duckdb_interrupt(connection_); }

 private:
  duckdb_connection connection_;
};

// Safe to share between threads; each uses its own connection.
class Database {
 public:
  struct Options {
    int threads = 0;           // 0: as many as there are cores.
    std::string memory_limit;  // "2GB"; empty: DuckDB's default, 80 % of the machine's memory.
    bool is_read_only = false;
  };

  // Opens or creates the file; ":memory:" or an empty path is a database of its own in memory.
  // Extensions are neither downloaded nor loaded. kUnavailable when the file cannot be opened, or
  // another process holds it; kFailedPrecondition when DuckDB itself cannot be loaded.
  static absl::StatusOr<Database> Open(const std::string& path, const Options& options);
  static absl::StatusOr<Database> Open(const std::string& path) { return Open(path, Options()); }

  Database(Database&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Database& operator=(Database&&) = delete;
  ~Database();

  absl::StatusOr<Connection> Connect() const;

 private:
  explicit Database(duckdb_database database) : database_(database) {}

  duckdb_database database_;
};

// A transaction that rolls back unless it was committed.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  absl::Status Begin();
  absl::Status Commit();

 private:
  Connection& connection_;
  bool is_open_ = false;
};

// An identifier between double quotes, quotes inside doubled.
std::string QuoteName(std::string_view name);
// "schema"."name".
std::string QuoteRelation(std::string_view schema, std::string_view name);
// A string literal.
std::string QuoteText(std::string_view text);

}  // namespace datamigrate::data
