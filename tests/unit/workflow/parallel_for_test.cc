#include "agent_engine/workflow/parallel_for.h"

#include <catch2/catch.hpp>
#include <numeric>
#include <stdexcept>
#include <string>

#include "absl/synchronization/mutex.h"

namespace datamigrate::workflow {
namespace {

std::vector<int> Numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST_CASE("ParallelFor keeps the order of its items", "[workflow]") {
  auto result = ParallelFor(Numbers(500), 8, {},
                            [](int n) -> absl::StatusOr<std::string> { return std::to_string(n); });
  REQUIRE(result.ok());
  for (int i = 0; i < 500; ++i)
    REQUIRE((*result)[static_cast<std::size_t>(i)] == std::to_string(i));
}

TEST_CASE("ParallelFor runs as many at a time as its limit, and no more", "[workflow]") {
  absl::Mutex mutex;
  int running = 0;
  int most = 0;
  int begun = 0;
  auto result = ParallelFor(Numbers(40), 4, {}, [&](int) -> absl::StatusOr<int> {
    absl::MutexLock lock(&mutex);
    most = std::max(most, ++running);
    ++begun;
    // The first four wait for each other, so four at a time there are.
    auto are_four = [&] { return begun >= 4; };
    mutex.Await(absl::Condition(&are_four));
    --running;
    return 0;
  });
  CHECK(result.ok());
  CHECK(most == 4);
}

TEST_CASE("ParallelFor begins nothing after the first error and returns the lowest", "[workflow]") {
  absl::Mutex mutex;
  int begun = 0;
  auto result = ParallelFor(Numbers(1000), 2, {}, [&](int n) -> absl::StatusOr<int> {
    absl::MutexLock lock(&mutex);
    ++begun;
    auto are_two = [&] { return begun >= 2; };
    mutex.Await(absl::Condition(&are_two));
    return absl::InvalidArgumentError("item " + std::to_string(n));
  });
  CHECK(result.status() == absl::InvalidArgumentError("item 0"));
  CHECK(begun == 2);
}

TEST_CASE("ParallelFor stops when cancelled", "[workflow]") {
  CancellationSource cancel;
  int calls = 0;
  auto result = ParallelFor(Numbers(10), 1, cancel.token(), [&](int n) -> absl::StatusOr<int> {
    ++calls;
    if (n == 3) cancel.Cancel(absl::CancelledError("enough"));
    return n;
  });
  CHECK(result.status() == absl::CancelledError("enough"));
  CHECK(calls == 4);
}

TEST_CASE("ParallelFor passes on what its function throws", "[workflow]") {
  auto throwing = [](int) -> absl::StatusOr<int> { throw std::runtime_error("thrown"); };
  CHECK_THROWS_AS(ParallelFor(Numbers(5), 3, {}, throwing), std::runtime_error);
  CHECK(ParallelFor(std::vector<int>{}, 3, {}, throwing).ok());
}

TEST_CASE("A cancellation keeps its first reason, reaches children and ends with its subscription",
          "[workflow]") {
  CancellationSource parent;
  CancellationSource child(parent.token());
  int calls = 0;
  auto kept = child.token().OnCancel([&] { ++calls; });
  {
    auto dropped = child.token().OnCancel([&] { calls += 100; });
  }
  parent.Cancel(absl::UnavailableError("shutting down"));
  parent.Cancel(absl::CancelledError("late"));
  CHECK(calls == 1);
  CHECK(child.token().status() == absl::UnavailableError("shutting down"));
  auto late = child.token().OnCancel([&] { ++calls; });
  CHECK(calls == 2);
  CHECK_FALSE(CancellationToken().IsCancelled());
}

}  // namespace
}  // namespace datamigrate::workflow
