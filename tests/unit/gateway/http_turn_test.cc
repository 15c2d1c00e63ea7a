// Work that is put off to the end of an I/O thread's turn.
#include <catch2/catch.hpp>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "gateway/http/message.h"
#include "gateway/http/problem.h"
#include "gateway/http/server.h"
#include "tests/unit/gateway/raw_client.h"

namespace datamigrate::gateway {
namespace {

using testing::RawClient;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";

// Answers after its turn with whether it was still in Handle then.
class LateService : public Service {
 public:
  explicit LateService(std::function<void()> in_handle = [] {})
      : in_handle_(std::move(in_handle)) {}

  uint64_t MaxBodyBytes(const Request&) const override { return 0; }

  void Handle(Request, Respond respond) override {
    is_inside_ = true;
    in_handle_();
    HttpServer::AfterTurn([this, respond = std::move(respond)] {
      ++ended_turns;
      respond(TextResponse(200, "text/plain", is_inside_ ? "inside" : "after"));
    });
    is_inside_ = false;
  }

  Response Refuse(Request head, int status, std::string_view detail) override {
    return Problem(head, status, detail);
  }

  std::atomic<int> ended_turns = 0;

 private:
  const std::function<void()> in_handle_;
  bool is_inside_ = false;
};

TEST_CASE("What is put off to the end of a turn is done after it", "[gateway][http]") {
  LateService service;
  const std::unique_ptr<HttpServer> server = *HttpServer::Start({}, &service);
  RawClient client(server->port());
  CHECK(client.Ask(kGet).body == "after");
  CHECK(client.Ask(kGet).body == "after");
  CHECK(service.ended_turns == 2);
}

TEST_CASE("Where there is no turn it is done at once", "[gateway][http]") {
  bool is_done = false;
  HttpServer::AfterTurn([&] { is_done = true; });
  CHECK(is_done);
}

TEST_CASE("A server that stops in the middle of a turn ends it", "[gateway][http]") {
  std::latch is_inside(1);
  std::latch may_go_on(1);
  LateService service([&] {
    is_inside.count_down();
    may_go_on.wait();
  });
  std::unique_ptr<HttpServer> server = *HttpServer::Start({}, &service);
  RawClient client(server->port());
  client.Send(kGet);
  is_inside.wait();
  std::thread stop([&] { server.reset(); });
  may_go_on.count_down();
  stop.join();
  CHECK(service.ended_turns == 1);
}

}  // namespace
}  // namespace datamigrate::gateway
