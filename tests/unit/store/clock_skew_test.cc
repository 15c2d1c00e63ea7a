// Engines whose clocks are an hour apart: leases and deadlines are the database's to measure.
#include <atomic>
#include <catch2/catch.hpp>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/store/worker.h"
#include "agent_engine/workflow/runner.h"
#include "common/pg/schema.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::store {
namespace {

using workflow::CancellationToken;

// The computer's clock, set wrong.
class WrongClock : public workflow::Clock {
 public:
  explicit WrongClock(absl::Duration wrong_by) : wrong_by_(wrong_by) {}
  absl::Time Now() override { return absl::Now() + wrong_by_; }
  bool SleepUntil(absl::Time wake_time, const CancellationToken& token) override {
    return workflow::SystemClock().SleepUntil(wake_time - wrong_by_, token);
  }

 private:
  const absl::Duration wrong_by_;
};

// An engine of its own: its clock is wrong in all that it does.
class Engine {
 public:
  Engine(TestDatabase& database, std::string name, absl::Duration wrong_by,
         const workflow::Graph* graph)
      : database_(database),
        clock_(wrong_by),
        graph_(graph),
        queue_(&database.pool()),
        store_(&database.pool()),
        worker_(
            &queue_, Options(std::move(name)),
            [this](const JobLease& lease, CancellationToken token) { return Run(lease, token); }) {}

  void Start() { worker_.Start(); }
  void Stop() { worker_.Stop(absl::ZeroDuration()); }

 private:
  WorkerOptions Options(std::string name) {
    WorkerOptions options;
    options.owner = std::move(name);
    options.lease = absl::Seconds(60);
    options.heartbeat = absl::Seconds(20);
    options.poll = absl::Milliseconds(20);
    options.listen = database_.options();
    options.on_sweep = [this] { return store_.AnswerOverdue().status(); };
    return options;
  }

  absl::StatusOr<JobEnd> Run(const JobLease& lease, const CancellationToken& token) {
    RunStore run(&database_.pool(), lease, {.leaves_job = true});
    workflow::Runner runner(graph_,
                            {.store = &run, .journal = &run, .events = &run, .clock = &clock_});
    if (absl::Status started = runner.Start(lease.run_id, ""); !started.ok()) return started;
    auto result = runner.Run(lease.run_id, token);
    if (run.has_left_job()) return JobEnd::kLeft;
    if (!result.ok()) return result.status();
    return JobEnd::kSuspended;
  }

  TestDatabase& database_;
  WrongClock clock_;
  const workflow::Graph* const graph_;
  JobQueue queue_;
  MigrationStore store_;
  Worker worker_;
};

class SkewFixture {
 public:
  SkewFixture() : store(&database.pool()), queue(&database.pool()) {
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, Schema()).ok());
  }

  bool Reaches(const std::string& id, MigrationStatus status) {
    pg::Listener listener(database.options(), {"datamigrate_events"});
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (absl::Now() < deadline) {
      (void)listener.Wait(absl::Now() + absl::Milliseconds(200));
      if (store.Get("acme", id)->status == status) return true;
    }
    return false;
  }

  std::string Owner() { return database.Value("SELECT owner AS value FROM jobs"); }

  TestDatabase database;
  MigrationStore store;
  JobQueue queue;
};

workflow::Graph OneNode(workflow::NodeFunction run) {
  workflow::GraphBuilder builder;
  builder.AddNode("only", std::move(run), {.timeout = absl::Minutes(30)}).SetEntry("only");
  return *builder.AddEdge("only", std::string(workflow::kEnd)).Build();
}

