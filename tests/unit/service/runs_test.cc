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
  CHECK(listed->runs(0).steps() == 2);
  const auto found = runs.History(kAda, WithId<v1::GetHistoryRequest>(id));
  REQUIRE(found.ok());
  REQUIRE(found->steps_size() == 3);
  CHECK(found->steps(1).next_node() == "planner");
  CHECK(found->run().owner() == "one");
  CHECK(runs.List(kEve, {})->runs().empty());
  CHECK(absl::IsNotFound(runs.History(kEve, WithId<v1::GetHistoryRequest>(id)).status()));
  CHECK(absl::IsNotFound(runs.State(kEve, WithId<v1::GetStateRequest>(id)).status()));
  CHECK(absl::IsNotFound(runs.Diff(kEve, WithId<v1::DiffStatesRequest>(id)).status()));
  CHECK(absl::IsNotFound(runs.Draw(kEve, WithId<v1::DrawGraphRequest>(id)).status()));
  CHECK(absl::IsNotFound(runs.Fork(kEve, ForkAt(1)).status()));
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
  CHECK(diff->to_step() == 2);
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
  CHECK(absl::IsNotFound(runs.Fork(kAda, ForkAt(9)).status()));
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
