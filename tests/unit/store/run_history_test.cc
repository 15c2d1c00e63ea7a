#include "agent_engine/store/run_history.h"

#include <catch2/catch.hpp>

#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/workflow/graph.h"
#include "agent_engine/workflow/runner.h"
#include "common/crypto/random.h"
#include "common/pg/schema.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::store {
namespace {

using workflow::CheckpointStatus;
using workflow::NodeContext;
using workflow::NodeResult;

class HistoryFixture {
 public:
  HistoryFixture() : store(&database.pool()), queue(&database.pool()), history(&database.pool()) {
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, Schema()).ok());
  }

  // plan, ask a model, end: the model's answer is paid for.
  workflow::Graph Graph() {
    workflow::GraphBuilder builder;
    builder.AddNode("plan", [](std::string_view state, NodeContext&) -> absl::StatusOr<NodeResult> {
      return NodeResult{std::string(state) + "p", {}};
    });
    builder.AddNode(
        "ask", [this](std::string_view state, NodeContext& context) -> absl::StatusOr<NodeResult> {
          absl::StatusOr<std::string> answer =
              context.OnceFor("model", state, [&](bool) -> absl::StatusOr<std::string> {
                return "answer " + std::to_string(++paid);
              });
          if (!answer.ok()) return answer.status();
          return NodeResult{std::string(state) + " " + *answer, {}};
        });
    builder.SetEntry("plan").AddEdge("plan", "ask").AddEdge("ask", std::string(workflow::kEnd));
    return *builder.Build();
  }

  void RunNext(const std::string& id) {
    auto lease = queue.Take("one", absl::Seconds(30));
    REQUIRE(lease.ok());
    REQUIRE(lease->has_value());
    REQUIRE((*lease)->run_id == id);
    workflow::Graph graph = Graph();
    RunStore run(&database.pool(), **lease);
    workflow::Runner runner(&graph, {.store = &run, .journal = &run, .events = &run});
    REQUIRE(runner.Start(id, "s").ok());
    REQUIRE(runner.Run(id, {}).ok());
    REQUIRE(queue.Complete(**lease).ok());
  }

  std::string Fork(const std::string& run, int64_t step, const std::string& state) {
    NewFork fork{
        .run = run, .step = step, .created_by = "ada", .id = crypto::RandomUuid(), .state = state};
    REQUIRE(history.Fork("acme", fork).ok());
    return fork.id;
  }

  TestDatabase database;
  MigrationStore store;
  JobQueue queue;
  RunHistory history;
  int paid = 0;
};

TEST_CASE_METHOD(HistoryFixture, "A run's steps, states and effects are there to look at",
                 "[store]") {
  std::string id = store.Create({.tenant = "acme", .name = "shop"})->id;
  RunNext(id);
  auto run = history.Get("acme", id);
  REQUIRE(run.ok());
  CHECK(run->status == MigrationStatus::kCompleted);
  CHECK(run->steps == 2);
  CHECK(run->owner.empty());
  auto steps = history.Steps("acme", id);
  REQUIRE(steps->size() == 3);
  CHECK((*steps)[1].node == "plan");
  CHECK((*steps)[1].next_node == "ask");
  CHECK((*steps)[1].state_bytes == 2);
  CHECK((*steps)[2].status == "completed");
  auto effects = history.Effects("acme", id);
  REQUIRE(effects->size() == 1);
  CHECK((*effects)[0].key == "model");
  CHECK((*effects)[0].completed_at.has_value());
  CHECK_FALSE((*effects)[0].is_reused);
  CHECK(history.State("acme", id, 1)->state == "sp");
  CHECK(history.State("acme", id, -1)->state == "sp answer 1");
  CHECK(history.State("acme", id, 7).status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE_METHOD(HistoryFixture, "Another tenant's runs are as good as absent", "[store]") {
  std::string id = store.Create({.tenant = "acme", .name = "shop"})->id;
  RunNext(id);
  CHECK(history.Get("globex", id).status().code() == absl::StatusCode::kNotFound);
  CHECK(history.Steps("globex", id)->empty());
  CHECK(history.Effects("globex", id)->empty());
  CHECK(history.State("globex", id, 1).status().code() == absl::StatusCode::kNotFound);
  CHECK(history.List("globex", 10)->items.empty());
  NewFork fork{.run = id, .step = 1, .id = crypto::RandomUuid(), .state = "s"};
  CHECK(history.Fork("globex", fork).code() == absl::StatusCode::kFailedPrecondition);
  CHECK(history.Get("acme", "no uuid").status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE_METHOD(HistoryFixture, "Runs are listed by pages, newest first", "[store]") {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(store.Create({.tenant = "acme"})->id);
  std::vector<std::string> seen;
  std::string token;
  do {
    auto page = history.List("acme", 2, token);
    REQUIRE(page.ok());
    for (const RunRecord& run : page->items) seen.push_back(run.id);
    token = page->next_token;
  } while (!token.empty());
  std::reverse(ids.begin(), ids.end());
  CHECK(seen == ids);
  for (const char* bad : {"x", "12.", "-5.00000000-0000-0000-0000-000000000000"}) {
    CHECK(history.List("acme", 2, bad).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE_METHOD(HistoryFixture, "A fork pays nothing twice for the same question", "[store]") {
  std::string id = store.Create({.tenant = "acme", .name = "shop"})->id;
  RunNext(id);
  std::string same = Fork(id, 1, "sp");
  RunNext(same);
  CHECK(history.State("acme", same, -1)->state == "sp answer 1");
  CHECK(paid == 1);
  CHECK(history.Effects("acme", same)->front().is_reused);
  CHECK(history.Get("acme", same)->parent_run == id);
  CHECK(history.Get("acme", same)->parent_step == 1);
  // Another question is another matter; and what its fork asks again is known from both.
  std::string other = Fork(same, 1, "changed");
  RunNext(other);
  CHECK(history.State("acme", other, -1)->state == "changed answer 2");
  std::string again = Fork(other, 0, "s");
  RunNext(again);
  CHECK(history.State("acme", again, -1)->state == "sp answer 1");
  CHECK(paid == 2);
  CHECK(history.State("acme", id, -1)->state == "sp answer 1");  // stays as it was
}

TEST_CASE_METHOD(HistoryFixture, "A run that has ended has nothing to fork at its end", "[store]") {
  std::string id = store.Create({.tenant = "acme", .name = "shop"})->id;
  RunNext(id);
  NewFork fork{.run = id, .step = 2, .id = crypto::RandomUuid(), .state = "s"};
  CHECK(history.Fork("acme", fork).code() == absl::StatusCode::kFailedPrecondition);
  CHECK(history.List("acme", 10)->items.size() == 1);
}

}  // namespace
}  // namespace datamigrate::store
