// An embedded DuckDB for tests: runs SQL, gives rows as text.
#pragma once

#include <string>
#include <vector>

#include "duckdb.h"

namespace datamigrate::testing {

struct Rows {
  std::string error;  // Empty when the statements ran.
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>>
      rows;  // NULL is "NULL"; booleans are 1 and 0; blobs 0x...; GUIDs upper case.
};

class DuckDbSession {
 public:
  DuckDbSession();
  ~DuckDbSession();
  DuckDbSession(const DuckDbSession&) = delete;
  DuckDbSession& operator=(const DuckDbSession&) = delete;

  // Runs all statements, for 15 seconds at most; the rows are the last one's.
  Rows Run(const std::string& sql);

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

// Equal as text, or as numbers to nine digits, or within `tolerance`.
bool SameValue(const std::string& actual, const std::string& expected, double tolerance);

}  // namespace datamigrate::testing
