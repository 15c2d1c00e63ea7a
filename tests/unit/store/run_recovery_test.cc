// Runs that fail, ask, roll back and write to one another, on PostgreSQL.
#include <catch2/catch.hpp>
#include <map>

#include "agent_engine/store/checkpoint_queue.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/run_history.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/workflow/runner.h"
#include "agent_engine/workflow/typed_graph.h"
#include "common/crypto/random.h"
#include "common/errors/error_context.h"
#include "common/pg/schema.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::store {
namespace {

using workflow::CheckpointStatus;
using workflow::Effects;
using workflow::NodeContext;
using Builder = workflow::TypedGraphBuilder<std::string>;
using Words = std::vector<std::string>;

const std::string kEndName(workflow::kEnd);

workflow::Codec<std::string> TextCodec() {
  return {[](const std::string& text) { return text; },
          [](std::string_view bytes) -> absl::StatusOr<std::string> { return std::string(bytes); }};
}

Builder::Function Add(std::string text) {
  return [text](std::string& state, NodeContext&) -> absl::StatusOr<Effects> {
    state += text;
    return Effects{};
  };
}

Builder::Function Fail(absl::Status error) {
  return [error](std::string&, NodeContext&) -> absl::StatusOr<Effects> { return error; };
}

class RecoveryFixture {
 public:
  RecoveryFixture()
      : checkpoints(&database.pool(), {}),
        store(&database.pool()),
        queue(&database.pool()),
        history(&database.pool()) {
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, Schema()).ok());
    id = store.Create({.tenant = "acme", .name = "shop"})->id;
  }

  // One engine's turn: takes the job, runs it and leaves it as an engine does.
  absl::Status Turn(const workflow::Graph& graph) {
    const JobLease lease = **queue.Take("one", absl::Seconds(30));
    RunStore run(&database.pool(), lease, {.queue = &checkpoints, .leaves_job = true});
    workflow::Runner runner(&graph,
                            {.store = &run, .journal = &run, .events = &run, .records = &run});
    REQUIRE(runner.Start(lease.run_id, "").ok());
    const absl::StatusOr<workflow::RunResult> result = runner.Run(lease.run_id, {});
    if (run.has_left_job()) return result.status();
    if (!result.ok()) {
      REQUIRE(queue.Fail(lease, std::string(result.status().message())).ok());
    } else {
      REQUIRE(result->status == CheckpointStatus::kInterrupted);
      REQUIRE(queue.Suspend(lease).ok());
    }
    return result.status();
  }

  Words Nodes(const std::string& run) {
    Words nodes;
    const auto steps = history.Steps("acme", run);
    for (const StepRecord& step : *steps) nodes.push_back(step.node);
    return nodes;
  }

  std::string StateOf(const std::string& run) { return history.State("acme", run, -1)->state; }

  TestDatabase database;
  CheckpointQueue checkpoints;
  MigrationStore store;
  JobQueue queue;
  RunHistory history;
  std::string id;
};

// a → sub/x (state in a frame) → b, which may run ahead where `is_ahead`.
workflow::Graph Nested(bool is_ahead, Builder::Function last) {
  const workflow::NodeOptions options{.may_run_ahead = is_ahead};
  Builder inner(TextCodec());
  inner.AddNode("x", Add("x"), options).SetEntry("x").AddEdge("x", kEndName);
  Builder builder(TextCodec());
  builder.AddNode("a", Add(std::string("a\0\xff", 3)), options)
      .AddNode("b", std::move(last), options);
  builder.AddSubGraph<std::string>(
      "sub", *inner.Build(), TextCodec(), [](const std::string&) { return std::string("in"); },
      [](std::string& outer, const std::string& state) { outer += state; });
  builder.SetEntry("a").AddEdge("a", "sub").AddEdge("sub", "b").AddEdge("b", kEndName);
  return *builder.Build();
}

