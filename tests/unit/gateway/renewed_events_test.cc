// Watches that end before their readers do.
#include "gateway/endpoints/renewed_events.h"

#include <catch2/catch.hpp>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace datamigrate::gateway {
namespace {

// Gives what it was told to, and then waits.
class ToldEvents : public EventSource {
 public:
  using Told = std::deque<Next>;
  ToldEvents(Told told, std::vector<std::string>& log) : told_(std::move(told)), log_(log) {}
  ~ToldEvents() override {
    if (waiting_) waiting_(absl::CancelledError("gone"));
  }
  void Read(std::function<void(Next)> done) override {
    if (told_.empty()) {
      waiting_ = std::move(done);
      return;
    }
    Next next = std::move(told_.front());
    told_.pop_front();
    done(std::move(next));
  }
  void Cancel() override {
    log_.push_back("cancel");
    if (waiting_) std::exchange(waiting_, nullptr)(absl::CancelledError("cancelled"));
  }

 private:
  Told told_;
  std::vector<std::string>& log_;
  std::function<void(Next)> waiting_;
};

v1::MigrationEvent Event(int64_t sequence) {
  v1::MigrationEvent event;
  event.set_sequence(sequence);
  return event;
}

struct Fixture {
  std::unique_ptr<EventSource> Open(int64_t after = 0) {
    return RenewedEvents(
        [this](int64_t from) {
          log.push_back("after " + std::to_string(from));
          ToldEvents::Told told;
          if (!calls.empty()) {
            told = std::move(calls.front());
            calls.pop_front();
          }
          return std::make_unique<ToldEvents>(std::move(told), log);
        },
        after, [this] { return now; });
  }
  // "1", "end", "error", or "nothing yet".
  std::string Read(EventSource& events) {
    const auto what = std::make_shared<std::string>("nothing yet");
    events.Read([what](EventSource::Next next) {
      *what = !next.ok()           ? "error"
              : !next->has_value() ? "end"
                                   : std::to_string((*next)->sequence());
    });
    return *what;
  }

  std::deque<ToldEvents::Told> calls;
  std::vector<std::string> log;
  absl::Time now = absl::FromUnixSeconds(1000);
};

TEST_CASE("A watch that lasted goes on from the last event", "[gateway][events]") {
  Fixture fixture;
  fixture.calls = {{Event(4), absl::UnauthenticatedError("too long")}, {Event(5), std::nullopt}};
  const auto events = fixture.Open(3);
  CHECK(fixture.Read(*events) == "4");
  fixture.now += kShortestWatch;
  CHECK(fixture.Read(*events) == "5");
  CHECK(fixture.Read(*events) == "end");
  CHECK(fixture.log == std::vector<std::string>{"after 3", "after 4"});
}

TEST_CASE("A watch that fails at once is not opened for ever", "[gateway][events]") {
  Fixture fixture;
  fixture.calls = {{absl::UnavailableError("away")}, {absl::UnavailableError("away")}};
  const auto first = fixture.Open();
  CHECK(fixture.Read(*first) == "error");
  fixture.log.clear();
  fixture.calls = {{Event(1), absl::UnavailableError("away")}, {absl::UnavailableError("away")}};
  const auto second = fixture.Open();
  CHECK(fixture.Read(*second) == "1");
  fixture.now += kShortestWatch;
  CHECK(fixture.Read(*second) == "error");
  CHECK(fixture.log == std::vector<std::string>{"after 0", "after 1"});
}

TEST_CASE("A watch that nobody wants ends", "[gateway][events]") {
  Fixture fixture;
  auto events = fixture.Open();
  std::string what;
  events->Read([&what](const EventSource::Next& next) { what = next.ok() ? "event" : "error"; });
  fixture.now += kShortestWatch;
  SECTION("it is cancelled") {
    events->Cancel();
  }
  SECTION("it is gone") {
    events.reset();
  }
  CHECK(what == "error");
  CHECK(fixture.log == std::vector<std::string>{"after 0", "cancel"});
}

}  // namespace
}  // namespace datamigrate::gateway
