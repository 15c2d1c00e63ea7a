// The whole gateway over HTTP, with PostgreSQL and an engine of the test's own. The program's main
// skips everything where DATAMIGRATE_TEST_DATABASE_URL is not set.
#include "gateway/gateway.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "common/audit/verify.h"
#include "common/pg/pool.h"
#include "common/pg/transaction.h"
#include "tests/service/gateway/gateway_fixture.h"
#include "tests/support/child_process.h"
#include "tests/unit/gateway/raw_client.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using Fixture = testing::GatewayFixture;
using testing::RawClient;
using testing::RawResponse;

TEST_CASE("A user registers, signs in, creates and lists migrations", "[gateway][service]") {
  Fixture fixture;
  const json registered = fixture.SignUp("Ann@Example.com");
  CHECK(registered["token_type"] == "Bearer");
  CHECK(registered["expires_in"] == 900);

  fixture.token.clear();
  const RawResponse login = fixture.Ask(
      "POST", "/api/v1/auth/login", R"({"email":"ann@example.com","password":"a long password"})");
  REQUIRE(login.status == 200);
  fixture.token = json::parse(login.body)["access_token"];

  const RawResponse created =
      fixture.Ask("POST", "/api/v1/migrations", R"({"source":"/data","target":"duckdb"})");
  REQUIRE(created.status == 201);
  const json migration = json::parse(created.body);
  CHECK(created.headers.at("location") ==
        "/api/v1/migrations/" + migration["id"].get<std::string>());
  CHECK(migration["status"] == "MIGRATION_STATUS_QUEUED");
  fixture.Ask("GET", created.headers.at("location"), "", "X-Request-Id: r-1\r\n");
  const auto metadata = fixture.engine->last_metadata();
  CHECK(metadata.at("x-datamigrate-tenant") == registered["user"]["organization_id"]);
  CHECK(metadata.at("x-datamigrate-user") == registered["user"]["id"]);
  CHECK(metadata.at("x-request-id") == "r-1");

  fixture.Create("/two");
  fixture.Create("/three");
  const json page = json::parse(fixture.Ask("GET", "/api/v1/migrations?page_size=2").body);
  CHECK(page["migrations"].size() == 2);
  const json rest = json::parse(fixture
                                    .Ask("GET", "/api/v1/migrations?page_size=2&page_token=" +
                                                    page["next_page_token"].get<std::string>())
                                    .body);
  CHECK(rest["migrations"].size() == 1);
  CHECK(rest["next_page_token"] == "");
  CHECK(json::parse(fixture.Ask("GET", "/api/v1/migrations/" + std::string(testing::kFirstId))
                        .body)["source"] == "/data");
  CHECK(json::parse(fixture.Ask("GET", "/api/v1/auth/me").body)["email"] == "ann@example.com");
}

TEST_CASE("Nobody sees another organization's migrations", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string id = fixture.Create();
  fixture.engine->AddEvent(id, "succeeded", v1::MIGRATION_STATUS_SUCCEEDED);
  fixture.token.clear();
  fixture.SignUp("bob@example.com");
  const auto route = GENERATE(table<std::string, std::string>({{"GET", ""},
                                                               {"GET", "/events"},
                                                               {"GET", "/models"},
                                                               {"GET", "/models/a"},
                                                               {"GET", "/project"},
                                                               {"POST", "/cancel"},
                                                               {"POST", "/decide"}}));
  const std::string body =
      std::get<1>(route) == "/decide" ? R"({"question_id":"1","option_id":"a"})" : "";
  CHECK(fixture.Ask(std::get<0>(route), "/api/v1/migrations/" + id + std::get<1>(route), body)
            .status == 404);
  CHECK(json::parse(fixture.Ask("GET", "/api/v1/migrations").body)["migrations"].empty());
}

