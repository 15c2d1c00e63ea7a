// The server over a real loopback socket: requests, answers, connections.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/gateway/http_server_fixture.h"

namespace datamigrate::gateway {
namespace {

using testing::Fixture;
using testing::Get;
using testing::RawClient;
using testing::RawResponse;

TEST_CASE("Requests on one connection are answered in order", "[gateway][http]") {
  Fixture fixture;
  CHECK(fixture.client->Ask(Get("/a")).body == "GET /a ");
  CHECK(fixture.client->Ask(Get("/b")).body == "GET /b ");
}

TEST_CASE("Pipelined requests are answered in order", "[gateway][http]") {
  Fixture fixture;
  fixture.client->Send(Get("/a") + "POST /b HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nxyz" +
                       Get("/c"));
  CHECK(fixture.client->Read().body == "GET /a ");
  CHECK(fixture.client->Read().body == "POST /b xyz");
  CHECK(fixture.client->Read().body == "GET /c ");
}

TEST_CASE("A chunked body is joined", "[gateway][http]") {
  Fixture fixture;
  const RawResponse response = fixture.client->Ask(
      "POST /a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;name=value\r\nde\r\n0\r\n\r\n");
  CHECK(response.body == "POST /a abcde");
}

TEST_CASE("A body split into single bytes arrives whole", "[gateway][http]") {
  Fixture fixture;
  for (const char c : std::string("POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi")) {
    fixture.client->Send(std::string(1, c));
  }
  CHECK(fixture.client->Read().body == "POST /a hi");
}

TEST_CASE("HEAD gets the length of the body but not the body", "[gateway][http]") {
  Fixture fixture;
  fixture.client->Send("HEAD /a HTTP/1.1\r\nHost: t\r\n\r\n");
  const RawResponse response = fixture.client->Read(/*is_head=*/true);
  CHECK(response.headers.at("content-length") == "8");
  CHECK(fixture.client->Ask(Get("/b")).body == "GET /b ");
}

TEST_CASE("Connection: close and HTTP/1.0 end the connection", "[gateway][http]") {
  Fixture fixture;
  SECTION("close") {
    CHECK(fixture.client->Ask(Get("/a", "Connection: close\r\n")).status == 200);
  }
  SECTION("1.0") {
    CHECK(fixture.client->Ask("GET /a HTTP/1.0\r\n\r\n").status == 200);
  }
  CHECK(fixture.client->IsClosed());
}

TEST_CASE("A PROXY header counts only from a listed proxy", "[gateway][http][proxy]") {
  ServerOptions options;
  options.takes_proxy_protocol = true;
  const std::string header = "PROXY TCP4 192.0.2.7 192.0.2.8 1000 80\r\n";
  SECTION("listed") {
    options.proxies = *TrustedProxies::Parse("127.0.0.0/8", TrustedProxies::Field::kForwarded);
    Fixture fixture(options);
    CHECK(fixture.client->Ask(header + Get("/who")).body == "192.0.2.7");
    CHECK(fixture.client->Ask(Get("/who", "Forwarded: for=1.1.1.1\r\n")).body == "192.0.2.7");
    RawClient without(fixture.server->port());
    CHECK(without.Ask(Get("/who")).status == 0);
  }
  SECTION("not listed") {
    options.proxies = *TrustedProxies::Parse("10.0.0.0/8", TrustedProxies::Field::kForwarded);
    Fixture fixture(options);
    CHECK(fixture.client->Ask(Get("/who", "Forwarded: for=1.1.1.1\r\n")).body == "127.0.0.1");
    RawClient forger(fixture.server->port());
    CHECK(forger.Ask(header + Get("/who")).status == 400);
  }
}

TEST_CASE("A taken port and a host that is no address are refused", "[gateway][http]") {
  Fixture fixture;
  ServerOptions options;
  options.port = fixture.server->port();
  CHECK(absl::IsAlreadyExists(HttpServer::Start(options, &fixture.service).status()));
  options.host = "nonsense";
  CHECK(absl::IsInvalidArgument(HttpServer::Start(options, &fixture.service).status()));
}

}  // namespace
}  // namespace datamigrate::gateway
