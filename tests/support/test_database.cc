#include "tests/support/test_database.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <stdexcept>

namespace datamigrate::testing {
namespace {

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::string Run(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, CloseConnection> connection(PQconnectdb(url.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) return PQerrorMessage(connection.get());
  const std::unique_ptr<PGresult, ClearResult> result(PQexec(connection.get(), sql.c_str()));
  return PQresultStatus(result.get()) == PGRES_COMMAND_OK ? "" : PQerrorMessage(connection.get());
}

std::string Quoted(const std::string& value) {
  std::string out = "'";
  for (char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// The same connection with another database, as key = value pairs.
std::string WithDatabase(const std::string& url, const std::string& database) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(url.c_str(), &error));
  if (!options) throw std::runtime_error("DATAMIGRATE_TEST_DATABASE_URL cannot be read");
  std::string out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || std::string(option->keyword) == "dbname") continue;
    out += std::string(option->keyword) + "=" + Quoted(option->val) + " ";
  }
  return out + "dbname=" + database;
}

}  // namespace

TestDatabase::TestDatabase(const std::string& server_url)
    : server_url_(server_url),
      name_("test_" + std::to_string(getpid()) + "_" + std::to_string(std::random_device()())) {
  const std::string error = Run(server_url_, "CREATE DATABASE " + name_);
  if (!error.empty()) throw std::runtime_error("cannot create a database: " + error);
  url_ = WithDatabase(server_url_, name_);
}

TestDatabase::~TestDatabase() {
  Run(server_url_, "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
}

}  // namespace datamigrate::testing
