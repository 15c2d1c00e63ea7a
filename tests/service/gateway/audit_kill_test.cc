// What the audit log has when the gateway ends in the middle of work.
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/audit/verify.h"
#include "common/pg/pool.h"
#include "common/pg/transaction.h"
#include "tests/service/gateway/fake_engine.h"
#include "tests/support/child_process.h"
#include "tests/support/test_database.h"
#include "tests/unit/gateway/raw_client.h"

namespace datamigrate::testing {
namespace {

using nlohmann::json;

std::string RequestText(const std::string& method, const std::string& path, const std::string& id,
                        const std::string& token, const std::string& body) {
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: test\r\nX-Request-Id: " + id +
                     "\r\nContent-Type: application/json\r\n";
  if (!token.empty()) text += "Authorization: Bearer " + token + "\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct RunningGateway {
  RunningGateway()
      : database(std::getenv("DATAMIGRATE_TEST_DATABASE_URL")),
        process({DATAMIGRATE_BINARY_DIR "/bin/datamigrate-gateway", "--listen", "127.0.0.1:0",
                 "--database-url", database.url(), "--home", home.path(), "--port-file",
                 home.path() / "port", "--engine", engine.address(), "--rate-limit", "0",
                 "--log-level", "error"},
                home.path() / "log") {
    const std::string text = WaitForFile(home.path() / "port", process, std::chrono::seconds(60));
    INFO(ReadFile(home.path() / "log"));
    REQUIRE_FALSE(text.empty());
    port = static_cast<uint16_t>(std::stoi(text));
    RawClient client(port);
    const RawResponse response =
        client.Ask(RequestText("POST", "/api/v1/auth/register", "sign-up", "",
                               R"({"email":"ann@example.com","password":"a long password"})"));
    REQUIRE(response.status == 201);
    token = json::parse(response.body)["access_token"];
  }

  // Changes and reads until the gateway is gone; ids of the requests that were answered.
  void Work(const std::string& name) {
    try {
      RawClient client(port);
      for (int i = 0; true; ++i) {
        const std::string id = name + "-" + std::to_string(i);
        const bool is_read = i % 4 == 3;
        const RawResponse response =
            client.Ask(is_read ? RequestText("GET", "/api/v1/api-keys", id, token, "")
                               : RequestText("POST", "/api/v1/migrations", id, token,
                                             R"({"source":"/data/x","target":"duckdb"})"));
        if (response.status == 0) return;
        std::lock_guard lock(mutex);
        if (response.status < 300) (is_read ? reads : changes).insert(id);
        ++answered;
      }
    } catch (const std::runtime_error&) {
      // Nobody listens any more.
    }
  }

  // Works with several clients, and ends the gateway by `signal` once it has answered `answers`.
  void EndInTheMiddle(int signal, int answers) {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([this, i] { Work("client" + std::to_string(i)); });
    }
    while (answered < answers && process.IsRunning()) std::this_thread::yield();
    process.Stop(signal);
  }

  std::set<std::string> Recorded() {
    pg::PoolOptions options;
    options.connection.url = database.url();
    pg::Pool pool(options);
    {
      auto connection = pool.Acquire();
      REQUIRE(connection.ok());
      const auto reports = audit::VerifyChains(**connection, {});
      REQUIRE(reports.ok());
      for (const audit::ChainReport& report : *reports) CHECK(report.flaws.empty());
    }
    const auto rows = pg::Execute(pool, {}, {"rows", "SELECT request_id FROM audit_logs"});
    REQUIRE(rows.ok());
    std::set<std::string> ids;
    for (const pg::Row row : *rows) ids.insert(row.Get<std::string>("request_id"));
    return ids;
  }

  TestDatabase database;
  TemporaryDirectory home;
  FakeEngine engine;
  ChildProcess process;
  uint16_t port = 0;
  std::string token;
  std::mutex mutex;
  std::set<std::string> changes;
  std::set<std::string> reads;
  std::atomic<int> answered = 0;
};

TEST_CASE("Every confirmed change has its row when the gateway is killed", "[audit][service]") {
  RunningGateway gateway;
  gateway.EndInTheMiddle(SIGKILL, 400);
  const std::set<std::string> recorded = gateway.Recorded();
  CHECK(gateway.changes.size() > 100);
  for (const std::string& id : gateway.changes) {
    INFO(id);
    CHECK(recorded.contains(id));
  }
}

TEST_CASE("Nothing that was answered is without its row when the gateway is stopped",
          "[audit][service]") {
  RunningGateway gateway;
  gateway.EndInTheMiddle(SIGTERM, 400);
  const std::set<std::string> recorded = gateway.Recorded();
  CHECK(gateway.reads.size() > 20);
  for (const std::set<std::string>* ids : {&gateway.changes, &gateway.reads}) {
    for (const std::string& id : *ids) {
      INFO(id);
      CHECK(recorded.contains(id));
    }
  }
}

}  // namespace
}  // namespace datamigrate::testing
