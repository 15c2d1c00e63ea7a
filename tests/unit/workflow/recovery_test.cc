// What follows a failure: retries are runner_test.cc's; here are strategies, questions and
// rollback.
#include "agent_engine/workflow/recovery.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "agent_engine/workflow/failure_question.h"
#include "agent_engine/workflow/runner.h"
#include "agent_engine/workflow/typed_graph.h"
#include "common/errors/error_context.h"
#include "tests/unit/workflow/fakes.h"

namespace datamigrate::workflow {
namespace {

using Words = std::vector<std::string>;
using Builder = TypedGraphBuilder<std::string>;
using nlohmann::json;

const std::string kEndName(kEnd);

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

// Fails with `error` while `*left` is positive, and counts its calls.
Builder::Function FailTimes(absl::Status error, int* left, int* calls, std::string text) {
  return [=](std::string& state, NodeContext&) -> absl::StatusOr<Effects> {
    ++*calls;
    if ((*left)-- > 0) return error;
    state += text;
    return Effects{};
  };
}

Builder::Function Fail(absl::Status error) {
  return [error](std::string&, NodeContext&) -> absl::StatusOr<Effects> { return error; };
}

absl::StatusOr<RunResult> RunOver(const Graph& graph, FakeStore& store, Clock* clock = nullptr,
                                  RunnerOptions options = {}) {
  Runner runner(&graph, {.store = &store, .journal = &store, .events = &store, .clock = clock},
                std::move(options));
  absl::Status started = runner.Start("r", "");
  if (!started.ok()) return started;
  return runner.Run("r", {});
}

Words NodesOf(FakeStore& store) {
  Words nodes;
  for (const Checkpoint& step : store.runs["r"]) nodes.push_back(step.node);
  return nodes;
}

bool Told(const std::vector<Event>& events, std::string_view kind) {
  return std::any_of(events.begin(), events.end(),
                     [&](const Event& event) { return event.kind == kind; });
}

TEST_CASE("When a node fails for good its strategies follow, in their order", "[workflow]") {
  JumpingClock clock;
  int bulk = 0;
  int always = 1000;
  Builder builder(TextCodec());
  builder.AddNode("load", FailTimes(absl::UnavailableError("locked"), &always, &bulk, ""))
      .AddStrategy("load", {.name = "batches", .run = Fail(absl::InvalidArgumentError("too wide"))})
      .AddStrategy("load", {.name = "rows", .run = Add("rows")})
      .SetEntry("load")
      .AddEdge("load", kEndName);
  const Graph graph = *builder.Build();
  FakeStore store;
  const auto result = RunOver(graph, store, &clock);
  REQUIRE(result.ok());
  CHECK(result->checkpoint.state == "rows");
  CHECK(bulk == 3);
  REQUIRE(store.runs["r"].size() == 4);
  const errors::ErrorContext first = errors::FromJson(store.runs["r"][1].failure);
  CHECK(first.agent == "load");
  CHECK(first.strategy == "first");
  CHECK(first.attempt == 3);
  CHECK(first.step == 0);
  const errors::ErrorContext second = errors::FromJson(store.runs["r"][2].failure);
  CHECK(second.strategy == "batches");
  CHECK(second.tried == Words{"first (node load: locked)"});
  CHECK(Told(store.committed_events, kStrategyFailed));
}

TEST_CASE("A run that goes on does not begin again with a strategy that has failed", "[workflow]") {
  int first = 0;
  int second = 0;
  int first_left = 1;
  int second_left = 1;
  Builder builder(TextCodec());
  builder.AddNode("load", FailTimes(absl::InvalidArgumentError("no"), &first_left, &first, "first"))
      .AddStrategy("load",
                   {.name = "rows",
                    .run = FailTimes(absl::InternalError("down"), &second_left, &second, "rows")})
      .SetEntry("load")
      .AddEdge("load", kEndName);
  const Graph graph = *builder.Build();
  FakeStore store;
  const absl::Status failed = RunOver(graph, store).status();
  CHECK(failed.message() == "node load: down (tried before: first (node load: no))");
  CHECK(errors::ContextOf(failed).strategy == "rows");
  REQUIRE(store.failures.size() == 1);
  CHECK(store.failures[0].first == 1);
  CHECK(RunOver(graph, store)->checkpoint.state == "rows");
  CHECK(first == 1);
  CHECK(second == 2);
}

TEST_CASE("A strategy that does not help after an error is left out", "[workflow]") {
  int wider = 0;
  int none_left = 0;
  Builder builder(TextCodec());
  builder.AddNode("load", Fail(absl::NotFoundError("no file")))
      .AddStrategy("load", {.name = "smaller",
                            .run = FailTimes(absl::OkStatus(), &none_left, &wider, "smaller"),
                            .helps = absl::IsResourceExhausted})
      .AddStrategy("load", {.name = "copy", .run = Add("copy"), .helps = absl::IsNotFound})
      .SetEntry("load")
      .AddEdge("load", kEndName);
  const Graph graph = *builder.Build();
  FakeStore store;
  CHECK(RunOver(graph, store)->checkpoint.state == "copy");
  CHECK(wider == 0);
  const errors::ErrorContext first = errors::FromJson(store.runs["r"][1].failure);
  CHECK(first.tried.empty());
}

TEST_CASE("Where no strategy helps the error is the first one's", "[workflow]") {
  Builder builder(TextCodec());
  builder.AddNode("load", Fail(absl::NotFoundError("no file")))
      .AddStrategy("load",
                   {.name = "smaller", .run = Add("smaller"), .helps = absl::IsResourceExhausted})
      .SetEntry("load")
      .AddEdge("load", kEndName);
  const Graph graph = *builder.Build();
  FakeStore store;
  CHECK(RunOver(graph, store).status().message() == "node load: no file");
}

TEST_CASE("Strategies share the receipts and the answer of their visit", "[workflow]") {
  int sent = 0;
  auto send = [&sent](NodeContext& context) {
    return context.Once(
        "mail", [&](bool) -> absl::StatusOr<std::string> { return std::to_string(++sent); });
  };
  Builder builder(TextCodec());
  builder.AddNode("ask", [&](std::string&, NodeContext& context) -> absl::StatusOr<Effects> {
    if (absl::Status status = send(context).status(); !status.ok()) return status;
    if (!context.answer().has_value()) return Effects{.interrupt = Interrupt{"{}"}};
    return absl::InvalidArgumentError("cannot do " + *context.answer());
  });
  builder.AddStrategy(
      "ask", {.name = "other",
              .run = [&](std::string& state, NodeContext& context) -> absl::StatusOr<Effects> {
                absl::StatusOr<std::string> receipt = send(context);
                if (!receipt.ok()) return receipt.status();
                state = *receipt + context.answer().value_or("none") + context.place().strategy;
                return Effects{};
              }});
  builder.SetEntry("ask").AddEdge("ask", kEndName);
  const Graph graph = *builder.Build();
  FakeStore store;
  REQUIRE(RunOver(graph, store)->status == CheckpointStatus::kInterrupted);
  store.runs["r"].back().answer = "Y";
  CHECK(RunOver(graph, store)->checkpoint.state == "1Yother");
  CHECK(sent == 1);
}

TEST_CASE("A store that is away costs no strategy", "[workflow]") {
  class AwayStore : public FakeStore {
   public:
    absl::StatusOr<Entry> Begin(std::string_view run_id, int64_t step,
                                std::string_view key) override {
      if (is_away) return absl::UnavailableError("away");
      return FakeStore::Begin(run_id, step, key);
    }
    bool is_away = true;
  };
  Builder builder(TextCodec());
  builder.AddNode("load", [](std::string& state, NodeContext& context) -> absl::StatusOr<Effects> {
    auto perform = [](bool) -> absl::StatusOr<std::string> { return "done"; };
    absl::StatusOr<std::string> receipt = context.Once("k", perform);
    if (!receipt.ok()) return receipt.status();
    state = *receipt;
    return Effects{};
  });
  builder.AddStrategy("load", {.name = "other", .run = Add("other")})
      .SetEntry("load")
      .AddEdge("load", kEndName);
  const Graph graph = *builder.Build();
  AwayStore store;
  JumpingClock clock;
  CHECK(absl::IsUnavailable(RunOver(graph, store, &clock).status()));
  CHECK(store.runs["r"].size() == 1);
  store.is_away = false;
  CHECK(RunOver(graph, store, &clock)->checkpoint.state == "done");
}

// prepare (can be undone) → load (fails) → end.
class Asking {
 public:
  explicit Asking(FailureQuestion question = {.may_skip = true}, bool can_undo = true) {
    Builder builder(TextCodec());
    builder.AddNode("prepare", Add("p"))
        .AddNode("load", FailTimes(absl::InternalError("no table"), &left, &calls, "l"),
                 {.ask = std::move(question)})
        .SetEntry("prepare")
        .AddEdge("prepare", "load")
        .AddEdge("load", kEndName);
    if (can_undo) {
      builder.SetUndo("prepare", [this](const std::string& state, NodeContext&) {
        undone.push_back(state);
        return absl::StatusOr<Effects>(Effects{.writes = {InsertRow("undone")}});
      });
    }
    graph = *builder.Build();
  }

