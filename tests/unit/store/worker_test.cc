#include "agent_engine/store/worker.h"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/migration_writer.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/workflow/runner.h"
#include "agent_engine/workflow/typed_graph.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::store {
namespace {

using workflow::CancellationToken;

class WorkerFixture {
 public:
  WorkerFixture() : store(&database.pool()), queue(&database.pool()) {
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, Schema()).ok());
  }

  WorkerOptions Options() {
    return {.owner = MakeOwnerName(),
            .lease = absl::Seconds(30),
            .heartbeat = absl::Seconds(10),
            .poll = absl::Seconds(1),
            .first_retry = absl::Milliseconds(1),
            .listen = database.options()};
  }

  std::string Create() {
    auto created = store.Create({.tenant = "acme", .request = "r"});
    REQUIRE(created.ok());
    return created->id;
  }

  // Waits for the status with a listener of its own, not by sleeping.
  bool Reaches(const std::string& id, MigrationStatus status) {
    pg::Listener listener(database.options(), {"datamigrate_events"});
    absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (absl::Now() < deadline) {
      (void)listener.Wait(absl::Now() + absl::Seconds(1));
      if (store.Get("acme", id)->status == status) return true;
    }
    return false;
  }

  TestDatabase database;
  MigrationStore store;
  JobQueue queue;
};

// Returns when the token is cancelled.
absl::Status WaitForCancel(const CancellationToken& token) {
  absl::Notification cancelled;
  auto subscription = token.OnCancel([&] { cancelled.Notify(); });
  cancelled.WaitForNotification();
  return token.status();
}

TEST_CASE_METHOD(WorkerFixture, "A worker runs what comes, several at a time", "[store]") {
  absl::Mutex mutex;
  int running = 0;
  int most = 0;
  WorkerOptions options = Options();
  options.concurrency = 3;
  Worker worker(&queue, options, [&](const JobLease&, CancellationToken) -> absl::StatusOr<JobEnd> {
    absl::MutexLock lock(&mutex);
    most = std::max(most, ++running);
    auto are_three = [&] { return most >= 3; };
    mutex.Await(absl::Condition(&are_three));
    --running;
    return JobEnd::kCompleted;
  });
  worker.Start();
  std::vector<std::string> ids;
  for (int i = 0; i < 9; ++i) ids.push_back(Create());
  for (const std::string& id : ids) CHECK(Reaches(id, MigrationStatus::kCompleted));
  worker.Stop(absl::Seconds(10));
  CHECK(most == 3);
  CHECK(worker.running() == 0);
}

TEST_CASE_METHOD(WorkerFixture, "A job that only waits leaves its place to another", "[store]") {
  WorkerOptions options = Options();
  options.concurrency = 1;
  options.max_waiting = 1;
  absl::Notification last_has_begun;
  std::atomic<int> begun = 0;
  std::atomic<int> in_place = 0;
  std::atomic<bool> were_two = false;
  Worker worker(&queue, options,
                [&](const JobLease& lease, CancellationToken) -> absl::StatusOr<JobEnd> {
                  if (++in_place > 1) were_two = true;
                  const int number = ++begun;
                  if (number == 2) last_has_begun.Notify();
                  --in_place;
                  if (number > 1) return JobEnd::kCompleted;
                  worker.LeavePlace(lease);
                  worker.LeavePlace(lease);  // again is no harm
                  return last_has_begun.WaitForNotificationWithTimeout(absl::Seconds(20))
                             ? absl::StatusOr<JobEnd>(JobEnd::kCompleted)
                             : absl::InternalError("nobody came in its place");
                });
  const std::string first = Create();
  worker.Start();
  std::vector<std::string> others = {Create(), Create()};
  CHECK(Reaches(first, MigrationStatus::kCompleted));
  for (const std::string& id : others) CHECK(Reaches(id, MigrationStatus::kCompleted));
  worker.Stop(absl::Seconds(10));
  CHECK_FALSE(were_two);
  CHECK(worker.running() == 0);
}

