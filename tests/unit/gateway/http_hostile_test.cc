// Clients that break the protocol, are slow, or ask for too much.
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <fstream>
#include <memory>
#include <thread>

#include "tests/unit/gateway/http_server_fixture.h"

namespace datamigrate::gateway {
namespace {

using testing::Fixture;
using testing::Get;
using testing::RawClient;
using testing::RawResponse;

TEST_CASE("Malformed requests get a problem and the connection ends", "[gateway][http]") {
  const auto test = GENERATE(table<std::string, int>({
      {"GET / HTTP/1.1\r\n\r\n", 400},                        // no Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},  // two
      {"GET /\r\n\r\n", 400},                                 // HTTP/0.9
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},  // space before the colon
      {"GET / HTTP/1.1\nHost: a\n\n", 400},         // bare line feeds
      {"G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01"
       "b\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
       "ffffffffffffffffff\r\nabc\r\n",
       400},
      {"GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", 417},
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(40, '\n'),
       400},
  }));
  Fixture fixture;
  INFO(std::get<0>(test));
  RawResponse response = fixture.client->Ask(std::get<0>(test));
  CHECK(response.status == std::get<1>(test));
  CHECK(response.headers["content-type"] == "application/problem+json");
  CHECK(response.headers["connection"] == "close");
  CHECK(fixture.client->IsClosed());
}

// What one server takes for one request and another for two (RFC 9112 section 11.2).
TEST_CASE("A request that could be read in two ways is refused", "[gateway][http][smuggling]") {
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto with = [](const std::string& field) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n0\r\n\r\n";
  };
  const std::vector<std::pair<std::string, int>> tests = {
      {with("Content-Length: +3"), 400},
      {with("Content-Length: 3,3"), 400},
      {with("Content-Length: 0x3"), 400},
      {with("Content-Length: 3 4"), 400},
      {with("Content-Length: "), 400},
      {with("Content-Length : 3"), 400},
      {with("Content-Length: 3\r\n\tcontinued"), 400},
      {with("Transfer-Encoding: chunked, chunked"), 501},
      {with("Transfer-Encoding: identity, chunked"), 501},
      {with("Transfer-Encoding: chunked, identity"), 501},
      {with("Transfer-Encoding: xchunked"), 501},
      {with("Transfer-Encoding: chunked;q=1"), 501},
      {with("Transfer-Encoding: \"chunked\""), 501},
      {with("Transfer-Encoding: "), 501},
      {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400},
      {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), 400},
      {with("Transfer-Encoding : chunked"), 400},
      {with("Transfer-Encoding\x0b: chunked"), 400},
      {with("Transfer-Encoding:\x0b"
            "chunked"),
       400},
      {with("Transfer_Encoding: chunked\r\nContent-Length: x"), 400},
      {with("X: a\rTransfer-Encoding: chunked"), 400},
      {with("X: a\nTransfer-Encoding: chunked"), 400},
      {with(std::string("X: a\0b", 6)), 400},
      {with(std::string("X\0: b", 5)), 400},
      {with(" X: leading space"), 400},
      {with("X: a\r\n folded"), 400},
      {with(": no name"), 400},
      {with("no colon"), 400},
      {with("X(: a"), 400},
      {"POST  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"POST / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"POST /\tx HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"POST / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"POST / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {chunked + "+3\r\nabc\r\n0\r\n\r\n", 400},
      {chunked + "0x3\r\nabc\r\n0\r\n\r\n", 400},
      {chunked + " 3\r\nabc\r\n0\r\n\r\n", 400},
      {chunked + "-1\r\nabc\r\n0\r\n\r\n", 400},
      {chunked + "\r\nabc\r\n0\r\n\r\n", 400},
      {chunked + "3\nabc\r\n0\r\n\r\n", 400},
      {chunked + "3\r\nabc0\r\n\r\n", 400},
      {chunked + "3\r\nabc\n0\r\n\r\n", 400},
      {chunked + "3;a\nb\r\nabc\r\n0\r\n\r\n", 400},
      {chunked + "10000000000000003\r\nabc\r\n0\r\n\r\n", 400},
      {chunked + "0\r\nbad trailer\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : tests) {
    Fixture fixture;
    INFO(bytes);
    RawResponse response = fixture.client->Ask(bytes);
    CHECK(response.status == status);
    // Nothing after a refused request is taken for another one.
    CHECK(fixture.client->ReadUntil("HTTP/1.1").empty());
  }
}

TEST_CASE("A chunk's extensions and the trailer cannot grow without end", "[gateway][http]") {
  Fixture fixture;
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  SECTION("one extension") {
    fixture.client->Send(chunked + "3;x=" + std::string(200000, 'y') + "\r\nabc\r\n0\r\n\r\n");
  }
  SECTION("an extension on every chunk") {
    fixture.client->Send(chunked);
    for (int i = 0; i < 600; ++i) {
      if (!fixture.client->Send("1;" + std::string(2000, 'y') + "\r\na\r\n")) break;
    }
    fixture.client->Send("0\r\n\r\n");
  }
  SECTION("the trailer") {
    fixture.client->Send(chunked + "0\r\n");
    for (int i = 0; i < 300; ++i) {
      if (!fixture.client->Send("X" + std::to_string(i) + ": " + std::string(1000, 'y') + "\r\n")) {
        break;
      }
    }
    fixture.client->Send("\r\n");
  }
  const int status = fixture.client->Read().status;
  CHECK((status == 400 || status == 413 || status == 431));
}

