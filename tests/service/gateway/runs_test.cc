// Runs of migrations over HTTP, with an engine of the test's own.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/service/gateway/gateway_fixture.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using testing::RawResponse;
using Fixture = testing::GatewayFixture;

struct RunFixture : Fixture {
  RunFixture() {
    SignUp("ann@example.com");
    path = "/api/v1/migrations/" + Create("/data/<shop>") + "/run";
  }
  std::string path;
};

TEST_CASE("A run's history, states and differences are JSON", "[gateway][service][runs]") {
  RunFixture fixture;
  const json history = json::parse(fixture.Ask("GET", fixture.path).body);
  CHECK(history["run"]["name"] == "/data/<shop>");
  CHECK(history["steps"].size() == 2);
  CHECK(history["effects"][0]["key"] == "read");

  const json state = json::parse(fixture.Ask("GET", fixture.path + "/state?step=0").body);
  CHECK(state["step"] == "0");
  CHECK(state["state"]["source_connection"] == "/data/<shop>");
  CHECK(json::parse(fixture.Ask("GET", fixture.path + "/state").body)["step"] == "1");
  CHECK(fixture.Ask("GET", fixture.path + "/state?step=7").status == 404);
  CHECK(fixture.Ask("GET", fixture.path + "/state?step=-1").status == 400);

  const json diff = json::parse(fixture.Ask("GET", fixture.path + "/diff").body);
  CHECK(diff["from_step"] == "0");
  CHECK(diff["to_step"] == "1");
  CHECK(diff["total"] == "1");
  CHECK(diff["changes"] == json::parse(R"([{"operation":"add","path":"/errors",
                                            "after":["/data/<shop>"]}])"));
}

TEST_CASE("A run is drawn as the client likes it", "[gateway][service][runs]") {
  RunFixture fixture;
  const RawResponse svg = fixture.Ask("GET", fixture.path + "/graph");
  CHECK(svg.headers.at("content-type") == "image/svg+xml");
  CHECK(svg.headers.at("content-security-policy").find("sandbox") != std::string::npos);
  CHECK(svg.headers.at("vary") == "Accept");
  CHECK(svg.body.starts_with("<svg>"));
  const RawResponse text = fixture.Ask("GET", fixture.path + "/graph?format=mermaid");
  CHECK(text.headers.at("content-type") == "text/plain; charset=utf-8");
  CHECK(text.body.starts_with("graph TD"));
  CHECK(fixture.Ask("GET", fixture.path + "/graph", "", "Accept: text/plain\r\n").body ==
        text.body);
  CHECK(fixture.Ask("GET", fixture.path + "/graph", "", "Accept: image/png\r\n").status == 406);
  CHECK(fixture.Ask("GET", fixture.path + "/graph?format=png").status == 400);
}

TEST_CASE("A run is forked with a patch, and replayed without", "[gateway][service][runs]") {
  RunFixture fixture;
  const RawResponse forked =
      fixture.Ask("POST", fixture.path + "/fork",
                  R"({"step":1,"state_patch":{"max_rebuild_rounds":7,"errors":null}})");
  INFO(forked.body);
  REQUIRE(forked.status == 201);
  CHECK(forked.headers.at("location") == "/api/v1/migrations/" + std::string(testing::kForkId));
  CHECK(json::parse(forked.body)["parent_step"] == "1");
  CHECK(json::parse(fixture.engine->runs().last_fork().state_patch_json()) ==
        json::parse(R"({"max_rebuild_rounds":7,"errors":null})"));
  CHECK(fixture.Ask("POST", fixture.path + "/replay", R"({"step":0})").status == 201);
  CHECK(fixture.engine->runs().last_fork().state_patch_json().empty());
  CHECK(fixture.Ask("POST", fixture.path + "/replay", R"({"step":0,"state_patch":{}})").status ==
        400);
  CHECK(fixture.Ask("POST", fixture.path + "/fork", R"({"step":-1})").status == 400);
  CHECK(fixture.Ask("POST", fixture.path + "/fork", R"({"state_patch":{}})").status == 400);

  const json rows =
      json::parse(fixture.Ask("GET", "/api/v1/security/audit-logs?action=forkRun").body)["entries"];
  CHECK(rows[0]["status"] == 400);
  CHECK(rows.back()["status"] == 201);
  CHECK(fixture.path.find(rows.back()["object"].get<std::string>()) != std::string::npos);
}

TEST_CASE("Who reads migrations does not fork them", "[gateway][service][runs]") {
  RunFixture fixture;
  const RawResponse key =
      fixture.Ask("POST", "/api/v1/api-keys", R"({"name":"k","scopes":["migrations:read"]})");
  fixture.token = json::parse(key.body)["key"];
  CHECK(fixture.Ask("GET", fixture.path).status == 200);
  CHECK(fixture.Ask("POST", fixture.path + "/fork", R"({"step":0})").status == 403);
}

}  // namespace
}  // namespace datamigrate::gateway
