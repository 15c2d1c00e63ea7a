// Checkpoints of many runs in one commit.
#include "agent_engine/store/checkpoint_queue.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "absl/time/clock.h"
#include "agent_engine/store/checkpoint_rows.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/migration_writer.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/workflow/graph.h"
#include "common/pg/listener.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::store {
namespace {

using workflow::Checkpoint;
using workflow::CheckpointStatus;
using workflow::Event;
using Words = std::vector<std::string>;

class QueueFixture {
 public:
  QueueFixture() : store(&database.pool()), jobs(&database.pool()) {
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, Schema()).ok());
  }

  std::vector<JobLease> TakeNew(int count) {
    for (int i = 0; i < count; ++i) REQUIRE(store.Create({.tenant = "acme"}).ok());
    auto leases = jobs.TakeUpTo(count, "one", absl::Seconds(30));
    REQUIRE(leases.ok());
    REQUIRE(leases->size() == static_cast<std::size_t>(count));
    return *leases;
  }

  Words EventKinds(const std::string& id) {
    Words kinds;
    int64_t sequence = 0;
    auto events = store.EventsSince("acme", id, 0);
    REQUIRE(events.ok());
    for (const EventRecord& event : *events) {
      CHECK(event.sequence == ++sequence);
      kinds.push_back(event.kind);
    }
    return kinds;
  }

  TestDatabase database;
  MigrationStore store;
  JobQueue jobs;
};

Checkpoint Step(const JobLease& lease, int64_t step, const std::string& next = "next") {
  return {
      .run_id = lease.run_id,
      .step = step,
      .node = step == 0 ? "" : "n" + std::to_string(step),
      .next_node = next,
      .status = next == workflow::kEnd ? CheckpointStatus::kCompleted : CheckpointStatus::kRunning,
      .state = std::string("\0\xff", 2) + std::to_string(step)};
}

Event News(const std::string& kind, const std::string& payload = "{}") {
  return {.kind = kind, .node = "n", .step = 1, .payload = payload, .at = absl::Now()};
}