TEST_CASE("Every route that needs a user refuses without one", "[gateway][service]") {
  Fixture fixture;
  const json api = json::parse(fixture.Ask("GET", "/api").body);
  int closed_routes = 0;
  for (const json& route : api["routes"]) {
    if (!route["needs_sign_in"].get<bool>()) continue;
    ++closed_routes;
    std::string path = route["path"];
    for (size_t brace; (brace = path.find('{')) != std::string::npos;) {
      path.replace(brace, path.find('}') - brace + 1, testing::kFirstId);
    }
    const RawResponse response = fixture.Ask(route["method"], path);
    INFO(path);
    CHECK(response.status == 401);
    CHECK(response.headers.contains("www-authenticate"));
  }
  CHECK(closed_routes >= 12);
}

TEST_CASE("The same idempotency key gives the same migration", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string key = "Idempotency-Key: k-1\r\n";
  const std::string id = fixture.Create("/data", key);
  CHECK(fixture.Create("/data", key) == id);
  CHECK(fixture.Create("/data") != id);
  const RawResponse other =
      fixture.Ask("POST", "/api/v1/migrations", R"({"source":"/other","target":"duckdb"})", key);
  CHECK(other.status == 409);
  CHECK(json::parse(other.body)["detail"] == "the key was used for another request");
  CHECK(fixture
            .Ask("POST", "/api/v1/migrations", "{}",
                 "Idempotency-Key: " + std::string(256, 'k') + "\r\n")
            .status == 400);
}

TEST_CASE("Create is tried again while the engine is away, and made once", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  fixture.engine->FailCreates(2);
  CHECK(fixture.Create() == testing::kFirstId);
  CHECK(fixture.engine->creates() == 3);
  fixture.engine->FailCreates(3);
  const RawResponse response =
      fixture.Ask("POST", "/api/v1/migrations", R"({"source":"/a","target":"duckdb"})");
  CHECK(response.status == 503);
  CHECK(response.headers.contains("retry-after"));
}

TEST_CASE("Wrong bodies are refused with a reason", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string path = "/api/v1/migrations";
  const std::string body = GENERATE(
      "[]", "1", "{", "nonsense", R"({"unknown":1})", R"({"source":{}})", R"({"source":"/a",})",
      R"({"options":{"max_rebuild_rounds":"many"}})", "{}", "\xff\xfe");
  INFO(body);
  const RawResponse response = fixture.Ask("POST", path, body);
  CHECK(response.status == 400);
  CHECK(response.headers.at("content-type") == "application/problem+json");
  CHECK(json::parse(response.body)["detail"].get<std::string>().size() > 10);
}

