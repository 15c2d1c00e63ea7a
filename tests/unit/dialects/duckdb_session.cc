#include "tests/unit/dialects/duckdb_session.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace datamigrate::testing {
namespace {

std::string BlobText(const std::string& shown) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text = "0x";
  for (size_t i = 0; i < shown.size(); ++i) {
    if (shown.compare(i, 2, "\\x") == 0 && i + 3 < shown.size()) {
      text += shown.substr(i + 2, 2);
      i += 3;
      continue;
    }
    const auto byte = static_cast<unsigned char>(shown[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// The C interface writes no text for this type.
std::string InstantText(duckdb_timestamp value) {
  const duckdb_timestamp_struct parts = duckdb_from_timestamp(value);
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d.%06d", parts.date.year,
                parts.date.month, parts.date.day, parts.time.hour, parts.time.min, parts.time.sec,
                parts.time.micros);
  std::string instant = text;
  while (instant.ends_with('0')) instant.pop_back();
  if (instant.ends_with('.')) instant.pop_back();
  return instant + "+00";
}

std::string CellText(duckdb_result& result, idx_t column, idx_t row) {
  if (duckdb_value_is_null(&result, column, row)) return "NULL";
  const duckdb_type type = duckdb_column_type(&result, column);
  if (type == DUCKDB_TYPE_TIMESTAMP_TZ) {
    return InstantText(static_cast<duckdb_timestamp*>(duckdb_column_data(&result, column))[row]);
  }
  char* raw = duckdb_value_varchar(&result, column, row);
  std::string text = raw == nullptr ? "" : raw;
  duckdb_free(raw);
  switch (type) {
    case DUCKDB_TYPE_UUID:
      // The C interface has no text for it: cases cast it.
      return "(a uuid)";
    case DUCKDB_TYPE_BOOLEAN:
      return text == "true" ? "1" : "0";
    case DUCKDB_TYPE_BLOB:
      return BlobText(text);
    default:
      return text;
  }
}

// "2024-01-05 10:00:00.500000" is "2024-01-05 10:00:00.5".
std::string WithoutZeros(std::string text) {
  const size_t point = text.find('.');
  if (point == std::string::npos || text.find(':') == std::string::npos) return text;
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

bool IsNumber(const std::string& text, double& value) {
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size();
}

Rows Execute(duckdb_prepared_statement statement) {
  Rows rows;
  duckdb_result result;
  if (duckdb_execute_prepared(statement, &result) != DuckDBSuccess) {
    const char* error = duckdb_result_error(&result);
    rows.error = error == nullptr ? "unknown error" : error;
  } else {
    const idx_t columns = duckdb_column_count(&result);
    for (idx_t column = 0; column < columns; ++column)
      rows.columns.emplace_back(duckdb_column_name(&result, column));
    const idx_t count = duckdb_row_count(&result);
    for (idx_t row = 0; row < count; ++row) {
      auto& cells = rows.rows.emplace_back();
      for (idx_t column = 0; column < columns; ++column)
        cells.push_back(CellText(result, column, row));
    }
  }
  duckdb_destroy_result(&result);
  return rows;
}

// Interrupts what runs on a connection for too long: a translation that never ends is an error.
class Deadline {
 public:
  explicit Deadline(duckdb_connection connection)
      : watch_([connection](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any ended;
          if (!ended.wait_for(lock, stop, kTimeLimit, [] { return false; }) &&
              !stop.stop_requested()) {
            duckdb_interrupt(connection);
          }
        }) {}

 private:
  static constexpr std::chrono::seconds kTimeLimit{15};

  std::jthread watch_;
};

}  // namespace

DuckDbSession::DuckDbSession() {
  if (duckdb_open(nullptr, &database_) != DuckDBSuccess ||
      duckdb_connect(database_, &connection_) != DuckDBSuccess) {
    throw std::runtime_error("DuckDB does not open");
  }
}

DuckDbSession::~DuckDbSession() {
  duckdb_disconnect(&connection_);
  duckdb_close(&database_);
}

Rows DuckDbSession::Run(const std::string& sql) {
  Rows rows;
  const Deadline deadline(connection_);
  duckdb_extracted_statements statements = nullptr;
  const idx_t count = duckdb_extract_statements(connection_, sql.c_str(), &statements);
  if (count == 0) {
    const char* error = duckdb_extract_statements_error(statements);
    if (error != nullptr) rows.error = error;
  }
  for (idx_t i = 0; i < count && rows.error.empty(); ++i) {
    duckdb_prepared_statement statement = nullptr;
    if (duckdb_prepare_extracted_statement(connection_, statements, i, &statement) !=
        DuckDBSuccess) {
      rows.error = duckdb_prepare_error(statement);
    } else {
      rows = Execute(statement);
    }
    duckdb_destroy_prepare(&statement);
  }
  duckdb_destroy_extracted(&statements);
  return rows;
}

bool SameValue(const std::string& actual, const std::string& expected, double tolerance) {
  if (actual == expected || WithoutZeros(actual) == WithoutZeros(expected)) return true;
  double left = 0;
  double right = 0;
  if (!IsNumber(actual, left) || !IsNumber(expected, right)) return false;
  return std::abs(left - right) <= std::max(tolerance, 1e-9 * std::abs(right));
}

}  // namespace datamigrate::testing
