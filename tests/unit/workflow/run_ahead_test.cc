// Nodes that begin before the checkpoint before them is stored, and what may not leave before it.
#include <catch2/catch.hpp>
#include <map>

#include "agent_engine/workflow/runner.h"
#include "tests/unit/workflow/fakes.h"

namespace datamigrate::workflow {
namespace {

// Keeps what may come soon in memory until somebody waits for it; a crash loses it.
class LazyStore : public FakeStore {
 public:
  using FakeStore::FakeStore;

  absl::StatusOr<std::optional<Checkpoint>> Latest(std::string_view run_id) override {
    if (!taken.empty()) return std::optional<Checkpoint>(taken.back().first);
    return FakeStore::Latest(run_id);
  }
  absl::Status Commit(const Checkpoint& checkpoint, absl::Span<const Write> writes,
                      absl::Span<const Event> events) override {
    absl::Status settled = Settle(checkpoint.run_id);
    return settled.ok() ? FakeStore::Commit(checkpoint, writes, events) : settled;
  }
  absl::Status CommitSoon(const Checkpoint& checkpoint, absl::Span<const Event> events) override {
    taken.push_back({checkpoint, {events.begin(), events.end()}});
    return absl::OkStatus();
  }
  absl::Status Settle(std::string_view) override {
    while (!taken.empty()) {
      auto [checkpoint, events] = taken.front();
      absl::Status stored = FakeStore::Commit(checkpoint, {}, events);
      if (!stored.ok()) return stored;
      taken.erase(taken.begin());
    }
    return absl::OkStatus();
  }
  absl::StatusOr<Entry> Begin(std::string_view run_id, int64_t step,
                              std::string_view key) override {
    CHECK(taken.empty());
    CHECK(static_cast<int64_t>(runs[std::string(run_id)].size()) == step);
    return FakeStore::Begin(run_id, step, key);
  }

