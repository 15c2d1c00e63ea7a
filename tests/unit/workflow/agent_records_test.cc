#include "agent_engine/workflow/agent_records.h"

#include <catch2/catch.hpp>

#include "agent_engine/workflow/runner.h"
#include "agent_engine/workflow/typed_graph.h"
#include "tests/unit/workflow/fakes.h"

namespace datamigrate::workflow {
namespace {

using Builder = TypedGraphBuilder<std::string>;

const std::string kEndName(kEnd);

Codec<std::string> TextCodec() {
  return {[](const std::string& text) { return text; },
          [](std::string_view bytes) -> absl::StatusOr<std::string> { return std::string(bytes); }};
}

// Says what it remembers, sends two messages and remembers something.
absl::StatusOr<Effects> Plan(std::string& state, NodeContext& context) {
  absl::StatusOr<std::optional<std::string>> known = context.Recall("tables");
  if (!known.ok()) return known.status();
  state = known->value_or("new");
  return Effects{
      .messages = {{.to = "load", .body = "\"low\""},
                   {.to = "load", .priority = 5, .is_reply_expected = true, .body = "\"high\""}},
      .memories = {{.key = "tables", .value = "7"}}};
}

// Reads what is there, asks, reads it again, and answers.
absl::StatusOr<Effects> Load(std::string& state, NodeContext& context) {
  absl::StatusOr<std::vector<ReceivedMessage>> messages = context.Messages();
  if (!messages.ok()) return messages.status();
  if (!context.answer().has_value()) return Effects{.interrupt = Interrupt{"{}"}};
  Effects effects;
  for (const ReceivedMessage& message : *messages) {
    state += message.from + message.body;
    if (!message.is_reply_expected) continue;
    effects.messages.push_back(
        {.to = "plan", .kind = MessageKind::kStatus, .reply_to = message.number});
  }
  return effects;
}

absl::StatusOr<Effects> CountMessages(std::string& state, NodeContext& context) {
  absl::StatusOr<std::vector<ReceivedMessage>> messages = context.Messages();
  if (!messages.ok()) return messages.status();
  state += std::to_string(messages->size());
  return Effects{};
}

Graph Correspondence(Builder::Function plan = Plan) {
  Builder builder(TextCodec());
  builder.AddNode("plan", std::move(plan)).AddNode("load", Load).AddNode("close", CountMessages);
  builder.SetEntry("plan").AddEdge("plan", "load").AddEdge("load", "close");
  return *builder.AddEdge("close", kEndName).Build();
}

absl::StatusOr<RunResult> Live(const Graph& graph, FakeStore& store, FakeRecords* records,
                               const std::string& run = "r") {
  Runner runner(&graph, {.store = &store, .journal = &store, .records = records});
  absl::Status started = runner.Start(run, "");
  if (!started.ok()) return started;
  absl::StatusOr<RunResult> result = runner.Run(run, {});
  if (!result.ok() || result->status == CheckpointStatus::kCompleted) return result;
  store.runs[run].back().answer = "yes";
  return runner.Run(run, {});
}

TEST_CASE("Killed at any point, messages are sent and taken once", "[workflow]") {
  bool was_killed = true;
  int point = 0;
  const Graph graph = Correspondence();
  for (; was_killed; ++point) {
    CAPTURE(point);
    KillSwitch kill;
    FakeStore store(&kill);
    FakeRecords records;
    kill.Arm(point);
    absl::StatusOr<RunResult> result = absl::UnknownError("not run");
    for (int process = 0; process < 2 && !result.ok(); ++process) {
      try {
        result = Live(graph, store, &records);
      } catch (const Killed&) {
      }
    }
    was_killed = kill.has_fired();
    REQUIRE(result.ok());
    CHECK(result->checkpoint.state == "newplan\"high\"plan\"low\"0");
    CHECK(records.sent.size() == 3);
    CHECK(records.sent[3].to == "plan");
    CHECK(records.sent[3].reply_to == 2);
    CHECK(records.senders[3] == "load");
    CHECK(records.taken == std::set<int64_t>{1, 2});
  }
  CHECK(point > 8);
}

TEST_CASE("A memory outlives its run", "[workflow]") {
  const Graph graph = Correspondence();
  FakeStore store;
  FakeRecords records;
  REQUIRE(Live(graph, store, &records, "one").ok());
  CHECK(records.memories ==
        std::map<std::pair<std::string, std::string>, std::string>{{{"plan", "tables"}, "7"}});
  CHECK(Live(graph, store, &records, "two")->checkpoint.state.starts_with("7"));
}

TEST_CASE("A message to nobody, and one without a place for it, fail their node", "[workflow]") {
  const Graph graph = Correspondence([](std::string&, NodeContext&) -> absl::StatusOr<Effects> {
    return Effects{.messages = {{.to = "nobody"}}};
  });
  FakeStore store;
  FakeRecords records;
  CHECK(Live(graph, store, &records).status().message() ==
        "node plan: it sends a message to \"nobody\", which is no node");
  CHECK(Live(graph, store, nullptr).status().message() ==
        "node plan: this runner has no place for messages and memories");
  CHECK(absl::IsFailedPrecondition(Live(Correspondence(), store, nullptr, "other").status()));
}

TEST_CASE("Kinds of messages have their words", "[workflow]") {
  for (const MessageKind kind :
       {MessageKind::kTask, MessageKind::kStatus, MessageKind::kError, MessageKind::kDataRequest}) {
    CHECK(ParseMessageKind(ToString(kind)) == kind);
  }
  CHECK(ParseMessageKind("song") == MessageKind::kTask);
}

}  // namespace
}  // namespace datamigrate::workflow