TEST_CASE_METHOD(WorkerFixture, "No more jobs leave their place than may wait", "[store]") {
  WorkerOptions options = Options();
  options.concurrency = 1;
  options.max_waiting = 1;
  absl::Mutex mutex;
  int begun = 0;
  bool may_end = false;
  Worker worker(&queue, options,
                [&](const JobLease& lease, CancellationToken) -> absl::StatusOr<JobEnd> {
                  worker.LeavePlace(lease);
                  absl::MutexLock lock(&mutex);
                  ++begun;
                  mutex.Await(absl::Condition(&may_end));
                  return JobEnd::kCompleted;
                });
  std::vector<std::string> ids = {Create(), Create(), Create()};
  worker.Start();
  {
    absl::MutexLock lock(&mutex);
    const auto are_two = [&] { return begun == 2; };
    REQUIRE(mutex.AwaitWithTimeout(absl::Condition(&are_two), absl::Seconds(20)));
  }
  // The third is not even taken: its place would be that of the second.
  CHECK(database.Value("SELECT count(*) AS value FROM jobs WHERE status = 'queued'") == "1");
  {
    absl::MutexLock lock(&mutex);
    may_end = true;
  }
  for (const std::string& id : ids) CHECK(Reaches(id, MigrationStatus::kCompleted));
}

TEST_CASE_METHOD(WorkerFixture, "The end of a job costs those that run no heartbeat", "[store]") {
  WorkerOptions options = Options();
  options.heartbeat = absl::Hours(1);
  options.lease = absl::Hours(2);
  options.poll = absl::Hours(1);
  std::string long_one;
  absl::Notification may_end;
  Worker worker(&queue, options,
                [&](const JobLease& lease, CancellationToken) -> absl::StatusOr<JobEnd> {
                  if (lease.run_id == long_one) may_end.WaitForNotification();
                  return JobEnd::kCompleted;
                });
  worker.Start();
  // When this one has ended the worker listens: then it asks about every job, once.
  CHECK(Reaches(Create(), MigrationStatus::kCompleted));
  auto created = store.CreateAll({{.tenant = "acme", .request = "r"}});
  long_one = created.front()->id;
  REQUIRE(store.AnnounceJobs().ok());
  CHECK(Reaches(long_one, MigrationStatus::kRunning));
  const std::string lease =
      "SELECT lease_until AS value FROM jobs WHERE run_id = '" + long_one + "'";
  const std::string before = database.Value(lease);
  for (int i = 0; i < 3; ++i) CHECK(Reaches(Create(), MigrationStatus::kCompleted));
  CHECK(database.Value(lease) == before);
  may_end.Notify();
  CHECK(Reaches(long_one, MigrationStatus::kCompleted));
}

TEST_CASE_METHOD(WorkerFixture, "Transient errors come back, lasting ones do not", "[store]") {
  std::atomic<int> calls = 0;
  std::string bad = Create();
  Worker worker(&queue, Options(),
                [&](const JobLease& lease, CancellationToken) -> absl::StatusOr<JobEnd> {
                  if (lease.run_id == bad) throw std::runtime_error("broken");
                  if (++calls == 1) return absl::UnavailableError("the source is away");
                  if (calls == 2) return absl::UnknownError("the reply was lost");
                  return JobEnd::kCompleted;
                });
  worker.Start();
  std::string good = Create();
  CHECK(Reaches(good, MigrationStatus::kCompleted));
  CHECK(calls == 3);
  CHECK(Reaches(bad, MigrationStatus::kFailed));
  CHECK(store.Get("acme", bad)->error == "unexpected exception: broken");
}

TEST_CASE_METHOD(WorkerFixture, "Cancelling reaches a running job without waiting for a heartbeat",
                 "[store]") {
  WorkerOptions options = Options();
  options.heartbeat = absl::Hours(1);
  options.lease = absl::Hours(2);
  options.poll = absl::Hours(1);
  absl::Notification begun;
  Worker worker(&queue, options,
                [&](const JobLease&, CancellationToken token) -> absl::StatusOr<JobEnd> {
                  begun.Notify();
                  return WaitForCancel(token);
                });
  worker.Start();
  std::string id = Create();
  begun.WaitForNotification();
  REQUIRE(store.Cancel("acme", id).ok());
  CHECK(Reaches(id, MigrationStatus::kCancelled));
}