TEST_CASE_METHOD(RecoveryFixture, "Frames are stored with their checkpoints, alone and in groups",
                 "[store]") {
  const bool is_ahead = GENERATE(false, true);
  REQUIRE(Turn(Nested(is_ahead, Add("b"))).ok());
  CHECK(StateOf(id) == std::string("a\0\xff", 3) + "inxb");
  CHECK(history.State("acme", id, 3)->state == "inx");
  const auto inside = CheckpointAt(database.pool(), id, 3);
  REQUIRE(inside.ok());
  CHECK(workflow::DecodeFrame(inside->frame)->outer_states == Words{std::string("a\0\xff", 3)});
  CHECK(Nodes(id) == Words{"", "a", "sub", "sub/x", "sub/__end__", "b"});
}

TEST_CASE_METHOD(RecoveryFixture, "A fork inside a sub-graph goes on there", "[store]") {
  REQUIRE(Turn(Nested(false, Add("b"))).ok());
  NewFork fork{.run = id, .step = 2, .id = crypto::RandomUuid(), .state = "other"};
  REQUIRE(history.Fork("acme", fork).ok());
  REQUIRE(Turn(Nested(false, Add("b"))).ok());
  CHECK(StateOf(fork.id) == std::string("a\0\xff", 3) + "otherxb");
}

TEST_CASE_METHOD(RecoveryFixture, "A failure is kept whole, where people look", "[store]") {
  const absl::Status error = errors::WithContext(
      absl::InternalError("no room"),
      {.operation = "append rows", .object = "dbo.Orders", .rows = 7, .sql_state = "53100"});
  Builder builder(TextCodec());
  builder.AddNode("load", Fail(error)).AddStrategy("load", {.name = "rows", .run = Fail(error)});
  const workflow::Graph graph = *builder.SetEntry("load").AddEdge("load", kEndName).Build();
  CHECK_FALSE(Turn(graph).ok());
  const auto failures = history.Failures("acme", id);
  REQUIRE(failures->size() == 2);
  const errors::ErrorContext& first = (*failures)[0].context;
  CHECK(first.strategy == "first");
  CHECK(first.sql_state == "53100");
  CHECK((*failures)[0].step == 0);
  const errors::ErrorContext& last = (*failures)[1].context;
  CHECK(last.agent == "load");
  CHECK(last.strategy == "rows");
  CHECK(last.object == "dbo.Orders");
  CHECK(last.rows == 7);
  CHECK(last.attempt == 1);
  CHECK(last.step == 1);
  CHECK(last.tried == Words{"first (node load: no room)"});
  CHECK(store.Get("acme", id)->error ==
        "node load: no room (during append rows, dbo.Orders, after 7 rows; tried before: first "
        "(node load: no room))");
  CHECK(history.Failures("globex", id)->empty());
}

TEST_CASE_METHOD(RecoveryFixture, "A rollback leaves its job as failed and says so", "[store]") {
  Words undone;
  bool fails = true;
  Builder builder(TextCodec());
  builder.AddNode("a", Add("a")).AddNode("b", Add("b"));
  builder.AddNode("c", [&](std::string&, NodeContext&) -> absl::StatusOr<Effects> {
    if (fails) return absl::InvalidArgumentError("no");
    return Effects{};
  });
  for (const char* name : {"a", "b"}) {
    builder.SetUndo(
        name, [&undone](const std::string& left, NodeContext& context) -> absl::StatusOr<Effects> {
          auto perform = [&](bool) -> absl::StatusOr<std::string> {
            undone.push_back(left);
            return left;
          };
          absl::StatusOr<std::string> receipt = context.Once("drop", perform);
          if (!receipt.ok()) return receipt.status();
          return Effects{};
        });
  }
  builder.SetEntry("a").AddEdge("a", "b").AddEdge("b", "c").AddEdge("c", kEndName);
  const workflow::Graph graph = *builder.Build();
  CHECK(absl::IsFailedPrecondition(Turn(graph)));
  CHECK(undone == Words{"ab", "a"});
  CHECK(store.Get("acme", id)->status == MigrationStatus::kFailed);
  CHECK(store.Get("acme", id)->error == "rolled back to before step a: node c: no");
  CHECK(database.Value("SELECT status AS value FROM jobs") == "failed");
  CHECK(history.Steps("acme", id)->back().status == "failed");
  CHECK(Nodes(id) == Words{"", "a", "b", "c", "undo:b", "undo:a"});
  NewFork fork{.run = id, .step = 3, .id = crypto::RandomUuid(), .state = "ab"};
  CHECK(absl::IsFailedPrecondition(history.Fork("acme", fork)));  // in the middle of undoing
  fails = false;
  REQUIRE(store.Resume("acme", id).ok());
  CHECK(Turn(graph).ok());
  CHECK(store.Get("acme", id)->status == MigrationStatus::kCompleted);
  CHECK(StateOf(id) == "ab");
}