TEST_CASE("Deep and large bodies, and those of another type, are refused", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  CHECK(fixture.Ask("POST", "/api/v1/migrations", std::string(100000, '[')).status == 400);
  CHECK(fixture.Ask("POST", "/api/v1/auth/login", std::string(8000, '[')).status == 400);
  CHECK(fixture.Ask("POST", "/api/v1/auth/login", std::string(9000, 'x')).status == 413);
  RawClient client(fixture.gateway->port());
  CHECK(client
            .Ask("POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                 "Content-Length: 2\r\n\r\n{}")
            .status == 415);
}

TEST_CASE("Wrong queries are refused", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  for (const std::string query : {"page_size=0", "page_size=201", "page_size=x", "page_size=",
                                  "status=nonsense", "page_size=99999999999999999999"}) {
    INFO(query);
    CHECK(fixture.Ask("GET", "/api/v1/migrations?" + query).status == 400);
  }
  CHECK(fixture.Ask("GET", "/api/v1/migrations?status=running").status == 200);
}

TEST_CASE("Events arrive as they happen and end with the migration", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string id = fixture.Create();
  fixture.engine->AddEvent(id, "created", v1::MIGRATION_STATUS_QUEUED);
  RawClient client(fixture.gateway->port());
  client.Send("GET /api/v1/migrations/" + id +
              "/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + fixture.token + "\r\n\r\n");
  const std::string head = client.ReadUntil("id: 1\nevent: created\ndata: {");
  CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(head.ends_with("id: 1\nevent: created\ndata: {"));
  fixture.engine->AddEvent(id, "started", v1::MIGRATION_STATUS_RUNNING);
  CHECK(client.ReadUntil("id: 2\nevent: started\n").ends_with("id: 2\nevent: started\n"));
  fixture.engine->AddEvent(id, "succeeded", v1::MIGRATION_STATUS_SUCCEEDED);
  CHECK(client.ReadUntil("0\r\n\r\n").find("id: 3\nevent: succeeded\n") != std::string::npos);

  const RawResponse again =
      fixture.Ask("GET", "/api/v1/migrations/" + id + "/events", "", "Last-Event-ID: 2\r\n");
  CHECK(again.body.find("id: 2") == std::string::npos);
  CHECK(again.body.find("id: 3\nevent: succeeded\n") != std::string::npos);
  CHECK(again.body.ends_with("event: end\ndata: {}\n\n"));
  CHECK(fixture.Ask("GET", "/api/v1/migrations/" + id + "/events?after=3").body ==
        "retry: 2000\n\nevent: end\ndata: {}\n\n");
  CHECK(fixture.engine->watched_after() == std::vector<int64_t>{0, 2, 3});
  CHECK(fixture.Ask("GET", "/api/v1/migrations/" + id + "/events", "", "Last-Event-ID: x\r\n")
            .status == 400);
}

TEST_CASE("Events end without \"end\" when the engine goes away", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string id = fixture.Create();
  fixture.engine->AddEvent(id, "created", v1::MIGRATION_STATUS_QUEUED);
  RawClient client(fixture.gateway->port());
  client.Send("GET /api/v1/migrations/" + id +
              "/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + fixture.token + "\r\n\r\n");
  client.ReadUntil("event: created\n");
  fixture.engine.reset();
  const std::string rest = client.ReadUntil("0\r\n\r\n");
  CHECK(rest.ends_with("0\r\n\r\n"));
  CHECK(rest.find("event: end") == std::string::npos);
}

TEST_CASE("A drain ends open event streams", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string id = fixture.Create();
  fixture.engine->AddEvent(id, "created", v1::MIGRATION_STATUS_QUEUED);
  RawClient client(fixture.gateway->port());
  client.Send("GET /api/v1/migrations/" + id +
              "/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + fixture.token + "\r\n\r\n");
  client.ReadUntil("event: created\n");
  CHECK(fixture.gateway->Drain(std::chrono::seconds(10)));
  CHECK(client.ReadUntil("0\r\n\r\n").ends_with("0\r\n\r\n"));
}

TEST_CASE("Models, cancel and decide reach the engine", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string path = "/api/v1/migrations/" + fixture.Create();
  CHECK(json::parse(fixture.Ask("GET", path + "/models").body)["models"][0]["name"] ==
        "stg_customers");
  CHECK(json::parse(fixture.Ask("GET", path + "/models/a%2Fb%20c").body)["name"] == "a/b c");
  const json decided = json::parse(
      fixture.Ask("POST", path + "/decide", R"({"question_id":"q","option_id":"o"})").body);
  CHECK(decided["current_step"] == "q=o");
  CHECK(json::parse(fixture.Ask("POST", path + "/cancel").body)["status"] ==
        "MIGRATION_STATUS_CANCELLED");
  CHECK(fixture.Ask("POST", path + "/cancel").status == 409);
  // The fake does not implement it.
  CHECK(fixture.Ask("POST", path + "/resume").status == 501);
}

TEST_CASE("Pausing, priorities and limits reach the engine", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string path = "/api/v1/migrations/" + fixture.Create();
  CHECK(json::parse(fixture.Ask("POST", path + "/pause").body)["status"] ==
        "MIGRATION_STATUS_PAUSED");
  CHECK(json::parse(
            fixture.Ask("PUT", path + "/priority", R"({"priority":-10})").body)["priority"] == -10);
  for (const char* wrong :
       {"{}", R"({"priority":11})", R"({"priority":"1"})", R"({"priority":1,"id":"x"})"}) {
    CHECK(fixture.Ask("PUT", path + "/priority", wrong).status == 400);
  }
  const std::string limit = "/api/v1/limits/migrations";
  CHECK_FALSE(json::parse(fixture.Ask("GET", limit).body).contains("chosen"));
  CHECK(json::parse(fixture.Ask("PUT", limit, R"({"most_running":0})").body)["chosen"] == 0);
  CHECK(json::parse(fixture.Ask("GET", limit).body)["chosen"] == 0);
  CHECK_FALSE(json::parse(fixture.Ask("PUT", limit, "{}").body).contains("chosen"));
  CHECK(fixture.Ask("PUT", limit, R"({"most_running":-1})").status == 400);
}

TEST_CASE("A migration may be asked to come after others and at a time", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const auto create = [&](const json& options) {
    const json body = {{"source", "/srv/a.sql"}, {"target", "duckdb"}, {"options", options}};
    return fixture.Ask("POST", "/api/v1/migrations", body.dump()).status;
  };
  CHECK(create({{"priority", 10},
                {"after", {std::string(testing::kFirstId)}},
                {"after_failure", "AFTER_FAILURE_GO_ON"},
                {"start_at", "2026-12-01T02:00:00Z"}}) == 201);
  CHECK(create({{"start_at", "2026-12-01T02:00:00+01:00"}}) == 201);
  CHECK(create({{"priority", 11}}) == 400);
  CHECK(create({{"after", {"x"}}}) == 400);
  CHECK(create({{"after", std::vector<std::string>(33, std::string(testing::kFirstId))}}) == 400);
  CHECK(create({{"start_at", "tomorrow"}}) == 400);
  CHECK(create({{"start_at", "2026-13-01T02:00:00Z"}}) == 400);
  CHECK(create({{"start_at", 5}}) == 400);
  CHECK(create({{"start_at", json::object({{"seconds", 5}})}}) == 400);
}

TEST_CASE("Schedules are made, listed and removed", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const json asked = {{"name", "nightly"},
                      {"cron", "0 2 * * *"},
                      {"migration", {{"source", "/srv/a.sql"}, {"target", "duckdb"}}}};
  const RawResponse created = fixture.Ask("POST", "/api/v1/schedules", asked.dump());
  CHECK(created.status == 201);
  CHECK(fixture.engine->schedules.last_request().migration().source() == "/srv/a.sql");
  const std::string id = json::parse(created.body)["id"];
  const json listed = json::parse(fixture.Ask("GET", "/api/v1/schedules").body)["schedules"];
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["cron"] == "0 2 * * *");
  CHECK_FALSE(listed[0].contains("next_at"));

  json wrong = asked;
  wrong.erase("cron");
  CHECK(fixture.Ask("POST", "/api/v1/schedules", wrong.dump()).status == 400);
  wrong = asked;
  wrong["migration"]["idempotency_key"] = "k";
  CHECK(fixture.Ask("POST", "/api/v1/schedules", wrong.dump()).status == 400);
  wrong = asked;
  wrong["migration"]["options"] = {{"after", {id}}};
  CHECK(fixture.Ask("POST", "/api/v1/schedules", wrong.dump()).status == 400);

  CHECK(fixture.Ask("DELETE", "/api/v1/schedules/" + id).status == 204);
  CHECK(fixture.Ask("DELETE", "/api/v1/schedules/" + id).status == 404);
  CHECK(fixture.Ask("DELETE", "/api/v1/schedules/x").status == 400);
  CHECK(json::parse(fixture.Ask("GET", "/api/v1/schedules").body)["schedules"].empty());
}

TEST_CASE("Registration refuses bad input and taken addresses", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  fixture.token.clear();
  const auto register_with = [&](const json& body) {
    return fixture.Ask("POST", "/api/v1/auth/register", body.dump()).status;
  };
  const std::string good = "a long password";
  CHECK(register_with({{"email", "ANN@example.com"}, {"password", good}}) == 409);
  CHECK(register_with({{"email", "bob@example.com"}, {"password", "short"}}) == 400);
  CHECK(register_with({{"email", "bob@example.com"}, {"password", std::string(257, 'x')}}) == 400);
  CHECK(register_with({{"email", "bob@example.com"}, {"password", "bob@example.com"}}) == 400);
  CHECK(register_with({{"email", "bob@example.com"}}) == 400);
  CHECK(register_with({{"email", 7}, {"password", good}}) == 400);
  for (const std::string email : {"", "bob", "@x", "bob@", "a@b@c", "b b@x", "b\nb@x"}) {
    CHECK(register_with({{"email", email}, {"password", good}}) == 400);
  }
  CHECK(register_with({{"email", "miles.o'brien@example.com"},
                       {"password", good},
                       {"name", "Miles O'Brien; \"Chief\""}}) == 201);
  CHECK(register_with({{"email", "x'or'1'='1@example.com"}, {"password", good}}) == 403);
  // What nobody is called does not reach the database, which would take it for text, too.
  CHECK(register_with({{"email", "eve@example.com"},
                       {"password", good},
                       {"name", "'; DROP TABLE users; --"}}) == 403);
}

TEST_CASE("An unknown address and a wrong password look the same", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  fixture.token.clear();
  const auto log_in = [&](const std::string& email) {
    RawResponse response = fixture.Ask("POST", "/api/v1/auth/login",
                                       json{{"email", email}, {"password", "not it at all"}}.dump(),
                                       "X-Request-Id: same\r\n");
    return std::to_string(response.status) + response.body;
  };
  CHECK(log_in("ann@example.com") == log_in("nobody@example.com"));
  CHECK(log_in("ann@example.com").starts_with("401"));
}

TEST_CASE("Refresh tokens work once, and using one twice ends the session", "[gateway][service]") {
  Fixture fixture;
  const std::string first = fixture.SignUp("ann@example.com")["refresh_token"];
  fixture.token.clear();
  const auto refresh = [&](const std::string& token) {
    return fixture.Ask("POST", "/api/v1/auth/refresh", json{{"refresh_token", token}}.dump());
  };
  const RawResponse second = refresh(first);
  REQUIRE(second.status == 200);
  const std::string next = json::parse(second.body)["refresh_token"];
  CHECK(next != first);
  CHECK(refresh("nonsense").status == 401);
  CHECK(refresh(first).status == 401);
  CHECK(refresh(next).status == 401);
}

TEST_CASE("After logging out, neither token is good", "[gateway][service]") {
  Fixture fixture;
  const std::string refresh_token = fixture.SignUp("ann@example.com")["refresh_token"];
  CHECK(fixture.Ask("POST", "/api/v1/auth/logout").status == 204);
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 401);
  fixture.token.clear();
  CHECK(fixture.Ask("POST", "/api/v1/auth/refresh", json{{"refresh_token", refresh_token}}.dump())
            .status == 401);
}

TEST_CASE("A token of another gateway's key is refused", "[gateway][service]") {
  Fixture ours;
  Fixture theirs;
  theirs.SignUp("ann@example.com");
  ours.token = theirs.token;
  CHECK(ours.Ask("GET", "/api/v1/migrations").status == 401);
}

TEST_CASE("Changes leave an unbroken audit chain", "[gateway][service]") {
  Fixture fixture;
  const std::string organization = fixture.SignUp("ann@example.com")["user"]["organization_id"];
  const std::string id = fixture.Create();
  fixture.Ask("POST", "/api/v1/migrations/" + id + "/cancel");
  fixture.Ask("GET", "/api/v1/migrations");
  fixture.token.clear();
  CHECK(fixture.Ask("GET", "/api/v1/migrations").status == 401);
  fixture.Ask("POST", "/api/v1/auth/login",
              R"({"email":"ann@example.com","password":"wrong one"})");
  fixture.gateway.reset();  // writes what waits

  pg::PoolOptions options;
  options.connection.url = fixture.database.url();
  pg::Pool pool(options);
  auto connection = pool.Acquire();
  REQUIRE(connection.ok());
  const auto reports = audit::VerifyChains(**connection, {});
  REQUIRE(reports.ok());
  REQUIRE(reports->size() == 2);
  for (const audit::ChainReport& report : *reports) CHECK(report.flaws.empty());
  auto rows = pg::Execute(pool, {},
                          {"rows",
                           "SELECT action, object, status FROM audit_logs"
                           " WHERE organization_id = $1 ORDER BY sequence"},
                          {organization});
  REQUIRE(rows.ok());
  REQUIRE(rows->size() == 3);
  CHECK((*rows)[0].Get<std::string>("action") == "register");
  CHECK((*rows)[1].Get<std::string>("action") == "createMigration");
  CHECK((*rows)[1].Get<std::string>("object") == id);
  CHECK((*rows)[1].Get<int>("status") == 201);
  auto strangers = pg::Execute(pool, {},
                               {"strangers",
                                "SELECT action, status FROM audit_logs WHERE organization_id ="
                                " '00000000-0000-0000-0000-000000000000' ORDER BY action"});
  REQUIRE(strangers.ok());
  REQUIRE(strangers->size() == 2);
  CHECK((*strangers)[0].Get<std::string>("action") == "listMigrations");
  CHECK((*strangers)[1].Get<std::string>("action") == "logIn");
  CHECK((*strangers)[1].Get<int>("status") == 401);
}

TEST_CASE("The rate limit holds and says so", "[gateway][service]") {
  Fixture fixture([](Config& config) { config.rate_limit = 3; });
  fixture.SignUp("ann@example.com");
  for (const char* remaining : {"2", "1", "0"}) {
    const RawResponse response = fixture.Ask("GET", "/api/v1/migrations");
    CHECK(response.status == 200);
    CHECK(response.headers.at("ratelimit-remaining") == remaining);
  }
  const RawResponse refused = fixture.Ask("GET", "/api/v1/migrations");
  CHECK(refused.status == 429);
  CHECK(std::stoi(refused.headers.at("retry-after")) >= 1);
  CHECK(refused.headers.at("content-type") == "application/problem+json");
}

TEST_CASE("Readiness follows the engine, health does not", "[gateway][service]") {
  Fixture fixture;
  CHECK(json::parse(fixture.Ask("GET", "/ready").body)["checks"] ==
        json{{"postgresql", "ok"}, {"engine", "ok"}});
  fixture.engine.reset();
  // The finding stays fresh for a second.
  RawResponse response;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  do {
    response = fixture.Ask("GET", "/ready");
  } while (response.status == 200 && std::chrono::steady_clock::now() < end);
  CHECK(response.status == 503);
  CHECK(json::parse(response.body)["checks"]["engine"] == "unreachable");
  CHECK(fixture.Ask("GET", "/health").status == 200);
  CHECK(fixture.Ask("GET", "/metrics").body.find("datamigrate_gateway_requests_total") !=
        std::string::npos);
  CHECK(fixture.Ask("GET", "/").body.starts_with("<!doctype html>"));
}

TEST_CASE("What stands in the way of a start is said in one line", "[gateway][service]") {
  Fixture fixture;
  CHECK(testing::ReadFile(fixture.config.port_file) ==
        std::to_string(fixture.gateway->port()) + "\n");
  Config config = fixture.config;
  SECTION("port") {
    config.listen_port = fixture.gateway->port();
  }
  SECTION("database") {
    config.database_url = "postgresql://nobody:secret@127.0.0.1:1/none";
  }
  SECTION("home") {
    config.home = "/proc/none";
  }
  SECTION("port file") {
    config.port_file = "/proc/none/port";
  }
  const auto started = Gateway::Start(config);
  REQUIRE_FALSE(started.ok());
  const std::string message(started.status().message());
  CHECK(message.find('\n') == std::string::npos);
  CHECK(message.find("secret") == std::string::npos);
}

TEST_CASE("Two gateways share one database", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  auto second = Gateway::Start(fixture.config);
  REQUIRE(second.ok());
  std::swap(fixture.gateway, *second);
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 200);
}

TEST_CASE("Creating a migration takes less than 30 ms", "[.][gateway][speed]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  RawClient client(fixture.gateway->port());
  std::vector<double> milliseconds;
  for (int i = 0; i < 200; ++i) {
    const std::string body = R"({"source":"/data","target":"duckdb"})";
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(
        client
            .Ask("POST /api/v1/migrations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                 "Authorization: Bearer " +
                 fixture.token + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                 body)
            .status == 201);
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - begin;
    milliseconds.push_back(taken.count());
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  std::cout << "POST /api/v1/migrations: median " << milliseconds[100] << " ms, p95 "
            << milliseconds[190] << " ms\n";
  CHECK(milliseconds[100] < 30);
}

}  // namespace
}  // namespace datamigrate::gateway