// The first job is taken before the worker's first LISTEN, so what is said meanwhile is not heard:
// the worker has to look for itself once it listens.
TEST_CASE_METHOD(WorkerFixture, "A cancellation from before the worker listened is found",
                 "[store]") {
  WorkerOptions options = Options();
  options.heartbeat = absl::Hours(1);
  options.lease = absl::Hours(2);
  options.poll = absl::Hours(1);
  std::string id = Create();
  // A free connection, so that the cancellation is quicker than the worker's own.
  auto warm = store.Get("acme", id);
  Worker worker(&queue, options,
                [&](const JobLease& lease, CancellationToken token) -> absl::StatusOr<JobEnd> {
                  absl::Status asked = store.Cancel(lease.tenant, lease.run_id);
                  if (!asked.ok()) return absl::InternalError(std::string(asked.message()));
                  return WaitForCancel(token);
                });
  worker.Start();
  CHECK(Reaches(id, MigrationStatus::kCancelled));
}

TEST_CASE_METHOD(WorkerFixture, "Pausing stops a running job as a shutdown does, and it goes on",
                 "[store]") {
  WorkerOptions options = Options();
  options.heartbeat = absl::Hours(1);
  options.lease = absl::Hours(2);
  options.poll = absl::Hours(1);
  absl::Notification begun;
  std::atomic<int> takes = 0;
  std::atomic<bool> is_as_shutdown = false;
  Worker worker(&queue, options,
                [&](const JobLease&, CancellationToken token) -> absl::StatusOr<JobEnd> {
                  if (++takes == 2) return JobEnd::kCompleted;
                  begun.Notify();
                  absl::Status reason = WaitForCancel(token);
                  is_as_shutdown = absl::IsUnavailable(reason);
                  return reason;
                });
  worker.Start();
  std::string id = Create();
  begun.WaitForNotification();
  REQUIRE(store.Pause("acme", id).ok());
  CHECK(Reaches(id, MigrationStatus::kPaused));
  CHECK(is_as_shutdown);
  CHECK(takes == 1);
  REQUIRE(store.Resume("acme", id).ok());
  CHECK(Reaches(id, MigrationStatus::kCompleted));
  CHECK(takes == 2);
}

TEST_CASE_METHOD(WorkerFixture, "Stopping gives unfinished jobs back to the queue", "[store]") {
  absl::Notification begun;
  std::string id = Create();
  Worker worker(&queue, Options(),
                [&](const JobLease&, CancellationToken token) -> absl::StatusOr<JobEnd> {
                  begun.Notify();
                  return WaitForCancel(token);
                });
  worker.Start();
  begun.WaitForNotification();
  worker.Stop(absl::ZeroDuration());
  CHECK(store.Get("acme", id)->status == MigrationStatus::kPending);
  auto lease = queue.Take("next", absl::Seconds(30));
  REQUIRE(lease->has_value());
  CHECK((*lease)->attempts == 1);
}

TEST_CASE_METHOD(WorkerFixture, "A worker that lost its lease stops the job", "[store]") {
  WorkerOptions options = Options();
  options.heartbeat = absl::Milliseconds(20);
  options.poll = absl::Milliseconds(20);
  absl::Notification begun;
  absl::Notification stopped;
  absl::Status reason;  // read after `stopped`
  Worker worker(&queue, options,
                [&](const JobLease& lease, CancellationToken token) -> absl::StatusOr<JobEnd> {
                  if (lease.owner != options.owner || begun.HasBeenNotified()) {
                    return JobEnd::kCompleted;
                  }
                  begun.Notify();
                  absl::Status status = WaitForCancel(token);
                  reason = status;
                  stopped.Notify();
                  return status;
                });
  worker.Start();
  std::string id = Create();
  begun.WaitForNotification();
  database.Run("UPDATE jobs SET owner = 'another', fencing_token = fencing_token + 1");
  REQUIRE(stopped.WaitForNotificationWithTimeout(absl::Seconds(20)));
  CHECK(IsLeaseLost(reason));
  worker.Stop(absl::ZeroDuration());
  CHECK(database.Value("SELECT owner || status AS value FROM jobs") == "anotherrunning");
}