  std::vector<std::pair<Checkpoint, std::vector<Event>>> taken;
};

using Words = std::vector<std::string>;

// n1 ... nK, each adding its name; what `extra` has for a node is done, too.
using Extra = std::function<absl::Status(NodeContext&)>;
Graph Chain(int count, const std::map<std::string, Extra>& extra, const Words& not_ahead = {}) {
  GraphBuilder builder;
  for (int i = 1; i <= count; ++i) {
    std::string name = "n" + std::to_string(i);
    auto found = extra.find(name);
    Extra more = found == extra.end() ? nullptr : found->second;
    auto run = [name, more](std::string_view state,
                            NodeContext& context) -> absl::StatusOr<NodeResult> {
      if (more) {
        if (absl::Status status = more(context); !status.ok()) return status;
      }
      return NodeResult{std::string(state) + name, {}};
    };
    bool is_ahead = std::find(not_ahead.begin(), not_ahead.end(), name) == not_ahead.end();
    builder.AddNode(name, run, {.may_run_ahead = is_ahead});
    builder.AddEdge(name, i == count ? std::string(kEnd) : "n" + std::to_string(i + 1));
  }
  return *builder.SetEntry("n1").Build();
}

TEST_CASE("Nodes run ahead, and all is stored when the run returns", "[workflow]") {
  LazyStore store;
  std::size_t waiting = 0;
  Graph graph = Chain(4, {{"n4", [&](NodeContext&) {
                             waiting = store.taken.size();
                             return absl::OkStatus();
                           }}});
  Runner runner(&graph, {.store = &store, .journal = &store, .events = &store});
  REQUIRE(runner.Start("r", "").ok());
  absl::StatusOr<RunResult> result = runner.Run("r", {});
  REQUIRE(result.ok());
  CHECK(waiting == 4);  // checkpoints 0 to 3
  CHECK(store.taken.empty());
  REQUIRE(store.runs["r"].size() == 5);
  CHECK(store.runs["r"][4].state == "n1n2n3n4");
  CHECK(store.committed_events.back().kind == "run_completed");
}

TEST_CASE("A node that may not run ahead begins when all before it is stored", "[workflow]") {
  LazyStore store;
  std::size_t stored = 0;
  Graph graph = Chain(4,
                      {{"n3",
                        [&](NodeContext&) {
                          stored = store.runs["r"].size();
                          return absl::OkStatus();
                        }}},
                      {"n3"});
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Start("r", "").ok());
  REQUIRE(runner.Run("r", {}).ok());
  CHECK(stored == 3);  // checkpoints 0 to 2
}

TEST_CASE("What cannot be stored ends the run with its reason", "[workflow]") {
  LazyStore store;
  Graph graph = Chain(3, {});
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Start("r", "").ok());
  store.commit_errors = {absl::FailedPreconditionError("another owner has the run")};
  absl::StatusOr<RunResult> result = runner.Run("r", {});
  CHECK(result.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(store.runs["r"].empty());
}

TEST_CASE("An error of a node is told after what came before it is stored", "[workflow]") {
  LazyStore store;
  Graph graph = Chain(3, {{"n3", [](NodeContext&) { return absl::InvalidArgumentError("no"); }}});
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Start("r", "").ok());
  CHECK(runner.Run("r", {}).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(store.runs["r"].size() == 3);  // n3 is next
}

TEST_CASE("Killed at any point, a run that ran ahead ends right and does each effect once",
          "[workflow]") {
  int kills = 0;
  for (int point = 0;; ++point) {
    KillSwitch kill;
    LazyStore store(&kill);
    std::map<std::string, int> effects;
    auto effect = [&](const std::string& key) {
      return [&effects, key](NodeContext& context) {
        auto perform = [&](bool was_begun) -> absl::StatusOr<std::string> {
          // The receiver knows the key, as one outside does.
          if (!was_begun || effects[key] == 0) ++effects[key];
          return "receipt of " + key;
        };
        return context.Once(key, perform).status();
      };
    };
    Graph graph = Chain(6, {{"n2", effect("mail")}, {"n5", effect("load")}}, {"n4"});
    kill.Arm(point);
    int starts = 0;
    std::string state;
    while (state.empty()) {
      REQUIRE(++starts < 4);
      try {
        Runner runner(&graph, {.store = &store, .journal = &store, .events = &store});
        // Not in a macro, which would take the kill for a failure.
        absl::Status started = runner.Start("r", "");
        absl::StatusOr<RunResult> result = runner.Run("r", {});
        REQUIRE((started.ok() && result.ok()));
        state = result->checkpoint.state;
      } catch (const Killed&) {
        store.taken.clear();  // was in the memory of the process
        ++kills;
      }
    }
    INFO("killed at point " << point);
    CHECK(state == "n1n2n3n4n5n6");
    CHECK(store.runs["r"].size() == 7);
    CHECK(effects == std::map<std::string, int>{{"load", 1}, {"mail", 1}});
    if (!kill.has_fired()) break;
  }
  CHECK(kills > 20);
}

TEST_CASE("An effect before a question is not repeated after the answer", "[workflow]") {
  FakeStore store;
  int sent = 0;
  GraphBuilder builder;
  builder.AddNode("ask", [&](std::string_view, NodeContext& context) -> absl::StatusOr<NodeResult> {
    auto send = [&](bool) -> absl::StatusOr<std::string> { return std::to_string(++sent); };
    absl::StatusOr<std::string> receipt = context.Once("mail", send);
    if (!receipt.ok()) return receipt.status();
    // Asks twice: the visit goes on all the while.
    if (context.answer().value_or("") != "second") {
      return NodeResult{"asked", {.interrupt = Interrupt{"\"?\""}}};
    }
    return NodeResult{*receipt, {}};
  });
  Graph graph = *builder.SetEntry("ask").AddEdge("ask", std::string(kEnd)).Build();
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Start("r", "").ok());
  for (const char* answer : {"first", "second"}) {
    REQUIRE(runner.Run("r", {})->status == CheckpointStatus::kInterrupted);
    store.runs["r"].back().answer = answer;
  }
  CHECK(runner.Run("r", {})->checkpoint.state == "1");
  CHECK(sent == 1);
}

}  // namespace
}  // namespace datamigrate::workflow
