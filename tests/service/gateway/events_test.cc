// A migration's events by WebSocket: who may open one, and what ends it.
#include <catch2/catch.hpp>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/service/gateway/gateway_fixture.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using testing::RawClient;
using testing::RawResponse;

struct Fixture : testing::GatewayFixture {
  Fixture()
      : GatewayFixture([](Config& changed) {
          changed.stream_lease_interval = std::chrono::milliseconds(20);
          changed.credential_rate_limit = 10000;
        }) {
    tokens = SignUp("ann@example.com");
    id = Create();
    engine->AddEvent(id, "created", v1::MIGRATION_STATUS_QUEUED);
  }

  std::string Path(const std::string& more = "") const {
    return "/api/v1/migrations/" + id + "/events" + more;
  }
  std::string Bearer() const { return "Authorization: Bearer " + token + "\r\n"; }

  // Sends a handshake with `fields`; the head of the answer.
  std::string Open(RawClient& client, const std::string& path, const std::string& fields) {
    client.Send("GET " + path + " HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\n" +
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + fields + "\r\n");
    return client.ReadUntil("\r\n\r\n");
  }
  int StatusOf(const std::string& fields) {
    RawClient client(gateway->port());
    return std::stoi(Open(client, Path(), fields).substr(9, 3));
  }

  json tokens;
  std::string id;
};

// The next text message; "" at another frame, whose two bytes of a code `code` gets.
std::string NextMessage(RawClient& client, int& code) {
  const auto byte = [](char c) { return static_cast<size_t>(static_cast<unsigned char>(c)); };
  const std::string head = client.ReadSome(2);
  if (head.size() < 2) return "";
  size_t length = byte(head[1]);
  if (length == 126) {
    const std::string more = client.ReadSome(2);
    length = byte(more[0]) << 8 | byte(more[1]);
  }
  const std::string payload = client.ReadSome(length);
  if (byte(head[0]) == 0x81) return payload;
  if (byte(head[0]) == 0x88 && payload.size() >= 2) {
    code = static_cast<int>(byte(payload[0]) << 8 | byte(payload[1]));
  }
  return "";
}

TEST_CASE("Events come as messages, and their end is said", "[gateway][service][events]") {
  Fixture fixture;
  RawClient client(fixture.gateway->port());
  const std::string head = fixture.Open(client, fixture.Path(), fixture.Bearer());
  CHECK(head.starts_with("HTTP/1.1 101"));
  CHECK(head.find("X-Request-Id: ") != head.npos);
  int code = 0;
  CHECK(json::parse(NextMessage(client, code))["kind"] == "created");
  fixture.engine->AddEvent(fixture.id, "succeeded", v1::MIGRATION_STATUS_SUCCEEDED);
  const json last = json::parse(NextMessage(client, code));
  CHECK(last["kind"] == "succeeded");
  CHECK(last["sequence"] == "2");
  CHECK(NextMessage(client, code).empty());
  CHECK(code == 1000);

  RawClient again(fixture.gateway->port());
  fixture.Open(again, fixture.Path("?after=1"), fixture.Bearer());
  CHECK(json::parse(NextMessage(again, code))["sequence"] == "2");
}

TEST_CASE("A WebSocket is opened by a bearer, a subprotocol, or a cookie of our own page",
          "[gateway][service][events]") {
  Fixture fixture;
  CHECK(fixture.StatusOf("") == 401);
  CHECK(fixture.StatusOf("Authorization: Bearer x.y.z\r\n") == 401);
  const std::string protocol = "Sec-WebSocket-Protocol: datamigrate.events.v1, bearer.";
  CHECK(fixture.StatusOf(protocol + "x.y.z\r\n") == 401);
  RawClient client(fixture.gateway->port());
  const std::string head = fixture.Open(client, fixture.Path(), protocol + fixture.token + "\r\n");
  CHECK(head.starts_with("HTTP/1.1 101"));
  CHECK(head.find("Sec-WebSocket-Protocol: datamigrate.events.v1\r\n") != head.npos);
  CHECK(head.find(fixture.token) == head.npos);
  // It is a credential of handshakes alone.
  const std::string saved = fixture.token;
  fixture.token.clear();
  CHECK(fixture.Ask("GET", "/api/v1/auth/me", "", protocol + saved + "\r\n").status == 401);

  const RawResponse in =
      fixture.Ask("POST", "/api/v1/auth/login",
                  R"({"email":"ann@example.com","password":"a long password","session":"cookie"})",
                  "Sec-Fetch-Site: same-origin\r\nOrigin: http://test\r\n");
  REQUIRE(in.status == 200);
  std::string cookies = "Cookie: ";
  for (const std::string& cookie : in.set_cookies) {
    cookies += cookie.substr(0, cookie.find(';')) + "; ";
  }
  cookies += "\r\n";
  CHECK(fixture.StatusOf(cookies + "Origin: http://test\r\n") == 101);
  CHECK(fixture.StatusOf(cookies) == 403);
  CHECK(fixture.StatusOf(cookies + "Origin: https://evil.example\r\n") == 403);
  CHECK(fixture.StatusOf(cookies + "Origin: null\r\n") == 403);
  CHECK(fixture.StatusOf(cookies + "Origin: http://test\r\nSec-Fetch-Site: cross-site\r\n") == 403);
}