TEST_CASE_METHOD(WorkerFixture, "A graph runs from the queue to its end, question included",
                 "[store]") {
  using Builder = workflow::TypedGraphBuilder<std::string>;
  Builder builder(
      {[](const std::string& s) { return s; },
       [](std::string_view s) -> absl::StatusOr<std::string> { return std::string(s); }});
  builder.AddNode(
      "plan",
      [](std::string& state, workflow::NodeContext& context) -> absl::StatusOr<workflow::Effects> {
        if (!context.answer().has_value()) {
          return workflow::Effects{.interrupt = workflow::Interrupt{R"({"ok":"?"})"}};
        }
        state = *context.answer();
        return workflow::Effects{.writes = {Change([](MigrationWriter& writer) {
                                   return writer.Update({.score = 95});
                                 })}};
      });
  builder.SetEntry("plan").AddEdge("plan", std::string(workflow::kEnd));
  workflow::Graph graph = *builder.Build();
  Worker worker(&queue, Options(),
                [&](const JobLease& lease, CancellationToken token) -> absl::StatusOr<JobEnd> {
                  RunStore run(&database.pool(), lease);
                  workflow::Runner runner(&graph, {.store = &run, .journal = &run, .events = &run});
                  absl::Status started = runner.Start(lease.run_id, "");
                  if (!started.ok()) return started;
                  auto result = runner.Run(lease.run_id, token);
                  if (!result.ok()) return result.status();
                  return result->status == workflow::CheckpointStatus::kCompleted
                             ? JobEnd::kCompleted
                             : JobEnd::kSuspended;
                });
  worker.Start();
  std::string id = Create();
  REQUIRE(Reaches(id, MigrationStatus::kAwaitingDecision));
  REQUIRE(store.Decide("acme", id, 1, R"({"ok":"yes"})", "ada").ok());
  REQUIRE(Reaches(id, MigrationStatus::kCompleted));
  CHECK(store.Get("acme", id)->score == 95);
  CHECK(CheckpointAt(database.pool(), id, 2)->state == R"({"ok":"yes"})");
}

TEST_CASE_METHOD(WorkerFixture, "A question that nobody answers in time has its default, once",
                 "[store]") {
  workflow::GraphBuilder builder;
  builder.AddNode(
      "ask",
      [](std::string_view, workflow::NodeContext& context) -> absl::StatusOr<workflow::NodeResult> {
        if (context.answer().has_value()) {
          return workflow::NodeResult{*context.answer(), {}};
        }
        workflow::Interrupt question{.question = R"({"ok":"?"})",
                                     .answer_within = absl::Milliseconds(1),
                                     .default_answer = R"({"option":"wait"})"};
        return workflow::NodeResult{"", {.interrupt = question}};
      });
  builder.SetEntry("ask").AddEdge("ask", std::string(workflow::kEnd));
  workflow::Graph graph = *builder.Build();
  WorkerOptions options = Options();
  options.poll = absl::Milliseconds(50);
  options.on_sweep = [this] { return store.AnswerOverdue().status(); };
  Worker worker(&queue, options,
                [&](const JobLease& lease, CancellationToken token) -> absl::StatusOr<JobEnd> {
                  RunStore run(&database.pool(), lease);
                  workflow::Runner runner(&graph, {.store = &run, .journal = &run});
                  absl::Status started = runner.Start(lease.run_id, "");
                  if (!started.ok()) return started;
                  auto result = runner.Run(lease.run_id, token);
                  if (!result.ok()) return result.status();
                  return result->status == workflow::CheckpointStatus::kCompleted
                             ? JobEnd::kCompleted
                             : JobEnd::kSuspended;
                });
  worker.Start();
  std::string id = Create();
  REQUIRE(Reaches(id, MigrationStatus::kCompleted));
  CHECK(CheckpointAt(database.pool(), id, 2)->state == R"({"option":"wait"})");
  auto decisions = store.Decisions("acme", id);
  REQUIRE(decisions->size() == 1);
  CHECK((*decisions)[0].decided_by == kDeadline);
  CHECK(*store.AnswerOverdue() == 0);
}

}  // namespace
}  // namespace datamigrate::store