TEST_CASE_METHOD(SkewFixture, "An engine an hour ahead takes over nothing that is held",
                 "[store]") {
  absl::Notification begun;
  absl::Notification may_end;
  std::atomic<int> runs = 0;
  const workflow::Graph graph = OneNode(
      [&](std::string_view, workflow::NodeContext&) -> absl::StatusOr<workflow::NodeResult> {
        if (++runs == 1) begun.Notify();
        may_end.WaitForNotification();
        return workflow::NodeResult{"done", {}};
      });
  Engine behind(database, "behind", -absl::Hours(1), &graph);
  Engine ahead(database, "ahead", absl::Hours(1), &graph);
  const std::string id = store.Create({.tenant = "acme"})->id;
  behind.Start();
  begun.WaitForNotification();
  ahead.Start();
  const std::string held = database.Value("SELECT fencing_token::text AS value FROM jobs");
  for (int look = 0; look < 20; ++look) {
    // What any engine asks for when it looks for work.
    REQUIRE_FALSE(queue.Take("ahead", absl::Seconds(60))->has_value());
    REQUIRE(queue.FailExhausted().value() == 0);
  }
  CHECK(Owner() == "behind");
  CHECK(database.Value("SELECT fencing_token::text AS value FROM jobs") == held);
  may_end.Notify();
  CHECK(Reaches(id, MigrationStatus::kCompleted));
  CHECK(runs == 1);
  ahead.Stop();
  behind.Stop();
}

TEST_CASE_METHOD(SkewFixture,
                 "A dead engine's run is taken over when the lease ends by the database",
                 "[store]") {
  const absl::Duration wrong_by = GENERATE(-absl::Hours(1), absl::Hours(1));
  const workflow::Graph graph =
      OneNode([](std::string_view, workflow::NodeContext&) -> absl::StatusOr<workflow::NodeResult> {
        return workflow::NodeResult{"done", {}};
      });
  const std::string id = store.Create({.tenant = "acme"})->id;
  REQUIRE(queue.Take("dead", absl::Minutes(30))->has_value());
  Engine engine(database, "heir", wrong_by, &graph);
  engine.Start();
  // It takes another run meanwhile, so it has looked.
  const std::string other = store.Create({.tenant = "acme"})->id;
  REQUIRE(Reaches(other, MigrationStatus::kCompleted));
  CHECK(store.Get("acme", id)->status == MigrationStatus::kRunning);
  CHECK(database.Value("SELECT owner AS value FROM jobs WHERE run_id = '" + id + "'") == "dead");
  database.Run(
      "UPDATE jobs SET lease_until = clock_timestamp() - interval '1 millisecond'"
      " WHERE run_id = '" +
      id + "'");
  CHECK(Reaches(id, MigrationStatus::kCompleted));
  engine.Stop();
}

TEST_CASE_METHOD(SkewFixture, "A question's deadline is the database's, whoever asks and looks",
                 "[store]") {
  const absl::Duration wrong_by = GENERATE(-absl::Hours(1), absl::Hours(1));
  const workflow::Graph graph = OneNode(
      [](std::string_view, workflow::NodeContext& context) -> absl::StatusOr<workflow::NodeResult> {
        if (context.answer().has_value()) return workflow::NodeResult{*context.answer(), {}};
        return workflow::NodeResult{
            "", {.interrupt = workflow::Interrupt{"{}", absl::Minutes(30), "\"default\""}}};
      });
  Engine asking(database, "asking", wrong_by, &graph);
  Engine looking(database, "looking", -wrong_by, &graph);
  const std::string id = store.Create({.tenant = "acme"})->id;
  asking.Start();
  looking.Start();
  REQUIRE(Reaches(id, MigrationStatus::kAwaitingDecision));
  for (int look = 0; look < 20; ++look) REQUIRE(store.AnswerOverdue().value() == 0);
  CHECK(
      database.Value("SELECT (deadline - asked_at BETWEEN interval '29 min' AND interval '31 min')"
                     "::text AS value FROM user_decisions") == "true");
  database.Run("UPDATE user_decisions SET deadline = clock_timestamp() - interval '1 millisecond'");
  REQUIRE(Reaches(id, MigrationStatus::kCompleted));
  CHECK(store.Decisions("acme", id)->front().decided_by == kDeadline);
  CHECK(CheckpointAt(database.pool(), id, 2)->state == "\"default\"");
  asking.Stop();
  looking.Stop();
}

}  // namespace
}  // namespace datamigrate::store
