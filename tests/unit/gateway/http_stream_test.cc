// Answers that are made piece by piece, and a server that drains.
#include <catch2/catch.hpp>

#include <future>
#include <thread>

#include "tests/unit/gateway/http_server_fixture.h"

namespace datamigrate::gateway {
namespace {

using testing::Fixture;
using testing::Get;
using testing::RawClient;
using testing::RawResponse;

TEST_CASE("A client that does not read is cut", "[gateway][http]") {
  ServerOptions options;
  options.write_timeout = std::chrono::milliseconds(80);
  Fixture fixture(options);
  SECTION("one large answer") {
    fixture.client->Send(Get("/large"));
  }
  SECTION("an endless stream") {
    fixture.client->Send(Get("/flood"));
  }
  SECTION("many answers") {
    for (int i = 0; i < 20; ++i) fixture.client->Send(Get("/large"));
  }
  while (fixture.server->open_connections() > 0) std::this_thread::yield();
}

TEST_CASE("A drain does not wait for requests that are pipelined behind", "[gateway][http]") {
  Fixture fixture;
  std::string many = Get("/slow");
  for (int i = 0; i < 1000; ++i) many += "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";
  fixture.client->Send(many);
  fixture.service.slow_arrived.wait();
  auto drained = std::async(std::launch::async,
                            [&] { return fixture.server->Drain(std::chrono::seconds(5)); });
  fixture.service.slow(TextResponse(200, "text/plain", "late"));
  CHECK(fixture.client->Read().body == "late");
  CHECK(drained.get());
  while (fixture.client->Read().status != 0) {
  }
  CHECK(fixture.client->IsClosed());
}

TEST_CASE("A stream is sent in chunks", "[gateway][http]") {
  Fixture fixture;
  const RawResponse response = fixture.client->Ask(Get("/pieces"));
  CHECK(response.body == "one,two");
  CHECK(response.is_whole);
  CHECK(fixture.client->Ask(Get("/a")).status == 200);
}

TEST_CASE("An HTTP/1.0 client gets a stream without chunks", "[gateway][http]") {
  Fixture fixture;
  fixture.client->Send("GET /pieces HTTP/1.0\r\n\r\n");
  CHECK(fixture.client->ReadUntil("two").ends_with("\r\n\r\none,two"));
  CHECK(fixture.client->IsClosed());
}

TEST_CASE("A stream of a known length is sent without chunks", "[gateway][http]") {
  Fixture fixture;
  const RawResponse response = fixture.client->Ask(Get("/pieces7"));
  CHECK(response.body == "one,two");
  CHECK(response.headers.at("content-length") == "7");
  CHECK(response.headers.count("transfer-encoding") == 0);
  fixture.client->Send("HEAD /pieces7 HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK(fixture.client->Read(/*is_head=*/true).headers.at("content-length") == "7");
  CHECK(fixture.client->Ask(Get("/a")).status == 200);
}

TEST_CASE("A stream of another length than was said is cut", "[gateway][http]") {
  Fixture fixture;
  SECTION("shorter") {
    const RawResponse response = fixture.client->Ask(Get("/pieces9"));
    CHECK(response.body == "one,two");
    CHECK_FALSE(response.is_whole);
  }
  SECTION("longer") {
    const RawResponse response = fixture.client->Ask(Get("/pieces5"));
    CHECK(response.body == "one,");
    CHECK_FALSE(response.is_whole);
  }
  CHECK(fixture.client->IsClosed());
}

TEST_CASE("A stream that fails is cut so that nobody takes it for whole", "[gateway][http]") {
  Fixture fixture;
  const RawResponse response = fixture.client->Ask(Get("/broken"));
  CHECK(response.status == 200);
  CHECK(response.body == "one,");
  CHECK_FALSE(response.is_whole);
}

TEST_CASE("A silent stream sends its idle piece, then what comes", "[gateway][http]") {
  Fixture fixture;
  fixture.client->Send(Get("/endless"));
  CHECK(fixture.client->ReadUntil(":idle\n").ends_with(":idle\n"));
  fixture.service.control->asked.wait();
  fixture.service.control->Give(std::string("news"));
  CHECK(fixture.client->ReadUntil("news").ends_with("news"));
  // A server that is not drained leaves it to the stream to end, which this one does not do.
  CHECK(fixture.server->Drain(std::chrono::seconds(5)));
}

TEST_CASE("Drain ends streams and idle connections at once", "[gateway][http]") {
  Fixture fixture;
  RawClient streaming(fixture.server->port());
  streaming.Send(Get("/endless"));
  fixture.service.control->asked.wait();
  CHECK(fixture.client->Ask(Get("/a")).status == 200);

  CHECK(fixture.server->Drain(std::chrono::seconds(5)));
  CHECK(streaming.Read().is_whole);
  CHECK(fixture.service.control->is_cancelled);
  CHECK(fixture.client->IsClosed());
  CHECK_THROWS(RawClient(fixture.server->port()));
}

TEST_CASE("Drain ends a stream that is just being sent", "[gateway][http]") {
  Fixture fixture;
  fixture.client->Send(Get("/endless"));
  fixture.client->ReadUntil(":idle\n");
  fixture.service.control->asked.wait();
  fixture.service.control->Give(std::string("news"));
  CHECK(fixture.server->Drain(std::chrono::seconds(5)));
  CHECK(fixture.client->ReadUntil("0\r\n\r\n").ends_with("0\r\n\r\n"));
}

TEST_CASE("Drain lets a running request finish", "[gateway][http]") {
  Fixture fixture;
  fixture.client->Send(Get("/slow"));
  fixture.service.slow_arrived.wait();
  auto drained = std::async(std::launch::async,
                            [&] { return fixture.server->Drain(std::chrono::seconds(5)); });
  fixture.service.slow(TextResponse(200, "text/plain", "late"));
  const RawResponse response = fixture.client->Read();
  CHECK(response.body == "late");
  CHECK(drained.get());
}

TEST_CASE("Drain gives up on a request that never ends, and a late answer is harmless",
          "[gateway][http]") {
  auto fixture = std::make_unique<Fixture>();
  fixture->client->Send(Get("/slow"));
  fixture->service.slow_arrived.wait();
  CHECK_FALSE(fixture->server->Drain(std::chrono::milliseconds(30)));
  fixture->server.reset();
  fixture->service.slow(TextResponse(200, "text/plain", "too late"));
}

}  // namespace
}  // namespace datamigrate::gateway
