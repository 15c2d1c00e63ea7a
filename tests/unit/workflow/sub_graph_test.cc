#include <catch2/catch.hpp>
#include <map>

#include "agent_engine/workflow/frame.h"
#include "agent_engine/workflow/runner.h"
#include "agent_engine/workflow/typed_graph.h"
#include "tests/unit/workflow/fakes.h"

namespace datamigrate::workflow {
namespace {

using Words = std::vector<std::string>;
using Builder = TypedGraphBuilder<std::string>;

Codec<std::string> TextCodec() {
  return {[](const std::string& text) { return text; },
          [](std::string_view bytes) -> absl::StatusOr<std::string> { return std::string(bytes); }};
}

Builder::Function Add(std::string text) {
  return [text](std::string& state, NodeContext&) -> absl::StatusOr<Effects> {
    state += text;
    return Effects{.writes = {InsertRow(text)}};
  };
}

// A question before the letter, and an effect that is not to be repeated after the answer.
Builder::Function Ask(std::map<std::string, int>& effects) {
  return [&effects](std::string& state, NodeContext& context) -> absl::StatusOr<Effects> {
    auto perform = [&](bool was_begun) -> absl::StatusOr<std::string> {
      if (!was_begun || effects["mail"] == 0) ++effects["mail"];
      return "sent";
    };
    absl::StatusOr<std::string> sent = context.Once("mail", perform);
    if (!sent.ok()) return sent.status();
    if (!context.answer().has_value()) {
      return Effects{.interrupt = Interrupt{"{\"go on\":\"?\"}"}};
    }
    state += *context.answer();
    return Effects{};
  };
}

// Puts `inner` between two nodes, with a state that begins with "(" and ends in ")" outside.
Graph Around(const std::string& name, Graph inner, const std::string& before,
             const std::string& after) {
  Builder builder(TextCodec());
  builder.AddNode("before", Add(before)).AddNode("after", Add(after)).SetEntry("before");
  builder.AddSubGraph<std::string>(
      name, std::move(inner), TextCodec(), [](const std::string& outer) { return outer + "("; },
      [](std::string& outer, const std::string& inner_state) {
        outer = "[" + outer + "|" + inner_state + ")]";
      });
  builder.AddEdge("before", name).AddEdge(name, "after").AddEdge("after", std::string(kEnd));
  return *builder.Build();
}

// Three deep: the innermost loops once and asks.
Graph Deep(std::map<std::string, int>& effects) {
  Builder innermost(TextCodec());
  innermost.AddNode("turn", Add("t")).AddNode("ask", Ask(effects)).SetEntry("turn");
  innermost.AddConditionalEdge(
      "turn",
      [](const std::string& state) { return std::string(state.ends_with("tt") ? "ask" : "turn"); },
      {"turn", "ask"});
  innermost.AddEdge("ask", std::string(kEnd));
  return Around("one", Around("two", Around("three", *innermost.Build(), "e", "f"), "c", "d"), "a",
                "b");
}

const std::string kDeepEnd = "[a|[a(c|[a(c(e|a(c(e(ttY)]f)]d)]b";

absl::StatusOr<RunResult> Live(const Graph& graph, FakeStore& store) {
  Runner runner(&graph, {.store = &store, .journal = &store, .events = &store});
  absl::Status started = runner.Start("r", "");
  if (!started.ok()) return started;
  absl::StatusOr<RunResult> result = runner.Run("r", {});
  if (!result.ok() || result->status != CheckpointStatus::kInterrupted) return result;
  store.runs["r"].back().answer = "Y";
  return runner.Run("r", {});
}

TEST_CASE("A sub-graph runs with its own state, three deep, and asks from there", "[workflow]") {
  std::map<std::string, int> effects;
  const Graph graph = Deep(effects);
  FakeStore store;
  const absl::StatusOr<RunResult> result = Live(graph, store);
  REQUIRE(result.ok());
  CHECK(result->checkpoint.state == kDeepEnd);
  CHECK(effects["mail"] == 1);
  Words nodes;
  for (const Checkpoint& step : store.runs["r"]) nodes.push_back(step.node);
  CHECK(nodes == Words{"", "before", "one", "one/before", "one/two", "one/two/before",
                       "one/two/three", "one/two/three/turn", "one/two/three/turn",
                       "one/two/three/ask", "one/two/three/ask", "one/two/three/__end__",
                       "one/two/after", "one/two/__end__", "one/after", "one/__end__", "after"});
  CHECK(store.runs["r"][8].state == "a(c(e(tt");
  CHECK(DecodeFrame(store.runs["r"][8].frame)->outer_states == Words{"a", "a(c", "a(c(e"});
  CHECK(store.runs["r"].back().frame.empty());
  CHECK(store.rows.values == Words{"a", "c", "e", "t", "t", "f", "d", "b"});
}

TEST_CASE("Killed at any point, a run in sub-graphs ends right", "[workflow]") {
  bool was_killed = true;
  int point = 0;
  for (; was_killed; ++point) {
    CAPTURE(point);
    std::map<std::string, int> effects;
    KillSwitch kill;
    FakeStore store(&kill);
    const Graph graph = Deep(effects);
    kill.Arm(point);
    absl::StatusOr<RunResult> result = absl::UnknownError("not run");
    for (int process = 0; process < 2 && !result.ok(); ++process) {
      try {
        result = Live(graph, store);
      } catch (const Killed&) {
      }
    }
    was_killed = kill.has_fired();
    REQUIRE(result.ok());
    CHECK(result->checkpoint.state == kDeepEnd);
    CHECK(effects["mail"] == 1);
    CHECK(store.rows.values == Words{"a", "c", "e", "t", "t", "f", "d", "b"});
  }
  CHECK(point > 50);
}

TEST_CASE("A fork at a step inside a sub-graph goes on inside", "[workflow]") {
  std::map<std::string, int> effects;
  const Graph graph = Deep(effects);
  FakeStore store;
  REQUIRE(Live(graph, store).ok());
  // As the store forks: the checkpoints up to there, the last one with another state.
  std::vector<Checkpoint>& forked = store.runs["f"];
  for (int step = 0; step <= 8; ++step) {
    forked.push_back(store.runs["r"][static_cast<std::size_t>(step)]);
    forked.back().run_id = "f";
  }
  forked.back().state = "other";
  Runner runner(&graph, {.store = &store, .journal = &store});
  REQUIRE(runner.Run("f", {})->status == CheckpointStatus::kInterrupted);
  store.runs["f"].back().answer = "N";
  CHECK(runner.Run("f", {})->checkpoint.state == "[a|[a(c|[a(c(e|otherN)]f)]d)]b");
}

TEST_CASE("A run does not begin inside a sub-graph, where there is no outer state", "[workflow]") {
  std::map<std::string, int> effects;
  const Graph graph = Deep(effects);
  FakeStore store;
  Runner runner(&graph, {.store = &store, .journal = &store});
  CHECK(absl::IsInvalidArgument(runner.Start("r", "", "one/before")));
}

TEST_CASE("A frame is the same after its bytes, whatever is in it", "[workflow]") {
  Frame frame;
  frame.outer_states = {std::string("\0\xff\x80", 3), ""};
  frame.recovery = {.strategy = 2, .tried = {"first (\xff)"}, .asked_about = "{}", .answer = ""};
  frame.run_id = "r";
  frame.undoable = {{4, 2, "load"}, {9, 8, "outer/inner"}};
  frame.rolling_back = "{\"message\":\"m\"}";
  const absl::StatusOr<Frame> again = DecodeFrame(Encode(frame));
  REQUIRE(again.ok());
  CHECK(again->outer_states == frame.outer_states);
  CHECK(again->recovery.strategy == 2);
  CHECK(again->recovery.tried == frame.recovery.tried);
  CHECK(again->recovery.asked_about == "{}");
  CHECK(again->recovery.answer == "");
  CHECK(again->undoable.size() == 2);
  CHECK(again->undoable[1].node == "outer/inner");
  CHECK(again->undoable[0].before == 2);
  CHECK(again->rolling_back == frame.rolling_back);
  CHECK(Encode(Frame{.run_id = "r"}).empty());
  for (const std::string bad : {"x", "\xa1", "\x01", "\xa1\x65outer\x07"}) {
    CHECK(absl::IsDataLoss(DecodeFrame(bad).status()));
  }
}

}  // namespace
}  // namespace datamigrate::workflow