TEST_CASE_METHOD(RecoveryFixture, "A person decides about a failure, or the deadline does",
                 "[store]") {
  const std::string option = GENERATE(as<std::string>{}, "retry", "give_up", "deadline");
  int calls = 0;
  Builder builder(TextCodec());
  workflow::FailureQuestion question;
  if (option == "deadline") question.answer_within = absl::ZeroDuration();
  builder.AddNode("load",
                  [&](std::string& state, NodeContext& context) -> absl::StatusOr<Effects> {
                    CHECK_FALSE(context.answer().has_value());
                    if (++calls == 1) return absl::InternalError("no");
                    state = "good";
                    return Effects{};
                  },
                  {.ask = question});
  const workflow::Graph graph = *builder.SetEntry("load").AddEdge("load", kEndName).Build();
  REQUIRE(Turn(graph).ok());
  CHECK(store.Get("acme", id)->status == MigrationStatus::kAwaitingDecision);
  if (option == "deadline") {
    CHECK(store.AnswerOverdue().value() == 1);
  } else {
    REQUIRE(store.Decide("acme", id, 1, "{\"option\":\"" + option + "\"}", "ada").ok());
  }
  const bool is_good = option == "retry";
  CHECK(Turn(graph).ok() == is_good);
  CHECK(calls == (is_good ? 2 : 1));
  CHECK(store.Get("acme", id)->status ==
        (is_good ? MigrationStatus::kCompleted : MigrationStatus::kFailed));
  if (!is_good) CHECK(store.Get("acme", id)->error == "given up: node load: no");
}

// asks → works, which answers; then rolls back where `fails`.
workflow::Graph Correspondence(bool* fails) {
  Builder builder(TextCodec());
  builder.AddNode("ask", [](std::string& state, NodeContext& context) -> absl::StatusOr<Effects> {
    const auto known = context.Recall("seen");
    if (!known.ok()) return known.status();
    state = known->value_or("nothing");
    return Effects{.messages = {{.to = "work", .body = R"({"n":1})"},
                                {.to = "work",
                                 .kind = workflow::MessageKind::kDataRequest,
                                 .priority = 3,
                                 .within = absl::ZeroDuration(),
                                 .is_reply_expected = true,
                                 .body = R"({"n":2})"}},
                   .memories = {{.key = "seen", .value = R"({"tables": 7})"}}};
  });
  builder.AddNode("work", [](std::string& state, NodeContext& context) -> absl::StatusOr<Effects> {
    const auto messages = context.Messages();
    if (!messages.ok()) return messages.status();
    Effects effects;
    for (const workflow::ReceivedMessage& message : *messages) {
      state += message.body + (message.is_overdue ? "late" : "");
      if (message.is_reply_expected) {
        effects.messages.push_back({.to = "ask", .reply_to = message.number});
      }
    }
    return effects;
  });
  builder.AddNode("end", [fails](std::string&, NodeContext&) -> absl::StatusOr<Effects> {
    if (*fails) return absl::InvalidArgumentError("no");
    return Effects{};
  });
  builder.SetUndo("work", [](const std::string&, NodeContext&) -> absl::StatusOr<Effects> {
    return Effects{};
  });
  builder.SetEntry("ask").AddEdge("ask", "work").AddEdge("work", "end").AddEdge("end", kEndName);
  return *builder.Build();
}

