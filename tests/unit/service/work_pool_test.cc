#include "agent_engine/service/work_pool.h"

#include <algorithm>
#include <atomic>
#include <memory>

#include "absl/synchronization/notification.h"
#include "catch2/catch.hpp"

namespace datamigrate::service {
namespace {

// Work that keeps its thread until it is released.
struct Gate {
  absl::Notification entered;
  absl::Notification released;
  std::function<void()> work() {
    return [this] {
      entered.Notify();
      released.WaitForNotification();
    };
  }
};

TEST_CASE("a pool runs what it is given") {
  absl::Notification done;
  WorkPool pool(1, 4);
  REQUIRE(pool.Submit([&] { done.Notify(); }));
  CHECK(done.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST_CASE("one thread runs work in the order of its arrival") {
  std::vector<int> order;
  {
    WorkPool pool(1, 100);
    for (int i = 0; i < 100; ++i) REQUIRE(pool.Submit([&order, i] { order.push_back(i); }));
  }
  REQUIRE(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a full queue refuses work and what it took still runs") {
  Gate gate;
  std::atomic<int> done = 0;
  {
    WorkPool pool(1, 2);
    REQUIRE(pool.Submit(gate.work()));
    gate.entered.WaitForNotification();  // The thread is taken: from here on work waits.
    CHECK(pool.Submit([&] { ++done; }));
    CHECK(pool.Submit([&] { ++done; }));
    CHECK_FALSE(pool.Submit([&] { done += 100; }));
    gate.released.Notify();
  }
  CHECK(done == 2);
}

TEST_CASE("a queue has room again when work has left it") {
  Gate first;
  Gate second;
  WorkPool pool(1, 1);
  REQUIRE(pool.Submit(first.work()));
  first.entered.WaitForNotification();
  REQUIRE(pool.Submit(second.work()));
  CHECK_FALSE(pool.Submit([] {}));
  first.released.Notify();
  second.entered.WaitForNotification();
  CHECK(pool.Submit([] {}));
  second.released.Notify();
}

TEST_CASE("as much work runs at a time as there are threads") {
  constexpr int kThreads = 4;
  std::vector<std::unique_ptr<Gate>> gates;
  for (int i = 0; i < kThreads; ++i) gates.push_back(std::make_unique<Gate>());
  WorkPool pool(kThreads, kThreads);
  for (const auto& gate : gates) REQUIRE(pool.Submit(gate->work()));
  for (const auto& gate : gates) {
    CHECK(gate->entered.WaitForNotificationWithTimeout(absl::Seconds(30)));
  }
  for (const auto& gate : gates) gate->released.Notify();
}

TEST_CASE("the end of a pool runs what waits") {
  std::atomic<int> done = 0;
  {
    WorkPool pool(4, 1000);
    for (int i = 0; i < 1000; ++i) REQUIRE(pool.Submit([&] { ++done; }));
  }
  CHECK(done == 1000);
}

TEST_CASE("work from many threads runs once each") {
  std::atomic<int> done = 0;
  std::atomic<int> taken = 0;
  {
    WorkPool pool(2, 64);
    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&] {
        for (int j = 0; j < 500; ++j) taken += pool.Submit([&] { ++done; });
      });
    }
    for (std::thread& caller : callers) caller.join();
  }
  CHECK(taken > 0);
  CHECK(done == taken);
}

}  // namespace
}  // namespace datamigrate::service
