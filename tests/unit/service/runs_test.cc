#include "agent_engine/service/runs.h"

#include "agent_engine/agents/migration_graph.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "catch2/catch.hpp"
#include "common/pg/schema.h"
#include "datamigrate/v1/state.pb.h"
#include "nlohmann/json.hpp"
#include "tests/unit/store/test_database.h"

namespace datamigrate::service {
namespace {

using workflow::Checkpoint;

const Caller kAda{.tenant = "acme", .user = "ada"};
const Caller kEve{.tenant = "globex", .user = "eve"};

class RunsFixture {
 public:
  RunsFixture()
      : store(&database.pool()),
        history(&database.pool()),
        graph(*agents::BuildMigrationGraph({})),
        runs(&history, &store, &graph) {
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, store::Schema()).ok());
    id = store.Create({.tenant = "acme", .created_by = "ada", .name = "shop"})->id;
    store::JobQueue queue(&database.pool());
    store::RunStore run(&database.pool(), **queue.Take("one", absl::Seconds(30)));
    v1::MigrationState state;
    state.set_migration_id(id);
    state.set_source_connection("/srv/shop");
    (*state.mutable_sqlcmd_variables())["Password"] = "hunter2";
    Commit(run, 0, "", "assessment", state);
    state.set_source_diagnostics(3);
    Commit(run, 1, "assessment", "planner", state);
    state.set_dbt_project_path("/srv/projects/1");
    Commit(run, 2, "executor", "data", state);
    Converse(run, state);
  }

  // A failure, a question with its answer, messages and a memory.
  void Converse(store::RunStore& run, const v1::MigrationState& state) {
    run.NoteFailure(
        id, 2, R"json({"agent":"data","object":"dbo.Orders","rows":0,"tried":["first (no)"]})json");
    Checkpoint asks{.run_id = id, .step = 3, .node = "data", .next_node = "data"};
    asks.status = workflow::CheckpointStatus::kInterrupted;
    asks.question =
        R"({"text":"Go on?","recommended":"yes","options":[{"id":"yes"},{"id":"no"},7]})";
    asks.answer_within = absl::Hours(1);
    asks.default_answer = R"({"option":"no"})";
    asks.state = state.SerializeAsString();
    const std::vector<workflow::Write> writes = {
        run.Sending("data",
                    {.to = "tester", .priority = 2, .is_reply_expected = true, .body = "[1]"}, 3),
        run.Sending("tester", {.to = "data", .reply_to = 1}, 3),
        run.Remembering("data", {.key = "rows", .value = "7"})};
    REQUIRE(run.Commit(asks, writes, {}).ok());
    REQUIRE(store.Decide("acme", id, 3, R"({"option":"yes","comment":"sure"})", "ada").ok());
  }

  void Commit(store::RunStore& run, int64_t step, const std::string& node, const std::string& next,
              const v1::MigrationState& state) {
    Checkpoint checkpoint{.run_id = id, .step = step, .node = node, .next_node = next};
    checkpoint.state = state.SerializeAsString();
    REQUIRE(run.Commit(checkpoint, {}, {}).ok());
  }

  v1::ForkRunRequest ForkAt(int64_t step, const std::string& patch = "") {
    v1::ForkRunRequest request;
    request.set_id(id);
    request.set_step(step);
    request.set_state_patch_json(patch);
    return request;
  }

  TestDatabase database;
  store::MigrationStore store;
  store::RunHistory history;
  const workflow::Graph graph;
  Runs runs;
  std::string id;
};

template <typename Request>
Request WithId(const std::string& id) {
  Request request;
  request.set_id(id);
  return request;
}

TEST_CASE_METHOD(RunsFixture, "A run is seen step by step by its own tenant alone", "[service]") {
  const auto listed = runs.List(kAda, {});
  REQUIRE(listed.ok());
  REQUIRE(listed->runs_size() == 1);
  CHECK(listed->runs(0).node() == "data");
  CHECK(listed->runs(0).steps() == 3);
  const auto found = runs.History(kAda, WithId<v1::GetHistoryRequest>(id));
  REQUIRE(found.ok());
  REQUIRE(found->steps_size() == 4);
  CHECK(found->steps(1).next_node() == "planner");
  CHECK(found->run().owner() == "one");
  CHECK(runs.List(kEve, {})->runs().empty());
  CHECK(absl::IsNotFound(runs.History(kEve, WithId<v1::GetHistoryRequest>(id)).status()));
  CHECK(absl::IsNotFound(runs.State(kEve, WithId<v1::GetStateRequest>(id)).status()));
  CHECK(absl::IsNotFound(runs.Diff(kEve, WithId<v1::DiffStatesRequest>(id)).status()));
  CHECK(absl::IsNotFound(runs.Draw(kEve, WithId<v1::DrawGraphRequest>(id)).status()));
  CHECK(absl::IsNotFound(runs.Fork(kEve, ForkAt(1)).status()));
  CHECK(absl::IsNotFound(runs.Messages(kEve, WithId<v1::ListMessagesRequest>(id)).status()));
  CHECK(absl::IsNotFound(runs.Decisions(kEve, WithId<v1::ListDecisionsRequest>(id)).status()));
  CHECK(runs.Memory(kEve, {})->memories().empty());
}