TEST_CASE("Another organization's migration has no events", "[gateway][service][events]") {
  Fixture fixture;
  fixture.SignUp("eve@example.com");
  CHECK(fixture.StatusOf(fixture.Bearer()) == 404);
}

TEST_CASE("A stream of events ends with its session", "[gateway][service][events]") {
  Fixture fixture;
  int code = 0;
  SECTION("a WebSocket") {
    RawClient client(fixture.gateway->port());
    fixture.Open(client, fixture.Path(), fixture.Bearer());
    CHECK(json::parse(NextMessage(client, code))["kind"] == "created");
    REQUIRE(fixture.Ask("POST", "/api/v1/auth/logout").status == 204);
    CHECK(NextMessage(client, code).empty());
    CHECK(code == 4401);
  }
  SECTION("server-sent events") {
    RawClient client(fixture.gateway->port());
    client.Send("GET " + fixture.Path() + " HTTP/1.1\r\nHost: a\r\n" + fixture.Bearer() + "\r\n");
    client.ReadUntil("event: created\n");
    REQUIRE(fixture.Ask("POST", "/api/v1/auth/logout").status == 204);
    CHECK(client.ReadUntil("0\r\n\r\n").ends_with("0\r\n\r\n"));
  }
  SECTION("an API key's ends with the key, and not before") {
    const RawResponse made =
        fixture.Ask("POST", "/api/v1/api-keys", R"({"name":"watch","scopes":["migrations:read"]})");
    REQUIRE(made.status == 201);
    const json key = json::parse(made.body);
    RawClient client(fixture.gateway->port());
    const std::string text = key["key"];
    fixture.Open(client, fixture.Path(), "Authorization: Bearer " + text + "\r\n");
    CHECK(json::parse(NextMessage(client, code))["kind"] == "created");
    const std::string id = key["id"];
    REQUIRE(fixture.Ask("DELETE", "/api/v1/api-keys/" + id).status == 204);
    CHECK(NextMessage(client, code).empty());
    CHECK(code == 4401);
  }
}

TEST_CASE("A principal has only so many streams, and places come back",
          "[gateway][service][events]") {
  Fixture fixture;
  std::vector<std::unique_ptr<RawClient>> open;
  for (int i = 0; i < 32; ++i) {
    open.push_back(std::make_unique<RawClient>(fixture.gateway->port()));
    REQUIRE(
        fixture.Open(*open.back(), fixture.Path(), fixture.Bearer()).starts_with("HTTP/1.1 101"));
  }
  CHECK(fixture.StatusOf(fixture.Bearer()) == 429);
  const RawResponse refused = fixture.Ask("GET", fixture.Path());
  CHECK(refused.status == 429);
  CHECK(refused.headers.at("retry-after") == "5");
  open.clear();
  while (fixture.StatusOf(fixture.Bearer()) == 429) {
  }
}

TEST_CASE("A drain and a broken engine say what to do next", "[gateway][service][events]") {
  Fixture fixture;
  RawClient client(fixture.gateway->port());
  fixture.Open(client, fixture.Path(), fixture.Bearer());
  int code = 0;
  CHECK(json::parse(NextMessage(client, code))["kind"] == "created");
  SECTION("drain") {
    // The client does not answer the close, and is not waited for long.
    CHECK(fixture.gateway->Drain(std::chrono::seconds(20)));
    CHECK(NextMessage(client, code).empty());
    CHECK(code == 1001);
  }
  SECTION("engine") {
    fixture.engine.reset();
    CHECK(NextMessage(client, code).empty());
    CHECK(code == 1013);
  }
}

}  // namespace
}  // namespace datamigrate::gateway
