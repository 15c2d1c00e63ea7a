// The audit log and its figures over HTTP.
#include <catch2/catch.hpp>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/audit/verify.h"
#include "common/pg/pool.h"
#include "common/pg/transaction.h"
#include "tests/service/gateway/gateway_fixture.h"
#include "tests/unit/cli/program_run.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using testing::RawResponse;
using Fixture = testing::GatewayFixture;

constexpr const char* kAttack = R"({"name":"1' UNION SELECT null, version() -- zebra",)"
                                R"("source":"/data/x","target":"duckdb"})";

json Read(const RawResponse& response) {
  INFO(response.body);
  REQUIRE(response.status == 200);
  return json::parse(response.body);
}

std::vector<std::string> ActionsOf(const json& page) {
  std::vector<std::string> actions;
  for (const json& entry : page["entries"]) actions.push_back(entry["action"]);
  return actions;
}

TEST_CASE("An auditor reads the log by page and filter", "[gateway][service][security]") {
  Fixture fixture;
  const json ann = fixture.SignUp("ann@example.com");
  const std::string id = fixture.Create();
  CHECK(fixture.Ask("POST", "/api/v1/migrations", kAttack).status == 403);
  fixture.Ask("POST", "/api/v1/migrations/" + id + "/cancel");
  const auto list = [&](const std::string& query) {
    return Read(fixture.Ask("GET", "/api/v1/security/audit-logs" + query));
  };
  const json page = list("?page_size=2");
  CHECK(ActionsOf(page) == std::vector<std::string>{"cancelMigration", "createMigration"});
  const json blocked = page["entries"][1];
  CHECK(blocked["verdict"] == "block");
  CHECK(blocked["status"] == 403);
  CHECK(blocked["user_id"] == ann["user"]["id"]);
  CHECK(blocked["text_sha256"].get<std::string>().size() == 64);
  CHECK(std::set<std::string>(blocked["rules"]).contains("sql_injection.union_select"));
  CHECK(blocked.dump().find("zebra") == std::string::npos);
  const json rest = list("?page_token=" + page["next_page_token"].get<std::string>());
  // The first page's own reading may stand there by now.
  CHECK(ActionsOf(rest) == std::vector<std::string>{"createMigration", "register"});
  CHECK(rest["next_page_token"] == "");
  CHECK(ActionsOf(list("?object=" + id)).size() == 2);
  CHECK(ActionsOf(list("?verdict=block")).size() == 1);
  CHECK(ActionsOf(list("?rule=sql_injection.union_select")).size() == 1);
  CHECK(ActionsOf(list("?status=403&action=createMigration")).size() == 1);
  CHECK(ActionsOf(list("?to=2020-01-01T00:00:00Z")).empty());
  CHECK(fixture.Ask("GET", "/api/v1/security/audit-logs?from=yesterday").status == 400);
}

TEST_CASE("The whole log is exported as a stream", "[gateway][service][security]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  for (int i = 0; i < 5; ++i) fixture.Create("/data/" + std::to_string(i));
  const RawResponse lines = fixture.Ask("GET", "/api/v1/security/audit-logs/export");
  CHECK(lines.headers.at("content-type") == "application/x-ndjson");
  const std::vector<std::string> rows = testing::LinesOf(lines.body);
  REQUIRE(rows.size() == 6);
  CHECK(json::parse(rows[5])["sequence"] == 6);
  const RawResponse events =
      fixture.Ask("GET", "/api/v1/security/audit-logs/export?format=cef&action=createMigration");
  CHECK(testing::LinesOf(events.body).size() == 5);
  CHECK(events.body.starts_with("CEF:0|DataMigrate|"));
}

TEST_CASE("The dashboard counts what happened", "[gateway][service][security]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  fixture.Create();
  for (int i = 0; i < 3; ++i) fixture.Ask("POST", "/api/v1/migrations", kAttack);
  const json figures = Read(fixture.Ask("GET", "/api/v1/security/dashboard"));
  CHECK(figures["requests"] == 5);
  CHECK(figures["by_action"][0]["action"] == "createMigration");
  CHECK(figures["by_action"][0]["requests"] == 4);
  CHECK(figures["by_hour"].back()["blocked"] >= 1);
  CHECK(figures["top_rules"][0]["requests"] == 3);
  CHECK(figures["refused_addresses"][0]["remote_address"] == "127.0.0.1");
  CHECK(figures["refused_addresses"][0]["requests"] == 3);
  CHECK(figures["latency_ms"]["p99"] > 0);
  const json past = Read(fixture.Ask(
      "GET", "/api/v1/security/dashboard?from=2001-01-01T00:00:00Z&to=2026-02-30T00:00:00Z"));
  CHECK(past["requests"] == 0);
  CHECK(past["to"] == "2026-03-02T00:00:00Z");
  CHECK(past["from"] == "2026-01-30T00:00:00Z");
}