  absl::StatusOr<RunResult> Answer(const std::string& option) {
    store.runs["r"].back().answer = json{{"option", option}}.dump();
    return RunOver(graph, store);
  }

  json Question() {
    const auto asked = RunOver(graph, store);
    REQUIRE(asked.ok());
    REQUIRE(asked->status == CheckpointStatus::kInterrupted);
    return json::parse(asked->checkpoint.question);
  }

  int left = 1;
  int calls = 0;
  Words undone;
  FakeStore store;
  Graph graph;
};

TEST_CASE("A person is asked with the error, the options and what each risks", "[workflow]") {
  Asking run({.may_skip = true, .skip_risk = "No rows.", .answer_within = absl::Hours(2)});
  const json question = run.Question();
  CHECK(question.at("text") == "Step load failed: node load: no table. What is to be done?");
  CHECK(question.at("error").at("agent") == "load");
  CHECK(question.at("error").at("step") == 1);
  CHECK(question.at("recommended") == "roll_back");
  Words ids;
  for (const json& option : question.at("options")) {
    ids.push_back(option.at("id"));
    CHECK_FALSE(option.at("risk").get<std::string>().empty());
  }
  CHECK(ids == Words{"retry", "skip", "roll_back", "give_up"});
  CHECK(question.at("options")[1].at("risk") == "No rows.");
  CHECK(question.at("options")[2].at("text") == "Undo prepare and stop.");
  const Checkpoint& asked = run.store.runs["r"].back();
  CHECK(asked.answer_within == absl::Hours(2));
  CHECK(asked.default_answer == R"({"option":"roll_back"})");
  CHECK(asked.next_node == "load");
  CHECK(asked.state == "p");
  CHECK(Told(run.store.committed_events, "node_interrupted"));
}

TEST_CASE("Who said no is not asked again", "[workflow]") {
  Builder builder(TextCodec());
  builder
      .AddNode("plan", Fail(absl::CancelledError("the plan was rejected")),
               {.ask = FailureQuestion{}})
      .AddStrategy("plan", {.name = "other", .run = Add("other")})
      .SetEntry("plan")
      .AddEdge("plan", kEndName);
  const Graph graph = *builder.Build();
  FakeStore store;
  CHECK(absl::IsCancelled(RunOver(graph, store).status()));
  CHECK(store.runs["r"].size() == 1);
}

TEST_CASE("What cannot be chosen is not offered, and a wrong answer is asked for again",
          "[workflow]") {
  Asking run(FailureQuestion{.default_option = "roll_back"}, /*can_undo=*/false);
  const json question = run.Question();
  CHECK(question.at("options").size() == 2);
  CHECK(question.at("default") == "give_up");
  for (const char* wrong : {"skip", "roll_back", "dance"}) {
    const auto again = run.Answer(wrong);
    REQUIRE(again.ok());
    CHECK(again->status == CheckpointStatus::kInterrupted);
    CHECK(json::parse(again->checkpoint.question) == question);
  }
  CHECK(run.calls == 1);
}

TEST_CASE("Retry, skip and giving up do what they say", "[workflow]") {
  SECTION("retry") {
    Asking run;
    run.Question();
    CHECK(run.Answer("retry")->checkpoint.state == "pl");
    CHECK(run.calls == 2);
  }
  SECTION("retry that fails again asks again") {
    Asking run;
    run.left = 2;
    run.Question();
    CHECK(run.Answer("retry")->status == CheckpointStatus::kInterrupted);
    CHECK(run.Answer("retry")->checkpoint.state == "pl");
  }
  SECTION("skip") {
    Asking run;
    run.Question();
    const auto skipped = run.Answer("skip");
    CHECK(skipped->status == CheckpointStatus::kCompleted);
    CHECK(skipped->checkpoint.state == "p");
    CHECK(Told(run.store.committed_events, kNodeSkipped));
    CHECK(Told(run.store.committed_events, "run_completed"));
  }
  SECTION("giving up leaves all as it is; run again, the node has another try") {
    Asking run;
    run.Question();
    const absl::Status status = run.Answer("give_up").status();
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(status.message() == "given up: node load: no table");
    CHECK(run.store.runs["r"].back().status == CheckpointStatus::kFailed);
    CHECK(run.undone.empty());
    CHECK(RunOver(run.graph, run.store)->checkpoint.state == "pl");
  }
  SECTION("rolling back") {
    Asking run;
    run.Question();
    const absl::Status status = run.Answer("roll_back").status();
    CHECK(status.message() == "rolled back to before step prepare: node load: no table");
    CHECK(run.undone == Words{"p"});
    CHECK(RunOver(run.graph, run.store)->checkpoint.state == "pl");
  }
}

// One node after the other in `undoable` adds its letter; "fail" fails, or not.
class Saga {
 public:
  explicit Saga(KillSwitch* kill = nullptr) : store(kill) {
    Builder inner(TextCodec());
    AddStep(inner, "c", kill);
    inner.SetEntry("c").AddEdge("c", kEndName);
    Builder builder(TextCodec());
    AddStep(builder, "a", kill);
    AddStep(builder, "b", kill);
    builder.AddNode("plain", Add("-"));
    builder.AddSubGraph<std::string>(
        "sub", *inner.Build(), TextCodec(), [](const std::string& outer) { return outer + "/"; },
        [](std::string& outer, const std::string& inner_state) { outer = inner_state; });
    builder.AddNode("fail", [this](std::string& state, NodeContext&) -> absl::StatusOr<Effects> {
      if (fails) return absl::InvalidArgumentError("it cannot be");
      state += "!";
      return Effects{};
    });
    builder.SetEntry("a").AddEdge("a", "b").AddEdge("plain", "sub").AddEdge("sub", "fail");
    // b twice: each visit is undone.
    builder.AddConditionalEdge(
        "b",
        [](const std::string& state) { return std::string(state.ends_with("bb") ? "plain" : "b"); },
        {"b", "plain"});
    builder.AddEdge("fail", kEndName);
    graph = *builder.Build();
  }