TEST_CASE_METHOD(RecoveryFixture, "Agents' messages and memories are there to look at", "[store]") {
  bool fails = false;
  const workflow::Graph graph = Correspondence(&fails);
  REQUIRE(Turn(graph).ok());
  CHECK(StateOf(id) == R"(nothing{"n": 2}late{"n": 1})");
  const auto messages = history.Messages("acme", id);
  REQUIRE(messages->size() == 3);
  const MessageRecord& request = (*messages)[1];
  CHECK(request.from == "ask");
  CHECK(request.to == "work");
  CHECK(request.kind == "data_request");
  CHECK(request.priority == 3);
  CHECK(request.deadline.has_value());
  CHECK(request.is_reply_expected);
  CHECK(request.taken_at.has_value());
  CHECK(request.answered_at.has_value());
  CHECK(request.step == 1);
  CHECK((*messages)[2].reply_to == 2);
  CHECK_FALSE((*messages)[2].taken_at.has_value());
  CHECK_FALSE((*messages)[0].answered_at.has_value());
  CHECK(history.Messages("acme", id, 2)->size() == 1);
  CHECK(history.Messages("globex", id)->empty());
  const auto memories = history.Memories("acme");
  REQUIRE(memories->size() == 1);
  CHECK((*memories)[0].agent == "ask");
  CHECK((*memories)[0].value_json == R"({"tables": 7})");
  CHECK(history.Memories("acme", "work")->empty());
  CHECK(history.Memories("globex")->empty());
  // Another run of the organization knows it.
  id = store.Create({.tenant = "acme"})->id;
  REQUIRE(Turn(graph).ok());
  CHECK(StateOf(id).starts_with(R"({"tables": 7})"));
}

TEST_CASE_METHOD(RecoveryFixture, "Forks and rollbacks take messages along as they were then",
                 "[store]") {
  bool fails = true;
  const workflow::Graph graph = Correspondence(&fails);
  CHECK_FALSE(Turn(graph).ok());
  // work is undone: its answer is gone, and what it had read is open again.
  auto messages = history.Messages("acme", id);
  REQUIRE(messages->size() == 2);
  for (const MessageRecord& message : *messages) {
    CHECK_FALSE(message.taken_at.has_value());
    CHECK_FALSE(message.answered_at.has_value());
  }
  fails = false;
  REQUIRE(store.Resume("acme", id).ok());
  REQUIRE(Turn(graph).ok());
  CHECK(history.Messages("acme", id)->size() == 3);
  NewFork fork{.run = id, .step = 1, .id = crypto::RandomUuid(), .state = "forked"};
  REQUIRE(history.Fork("acme", fork).ok());
  messages = history.Messages("acme", fork.id);
  REQUIRE(messages->size() == 2);
  CHECK_FALSE((*messages)[1].taken_at.has_value());
  REQUIRE(Turn(graph).ok());
  CHECK(StateOf(fork.id) == R"(forked{"n": 2}late{"n": 1})");
}

TEST_CASE_METHOD(RecoveryFixture, "An answer to no message fails its node", "[store]") {
  Builder builder(TextCodec());
  builder.AddNode("a", [](std::string&, NodeContext&) -> absl::StatusOr<Effects> {
    return Effects{.messages = {{.to = "a", .reply_to = 9}}};
  });
  const workflow::Graph graph = *builder.SetEntry("a").AddEdge("a", kEndName).Build();
  const absl::Status status = Turn(graph);
  CHECK(std::string(status.message()).find("there is no message 9 to answer") != std::string::npos);
  CHECK(history.Messages("acme", id)->empty());
}

}  // namespace
}  // namespace datamigrate::store
