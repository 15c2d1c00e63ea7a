// A database of a test's own on the server that the tests are given.
#pragma once

#include <string>

namespace datamigrate::testing {

// Creates an empty database and drops it again, with its connections, when it leaves scope.
class TestDatabase {
 public:
  // `server_url` is a libpq connection string or URL. Throws std::runtime_error when the database cannot be made.
  explicit TestDatabase(const std::string& server_url);
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;
  ~TestDatabase();

  const std::string& url() const { return url_; }

 private:
  std::string server_url_;
  std::string name_;
  std::string url_;
};

}  // namespace datamigrate::testing
