#include "agent_engine/data/duckdb_database.h"

#include <utility>

#include "agent_engine/data/stored_value.h"

namespace datamigrate::data {
namespace {

// DuckDB puts rejected values between quotes: they are the customer's, and messages travel to logs.
std::string WithoutValues(std::string_view message) {
  std::string clean;
  char open = '\0';
  for (const char c : message) {
    if (open == '\0') {
      clean += c;
      if (c == '"' || c == '\'') open = c, clean += "…";
    } else if (c == open) {
      clean += c;
      open = '\0';
    }
  }
  return clean;
}

absl::Status ErrorOf(duckdb_error_type type, const char* text) {
  const std::string message = text == nullptr ? "DuckDB failed" : text;
  switch (type) {
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_OUT_OF_RANGE:
    case DUCKDB_ERROR_DECIMAL:
    case DUCKDB_ERROR_DIVIDE_BY_ZERO:
    case DUCKDB_ERROR_INVALID_INPUT:
    case DUCKDB_ERROR_CONSTRAINT:
      return absl::OutOfRangeError(WithoutValues(message));
    case DUCKDB_ERROR_INTERRUPT:
      return absl::CancelledError(message);
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return absl::ResourceExhaustedError(message);
    case DUCKDB_ERROR_IO:
      return absl::UnavailableError(message);
    case DUCKDB_ERROR_TRANSACTION:
      return absl::AbortedError(message);
    case DUCKDB_ERROR_INTERNAL:
    case DUCKDB_ERROR_FATAL:
      return absl::InternalError(WithoutValues(message));
    default:
      return absl::InvalidArgumentError(message);
  }
}

absl::Status ErrorOf(duckdb_result& result) {
  return ErrorOf(duckdb_result_error_type(&result), duckdb_result_error(&result));
}

class Prepared {
 public:
  explicit Prepared(duckdb_connection connection, const std::string& sql) {
    is_ok_ = duckdb_prepare(connection, sql.c_str(), &statement_) == DuckDBSuccess;
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() { duckdb_destroy_prepare(&statement_); }

  duckdb_prepared_statement get() const { return statement_; }
  absl::Status status() const {
    if (is_ok_) return absl::OkStatus();
    const char* text = duckdb_prepare_error(statement_);
    return absl::InvalidArgumentError(text == nullptr ? "cannot prepare the statement" : text);
  }

 private:
  duckdb_prepared_statement statement_ = nullptr;
  bool is_ok_;
};

absl::StatusOr<Result> Finish(duckdb_state state, duckdb_result raw) {
  Result result(raw);
  if (state == DuckDBError) return ErrorOf(raw);
  result.Describe();
  return result;
}

}  // namespace

StoredType StoredType::Of(duckdb_logical_type type) {
  StoredType stored;
  stored.id = duckdb_get_type_id(type);
  if (stored.id == DUCKDB_TYPE_DECIMAL) {
    stored.storage = duckdb_decimal_internal_type(type);
    stored.width = duckdb_decimal_width(type);
    stored.scale = duckdb_decimal_scale(type);
  }
  return stored;
}

Result::Result(Result&& other) noexcept
    : result_(other.result_),
      is_owner_(std::exchange(other.is_owner_, false)),
      chunk_(std::exchange(other.chunk_, nullptr)),
      rows_(other.rows_),
      columns_(std::move(other.columns_)) {}

Result& Result::operator=(Result&& other) noexcept {
  if (this != &other) {
    Clear();
    result_ = other.result_;
    is_owner_ = std::exchange(other.is_owner_, false);
    chunk_ = std::exchange(other.chunk_, nullptr);
    rows_ = other.rows_;
    columns_ = std::move(other.columns_);
  }
  return *this;
}

Result::~Result() {
  Clear();
}

void Result::Clear() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  if (is_owner_) duckdb_destroy_result(&result_);
  is_owner_ = false;
}

void Result::Describe() {
  const idx_t count = duckdb_column_count(&result_);
  for (idx_t i = 0; i < count; ++i) {
    duckdb_logical_type type = duckdb_column_logical_type(&result_, i);
    columns_.push_back({duckdb_column_name(&result_, i), StoredType::Of(type), nullptr, nullptr});
    duckdb_destroy_logical_type(&type);
  }
}

absl::StatusOr<bool> Result::Next() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  chunk_ = duckdb_fetch_chunk(result_);
  if (chunk_ == nullptr) {
    rows_ = 0;
    const char* error = duckdb_result_error(&result_);
    if (error != nullptr && error[0] != '\0') return ErrorOf(result_);
    return false;
  }
  rows_ = static_cast<int64_t>(duckdb_data_chunk_get_size(chunk_));
  for (size_t i = 0; i < columns_.size(); ++i) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk_, i);
    columns_[i].values = duckdb_vector_get_data(vector);
    columns_[i].validity = duckdb_vector_get_validity(vector);
  }
  return rows_ > 0;
}

