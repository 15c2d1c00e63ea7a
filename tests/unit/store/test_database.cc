#include "tests/unit/store/test_database.h"

#include <cstdlib>
#include <random>
#include <stdexcept>

#include <fmt/format.h>

namespace datamigrate {
namespace {

// The URL with one more libpq option, in either of libpq's two forms.
std::string WithSearchPath(const std::string& url, const std::string& schema) {
  bool is_uri = url.rfind("postgres", 0) == 0 && url.find("://") != std::string::npos;
  if (!is_uri) return fmt::format("{} options='-c search_path={}'", url, schema);
  char separator = url.find('?') == std::string::npos ? '?' : '&';
  return fmt::format("{}{}options=-c%20search_path%3D{}", url, separator, schema);
}

void Execute(const pg::ConnectionOptions& options, const std::string& sql) {
  auto connection = pg::Connection::Open(options);
  if (!connection.ok()) throw std::runtime_error(connection.status().ToString());
  absl::Status status = (*connection)->ExecuteScript({"test", sql});
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

}  // namespace

TestDatabase::TestDatabase() {
  std::string url = std::getenv("DATAMIGRATE_TEST_DATABASE_URL");
  std::random_device random;
  schema_ = fmt::format("test_{:08x}{:08x}", random(), random());
  admin_.url = url;
  Execute(admin_, fmt::format("CREATE SCHEMA {}", schema_));
  options_.url = WithSearchPath(url, schema_);
  pool_ = std::make_unique<pg::Pool>(pg::PoolOptions{.connection = options_});
}

TestDatabase::~TestDatabase() {
  pool_.reset();
  try {
    Execute(admin_, fmt::format("DROP SCHEMA {} CASCADE", schema_));
  } catch (const std::runtime_error&) {
    // The test has said already what is wrong with the server.
  }
}

void TestDatabase::Run(const std::string& sql) {
  Execute(options_, sql);
}

std::string TestDatabase::Value(const std::string& sql) {
  auto connection = pool_->Acquire();
  if (!connection.ok()) throw std::runtime_error(connection.status().ToString());
  auto rows = (*connection)->Execute({"test", sql});
  if (!rows.ok()) throw std::runtime_error(rows.status().ToString());
  return rows->front().Get<std::optional<std::string>>("value").value_or("NULL");
}

}  // namespace datamigrate
