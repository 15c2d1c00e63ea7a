#include "agent_engine/workflow/runner.h"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>

#include "agent_engine/workflow/typed_graph.h"
#include "tests/unit/workflow/fakes.h"

namespace datamigrate::workflow {
namespace {

// A state with a trail of what ran: "assess,test,repair,test".
struct Trail {
  std::string text;
  void Add(std::string_view name) { text += (text.empty() ? "" : ",") + std::string(name); }
};

Codec<Trail> TrailCodec() {
  return {
      [](const Trail& trail) { return trail.text; },
      [](std::string_view bytes) -> absl::StatusOr<Trail> { return Trail{std::string(bytes)}; }};
}

using Builder = TypedGraphBuilder<Trail>;

Builder::Function Leave(std::string name) {
  return [name](Trail& trail, NodeContext&) -> absl::StatusOr<Effects> {
    trail.Add(name);
    return Effects{.writes = {InsertRow(name)}};
  };
}

const std::string kEndName(kEnd);

Graph OneNode(Builder::Function run, NodeOptions options = {}) {
  Builder builder(TrailCodec());
  builder.AddNode("only", std::move(run), std::move(options)).SetEntry("only");
  builder.AddEdge("only", kEndName);
  return *builder.Build();
}

// assess → test → (repair → test, twice) → end
Graph RepairLoop() {
  Builder builder(TrailCodec());
  builder.AddNode("assess", Leave("assess")).AddNode("test", Leave("test"));
  builder.AddNode("repair", Leave("repair")).SetEntry("assess");
  builder.AddEdge("assess", "test").AddEdge("repair", "test");
  builder.AddConditionalEdge("test",
                             [](const Trail& trail) {
                               bool is_repaired =
                                   trail.text.find("repair,test,repair") != std::string::npos;
                               return is_repaired ? kEndName : std::string("repair");
                             },
                             {"repair", kEndName});
  return *builder.Build();
}

std::vector<std::string> KindsOf(const std::vector<Event>& events) {
  std::vector<std::string> kinds;
  for (const Event& event : events) kinds.push_back(event.kind);
  return kinds;
}

using Words = std::vector<std::string>;

TEST_CASE("A run follows its edges and routes to the end, a checkpoint per node", "[workflow]") {
  Graph graph = RepairLoop();
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store, .events = &store});
  REQUIRE(runner.Start("r", "").ok());
  absl::StatusOr<RunResult> result = runner.Run("r", {});
  REQUIRE(result.ok());
  CHECK(result->status == CheckpointStatus::kCompleted);
  CHECK(result->checkpoint.state == "assess,test,repair,test,repair,test");
  CHECK(store.runs["r"].size() == 7);
  CHECK(store.rows.values == Words{"assess", "test", "repair", "test", "repair", "test"});
  CHECK(KindsOf(store.told) == Words(6, "node_started"));
  CHECK(KindsOf(store.committed_events).back() == "run_completed");
  CHECK(runner.Run("r", {})->checkpoint.step == 6);  // again: nothing happens
  CHECK(store.runs["r"].size() == 7);
}

TEST_CASE("A run that was never started is not found, and starting twice is harmless",
          "[workflow]") {
  Graph graph = RepairLoop();
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store});
  CHECK(runner.Run("r", {}).status().code() == absl::StatusCode::kNotFound);
  REQUIRE(runner.Start("r", "first").ok());
  REQUIRE(runner.Start("r", "second").ok());
  CHECK(store.runs["r"].size() == 1);
  CHECK(store.runs["r"][0].state == "first");
  CHECK(runner.Start("other", "", "nowhere").code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("A run replays from another run's checkpoint", "[workflow]") {
  Graph graph = RepairLoop();
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Start("r", "").ok());
  REQUIRE(runner.Run("r", {}).ok());
  Checkpoint from = store.runs["r"][2];
  REQUIRE(runner.Start("again", from.state, from.next_node).ok());
  CHECK(runner.Run("again", {})->checkpoint.state == "assess,test,repair,test,repair,test");
  CHECK(store.runs["again"].size() == 5);
}

TEST_CASE("Transient errors are retried with growing pauses", "[workflow]") {
  int calls = 0;
  Graph graph = OneNode(
      [&](Trail& trail, NodeContext& context) -> absl::StatusOr<Effects> {
        trail.Add("half done");
        if (++calls < 4) return absl::UnavailableError("away");
        trail.text = std::to_string(context.place().attempt);
        return Effects{};
      },
      {.retry = {.max_attempts = 4,
                 .first_pause = absl::Seconds(1),
                 .longest_pause = absl::Seconds(3),
                 .jitter = 0.5}});
  FakeStore store;
  JumpingClock clock;
  Runner runner(
      &graph, {.store = &store, .journal = &store, .events = &store, .clock = &clock, .random = [] {
                 return 0.5;
               }});
  REQUIRE(runner.Start("r", "").ok());
  CHECK(runner.Run("r", {})->checkpoint.state == "4");
  // 1 s, 2 s and 4 s cut to 3 s; half of half taken away.
  CHECK(clock.sleeps == std::vector<absl::Duration>{absl::Milliseconds(750),
                                                    absl::Milliseconds(1500),
                                                    absl::Milliseconds(2250)});
  CHECK(KindsOf(store.told) == Words{"node_started", "node_retrying", "node_started",
                                     "node_retrying", "node_started", "node_retrying",
                                     "node_started"});
}