std::optional<std::string> Result::Text(size_t column, int64_t row) const {
  const Column& of = columns_[column];
  const auto index = static_cast<idx_t>(row);
  if (of.validity != nullptr && !duckdb_validity_row_is_valid(of.validity, index)) {
    return std::nullopt;
  }
  return StoredText(of.type, of.values, index);
}

Connection::~Connection() {
  if (connection_ != nullptr) duckdb_disconnect(&connection_);
}

absl::Status Connection::Execute(const std::string& sql) {
  duckdb_result raw;
  const duckdb_state state = duckdb_query(connection_, sql.c_str(), &raw);
  absl::Status status = state == DuckDBError ? ErrorOf(raw) : absl::OkStatus();
  duckdb_destroy_result(&raw);
  return status;
}

absl::StatusOr<Result> Connection::Query(const std::string& sql) {
  return QueryBound(sql, {});
}

absl::StatusOr<int64_t> Connection::QueryInteger(const std::string& sql) {
  auto result = Query("select cast((" + sql + ") as bigint)");
  if (!result.ok()) return result.status();
  const auto more = result->Next();
  if (!more.ok()) return more.status();
  const auto text = *more ? result->Text(0, 0) : std::nullopt;
  return text ? std::stoll(*text) : 0;
}

absl::Status Connection::ExecuteBound(const std::string& sql,
                                      const std::vector<std::string>& values) {
  auto result = QueryBound(sql, values);
  if (!result.ok()) return result.status();
  while (true) {
    const auto more = result->Next();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
  }
}

absl::StatusOr<Result> Connection::QueryBound(const std::string& sql,
                                              const std::vector<std::string>& values) {
  const Prepared prepared(connection_, sql);
  if (!prepared.status().ok()) return prepared.status();
  for (size_t i = 0; i < values.size(); ++i) {
    if (duckdb_bind_varchar_length(prepared.get(), i + 1, values[i].data(), values[i].size()) ==
        DuckDBError) {
      return absl::InternalError("cannot bind parameter " + std::to_string(i + 1));
    }
  }
  duckdb_result raw;
  const duckdb_state state = duckdb_execute_prepared_streaming(prepared.get(), &raw);
  return Finish(state, raw);
}

absl::StatusOr<Database> Database::Open(const std::string& path, const Options& options) {
  if (absl::Status loaded = LoadDuckDb(); !loaded.ok()) return loaded;
  duckdb_config config;
  if (duckdb_create_config(&config) == DuckDBError) {
    return absl::ResourceExhaustedError("no memory for DuckDB's configuration");
  }
  const auto set = [&](const char* name, const std::string& value) {
    duckdb_set_config(config, name, value.c_str());
  };
  set("autoinstall_known_extensions", "false");
  set("autoload_known_extensions", "false");
  if (options.threads > 0) set("threads", std::to_string(options.threads));
  if (!options.memory_limit.empty()) set("memory_limit", options.memory_limit);
  if (options.is_read_only) set("access_mode", "READ_ONLY");
  duckdb_database database = nullptr;
  char* error = nullptr;
  const duckdb_state state = duckdb_open_ext(path.c_str(), &database, config, &error);
  duckdb_destroy_config(&config);
  if (state == DuckDBSuccess) return Database(database);
  absl::Status status = absl::UnavailableError("cannot open the DuckDB file " + path + ": " +
                                               (error == nullptr ? "unknown error" : error));
  duckdb_free(error);
  return status;
}

Database::~Database() {
  if (database_ != nullptr) duckdb_close(&database_);
}

absl::StatusOr<Connection> Database::Connect() const {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database_, &connection) == DuckDBError) {
    return absl::ResourceExhaustedError("cannot connect to the embedded DuckDB");
  }
  return Connection(connection);
}

Transaction::~Transaction() {
  if (is_open_) (void)connection_.Execute("ROLLBACK");
}

absl::Status Transaction::Begin() {
  absl::Status status = connection_.Execute("BEGIN TRANSACTION");
  is_open_ = status.ok();
  return status;
}

absl::Status Transaction::Commit() {
  absl::Status status = connection_.Execute("COMMIT");
  is_open_ = !status.ok();
  return status;
}

std::string QuoteName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string QuoteRelation(std::string_view schema, std::string_view name) {
  return QuoteName(schema) + "." + QuoteName(name);
}

std::string QuoteText(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + '\'';
}

}  // namespace datamigrate::data