  bool fails = true;
  std::map<std::string, int> done;    // by step and node: how often in the world outside
  std::map<std::string, int> undone;  // likewise
  Words order;                        // of undoing
  FakeStore store;
  Graph graph;

 private:
  void AddStep(Builder& builder, const std::string& name, KillSwitch* kill) {
    builder.AddNode(name,
                    [=, this](std::string& state, NodeContext& context) -> absl::StatusOr<Effects> {
                      const std::string key = name + std::to_string(context.place().step);
                      absl::Status status = Effect(context, done, key, kill);
                      if (!status.ok()) return status;
                      state += name;
                      return Effects{.writes = {InsertRow("+" + key)}};
                    });
    builder.SetUndo(
        name, [=, this](const std::string& left, NodeContext& context) -> absl::StatusOr<Effects> {
          const std::string key = name + ":" + left;
          absl::Status status = Effect(context, undone, key, kill);
          if (!status.ok()) return status;
          return Effects{.writes = {InsertRow("-" + key)}};
        });
  }

  absl::Status Effect(NodeContext& context, std::map<std::string, int>& world,
                      const std::string& key, KillSwitch* kill) {
    auto perform = [&](bool was_begun) -> absl::StatusOr<std::string> {
      if (kill != nullptr) kill->Point();
      if (!was_begun || world[key] == 0) {
        ++world[key];
        if (&world == &undone) order.push_back(key);
      }
      if (kill != nullptr) kill->Point();
      return key;
    };
    return context.Once("effect", perform).status();
  }
};

const Words kUndoOrder = {"c:abb-/c", "b:abb", "b:ab", "a:a"};

TEST_CASE("A run that fails for good undoes its steps, the last one first", "[workflow]") {
  Saga saga;
  const absl::Status status = RunOver(saga.graph, saga.store).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(status.message() == "rolled back to before step a: node fail: it cannot be");
  CHECK(errors::ContextOf(status).agent == "fail");
  CHECK(saga.order == kUndoOrder);
  CHECK(NodesOf(saga.store) == Words{"", "a", "b", "b", "plain", "sub", "sub/c", "sub/__end__",
                                     "fail", "undo:sub/c", "undo:b", "undo:b", "undo:a"});
  const Checkpoint& last = saga.store.runs["r"].back();
  CHECK(last.status == CheckpointStatus::kFailed);
  CHECK(last.next_node == "a");
  CHECK(last.state.empty());
  CHECK(saga.store.runs["r"][9].state == "abb-/");  // as before c, in the sub-graph
  CHECK(DecodeFrame(saga.store.runs["r"][9].frame)->outer_states == Words{"abb-"});
  CHECK(Told(saga.store.committed_events, kRollbackBegun));
  CHECK(Told(saga.store.committed_events, kRunFailed));
  CHECK(saga.store.failures.empty());  // its last checkpoint says it
  // Run again it does everything again.
  saga.fails = false;
  CHECK(RunOver(saga.graph, saga.store)->checkpoint.state == "abb-/c!");
  CHECK(saga.done.size() == 8);
}

bool HasFailed(const FakeStore& store) {
  const auto run = store.runs.find("r");
  return run != store.runs.end() && run->second.back().status == CheckpointStatus::kFailed;
}

TEST_CASE("Killed at any point, a rollback undoes each step once", "[workflow]") {
  bool was_killed = true;
  int point = 0;
  for (; was_killed; ++point) {
    CAPTURE(point);
    KillSwitch kill;
    Saga saga(&kill);
    kill.Arm(point);
    bool has_failed = false;
    for (int process = 0; process < 2 && !has_failed; ++process) {
      try {
        // Whoever has the run asks first whether it has ended already, as an engine does.
        has_failed = HasFailed(saga.store);
        if (!has_failed) {
          has_failed = absl::IsFailedPrecondition(RunOver(saga.graph, saga.store).status());
        }
      } catch (const Killed&) {
      }
    }
    was_killed = kill.has_fired();
    REQUIRE(has_failed);
    CHECK(saga.order == kUndoOrder);
    CHECK(saga.done == std::map<std::string, int>{{"a1", 1}, {"b2", 1}, {"b3", 1}, {"c6", 1}});
    CHECK(saga.store.rows.values ==
          Words{"+a1", "+b2", "+b3", "-", "+c6", "-c:abb-/c", "-b:abb", "-b:ab", "-a:a"});
  }
  CHECK(point > 80);
}

TEST_CASE("Nothing is undone where somebody will try again", "[workflow]") {
  Saga saga;
  RunnerOptions options;
  options.is_final = [](const absl::Status&) { return false; };
  CHECK(RunOver(saga.graph, saga.store, nullptr, options).status().message() ==
        "node fail: it cannot be");
  CHECK(saga.order.empty());
  CHECK(saga.store.failures.size() == 1);
  saga.fails = false;
  CHECK(RunOver(saga.graph, saga.store)->status == CheckpointStatus::kCompleted);
}

// "prepare", which can be undone, then a sub-graph whose node fails and has a question. The outer
// state says what the run wants.
Graph AsItsStateSays(Words* undone) {
  Builder inner(TextCodec());
  inner.AddNode("load", Fail(absl::InvalidArgumentError("no table")), {.ask = FailureQuestion{}})
      .SetEntry("load")
      .AddEdge("load", kEndName)
      .SetWhenFailed([](const std::string&) { return WhenFailed::kAsk; });
  Builder builder(TextCodec());
  builder.AddNode("prepare", Add(""))
      .SetUndo("prepare",
               [undone](const std::string& state, NodeContext&) {
                 undone->push_back(state);
                 return absl::StatusOr<Effects>(Effects{});
               })
      .AddSubGraph<std::string>(
          "part", *inner.Build(), TextCodec(), [](const std::string&) { return "inner"; },
          [](std::string&, const std::string&) {})
      .SetEntry("prepare")
      .AddEdge("prepare", "part")
      .AddEdge("part", kEndName)
      .SetWhenFailed([](const std::string& state) {
        if (state == "ask") return WhenFailed::kAsk;
        return state == "stop" ? WhenFailed::kStop : WhenFailed::kRollBack;
      });
  return *builder.Build();
}

TEST_CASE("A run asks, undoes or stops as its outermost state says", "[workflow]") {
  Words undone;
  const Graph graph = AsItsStateSays(&undone);
  FakeStore store;
  auto begin = [&](const std::string& state) {
    Runner runner(&graph, {.store = &store, .journal = &store, .events = &store});
    REQUIRE(runner.Start("r", state).ok());
    return runner.Run("r", {});
  };
  SECTION("ask") {
    CHECK(begin("ask")->status == CheckpointStatus::kInterrupted);
    CHECK(undone.empty());
  }
  SECTION("roll back") {
    CHECK(begin("back").status().message() ==
          "rolled back to before step prepare: node part/load: no table");
    CHECK(undone == Words{"back"});
  }
  SECTION("stop") {
    CHECK(begin("stop").status().message() == "node part/load: no table");
    CHECK(undone.empty());
    CHECK(store.runs["r"].back().next_node == "part/load");
  }
}

TEST_CASE("A fork does not undo what its parent did", "[workflow]") {
  Saga saga;
  REQUIRE_FALSE(RunOver(saga.graph, saga.store).ok());
  std::vector<Checkpoint>& forked = saga.store.runs["f"];
  for (int step = 0; step <= 2; ++step) {
    forked.push_back(saga.store.runs["r"][static_cast<std::size_t>(step)]);
    forked.back().run_id = "f";
  }
  saga.order.clear();
  saga.undone.clear();
  Runner runner(&saga.graph, {.store = &saga.store, .journal = &saga.store});
  CHECK(runner.Run("f", {}).status().message() ==
        "rolled back to before step b: node fail: it cannot be");
  CHECK(saga.order == Words{"c:abb-/c", "b:abb"});
}

TEST_CASE("An undo that fails says so, and goes on when the run does", "[workflow]") {
  bool is_broken = true;
  Builder builder(TextCodec());
  builder.AddNode("a", Add("a")).AddNode("b", Fail(absl::InvalidArgumentError("no")));
  builder.SetUndo("a", [&](const std::string&, NodeContext&) -> absl::StatusOr<Effects> {
    if (is_broken) return absl::InternalError("the table is in use");
    return Effects{};
  });
  builder.SetEntry("a").AddEdge("a", "b").AddEdge("b", kEndName);
  const Graph graph = *builder.Build();
  FakeStore store;
  const absl::Status status = RunOver(graph, store).status();
  CHECK(status.message() == "undoing node a of step 1: the table is in use");
  CHECK(errors::ContextOf(status).phase == "undo");
  REQUIRE(store.failures.size() == 1);
  is_broken = false;
  CHECK(RunOver(graph, store).status().message() == "rolled back to before step a: node b: no");
}

TEST_CASE("Killed at any point, strategies and questions are not taken twice", "[workflow]") {
  bool was_killed = true;
  int point = 0;
  for (; was_killed; ++point) {
    CAPTURE(point);
    KillSwitch kill;
    FakeStore store(&kill);
    Words tries;  // of strategies that came to their failure or their end
    Builder builder(TextCodec());
    auto attempt = [&](std::string name, int good_after) {
      return [&, name, good_after](std::string& state,
                                   NodeContext& context) -> absl::StatusOr<Effects> {
        auto perform = [&](bool) -> absl::StatusOr<std::string> { return name; };
        absl::StatusOr<std::string> first = context.Once("shared", perform);
        if (!first.ok()) return first.status();
        tries.push_back(name);
        if (static_cast<int>(tries.size()) < good_after) return absl::InternalError(name);
        state = *first;
        return Effects{};
      };
    };
    builder.AddNode("load", attempt("first", 3), {.ask = FailureQuestion{}})
        .AddStrategy("load", {.name = "second", .run = attempt("second", 3)})
        .SetEntry("load")
        .AddEdge("load", kEndName);
    const Graph graph = *builder.Build();
    kill.Arm(point);
    absl::StatusOr<RunResult> result = absl::UnknownError("not run");
    for (int process = 0; process < 4; ++process) {
      try {
        result = RunOver(graph, store);
        if (result.ok() && result->status == CheckpointStatus::kInterrupted) {
          store.runs["r"].back().answer = R"({"option":"retry"})";
        }
      } catch (const Killed&) {
      }
      if (result.ok() && result->status == CheckpointStatus::kCompleted) break;
    }
    was_killed = kill.has_fired();
    REQUIRE(result.ok());
    CHECK(result->status == CheckpointStatus::kCompleted);
    CHECK(result->checkpoint.state == "first");
    // The first, the second, a question, the first again; what was killed is tried once more, and
    // none before it.
    CHECK(tries.size() <= 4);
    CHECK(std::is_sorted(tries.begin(), std::find(tries.begin(), tries.end(), "second")));
    CHECK(store.runs["r"].size() >= 3);
  }
  CHECK(point > 15);
}

}  // namespace
}  // namespace datamigrate::workflow