TEST_CASE("Empty lines before a request are passed over, a few of them", "[gateway][http]") {
  Fixture fixture;
  CHECK(fixture.client->Ask("\r\n\r\n" + Get("/a")).body == "GET /a ");
  CHECK(fixture.client->Ask("\r\n" + Get("/b")).body == "GET /b ");
  CHECK(fixture.client->Ask("\r\n\r\n\r\n\r\n\r\n\r\n" + Get("/c")).status == 400);
}

TEST_CASE("CONNECT, TRACE and OPTIONS * reach the service as they are", "[gateway][http]") {
  Fixture fixture;
  CHECK(fixture.client->Ask("CONNECT host:443 HTTP/1.1\r\nHost: host:443\r\n\r\n").body ==
        "CONNECT host:443 ");
  CHECK(fixture.client->Ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").body == "OPTIONS * ");
  CHECK(fixture.client->Ask("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n").body == "TRACE / ");
}

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST_CASE("5,000 idle connections take little memory, and others are served", "[gateway][http]") {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  constexpr int kConnections = 5000;
  if (files.rlim_cur < 2 * kConnections + 100) {
    WARN("skipped: this machine allows only " << files.rlim_cur << " open files");
    return;
  }
  ServerOptions options;
  options.max_connections = kConnections + 10;
  Fixture fixture(options);
  CHECK(fixture.client->Ask(Get("/warm")).status == 200);
  const int64_t before = ResidentBytes();
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < kConnections; ++i) {
    idle.push_back(std::make_unique<RawClient>(fixture.server->port()));
    // Half have never asked, half have.
    if (i % 2 == 0) REQUIRE(idle.back()->Ask(Get("/a")).status == 200);
  }
  while (fixture.server->open_connections() < kConnections + 1) std::this_thread::yield();
  const int64_t each = (ResidentBytes() - before) / kConnections;
  CAPTURE(each);  // bytes, of client and server
// Sanitizers put red zones around every allocation, and shadows beside it.
#if !defined(__SANITIZE_ADDRESS__) && !defined(DATAMIGRATE_THREAD_SANITIZER)
  CHECK(each < 16 * 1024);
#endif
  CHECK(fixture.client->Ask(Get("/b")).status == 200);
  CHECK(fixture.server->Drain(std::chrono::seconds(10)));
}

TEST_CASE("An oversized head is refused with 431", "[gateway][http]") {
  Fixture fixture;
  const std::string big(20000, 'a');
  SECTION("one field") {
    CHECK(fixture.client->Ask(Get("/", "X: " + big + "\r\n")).status == 431);
  }
  SECTION("the target") {
    CHECK(fixture.client->Ask(Get("/" + big)).status == 431);
  }
  SECTION("no end in sight") {
    fixture.client->Send("GET / HTTP/1.1\r\n");
    fixture.client->Send(big);
    CHECK(fixture.client->Read().status == 431);
  }
}

TEST_CASE("An oversized body is refused with 413, whatever announces it", "[gateway][http]") {
  Fixture fixture;
  SECTION("by length, unread") {
    CHECK(
        fixture.client->Ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n").status ==
        413);
  }
  SECTION("in chunks") {
    CHECK(fixture.client
              ->Ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3e9\r\n" +
                    std::string(1001, 'x') + "\r\n0\r\n\r\n")
              .status == 413);
  }
  SECTION("a client that goes on sending still sees the answer") {
    fixture.client->Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    fixture.client->Send(std::string(1000000, 'x'));
    CHECK(fixture.client->Read().status == 413);
  }
  SECTION("the largest body passes") {
    CHECK(fixture.client
              ->Ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" +
                    std::string(1000, 'x'))
              .body == "POST / " + std::string(1000, 'x'));
  }
}

TEST_CASE("A client that expects 100-continue is asked for the body", "[gateway][http]") {
  Fixture fixture;
  fixture.client->Send(
      "POST /a HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(fixture.client->Read().status == 100);
  fixture.client->Send("ok");
  CHECK(fixture.client->Read().body == "POST /a ok");
}

TEST_CASE("Slow clients are cut by the deadline", "[gateway][http]") {
  ServerOptions options;
  options.header_timeout = std::chrono::milliseconds(80);
  options.body_timeout = std::chrono::milliseconds(80);
  options.idle_timeout = std::chrono::milliseconds(80);
  Fixture fixture(options);
  SECTION("in the head") {
    CHECK(fixture.client->Ask("GET / HTTP/1.1\r\nHo").status == 408);
  }
  SECTION("in the body") {
    CHECK(fixture.client->Ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab").status ==
          408);
  }
  SECTION("sending nothing") {
    CHECK(fixture.client->Read().status == 0);
  }
  CHECK(fixture.client->IsClosed());
}

TEST_CASE("A half-closed request without its body ends quietly", "[gateway][http]") {
  Fixture fixture;
  fixture.client->Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  fixture.client->CloseSending();
  CHECK(fixture.client->Read().status == 0);
}

TEST_CASE("A client that half-closes after its request still gets the answer", "[gateway][http]") {
  Fixture fixture;
  fixture.client->Send(Get("/a"));
  fixture.client->CloseSending();
  CHECK(fixture.client->Read().body == "GET /a ");
}

TEST_CASE("Connections beyond the limit are answered with 503", "[gateway][http]") {
  ServerOptions options;
  options.max_connections = 1;
  Fixture fixture(options);
  CHECK(fixture.client->Ask(Get("/a")).status == 200);
  RawClient second(fixture.server->port());
  const RawResponse response = second.Read();
  CHECK(response.status == 503);
  CHECK(response.headers.at("retry-after") == "1");
  CHECK(response.is_whole);
  CHECK(fixture.client->Ask(Get("/a")).status == 200);
}

}  // namespace
}  // namespace datamigrate::gateway