TEST_CASE("A lasting error, or one too many, fails the run at its node", "[workflow]") {
  absl::Status error =
      GENERATE(absl::InvalidArgumentError("wrong"), absl::UnavailableError("away"));
  int calls = 0;
  Graph graph = OneNode([&](Trail&, NodeContext&) -> absl::StatusOr<Effects> {
    ++calls;
    return error;
  });
  FakeStore store;
  JumpingClock clock;
  Runner runner(&graph, {.store = &store, .journal = &store, .events = &store, .clock = &clock});
  REQUIRE(runner.Start("r", "").ok());
  absl::Status status = runner.Run("r", {}).status();
  CHECK(status.code() == error.code());
  CHECK(status.message() == "node only: " + std::string(error.message()));
  CHECK(calls == (IsTransient(error) ? 3 : 1));
  CHECK(store.runs["r"].size() == 1);  // the checkpoint before it stays
  CHECK(store.told.back().kind == "node_failed");
}

TEST_CASE("An exception from a library fails the node, not the process", "[workflow]") {
  Graph graph = OneNode([](Trail&, NodeContext&) -> absl::StatusOr<Effects> {
    throw std::runtime_error("unexpected");
  });
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Start("r", "").ok());
  CHECK(runner.Run("r", {}).status().code() == absl::StatusCode::kInternal);
}

TEST_CASE("A failed write keeps the whole step out", "[workflow]") {
  Graph graph = OneNode([](Trail&, NodeContext&) -> absl::StatusOr<Effects> {
    return Effects{.writes = {InsertRow("one"), [](WriteContext&) {
                                return absl::InvalidArgumentError("no such column");
                              }}};
  });
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Start("r", "").ok());
  CHECK(runner.Run("r", {}).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(store.rows.values.empty());
  CHECK(store.runs["r"].size() == 1);
}

TEST_CASE("A checkpoint whose reply is lost is stored again without repeating the node",
          "[workflow]") {
  int calls = 0;
  Graph graph = OneNode([&](Trail&, NodeContext&) -> absl::StatusOr<Effects> {
    ++calls;
    return Effects{};
  });
  FakeStore store;
  JumpingClock clock;
  Runner runner(&graph, {.store = &store, .journal = &store, .clock = &clock});
  REQUIRE(runner.Start("r", "").ok());
  store.commit_errors = {absl::UnknownError("lost"), absl::UnavailableError("away")};
  CHECK(runner.Run("r", {}).ok());
  CHECK(calls == 1);
  CHECK(clock.sleeps.size() == 2);
}

TEST_CASE("A loop without end is stopped", "[workflow]") {
  Builder builder(TrailCodec());
  builder.AddNode("a", Leave("a")).SetEntry("a");
  builder.AddConditionalEdge("a", [](const Trail&) { return std::string("a"); }, {"a", kEndName});
  Graph graph = *builder.Build();
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store}, {.max_steps = 10});
  REQUIRE(runner.Start("r", "").ok());
  CHECK(runner.Run("r", {}).status().code() == absl::StatusCode::kOutOfRange);
  CHECK(store.runs["r"].back().step == 10);
}

TEST_CASE("Cancelling reaches the node that runs and keeps what was done before", "[workflow]") {
  CancellationSource cancel;
  Builder builder(TrailCodec());
  builder.AddNode("first", Leave("first")).SetEntry("first").AddEdge("first", "second");
  builder.AddNode("second", [&](Trail&, NodeContext& context) -> absl::StatusOr<Effects> {
    bool is_killed = false;
    auto subscription = context.token().OnCancel([&] { is_killed = true; });
    std::thread other([&] { cancel.Cancel(absl::CancelledError("a person said so")); });
    other.join();
    CHECK(is_killed);
    return context.token().status();
  });
  builder.AddEdge("second", kEndName);
  Graph graph = *builder.Build();
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Start("r", "").ok());
  CHECK(runner.Run("r", cancel.token()).status() == absl::CancelledError("a person said so"));
  CHECK(store.runs["r"].back().node == "first");
  CHECK(runner.Run("r", cancel.token()).status().code() == absl::StatusCode::kCancelled);
}