TEST_CASE("Who left can be erased from the log", "[gateway][service][security]") {
  Fixture fixture([](Config& changed) { changed.credential_rate_limit = 10000; });
  fixture.SignUp("owner@example.com");
  const std::string owner = fixture.token;
  const json invitation = json::parse(
      fixture.Ask("POST", "/api/v1/invitations", R"({"email":"ann@example.com","role":"editor"})")
          .body);
  fixture.token.clear();
  const json ann = fixture.SignUp("ann@example.com");
  const std::string id = ann["user"]["id"];
  const std::string organization = json::parse(
      fixture.Ask("POST", "/api/v1/invitations/accept", json{{"token", invitation["token"]}}.dump())
          .body)["organization_id"];
  fixture.token = json::parse(
      fixture.Ask("POST", "/api/v1/orgs/" + organization + "/switch").body)["access_token"];
  fixture.Create();
  const std::string path = "/api/v1/security/audit-logs/users/" + id;
  CHECK(fixture.Ask("DELETE", path).status == 403);  // needs audit:erase
  fixture.token = owner;
  CHECK(fixture.Ask("DELETE", path).status == 409);  // a member
  CHECK(fixture.Ask("DELETE", "/api/v1/users/" + id).status == 204);
  const json erased = Read(fixture.Ask("DELETE", path));
  CHECK(erased["erased_actors"] >= 1);
  CHECK(erased["erased_objects"] >= 1);
  const std::string log = fixture.Ask("GET", "/api/v1/security/audit-logs").body;
  CHECK(log.find(id) == std::string::npos);
  CHECK(log.find("eraseAuditUser") != std::string::npos);

  pg::PoolOptions options;
  options.connection.url = fixture.database.url();
  fixture.gateway.reset();
  pg::Pool pool(options);
  auto connection = pool.Acquire();
  const auto reports = audit::VerifyChains(**connection, {});
  REQUIRE(reports.ok());
  for (const audit::ChainReport& report : *reports) CHECK(report.flaws.empty());
}

TEST_CASE("While rows cannot be written no change is confirmed, and no read is forgotten",
          "[gateway][service][security]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  pg::PoolOptions options;
  options.connection.url = fixture.database.url();
  pg::Pool pool(options);
  const auto run = [&](const std::string& sql) {
    return pg::Execute(pool, {}, {"test", sql}).status();
  };
  REQUIRE(run("ALTER TABLE audit_logs RENAME TO elsewhere").ok());
  const std::string body = R"({"source":"/data/x","target":"duckdb"})";
  const RawResponse unrecorded = fixture.Ask("POST", "/api/v1/migrations", body);
  CHECK(unrecorded.status == 503);
  CHECK(unrecorded.body.find("could not be recorded") != std::string::npos);
  CHECK(unrecorded.headers.contains("retry-after"));
  CHECK(fixture.Ask("GET", "/api/v1/migrations").status == 200);
  CHECK(fixture.Ask("GET", "/api/v1/api-keys").status == 200);  // recorded behind the answer
  REQUIRE(run("ALTER TABLE elsewhere RENAME TO audit_logs").ok());
  CHECK(fixture.Ask("POST", "/api/v1/migrations", body).status == 201);
  fixture.gateway.reset();
  const auto kept = pg::Execute(
      pool, {}, {"kept", "SELECT count(*) AS n FROM audit_logs WHERE action = 'listApiKeys'"});
  REQUIRE(kept.ok());
  CHECK(kept->front().Get<int64_t>("n") == 1);
}

