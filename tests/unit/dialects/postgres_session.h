// A PostgreSQL session for tests, in a schema of its own: runs SQL, gives rows as text.
#pragma once

#include <memory>
#include <string>

#include "common/pg/connection.h"
#include "tests/unit/dialects/duckdb_session.h"

namespace datamigrate::testing {

class PostgresSession {
 public:
  // Whether DATAMIGRATE_TEST_DATABASE_URL names a server.
  static bool IsAvailable();

  PostgresSession();
  ~PostgresSession();
  PostgresSession(const PostgresSession&) = delete;
  PostgresSession& operator=(const PostgresSession&) = delete;

  // Runs all statements as one transaction; the rows are the last one's, written as DuckDbSession
  // writes them.
  Rows Run(const std::string& sql);

 private:
  std::unique_ptr<pg::Connection> connection_;
};

}  // namespace datamigrate::testing