TEST_CASE_METHOD(QueueFixture, "Runs are stored by the group, each in its order", "[store]") {
  CheckpointQueue queue(&database.pool(), {});
  constexpr int kRuns = 20;
  std::vector<JobLease> leases = TakeNew(kRuns);
  std::atomic<int> settled = 0;  // Catch2 takes assertions of one thread
  std::vector<std::thread> threads;
  for (const JobLease& lease : leases) {
    threads.emplace_back([&] {
      RunStore run(&database.pool(), lease, {.queue = &queue, .leaves_job = true});
      for (int64_t step = 0; step < 5; ++step) {
        run.Emit(lease.run_id, News("begun"));
        (void)run.CommitSoon(Step(lease, step), {News("ended")});
      }
      (void)run.CommitSoon(Step(lease, 5, std::string(workflow::kEnd)), {News("over")});
      if (run.Settle(lease.run_id).ok() && run.has_left_job()) ++settled;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(settled == kRuns);
  for (const JobLease& lease : leases) {
    auto history = CheckpointHistory(database.pool(), lease.run_id);
    REQUIRE(history->size() == 6);
    CHECK(CheckpointAt(database.pool(), lease.run_id, 3)->state == std::string("\0\xff", 2) + "3");
    CHECK(store.Get("acme", lease.run_id)->status == MigrationStatus::kCompleted);
    CHECK(store.Get("acme", lease.run_id)->progress == 1);
    Words expected = {"created", "status_changed"};
    for (int i = 0; i < 5; ++i) expected.insert(expected.end(), {"begun", "ended"});
    expected.insert(expected.end(), {"over", "status_changed"});
    CHECK(EventKinds(lease.run_id) == expected);
  }
  CHECK(database.Value("SELECT count(*) AS value FROM jobs WHERE status = 'completed'") == "20");
}

TEST_CASE_METHOD(QueueFixture, "An owner that was taken over stores nothing", "[store]") {
  CheckpointQueue queue(&database.pool(), {});
  std::vector<JobLease> leases = TakeNew(2);
  RunStore lost(&database.pool(), leases[0], {.queue = &queue});
  RunStore kept(&database.pool(), leases[1], {.queue = &queue});
  database.Run("UPDATE jobs SET fencing_token = fencing_token + 1 WHERE id = '" + leases[0].job_id +
               "'");
  REQUIRE(lost.CommitSoon(Step(leases[0], 0), {}).ok());
  REQUIRE(kept.CommitSoon(Step(leases[1], 0), {}).ok());
  CHECK(IsLeaseLost(lost.Settle(leases[0].run_id)));
  CHECK(kept.Settle(leases[1].run_id).ok());
  CHECK(CheckpointHistory(database.pool(), leases[0].run_id)->empty());
  CHECK(CheckpointHistory(database.pool(), leases[1].run_id)->size() == 1);
  // The answer stays, and nothing more is taken.
  CHECK(IsLeaseLost(lost.CommitSoon(Step(leases[0], 1), {})));
}

TEST_CASE_METHOD(QueueFixture, "What the database refuses fails its own run only", "[store]") {
  CheckpointQueue queue(&database.pool(), {});
  std::vector<JobLease> leases = TakeNew(3);
  std::vector<std::unique_ptr<RunStore>> runs;
  for (const JobLease& lease : leases) {
    runs.push_back(std::make_unique<RunStore>(&database.pool(), lease, RunStoreOptions{&queue}));
  }
  REQUIRE(runs[0]->CommitSoon(Step(leases[0], 0), {}).ok());
  REQUIRE(runs[1]->CommitSoon(Step(leases[1], 0), {News("bad", "{no json")}).ok());
  runs[2]->Emit(leases[2].run_id, News("bad", "{no json"));  // news: dropped
  REQUIRE(runs[2]->CommitSoon(Step(leases[2], 0), {News("good")}).ok());
  CHECK(runs[0]->Settle(leases[0].run_id).ok());
  CHECK(runs[1]->Settle(leases[1].run_id).code() == absl::StatusCode::kInvalidArgument);
  CHECK(runs[2]->Settle(leases[2].run_id).ok());
  CHECK(CheckpointHistory(database.pool(), leases[0].run_id)->size() == 1);
  CHECK(CheckpointHistory(database.pool(), leases[1].run_id)->empty());
  CHECK(EventKinds(leases[2].run_id) == Words{"created", "status_changed", "good"});
}

TEST_CASE_METHOD(QueueFixture, "Steps that are there already are not stored twice", "[store]") {
  CheckpointQueue queue(&database.pool(), {});
  std::vector<JobLease> leases = TakeNew(2);
  const JobLease& lease = leases[0];
  std::vector<Event> events = {News("ended")};
  // As if the group's reply had been lost.
  REQUIRE(CommitCheckpoint(database.pool(), lease, Step(lease, 0), {}, events, false).ok());
  const Checkpoint end = Step(leases[1], 0, std::string(workflow::kEnd));
  REQUIRE(CommitCheckpoint(database.pool(), leases[1], end, {}, {}, true).ok());
  RunStore again(&database.pool(), lease, {.queue = &queue});
  REQUIRE(again.CommitSoon(Step(lease, 0), events).ok());
  REQUIRE(again.CommitSoon(Step(lease, 1), events).ok());
  CHECK(again.Settle(lease.run_id).ok());
  CHECK(EventKinds(lease.run_id) == Words{"created", "status_changed", "ended", "ended"});
  RunStore over(&database.pool(), leases[1], {.queue = &queue, .leaves_job = true});
  REQUIRE(over.CommitSoon(end, {}).ok());
  CHECK(over.Settle(leases[1].run_id).ok());
  // Another content is another matter.
  Checkpoint other = Step(lease, 1);
  other.state = "other";
  RunStore wrong(&database.pool(), lease, {.queue = &queue});
  REQUIRE(wrong.CommitSoon(other, {}).ok());
  CHECK(wrong.Settle(lease.run_id).code() == absl::StatusCode::kAlreadyExists);
}

TEST_CASE_METHOD(QueueFixture, "Events are told soon though nobody waits for them", "[store]") {
  CheckpointQueue queue(&database.pool(), {});
  JobLease lease = TakeNew(1).front();
  pg::Listener listener(database.options(), {"datamigrate_events"});
  (void)listener.Wait(absl::Now() + absl::Seconds(10));  // connected
  RunStore run(&database.pool(), lease, {.queue = &queue});
  run.Emit(lease.run_id, News("progress"));
  bool was_told = false;
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (!was_told && absl::Now() < deadline) {
    auto arrived = listener.Wait(deadline);
    REQUIRE(arrived.ok());
    for (const pg::Notification& notification : *arrived) {
      was_told |= notification.payload == lease.run_id;
    }
  }
  CHECK(was_told);
  CHECK(EventKinds(lease.run_id).back() == "progress");
}

TEST_CASE_METHOD(QueueFixture, "A checkpoint with writes follows what was taken before it",
                 "[store]") {
  CheckpointQueue queue(&database.pool(), {});
  JobLease lease = TakeNew(1).front();
  RunStore run(&database.pool(), lease, {.queue = &queue, .leaves_job = true});
  REQUIRE(run.CommitSoon(Step(lease, 0), {}).ok());
  CHECK(run.Latest(lease.run_id)->value().step == 0);
  workflow::Write score =
      Change([](MigrationWriter& writer) { return writer.Update({.score = 95}); });
  REQUIRE(run.Commit(Step(lease, 1, std::string(workflow::kEnd)), {score}, {}).ok());
  CHECK(run.has_left_job());
  CHECK(run.Latest(lease.run_id)->value().step == 1);
  CHECK(store.Get("acme", lease.run_id)->score == 95);
  CHECK(store.Get("acme", lease.run_id)->status == MigrationStatus::kCompleted);
}

TEST_CASE_METHOD(QueueFixture, "A run cannot go far ahead of what is stored", "[store]") {
  CheckpointQueue queue(&database.pool(), {.max_ahead_items = 4});
  JobLease lease = TakeNew(1).front();
  RunStore run(&database.pool(), lease, {.queue = &queue});
  for (int64_t step = 0; step < 50; ++step) REQUIRE(run.CommitSoon(Step(lease, step), {}).ok());
  CHECK(CheckpointHistory(database.pool(), lease.run_id)->size() >= 42);
  CHECK(run.Settle(lease.run_id).ok());
  CHECK(CheckpointHistory(database.pool(), lease.run_id)->size() == 50);
}

TEST_CASE_METHOD(QueueFixture, "Jobs are taken together, the most urgent first", "[store]") {
  std::vector<std::string> ids;
  for (int priority : {0, 5, 1}) {
    ids.push_back(store.Create({.tenant = "acme", .priority = priority})->id);
  }
  auto leases = jobs.TakeUpTo(2, "one", absl::Seconds(30));
  REQUIRE(leases.ok());
  REQUIRE(leases->size() == 2);
  CHECK((*leases)[0].run_id == ids[1]);
  CHECK((*leases)[1].run_id == ids[2]);
  CHECK((*leases)[0].tenant == "acme");
  CHECK(EventKinds(ids[1]) == Words{"created", "status_changed"});
  CHECK(jobs.TakeUpTo(5, "two", absl::Seconds(30))->size() == 1);
  CHECK(jobs.TakeUpTo(5, "two", absl::Seconds(30))->empty());
}

TEST_CASE_METHOD(QueueFixture, "A cancellation that comes while a job suspends is not lost",
                 "[store]") {
  JobLease lease = TakeNew(1).front();
  RunStore run(&database.pool(), lease);
  REQUIRE(run.Commit(Step(lease, 0), {}, {}).ok());
  Checkpoint question = Step(lease, 1);
  question.status = CheckpointStatus::kInterrupted;
  question.question = R"({"ok":"?"})";
  REQUIRE(run.Commit(question, {}, {}).ok());
  REQUIRE(store.Cancel("acme", lease.run_id).ok());
  REQUIRE(jobs.Suspend(lease).ok());
  CHECK(store.Get("acme", lease.run_id)->status == MigrationStatus::kCancelled);
  // It goes on from there: resumed, it waits for the answer.
  REQUIRE(store.Resume("acme", lease.run_id).ok());
  CHECK(jobs.Take("two", absl::Seconds(30))->has_value());
}

}  // namespace
}  // namespace datamigrate::store