TEST_CASE("A policy counts at once, is versioned, and can be tried on the past",
          "[gateway][service][security][policy]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  CHECK(Read(fixture.Ask("GET", "/api/v1/policies"))["version"] == 0);
  CHECK(fixture.Ask("POST", "/api/v1/migrations", kAttack).status == 403);
  const json effect =
      Read(fixture.Ask("POST", "/api/v1/policies/preview?days=7", R"({"mode":"report"})"));
  CHECK(effect["requests_with_findings"] == 1);
  CHECK(effect["would_change"] == 1);
  CHECK(effect["changes"][0]["was"] == "block");
  CHECK(effect["changes"][0]["would_be"] == "report");
  CHECK(effect["changes"][0]["actions"] == json::array({"createMigration"}));
  CHECK(effect["changes"][0]["request_ids"].size() == 1);
  CHECK(Read(fixture.Ask("POST", "/api/v1/policies/preview", "{}"))["would_change"] == 0);

  const json first = {{"mode", "report"}, {"comment", "try it"}, {"if_version", 0}};
  CHECK(Read(fixture.Ask("PUT", "/api/v1/policies", first.dump()))["version"] == 1);
  CHECK(fixture.Ask("PUT", "/api/v1/policies", first.dump()).status == 409);
  const RawResponse present = fixture.Ask("GET", "/api/v1/policies");
  CHECK(fixture.Ask("PUT", "/api/v1/policies", "{}", "If-Match: \"another\"\r\n").status == 412);
  CHECK(fixture.Ask("POST", "/api/v1/migrations", kAttack).status == 201);
  const json allow = {{"rule", "sql_injection.union_select"},
                      {"reason", "names of a test"},
                      {"expires_at", "2098-01-01T00:00:00Z"}};
  const json second =
      Read(fixture.Ask("PUT", "/api/v1/policies", json{{"allow", json::array({allow})}}.dump()));
  CHECK(second["version"] == 2);
  CHECK(second["allow"][0]["added_by"].get<std::string>().size() == 36);
  const json third =
      Read(fixture.Ask("PUT", "/api/v1/policies", json{{"allow", json::array({allow})}}.dump()));
  CHECK(third["allow"] == second["allow"]);
  CHECK(Read(fixture.Ask("GET", "/api/v1/policies/versions"))["versions"].size() == 3);
  const std::string stale = "If-Match: " + present.headers.at("etag") + "\r\n";
  CHECK(fixture.Ask("PUT", "/api/v1/policies", "{}", stale).status == 412);
  const std::string fresh =
      "If-Match: " + fixture.Ask("GET", "/api/v1/policies").headers.at("etag") + "\r\n";
  CHECK(Read(fixture.Ask("PUT", "/api/v1/policies", "{}", fresh))["version"] == 4);
  const RawResponse wrong = fixture.Ask("PUT", "/api/v1/policies",
                                        R"({"reactions":[{"to":"nonsense","reaction":"block"}]})");
  CHECK(wrong.status == 400);
  CHECK(wrong.body.find("/reactions/0/to") != std::string::npos);
}

TEST_CASE("An organization can be kept to its addresses", "[gateway][service][security][policy]") {
  Fixture fixture([](Config& config) { config.trusted_proxies = "127.0.0.1"; });
  fixture.SignUp("ann@example.com");
  const std::string list = R"({"addresses":["192.0.2.0/24","2001:db8::/32"]})";
  CHECK(fixture.Ask("PUT", "/api/v1/policies", list).status == 409);  // from elsewhere
  const std::string inside = "X-Forwarded-For: 192.0.2.7\r\n";
  CHECK(fixture.Ask("PUT", "/api/v1/policies", list, inside).status == 200);
  CHECK(fixture.Ask("GET", "/api/v1/migrations", "", inside).status == 200);
  CHECK(fixture.Ask("GET", "/api/v1/migrations", "", "X-Forwarded-For: 2001:db8::7\r\n").status ==
        200);
  const RawResponse outside = fixture.Ask("GET", "/api/v1/migrations");
  CHECK(outside.status == 403);
  CHECK(outside.body.find("does not take requests from this address") != std::string::npos);
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 200);
  CHECK(fixture.Ask("PUT", "/api/v1/policies", R"({"addresses":["10.0.0.0/33"]})", inside)
            .body.find("/addresses/0") != std::string::npos);
}

