// A server on a loopback socket whose service answers as the target says, and a client of it.
#ifndef DATAMIGRATE_TESTS_UNIT_GATEWAY_HTTP_SERVER_FIXTURE_H_
#define DATAMIGRATE_TESTS_UNIT_GATEWAY_HTTP_SERVER_FIXTURE_H_

#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/http/problem.h"
#include "gateway/http/server.h"
#include "tests/unit/gateway/raw_client.h"

namespace datamigrate::gateway::testing {

using datamigrate::testing::RawClient;
using datamigrate::testing::RawResponse;

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
    } else if (request.target.starts_with("/pieces")) {
      if (request.target == "/pieces7") response.stream_length = 7;
      if (request.target == "/pieces9") response.stream_length = 9;
      if (request.target == "/pieces5") response.stream_length = 5;
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

inline std::string Get(std::string_view target, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more) + "\r\n";
}

}  // namespace datamigrate::gateway::testing

#endif  // DATAMIGRATE_TESTS_UNIT_GATEWAY_HTTP_SERVER_FIXTURE_H_
