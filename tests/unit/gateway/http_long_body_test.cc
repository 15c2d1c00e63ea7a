// Bodies that are judged by their heads and go on in pieces.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/gateway/http_server_fixture.h"

namespace datamigrate::gateway {
namespace {

using testing::Fixture;
using testing::Get;
using testing::RawResponse;

std::string FileHead(std::string_view more) {
  return "POST /file HTTP/1.1\r\nHost: t\r\n" + std::string(more) + "\r\n";
}

TEST_CASE("A long body goes on in pieces, and the connection goes on after it", "[gateway][http]") {
  Fixture fixture;
  const std::string body(2 << 20, 'x');
  SECTION("by length") {
    const RawResponse response = fixture.client->Ask(
        FileHead("Content-Length: " + std::to_string(body.size()) + "\r\n") + body);
    CHECK(response.status == 201);
    CHECK(response.body == std::to_string(body.size()));
    CHECK(fixture.service.seen->pieces >= 8);
    CHECK(fixture.service.seen->bytes == body);
  }
  SECTION("in chunks") {
    const RawResponse response = fixture.client->Ask(FileHead("Transfer-Encoding: chunked\r\n") +
                                                     "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    CHECK(response.body == "5");
    CHECK(fixture.service.seen->bytes == "abcde");
  }
  SECTION("an empty one") {
    CHECK(fixture.client->Ask(FileHead("Content-Length: 0\r\n")).body == "0");
  }
  SECTION("once it is asked for") {
    fixture.client->Send(FileHead("Content-Length: 2\r\nExpect: 100-continue\r\n"));
    CHECK(fixture.client->ReadUntil("100 Continue\r\n\r\n").starts_with("HTTP/1.1 100"));
    CHECK(fixture.client->Ask("hi").body == "2");
  }
  CHECK(fixture.client->Ask(Get("/b")).body == "GET /b ");
}

TEST_CASE("A long body that is not wanted is not read", "[gateway][http]") {
  Fixture fixture;
  SECTION("its sender is not let in") {
    const RawResponse response = fixture.client->Ask(
        "POST /file2 HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\nabc");
    CHECK(response.status == 401);
  }
  SECTION("it is announced as too large") {
    CHECK(fixture.client->Ask(FileHead("Content-Length: 4000000\r\n")).status == 413);
    CHECK(fixture.service.seen->pieces == 0);
  }
  SECTION("it becomes too large") {
    fixture.client->Send(FileHead("Transfer-Encoding: chunked\r\n"));
    const std::string chunk = "100000\r\n" + std::string(1 << 20, 'x') + "\r\n";
    for (int i = 0; i < 4; ++i) fixture.client->Send(chunk);
    CHECK(fixture.client->Read().status == 413);
  }
  SECTION("the disk is full") {
    fixture.service.seen->answer = absl::ResourceExhaustedError("full");
    CHECK(fixture.client->Ask(FileHead("Content-Length: 3\r\n") + "abc").status == 507);
  }
  SECTION("its framing is wrong") {
    CHECK(fixture.client->Ask(FileHead("Transfer-Encoding: chunked\r\n") + "zz\r\n").status == 400);
  }
  CHECK(fixture.client->IsClosed());
}

TEST_CASE("A client that leaves in the middle of a long body, or is too slow, is let go",
          "[gateway][http]") {
  ServerOptions options;
  options.body_timeout = std::chrono::milliseconds(50);
  Fixture fixture(options);
  fixture.client->Send(FileHead("Content-Length: 1000\r\n") + "abc");
  SECTION("gone") {
    fixture.client.reset();
  }
  SECTION("slow") {
    CHECK(fixture.client->Read().status == 408);
  }
  fixture.service.seen->gone.wait();
}

}  // namespace
}  // namespace datamigrate::gateway