TEST_CASE("A node that takes too long is told to stop, and tried again", "[workflow]") {
  ManualClock clock;
  Graph graph = OneNode(
      [&](Trail& trail, NodeContext& context) -> absl::StatusOr<Effects> {
        if (context.place().attempt == 2) {
          trail.Add("done");
          return Effects{};
        }
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
      },
      {.retry = {.first_pause = absl::ZeroDuration()}, .timeout = absl::Minutes(1)});
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store, .clock = &clock});
  REQUIRE(runner.Start("r", "").ok());
  CHECK(runner.Run("r", {})->checkpoint.state == "done");
}

TEST_CASE("A question suspends the run until it is answered", "[workflow]") {
  Graph graph = OneNode([](Trail& trail, NodeContext& context) -> absl::StatusOr<Effects> {
    if (!context.answer().has_value()) {
      trail.Add("asked");
      return Effects{.interrupt = Interrupt{R"({"drop":"table"})"}};
    }
    trail.Add(*context.answer());
    return Effects{};
  });
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Start("r", "").ok());
  for (int i = 0; i < 2; ++i) {
    absl::StatusOr<RunResult> result = runner.Run("r", {});
    REQUIRE(result.ok());
    CHECK(result->status == CheckpointStatus::kInterrupted);
    CHECK(result->checkpoint.question == R"({"drop":"table"})");
    CHECK(result->checkpoint.step == 1);
  }
  CHECK(KindsOf(store.committed_events) == Words{"node_interrupted"});
  store.runs["r"].back().answer = "no";
  absl::StatusOr<RunResult> result = runner.Run("r", {});
  REQUIRE(result.ok());
  CHECK(result->status == CheckpointStatus::kCompleted);
  CHECK(result->checkpoint.state == "asked,no");
}

// The world outside the store: a file is there or not; writing it twice is what must not happen.
struct World {
  std::vector<std::string> files;
  bool Has(const std::string& name) const {
    return std::find(files.begin(), files.end(), name) != files.end();
  }
};

Builder::Function WriteFile(World& world, KillSwitch& kill, std::string name) {
  return [&world, &kill, name](Trail& trail, NodeContext& context) -> absl::StatusOr<Effects> {
    std::string file = name + std::to_string(context.place().step);
    absl::StatusOr<std::string> receipt =
        context.Once("write", [&](bool was_begun) -> absl::StatusOr<std::string> {
          kill.Point();
          if (!was_begun || !world.Has(file)) world.files.push_back(file);
          kill.Point();
          return file;
        });
    if (!receipt.ok()) return receipt.status();
    trail.Add(*receipt);
    return Effects{.writes = {InsertRow(*receipt)}, .events = {{.kind = "written"}}};
  };
}

Graph FileGraph(World& world, KillSwitch& kill) {
  Builder builder(TrailCodec());
  builder.AddNode("a", WriteFile(world, kill, "a")).AddNode("b", WriteFile(world, kill, "b"));
  builder.SetEntry("a").AddEdge("a", "b");
  builder.AddConditionalEdge(
      "b", [](const Trail& trail) { return trail.text == "a1,b2" ? std::string("a") : kEndName; },
      {"a", kEndName});
  return *builder.Build();
}

// One process: starts the run where it has none and carries it on, until its end or its own.
absl::StatusOr<RunResult> LiveOnce(const Graph& graph, FakeStore& store) {
  try {
    Runner runner(&graph, {.store = &store, .journal = &store, .events = &store});
    if (absl::Status status = runner.Start("r", ""); !status.ok()) return status;
    return runner.Run("r", {});
  } catch (const Killed&) {
    return absl::UnknownError("killed");
  }
}

TEST_CASE("A process killed between any two calls loses nothing and does nothing twice",
          "[workflow]") {
  int point = 0;
  bool was_killed = true;
  for (; was_killed; ++point) {
    CAPTURE(point);
    World world;
    KillSwitch kill;
    FakeStore store(&kill);
    Graph graph = FileGraph(world, kill);
    kill.Arm(point);
    absl::StatusOr<RunResult> result = absl::UnknownError("not run");
    for (int process = 0; process < 2 && !result.ok(); ++process) result = LiveOnce(graph, store);
    was_killed = kill.has_fired();
    REQUIRE(result.ok());
    CHECK(result->checkpoint.state == "a1,b2,a3,b4");
    CHECK(world.files == Words{"a1", "b2", "a3", "b4"});
    CHECK(store.rows.values == Words{"a1", "b2", "a3", "b4"});
    CHECK(KindsOf(store.committed_events) == Words{"written", "node_completed", "written",
                                                   "node_completed", "written", "node_completed",
                                                   "written", "node_completed", "run_completed"});
    CHECK(store.runs["r"].size() == 5);
  }
  CHECK(point > 30);  // the loop did kill it at every point
}

}  // namespace
}  // namespace datamigrate::workflow
