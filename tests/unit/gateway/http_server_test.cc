// The server over a real loopback socket, with honest and hostile clients.
#include "gateway/http/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <fstream>
#include <future>
#include <latch>
#include <map>
#include <mutex>
#include <thread>

#include "gateway/http/problem.h"
#include "tests/unit/gateway/raw_client.h"

namespace datamigrate::gateway {
namespace {

using testing::RawClient;
using testing::RawResponse;

// A body whose pieces the test hands out.
class TestStream : public BodyStream {
 public:
  struct Control {
    std::mutex mutex;
    Done waiting;
    std::atomic<bool> is_cancelled = false;
    std::latch asked{1};

    void Give(Piece piece) {
      Done done;
      {
        std::lock_guard lock(mutex);
        done = std::exchange(waiting, nullptr);
      }
      if (done) done(std::move(piece));
    }
  };

  explicit TestStream(std::shared_ptr<Control> control) : control_(std::move(control)) {}
  ~TestStream() override { control_->Give(absl::CancelledError("the stream is gone")); }

  void Next(Done done) override {
    {
      std::lock_guard lock(control_->mutex);
      control_->waiting = std::move(done);
    }
    if (!control_->asked.try_wait()) control_->asked.count_down();
  }
  void Cancel() override {
    control_->is_cancelled = true;
    control_->Give(absl::CancelledError("cancelled"));
  }

 private:
  const std::shared_ptr<Control> control_;
};

// Counts down pieces by itself.
class PieceStream : public BodyStream {
 public:
  explicit PieceStream(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}
  void Next(Done done) override {
    if (next_ == pieces_.size()) return done(std::nullopt);
    done(std::move(pieces_[next_++]));
  }
  void Cancel() override {}

 private:
  std::vector<Piece> pieces_;
  size_t next_ = 0;
};

// Has always more.
class FloodStream : public BodyStream {
 public:
  void Next(Done done) override { done(std::string(64 * 1024, 'x')); }
  void Cancel() override {}
};

// Counts what it is given, on threads of others as the test says.
class CountingReceiver : public BodyReceiver {
 public:
  struct Seen {
    std::mutex mutex;
    std::string bytes;
    int pieces = 0;
    absl::Status answer;  // to each piece
    std::latch gone{1};
  };

  explicit CountingReceiver(std::shared_ptr<Seen> seen) : seen_(std::move(seen)) {}
  ~CountingReceiver() override { seen_->gone.count_down(); }

  void Take(std::string piece, std::function<void(absl::Status)> done) override {
    std::thread([seen = seen_, piece = std::move(piece), done = std::move(done)] {
      std::lock_guard lock(seen->mutex);
      seen->bytes += piece;
      ++seen->pieces;
      done(seen->answer);
    }).detach();
  }
  void Finish(Respond respond) override {
    std::thread([seen = seen_, respond = std::move(respond)] {
      std::lock_guard lock(seen->mutex);
      respond(TextResponse(201, "text/plain", std::to_string(seen->bytes.size())));
    }).detach();
  }
  Response Refuse(int status, std::string_view detail) override {
    return Problem(Request(), status, detail);
  }

 private:
  const std::shared_ptr<Seen> seen_;
};

// Answers with what it was sent.
class EchoService : public Service {
 public:
  uint64_t MaxBodyBytes(const Request& head) const override {
    return head.target == "/file" ? 3 << 20 : 1000;
  }

  bool IsJudgedByHead(const Request& head) const override {
    return head.target.starts_with("/file");
  }

  void Admit(Request head, std::function<void(Judgement)> judged) override {
    if (head.target != "/file") return judged(Problem(head, 401, "who are you?"));
    std::thread([judged, seen = seen] {
      judged(std::make_unique<CountingReceiver>(seen));
    }).detach();
  }

  void Handle(Request request, Respond respond) override {
    if (request.target == "/slow") {
      slow = std::move(respond);
      slow_arrived.count_down();
      return;
    }
    Response response =
        TextResponse(200, "text/plain", request.method + " " + request.target + " " + request.body);
    if (request.target == "/who") response.body = request.remote_address;
    if (request.target == "/large") response.body = std::string(16 << 20, 'x');
    if (request.target == "/flood") response.stream = std::make_unique<FloodStream>();
    if (request.target == "/endless") {
      response.stream = std::make_unique<TestStream>(control);
      response.may_end_early = true;
      response.idle_piece = ":idle\n";
      response.idle_after = std::chrono::milliseconds(20);
    } else if (request.target == "/pieces") {
      response.stream = std::make_unique<PieceStream>(
          std::vector<BodyStream::Piece>{std::string("one,"), std::string("two")});
    } else if (request.target == "/broken") {
      response.stream = std::make_unique<PieceStream>(
          std::vector<BodyStream::Piece>{std::string("one,"), absl::UnavailableError("gone")});
    }
    respond(std::move(response));
  }

  Response Refuse(Request head, int status, std::string_view detail) override {
    return Problem(head, status, detail);
  }

  std::shared_ptr<CountingReceiver::Seen> seen = std::make_shared<CountingReceiver::Seen>();
  Respond slow;
  std::latch slow_arrived{1};
  std::shared_ptr<TestStream::Control> control = std::make_shared<TestStream::Control>();
};

struct Fixture {
  explicit Fixture(ServerOptions options = {}) {
    server = *HttpServer::Start(options, &service);
    client = std::make_unique<RawClient>(server->port());
  }

  EchoService service;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<RawClient> client;
};

std::string Get(std::string_view target, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more) + "\r\n";
}

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
  CAPTURE(each);              // bytes, of client and server
#ifndef __SANITIZE_ADDRESS__  // which puts red zones around every allocation
  CHECK(each < 16 * 1024);
#endif
  CHECK(fixture.client->Ask(Get("/b")).status == 200);
  CHECK(fixture.server->Drain(std::chrono::seconds(10)));
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
