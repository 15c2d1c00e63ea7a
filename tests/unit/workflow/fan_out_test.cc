#include "agent_engine/workflow/fan_out.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "agent_engine/workflow/runner.h"
#include "common/errors/error_context.h"
#include "tests/unit/workflow/fakes.h"

namespace datamigrate::workflow {
namespace {

using Words = std::vector<std::string>;

// The state "abc" has the items a, b and c.
absl::StatusOr<std::vector<FanOutItem>> Letters(std::string_view state) {
  std::vector<FanOutItem> items;
  for (const char letter : state)
    items.push_back({std::string(1, letter), "<" + std::string(1, letter)});
  return items;
}

absl::StatusOr<NodeResult> Concatenate(std::string_view, const std::vector<ItemResult>& results,
                                       NodeContext&) {
  std::string state;
  for (const ItemResult& item : results) {
    state += item.result.ok()
                 ? *item.result
                 : "(" + item.key + ": " + std::string(item.result.status().message()) + ")";
  }
  return NodeResult{state, {}};
}

absl::StatusOr<std::string> Close(const FanOutItem& item, NodeContext&) {
  return item.input + ">";
}

Graph Spread(FanOut fan_out, NodeOptions options = {}) {
  GraphBuilder builder;
  builder.AddFanOut("spread", std::move(fan_out), std::move(options)).SetEntry("spread");
  return *builder.AddEdge("spread", std::string(kEnd)).Build();
}

Words KindsOf(const std::vector<Event>& events) {
  Words kinds;
  for (const Event& event : events) kinds.push_back(event.kind);
  return kinds;
}

absl::StatusOr<RunResult> RunOver(const Graph& graph, FakeStore& store, const std::string& state,
                                  const CancellationToken& token = {}, Clock* clock = nullptr) {
  Runner runner(&graph, {.store = &store, .journal = &store, .events = &store, .clock = clock});
  absl::Status started = runner.Start("r", state);
  if (!started.ok()) return started;
  return runner.Run("r", token);
}

TEST_CASE("A fan-out runs each item of the state and joins the results in their order",
          "[workflow]") {
  FakeStore store;
  const Graph graph = Spread({.split = Letters, .run = Close, .join = Concatenate});
  const absl::StatusOr<RunResult> result = RunOver(graph, store, "dacb");
  REQUIRE(result.ok());
  CHECK(result->checkpoint.state == "<d><a><c><b>");
  CHECK(store.journal.size() == 4);
  CHECK(store.journal.contains({"r", 1, "[\"a\"]"}));
  CHECK(std::count_if(store.told.begin(), store.told.end(), [](const Event& event) {
          return event.kind == kItemCompleted && !event.item.empty() && event.node == "spread";
        }) == 4);
}

TEST_CASE("A list without items is joined at once", "[workflow]") {
  FakeStore store;
  const Graph graph = Spread({.split = Letters, .run = Close, .join = Concatenate});
  CHECK(RunOver(graph, store, "")->checkpoint.state.empty());
  CHECK(store.journal.empty());
}

TEST_CASE("No more items run at a time than are allowed", "[workflow]") {
  absl::Mutex mutex;
  int running = 0;
  int begun = 0;
  int most = 0;
  FakeStore store;
  auto meet = [&](const FanOutItem&, NodeContext&) -> absl::StatusOr<std::string> {
    absl::MutexLock lock(&mutex);
    most = std::max(most, ++running);
    ++begun;
    // The first three wait for each other, so three at a time there are.
    auto are_three = [&] { return begun >= 3; };
    mutex.Await(absl::Condition(&are_three));
    --running;
    return "x";
  };
  const Graph graph =
      Spread({.split = Letters, .run = meet, .join = Concatenate, .max_parallel = 3});
  CHECK(RunOver(graph, store, "abcdefghij")->checkpoint.state == "xxxxxxxxxx");
  CHECK(most == 3);
}

TEST_CASE("Keys that cannot tell items apart are refused", "[workflow]") {
  const std::string state = GENERATE(as<std::string>{}, "aba", "long", "empty");
  FakeStore store;
  auto split = [](std::string_view given) -> absl::StatusOr<std::vector<FanOutItem>> {
    if (given == "long") return std::vector<FanOutItem>{{std::string(501, 'k'), ""}};
    if (given == "empty") return std::vector<FanOutItem>{{"", ""}};
    return Letters(given);
  };
  const Graph graph = Spread({.split = split, .run = Close, .join = Concatenate});
  const absl::Status status = RunOver(graph, store, state).status();
  CHECK(absl::IsInvalidArgument(status));
  CHECK(errors::ContextOf(status).phase == "split");
}

TEST_CASE("The first item that fails stops the node, which goes on where it was", "[workflow]") {
  FakeStore store;
  bool is_mended = false;
  Words ran;
  auto run = [&](const FanOutItem& item, NodeContext&) -> absl::StatusOr<std::string> {
    ran.push_back(item.key);
    if (item.key == "b" && !is_mended) return absl::InvalidArgumentError("no good");
    return item.key;
  };
  const Graph graph =
      Spread({.split = Letters, .run = run, .join = Concatenate, .max_parallel = 1});
  const absl::Status status = RunOver(graph, store, "abc").status();
  CHECK(absl::IsInvalidArgument(status));
  CHECK(status.message() == "node spread: item b: no good (b)");
  const errors::ErrorContext context = errors::ContextOf(status);
  CHECK(context.phase == "item");
  CHECK(context.object == "b");
  CHECK(context.agent == "spread");
  CHECK(ran == Words{"a", "b"});
  is_mended = true;
  CHECK(RunOver(graph, store, "abc")->checkpoint.state == "abc");
  CHECK(ran == Words{"a", "b", "b", "c"});  // a had its result
}

TEST_CASE("Failures may be collected, and are final then", "[workflow]") {
  FakeStore store;
  int joins = 0;
  std::map<std::string, int> ran;
  auto run = [&](const FanOutItem& item, NodeContext&) -> absl::StatusOr<std::string> {
    ++ran[item.key];
    if (item.key == "b") return absl::InvalidArgumentError("no good");
    return item.key;
  };
  auto join = [&](std::string_view state, const std::vector<ItemResult>& results,
                  NodeContext& context) -> absl::StatusOr<NodeResult> {
    if (++joins == 1) return absl::UnavailableError("not now");
    CHECK(absl::IsInvalidArgument(results[1].result.status()));
    CHECK(errors::ContextOf(results[1].result.status()).object == "b");
    return Concatenate(state, results, context);
  };
  JumpingClock clock;
  const Graph graph = Spread({.split = Letters,
                              .run = run,
                              .join = join,
                              .max_parallel = 1,
                              .when_item_fails = WhenItemFails::kCollect});
  const auto result = RunOver(graph, store, "abc", {}, &clock);
  REQUIRE(result.ok());
  CHECK(result->checkpoint.state == "a(b: no good)c");
  CHECK(ran == std::map<std::string, int>{{"a", 1}, {"b", 1}, {"c", 1}});
  CHECK(joins == 2);
}

TEST_CASE("An item is retried by itself, and told to stop when its time is up", "[workflow]") {
  FakeStore store;
  JumpingClock clock;
  int calls = 0;
  auto run = [&](const FanOutItem& item, NodeContext& context) -> absl::StatusOr<std::string> {
    if (item.key != "b") return item.key;
    CHECK(context.place().item == "b");
    CHECK(context.place().attempt == ++calls);
    if (calls < 3) return absl::UnavailableError("away");
    return "B";
  };
  const Graph graph = Spread({.split = Letters,
                              .run = run,
                              .join = Concatenate,
                              .max_parallel = 1,
                              .retry = {.first_pause = absl::Seconds(1), .jitter = 0}});
  CHECK(RunOver(graph, store, "abc", {}, &clock)->checkpoint.state == "aBc");
  CHECK(clock.sleeps == std::vector<absl::Duration>{absl::Seconds(1), absl::Seconds(2)});
  CHECK(KindsOf(store.told) == Words{"node_started", "item_completed", "item_retrying",
                                     "item_retrying", "item_completed", "item_completed"});
}

TEST_CASE("An item that takes too long is told to stop", "[workflow]") {
  FakeStore store;
  ManualClock clock;
  auto run = [&](const FanOutItem& item, NodeContext& context) -> absl::StatusOr<std::string> {
    if (context.place().attempt == 2) return item.key;
    absl::Mutex mutex;
    bool is_stopped = false;
    auto subscription = context.token().OnCancel([&] {
      absl::MutexLock lock(&mutex);
      is_stopped = true;
    });
    clock.Advance(absl::Minutes(2));
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(&is_stopped));
    return context.token().status();
  };
  const Graph graph = Spread({.split = Letters,
                              .run = run,
                              .join = Concatenate,
                              .max_parallel = 1,
                              .retry = {.first_pause = absl::ZeroDuration()},
                              .timeout = absl::Minutes(1)});
  CHECK(RunOver(graph, store, "a", {}, &clock)->checkpoint.state == "a");
}

TEST_CASE("Cancelling a run reaches all of its items", "[workflow]") {
  FakeStore store;
  CancellationSource cancel;
  absl::Mutex mutex;
  int begun = 0;
  int told = 0;
  auto run = [&](const FanOutItem&, NodeContext& context) -> absl::StatusOr<std::string> {
    auto subscription = context.token().OnCancel([&] {
      absl::MutexLock lock(&mutex);
      ++told;
    });
    {
      absl::MutexLock lock(&mutex);
      ++begun;
    }
    absl::MutexLock lock(&mutex);
    auto is_told = [&] { return told == 3; };
    mutex.Await(absl::Condition(&is_told));
    return context.token().status();
  };
  std::thread person([&] {
    {
      absl::MutexLock lock(&mutex);
      auto are_three = [&] { return begun == 3; };
      mutex.Await(absl::Condition(&are_three));
    }
    cancel.Cancel(absl::CancelledError("a person said so"));
  });
  const Graph graph = Spread({.split = Letters,
                              .run = run,
                              .join = Concatenate,
                              .max_parallel = 3,
                              .when_item_fails = WhenItemFails::kCollect});
  CHECK(RunOver(graph, store, "abcdef", cancel.token()).status() ==
        absl::CancelledError("a person said so"));
  person.join();
  CHECK(begun == 3);
  for (const auto& [key, receipt] : store.journal) CHECK_FALSE(receipt.has_value());
}

TEST_CASE("A store that is away is no failure of an item", "[workflow]") {
  class AwayStore : public FakeStore {
   public:
    absl::Status Complete(std::string_view run_id, int64_t step, std::string_view key,
                          std::string_view receipt) override {
      if (is_away) return absl::UnavailableError("away");
      return FakeStore::Complete(run_id, step, key, receipt);
    }
    bool is_away = true;
  };
  AwayStore store;
  JumpingClock clock;
  const Graph graph = Spread({.split = Letters,
                              .run = Close,
                              .join = Concatenate,
                              .max_parallel = 1,
                              .when_item_fails = WhenItemFails::kCollect},
                             {.retry = {.max_attempts = 1}});
  const absl::Status status = RunOver(graph, store, "ab", {}, &clock).status();
  CHECK(absl::IsUnavailable(status));
  store.is_away = false;
  CHECK(RunOver(graph, store, "ab", {}, &clock)->checkpoint.state == "<a><b>");
}

// An effect of its own in each item, and one of the join.
struct World {
  std::mutex mutex;
  std::map<std::string, int> effects;
};

Graph KillableSpread(World& world, KillSwitch& kill, std::size_t max_parallel) {
  auto effect = [&world, &kill](NodeContext& context, const std::string& name) {
    return context.Once("write", [&, name](bool was_begun) -> absl::StatusOr<std::string> {
      kill.Point();
      {
        std::lock_guard<std::mutex> lock(world.mutex);
        if (!was_begun || world.effects[name] == 0) ++world.effects[name];
      }
      kill.Point();
      return name;
    });
  };
  FanOut fan_out{.split = Letters, .max_parallel = max_parallel};
  fan_out.run = [effect](const FanOutItem& item, NodeContext& context) {
    return effect(context, item.key);
  };
  fan_out.join = [effect](std::string_view state, const std::vector<ItemResult>& results,
                          NodeContext& context) -> absl::StatusOr<NodeResult> {
    absl::StatusOr<std::string> joined = effect(context, "joined");
    if (!joined.ok()) return joined.status();
    return Concatenate(state, results, context);
  };
  return Spread(fan_out);
}

TEST_CASE("Killed at any point, a fan-out repeats only what had not ended", "[workflow]") {
  const std::size_t max_parallel = GENERATE(1u, 3u);
  bool was_killed = true;
  int point = 0;
  for (; was_killed; ++point) {
    CAPTURE(point, max_parallel);
    World world;
    KillSwitch kill;
    FakeStore store(&kill);
    const Graph graph = KillableSpread(world, kill, max_parallel);
    kill.Arm(point);
    absl::StatusOr<RunResult> result = absl::UnknownError("not run");
    for (int process = 0; process < 2 && !result.ok(); ++process) {
      try {
        result = RunOver(graph, store, "abcd");
      } catch (const Killed&) {
      }
    }
    was_killed = kill.has_fired();
    REQUIRE(result.ok());
    CHECK(result->checkpoint.state == "abcd");
    CHECK(world.effects ==
          std::map<std::string, int>{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"joined", 1}});
    CHECK(store.runs["r"].size() == 2);
  }
  CHECK(point > 40);
}

}  // namespace
}  // namespace datamigrate::workflow
