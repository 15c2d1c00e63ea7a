// A PostgreSQL schema of its own for each test, dropped afterwards.
#ifndef DATAMIGRATE_TESTS_UNIT_STORE_TEST_DATABASE_H_
#define DATAMIGRATE_TESTS_UNIT_STORE_TEST_DATABASE_H_

#include <memory>
#include <string>

#include "common/pg/connection.h"
#include "common/pg/pool.h"

namespace datamigrate {

class TestDatabase {
 public:
  // Creates an empty schema; every connection made with options() works in it.
  TestDatabase();
  ~TestDatabase();

  const pg::ConnectionOptions& options() const { return options_; }
  pg::Pool& pool() { return *pool_; }

  // Runs SQL that must succeed.
  void Run(const std::string& sql);
  // The first column, named "value", of the first row, as text.
  std::string Value(const std::string& sql);

 private:
  std::string schema_;
  pg::ConnectionOptions admin_;
  pg::ConnectionOptions options_;
  std::unique_ptr<pg::Pool> pool_;
};

}  // namespace datamigrate

#endif  // DATAMIGRATE_TESTS_UNIT_STORE_TEST_DATABASE_H_
