// A PostgreSQL session for tests, in a schema of its own: runs SQL, gives rows as text.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/pg/connection.h"
#include "tests/unit/dialects/duckdb_session.h"

namespace datamigrate::testing {

class PostgresSession {
 public:
  // Whether DATAMIGRATE_TEST_DATABASE_URL names a server.
  static bool IsAvailable();
  // The server that it names; call only when there is one.
  static std::string ServerUrl();

  // In a database that the program's sessions share and that goes with the program.
  PostgresSession();
  explicit PostgresSession(const std::string& url);
  ~PostgresSession();
  PostgresSession(const PostgresSession&) = delete;
  PostgresSession& operator=(const PostgresSession&) = delete;

  // Runs all statements as one transaction; the rows are the last one's, written as DuckDbSession
  // writes them.
  Rows Run(const std::string& sql);

  // Runs a COPY … FROM STDIN with the file's bytes. Gives the error, empty when it ran.
  std::string Copy(const std::string& sql, const std::filesystem::path& file);

 private:
  std::unique_ptr<pg::Connection> connection_;
};

}  // namespace datamigrate::testing
