#include "tests/unit/dialects/postgres_session.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "tests/support/test_database.h"

namespace datamigrate::testing {
namespace {

constexpr char kUrlVariable[] = "DATAMIGRATE_TEST_DATABASE_URL";

// Type numbers of the system catalog (pg_type).
constexpr Oid kBoolean = 16;
constexpr Oid kBytes = 17;
constexpr Oid kGuid = 2950;

using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string CellText(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return "NULL";
  const std::string text = PQgetvalue(result, row, column);
  switch (PQftype(result, column)) {
    case kBoolean:
      return text == "t" ? "1" : "0";
    case kBytes:
      return "0x" + Upper(text.substr(2));
    case kGuid:
      return Upper(text);
    default:
      return text;
  }
}

const TestDatabase& OwnDatabase() {
  static const TestDatabase database(PostgresSession::ServerUrl());
  return database;
}

}  // namespace

bool PostgresSession::IsAvailable() {
  return std::getenv(kUrlVariable) != nullptr;
}

std::string PostgresSession::ServerUrl() {
  return std::getenv(kUrlVariable);
}

PostgresSession::PostgresSession() : PostgresSession(OwnDatabase().url()) {}

PostgresSession::PostgresSession(const std::string& url) {
  auto opened = pg::Connection::Open({.url = url, .statement_timeout = absl::Seconds(15)});
  if (!opened.ok()) throw std::runtime_error(std::string(opened.status().message()));
  connection_ = *std::move(opened);
  Run("create temp table session_mark (x integer); drop table session_mark; "
      "set search_path to pg_temp");
}

PostgresSession::~PostgresSession() = default;

Rows PostgresSession::Run(const std::string& sql) {
  Rows rows;
  const ResultPtr result(PQexec(connection_->native(), sql.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    rows.error = PQresultErrorMessage(result.get());
    if (rows.error.empty()) rows.error = "unknown error";
    return rows;
  }
  const int columns = PQnfields(result.get());
  for (int column = 0; column < columns; ++column)
    rows.columns.emplace_back(PQfname(result.get(), column));
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    auto& cells = rows.rows.emplace_back();
    for (int column = 0; column < columns; ++column)
      cells.push_back(CellText(result.get(), row, column));
  }
  return rows;
}

std::string PostgresSession::Copy(const std::string& sql, const std::filesystem::path& file) {
  PGconn* connection = connection_->native();
  if (const ResultPtr started(PQexec(connection, sql.c_str()), PQclear);
      PQresultStatus(started.get()) != PGRES_COPY_IN) {
    return PQresultErrorMessage(started.get());
  }
  std::ifstream bytes(file, std::ios::binary);
  char part[65536];
  while (bytes.read(part, sizeof part), bytes.gcount() > 0)
    PQputCopyData(connection, part, static_cast<int>(bytes.gcount()));
  PQputCopyEnd(connection, bytes.bad() ? "the file cannot be read" : nullptr);
  std::string error;
  for (PGresult* result = PQgetResult(connection); result != nullptr;
       result = PQgetResult(connection)) {
    const ResultPtr owned(result, PQclear);
    error += PQresultErrorMessage(result);
  }
  return error;
}

}  // namespace datamigrate::testing