TEST_CASE_METHOD(RunsFixture, "A run shows what failed, was asked, sent and remembered",
                 "[service]") {
  const auto shown = runs.History(kAda, WithId<v1::GetHistoryRequest>(id));
  REQUIRE(shown->failures_size() == 1);
  CHECK(shown->failures(0).step() == 2);
  CHECK(shown->failures(0).error().object() == "dbo.Orders");
  CHECK(shown->failures(0).error().has_rows());
  CHECK(shown->failures(0).error().tried(0) == "first (no)");

  const auto decisions = runs.Decisions(kAda, WithId<v1::ListDecisionsRequest>(id));
  REQUIRE(decisions->decisions_size() == 1);
  const auto& decision = decisions->decisions(0);
  CHECK(decision.text() == "Go on?");
  CHECK(decision.options_size() == 3);
  CHECK(decision.options(1) == "no");
  CHECK(decision.answer() == "yes");
  CHECK(decision.comment() == "sure");
  CHECK(decision.decided_by() == "ada");
  CHECK_FALSE(decision.is_default());
  CHECK(decision.has_deadline());

  const auto messages = runs.Messages(kAda, WithId<v1::ListMessagesRequest>(id));
  REQUIRE(messages->messages_size() == 2);
  CHECK(messages->messages(0).from() == "data");
  CHECK(messages->messages(0).kind() == "task");
  CHECK(messages->messages(0).body_json() == "[1]");
  CHECK(messages->messages(0).has_answered_at());
  CHECK_FALSE(messages->messages(0).has_taken_at());
  CHECK(messages->messages(1).reply_to() == 1);

  const auto memory = runs.Memory(kAda, {});
  REQUIRE(memory->memories_size() == 1);
  CHECK(memory->memories(0).agent() == "data");
  CHECK(memory->memories(0).value_json() == "7");
}

TEST_CASE_METHOD(RunsFixture, "States are JSON without the values of variables", "[service]") {
  auto request = WithId<v1::GetStateRequest>(id);
  request.set_step(1);
  const auto state = runs.State(kAda, request);
  REQUIRE(state.ok());
  const auto json = nlohmann::json::parse(state->state_json());
  CHECK(json.at("source_connection") == "/srv/shop");
  CHECK(json.at("sqlcmd_variables").at("Password") == "(hidden)");
  auto between = WithId<v1::DiffStatesRequest>(id);
  between.set_from_step(0);
  between.set_to_step(-1);
  const auto diff = runs.Diff(kAda, between);
  REQUIRE(diff.ok());
  CHECK(diff->to_step() == 3);
  REQUIRE(diff->changes_size() == 2);
  CHECK(diff->changes(0).operation() == "add");
  CHECK(diff->changes(0).path() == "/dbt_project_path");
  CHECK(diff->changes(0).after_json() == "\"/srv/projects/1\"");
}

TEST_CASE_METHOD(RunsFixture, "A fork has its own state, hidden values included", "[service]") {
  const auto fork = runs.Fork(kAda, ForkAt(1, R"({"max_rebuild_rounds": 7})"));
  REQUIRE(fork.ok());
  CHECK(fork->parent_run() == id);
  CHECK(fork->parent_step() == 1);
  const auto record = history.State("acme", fork->id(), -1);
  REQUIRE(record.ok());
  CHECK(record->next_node == "planner");
  v1::MigrationState state;
  REQUIRE(state.ParseFromString(record->state));
  CHECK(state.migration_id() == fork->id());
  CHECK(state.max_rebuild_rounds() == 7);
  CHECK(state.source_diagnostics() == 3);
  CHECK(state.sqlcmd_variables().at("Password") == "hunter2");
}

TEST_CASE_METHOD(RunsFixture, "What cannot be forked says why", "[service]") {
  const auto with_files = runs.Fork(kAda, ForkAt(2)).status();
  CHECK(absl::IsFailedPrecondition(with_files));
  CHECK(std::string(with_files.message()).find("step before the executor") != std::string::npos);
  CHECK(absl::IsInvalidArgument(runs.Fork(kAda, ForkAt(1, "no json")).status()));
  CHECK(absl::IsInvalidArgument(runs.Fork(kAda, ForkAt(1, R"({"no_such_field":1})")).status()));
  for (const char* reaching :
       {R"({"tenant":"theirs"})", R"({"source_connection":"/etc"})",
        R"({"sourceConnection":"/etc"})", R"({"results_path":"/etc"})", R"({"log_path":"/etc/x"})",
        R"({"dbt_project_path":"/etc"})", R"({"deployment_result":{"database_path":"/etc/x"}})"}) {
    INFO(reaching);
    CHECK(absl::IsInvalidArgument(runs.Fork(kAda, ForkAt(1, reaching)).status()));
  }
  CHECK(absl::IsInvalidArgument(runs.Fork(kAda, ForkAt(-1)).status()));
  const auto beyond = runs.Fork(kAda, ForkAt(9)).status();
  CHECK(absl::IsOutOfRange(beyond));
  CHECK_THAT(std::string(beyond.message()),
             Catch::Contains("has no checkpoint 9: its newest is 3"));
}

TEST_CASE_METHOD(RunsFixture, "The graph shows where a run is", "[service]") {
  auto request = WithId<v1::DrawGraphRequest>(id);
  CHECK(runs.Draw(kAda, request)->text().find("class n_data current") != std::string::npos);
  request.set_format(v1::GRAPH_FORMAT_SVG);
  CHECK(runs.Draw(kAda, request)->text().find("node current") != std::string::npos);
  CHECK(runs.Draw(kAda, {})->text().find("current") == std::string::npos);
}

}  // namespace
}  // namespace datamigrate::service