TEST_CASE("Another gateway learns of a policy", "[gateway][service][security][policy]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  CHECK(Read(fixture.Ask("PUT", "/api/v1/policies", R"({"mode":"report"})"))["version"] == 1);
  // One that starts later has it before its first request.
  fixture.gateway.reset();
  auto started = Gateway::Start(fixture.config);
  REQUIRE(started.ok());
  fixture.gateway = *std::move(started);
  CHECK(fixture.Ask("POST", "/api/v1/migrations", kAttack).status == 201);
}

// Asks until `is_so` holds, for `bound` at most; what the gateways promise plus a second.
bool Within(absl::Duration bound, const std::function<bool()>& is_so) {
  const absl::Time end = absl::Now() + bound + absl::Seconds(1);
  while (!is_so()) {
    if (absl::Now() > end) return false;
  }
  return true;
}

TEST_CASE("A change of policy or limits reaches a gateway that runs already",
          "[gateway][service][security][policy][limits]") {
  Fixture fixture([](Config& config) { config.rate_limit = 1000000; });
  fixture.SignUp("ann@example.com");
  Config other_config = fixture.config;
  other_config.port_file = fixture.home.path() / "other.port";
  auto other = Gateway::Start(other_config);
  REQUIRE(other.ok());
  const auto ask_other = [&](const std::string& method, const std::string& path,
                             const std::string& body) {
    std::swap(fixture.gateway, *other);
    RawResponse response = fixture.Ask(method, path, body);
    std::swap(fixture.gateway, *other);
    return response;
  };
  CHECK(ask_other("POST", "/api/v1/migrations", kAttack).status == 403);
  CHECK(Read(fixture.Ask("PUT", "/api/v1/policies", R"({"mode":"report"})"))["version"] == 1);
  CHECK(Within(absl::Seconds(2),
               [&] { return ask_other("POST", "/api/v1/migrations", kAttack).status == 201; }));
  CHECK(Read(fixture.Ask("PUT", "/api/v1/limits", R"({"writes_per_minute":5})"))["version"] == 1);
  CHECK(Within(absl::Seconds(2),
               [&] { return ask_other("POST", "/api/v1/engine-tokens", "").status == 429; }));
}

TEST_CASE("An organization chooses its limits within the operator's",
          "[gateway][service][security][limits]") {
  Fixture fixture([](Config& config) { config.rate_limit = 100; });
  fixture.SignUp("ann@example.com");
  const json before = Read(fixture.Ask("GET", "/api/v1/limits"));
  CHECK(before["version"] == 0);
  CHECK(before["chosen"].empty());
  CHECK(before["ceilings"]["per_minute"] == 100);
  CHECK(before["effective"]["organization_per_minute"] == 1000);
  const RawResponse high = fixture.Ask("PUT", "/api/v1/limits", R"({"per_minute":101})");
  CHECK(high.status == 400);
  CHECK(high.body.find("/per_minute must be at most 100") != std::string::npos);
  CHECK(fixture.Ask("PUT", "/api/v1/limits", R"({"per_minute":1})").status == 400);
  CHECK(fixture.Ask("PUT", "/api/v1/limits", R"({"per_hour":10})").status == 400);
  const json lower = Read(
      fixture.Ask("PUT", "/api/v1/limits", R"({"per_minute":10,"per_day":100,"if_version":0})"));
  CHECK(lower["version"] == 1);
  CHECK(lower["effective"]["per_minute"] == 10);
  CHECK(lower["effective"]["per_day"] == 100);
  CHECK(lower["changed_by"].get<std::string>().size() == 36);
  CHECK(fixture.Ask("PUT", "/api/v1/limits", R"({"if_version":0})").status == 409);
  // It holds at once, and counts what came before.
  const RawResponse refused = fixture.Ask("GET", "/api/v1/limits");
  CHECK(refused.status == 200);
  CHECK(refused.headers.at("ratelimit-limit") == "10");
  int answered = 0;
  while (answered < 20 && fixture.Ask("GET", "/api/v1/auth/me").status == 200) ++answered;
  CHECK(answered < 10);

  pg::PoolOptions options;
  options.connection.url = fixture.database.url();
  pg::Pool pool(options);
  const auto row = pg::Execute(pool, {},
                               {"audit",
                                "SELECT count(*) AS n FROM audit_logs"
                                " WHERE action = 'putLimits' AND status = 200"});
  REQUIRE(row.ok());
  CHECK(row->front().Get<int64_t>("n") == 1);
}

}  // namespace
}  // namespace datamigrate::gateway
