// `datamigrate audit` on a database with rows of a gateway's.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/audit/chain_writer.h"
#include "common/pg/pool.h"
#include "common/pg/schema.h"
#include "gateway/store/schema.h"
#include "tests/support/child_process.h"
#include "tests/support/test_database.h"
#include "tests/unit/cli/program_run.h"

namespace datamigrate::testing {
namespace {

constexpr const char* kOrganization = "11111111-2222-4333-8444-555555555555";
constexpr const char* kAnn = "aaaaaaaa-2222-4333-8444-555555555555";

struct Log {
  Log() : database(std::getenv("DATAMIGRATE_TEST_DATABASE_URL")), pool(Options()) {
    {
      auto connection = pool.Acquire();
      REQUIRE(connection.ok());
      REQUIRE(pg::ApplySchema(**connection, gateway::Schema()).ok());
    }
    std::vector<audit::Row> rows(3);
    for (audit::Row& row : rows) {
      row.organization_id = kOrganization;
      row.user_id = kAnn;
      row.remote_address = "192.0.2.7";
      row.action = "createMigration";
      row.object = "a|b=c\nd";
      row.status = 403;
      row.verdict = "block";
      row.rules = "sql_injection.union_select";
    }
    audit::ChainWriter writer(&pool);
    REQUIRE(writer.Write(rows).ok());
  }
  pg::PoolOptions Options() const {
    pg::PoolOptions options;
    options.connection.url = database.url();
    return options;
  }
  ProgramResult Run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "audit");
    arguments.insert(arguments.end(), {"--database-url", database.url()});
    return RunDatamigrate(arguments);
  }
  void Tamper(const std::string& sql) {
    auto connection = pool.Acquire();
    REQUIRE((*connection)
                ->ExecuteScript({"tamper", "ALTER TABLE audit_logs DISABLE TRIGGER ALL;" + sql})
                .ok());
  }

  TestDatabase database;
  pg::Pool pool;
};

TEST_CASE("audit verify: what it prints of a whole log anchors the next run", "[audit][service]") {
  Log log;
  const ProgramResult whole = log.Run({"verify"});
  INFO(whole.err);
  CHECK(whole.exit_code == 0);
  CHECK(whole.out.find(std::string("# ") + kOrganization + ": 3 rows, whole\n") == 0);
  TemporaryDirectory folder;
  const std::string anchor = folder.path() / "anchor";
  std::ofstream(anchor) << whole.out;
  CHECK(log.Run({"verify", "--anchor", anchor}).exit_code == 0);
  log.Tamper("DELETE FROM audit_logs; DELETE FROM audit_chains");
  CHECK(log.Run({"verify"}).exit_code == 0);
  const ProgramResult cut = log.Run({"verify", "--anchor", anchor});
  CHECK(cut.exit_code == 6);
  CHECK(cut.out.find("rows 1 to 3 are missing") != std::string::npos);
}

TEST_CASE("audit verify: a changed row is named and ends with 6", "[audit][service]") {
  Log log;
  log.Tamper("UPDATE audit_logs SET status = 200 WHERE sequence = 2");
  const ProgramResult run = log.Run({"verify"});
  CHECK(run.exit_code == 6);
  CHECK(run.out.find("at row 2: the row was changed") != std::string::npos);
}

TEST_CASE("audit export: rows as JSON lines and as CEF", "[audit][service]") {
  Log log;
  const std::vector<std::string> lines = LinesOf(log.Run({"export"}).out);
  REQUIRE(lines.size() == 3);
  const auto row = nlohmann::json::parse(lines[1]);
  CHECK(row["sequence"] == 2);
  CHECK(row["action"] == "createMigration");
  CHECK(row["rules"] == nlohmann::json::array({"sql_injection.union_select"}));
  CHECK_FALSE(row.contains("actor_salt"));
  const std::vector<std::string> events = LinesOf(log.Run({"export", "--format", "cef"}).out);
  REQUIRE(events.size() == 3);
  CHECK(events[0].starts_with("CEF:0|DataMigrate|datamigrate-gateway|"));
  CHECK(events[0].find("|createMigration|createMigration 403|8|rt=") != std::string::npos);
  CHECK(events[0].find(" src=192.0.2.7 act=block ") != std::string::npos);
  CHECK(events[0].find("cs1=a|b\\=c\\nd ") != std::string::npos);
  CHECK(log.Run({"export", "--to", "2020-01-01"}).out.empty());
  CHECK(log.Run({"export", "--from", "yesterday"}).exit_code == 2);
}

TEST_CASE("audit erase and drop leave a whole log", "[audit][service]") {
  Log log;
  CHECK(log.Run({"erase", "--user", kAnn}).out.find("who did it in 3 rows") != std::string::npos);
  CHECK(log.Run({"export"}).out.find(kAnn) == std::string::npos);
  CHECK(log.Run({"verify"}).exit_code == 0);
  CHECK(log.Run({"drop", "--before", "2100-01-01"}).out == "dropped: 4 rows\n");
  const ProgramResult run = log.Run({"verify"});
  CHECK(run.exit_code == 0);
  CHECK(run.out.find("1 rows (4 older ones were dropped), whole") != std::string::npos);
}

TEST_CASE("audit: a database without the log says what to do", "[audit][service]") {
  const TestDatabase database(std::getenv("DATAMIGRATE_TEST_DATABASE_URL"));
  const ProgramResult run = RunDatamigrate({"audit", "verify", "--database-url", database.url()});
  CHECK(run.exit_code == 1);
  CHECK(run.err.find("start this version's datamigrate-gateway once") != std::string::npos);
  CHECK(RunDatamigrate({"audit", "verify", "--database-url", "nonsense"}).exit_code == 1);
}

}  // namespace
}  // namespace datamigrate::testing
