// How many steps of a ten-node graph, short jobs or new migrations go through a PostgreSQL a
// second.
//
//   workflow_speed steps URL WORKERS RUNS ahead|waiting
//   workflow_speed jobs URL THREADS JOBS BATCH
//   workflow_speed creates URL CALLERS MIGRATIONS
//
// Everything is committed before it counts. `ahead`: nodes may run ahead of their checkpoints;
// `waiting`: none begins before the checkpoint before it is stored. CALLERS ask for a migration
// each and for the next when they have it, as many as an engine's clients. The database is the
// caller's to throw away. Prints one line of JSON.
#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "agent_engine/store/checkpoint_queue.h"
#include "agent_engine/store/creation_queue.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/store/short_job_worker.h"
#include "agent_engine/store/worker.h"
#include "agent_engine/workflow/runner.h"
#include "common/pg/schema.h"
#include "common/pg/transaction.h"
#include "fmt/format.h"

namespace datamigrate {
namespace {

constexpr int kNodes = 10;
constexpr std::size_t kPayload = 1024;

[[noreturn]] void Fail(const absl::Status& status) {
  fmt::print(stderr, "workflow_speed: {}\n", std::string(status.message()));
  std::exit(EXIT_FAILURE);
}

void Require(const absl::Status& status) {
  if (!status.ok()) Fail(status);
}

template <typename T>
T Require(absl::StatusOr<T> value) {
  if (!value.ok()) Fail(value.status());
  return *std::move(value);
}

int64_t Count(pg::Pool& pool, std::string_view sql) {
  return Require(pg::Execute(pool, {}, {"count", sql})).front().Get<int64_t>("count");
}

void Tidy(pg::Pool& pool) {
  auto connection = Require(pool.Acquire());
  for (const char* table : {"jobs", "migrations", "workflow_checkpoints", "migration_events"}) {
    Require(connection->ExecuteScript({"vacuum", fmt::format("VACUUM ANALYZE {}", table)}));
  }
  Require(connection->ExecuteScript({"checkpoint", "CHECKPOINT"}));
}

// A counter before 1 KB of text, which each node reads and writes.
workflow::Graph TenNodes(bool may_run_ahead) {
  const auto run = [](std::string_view state,
                      workflow::NodeContext&) -> absl::StatusOr<workflow::NodeResult> {
    std::string next(state);
    ++next[0];
    return workflow::NodeResult{std::move(next), {}};
  };
  workflow::GraphBuilder builder;
  for (int i = 1; i <= kNodes; ++i) {
    builder.AddNode(fmt::format("n{}", i), run, {.may_run_ahead = may_run_ahead});
    builder.AddEdge(fmt::format("n{}", i),
                    i == kNodes ? std::string(workflow::kEnd) : fmt::format("n{}", i + 1));
  }
  return Require(builder.SetEntry("n1").Build());
}

void CreateRuns(pg::Pool& pool, int runs) {
  store::MigrationStore store(&pool);
  for (int left = runs; left > 0;) {
    std::vector<store::NewMigration> batch(static_cast<std::size_t>(std::min(left, 200)));
    for (store::NewMigration& migration : batch) migration.tenant = "bench";
    for (const auto& created : store.CreateAll(batch)) Require(created.status());
    left -= static_cast<int>(batch.size());
  }
}

int MeasureSteps(const pg::ConnectionOptions& connection, int workers, int runs, bool is_ahead) {
  pg::Pool pool({.connection = connection, .max_connections = workers + 6});
  CreateRuns(pool, runs);
  Tidy(pool);
  const workflow::Graph graph = TenNodes(is_ahead);
  store::CheckpointQueue checkpoints(&pool, {});
  store::JobQueue queue(&pool);
  std::atomic<int> left = runs;
  absl::Notification all_done;
  store::WorkerOptions options;
  options.owner = store::MakeOwnerName();
  options.concurrency = workers;
  options.prefetch = 4;
  options.max_waiting = store::kUsualWaiting;
  options.listen = connection;
  options.on_trouble = [](std::string_view, const absl::Status& status) { Fail(status); };
  store::Worker worker(
      &queue, options,
      [&](const store::JobLease& lease,
          workflow::CancellationToken token) -> absl::StatusOr<store::JobEnd> {
        store::RunStore store(&pool, lease, {.queue = &checkpoints, .leaves_job = true});
        workflow::RunnerOptions runner_options;
        runner_options.on_last_wait = [&] { worker.LeavePlace(lease); };
        workflow::Runner runner(&graph, {.store = &store, .journal = &store, .events = &store},
                                runner_options);
        Require(runner.Start(lease.run_id, std::string(kPayload, 'a')));
        Require(runner.Run(lease.run_id, token).status());
        if (--left == 0) all_done.Notify();
        return store::JobEnd::kLeft;
      });
  const absl::Time begin = absl::Now();
  worker.Start();
  all_done.WaitForNotification();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  worker.Stop(absl::InfiniteDuration());
  const int64_t stored = Count(pool, "SELECT count(*) FROM workflow_checkpoints WHERE step > 0");
  const int64_t open = Count(pool, "SELECT count(*) FROM jobs WHERE status <> 'completed'");
  if (open != 0 || stored % kNodes != 0) Fail(absl::InternalError("steps are missing"));
  fmt::print("{{\"steps\":{},\"seconds\":{},\"per_second\":{}}}\n", runs * kNodes, seconds,
             runs * kNodes / seconds);
  return EXIT_SUCCESS;
}

int MeasureJobs(const pg::ConnectionOptions& connection, int threads, int jobs, int batch) {
  pg::Pool pool({.connection = connection, .max_connections = threads + 2});
  store::ShortJobQueue queue(&pool);
  for (int left = jobs; left > 0;) {
    std::vector<store::NewShortJob> some(static_cast<std::size_t>(std::min(left, 1000)));
    for (store::NewShortJob& job : some) job = {"bench", "bench", std::string(kPayload, 'a')};
    Require(queue.Enqueue(some).status());
    left -= static_cast<int>(some.size());
  }
  Tidy(pool);
  std::atomic<int> left = jobs;
  std::atomic<int64_t> bytes = 0;
  absl::Notification all_done;
  store::ShortJobWorkerOptions options;
  options.owner = store::MakeOwnerName();
  options.kind = "bench";
  options.threads = threads;
  options.batch = batch;
  options.on_trouble = [](std::string_view, const absl::Status& status) { Fail(status); };
  store::ShortJobWorker worker(&queue, options, [&](const store::ShortJob& job) {
    bytes += static_cast<int64_t>(job.payload.size());
    if (--left == 0) all_done.Notify();
    return absl::OkStatus();
  });
  const absl::Time begin = absl::Now();
  worker.Start();
  all_done.WaitForNotification();
  worker.Stop();  // until then the last ones are not noted as done
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  const bool is_right = Count(pool, "SELECT count(*) FROM jobs WHERE kind = 'bench'") == 0 &&
                        bytes == static_cast<int64_t>(kPayload) * jobs;
  if (!is_right) Fail(absl::InternalError("jobs are left over"));
  fmt::print("{{\"jobs\":{},\"seconds\":{},\"per_second\":{}}}\n", jobs, seconds, jobs / seconds);
  return EXIT_SUCCESS;
}

// Callers that have a migration at once ask for the next.
class Callers {
 public:
  Callers(store::MigrationStore* store, int migrations)
      : left_to_ask_(migrations), left_to_answer_(migrations), creations_(store, {}) {}

  void Ask() {
    if (left_to_ask_-- <= 0) return;
    store::NewMigration migration{.tenant = "bench", .created_by = "bench", .name = "bench"};
    migration.request = std::string(100, 'r');
    const auto answer = [this](const auto& created) {
      Require(created.status());
      if (--left_to_answer_ == 0) all_done_.Notify();
      Ask();
    };
    const bool is_taken = creations_.Submit({{std::move(migration), answer}}).empty();
    if (!is_taken) Fail(absl::InternalError("a migration was not taken"));
  }

  void Wait() { all_done_.WaitForNotification(); }

 private:
  std::atomic<int> left_to_ask_;
  std::atomic<int> left_to_answer_;
  absl::Notification all_done_;
  store::CreationQueue creations_;
};

int MeasureCreates(const pg::ConnectionOptions& connection, int callers, int migrations) {
  pg::Pool pool({.connection = connection});
  store::MigrationStore store(&pool);
  const absl::Time begin = absl::Now();
  {
    Callers asking(&store, migrations);
    for (int i = 0; i < callers; ++i) asking.Ask();
    asking.Wait();
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  if (Count(pool, "SELECT count(*) FROM jobs WHERE status = 'queued'") != migrations) {
    Fail(absl::InternalError("migrations are missing"));
  }
  fmt::print("{{\"creates\":{},\"seconds\":{},\"per_second\":{}}}\n", migrations, seconds,
             migrations / seconds);
  return EXIT_SUCCESS;
}

int Main(const std::vector<std::string>& words) {
  const std::size_t wanted = !words.empty() && words[0] == "creates" ? 4 : 5;
  if (words.size() != wanted) {
    fmt::print(stderr,
               "use: workflow_speed steps URL WORKERS RUNS ahead|waiting\n"
               "     workflow_speed jobs URL THREADS JOBS BATCH\n"
               "     workflow_speed creates URL CALLERS MIGRATIONS\n");
    return EXIT_FAILURE;
  }
  const pg::ConnectionOptions connection{.url = words[1], .plans_once = true};
  Require(pg::ApplySchema(*Require(pg::Connection::Open(connection)), store::Schema()));
  const int width = std::stoi(words[2]);
  const int count = std::stoi(words[3]);
  if (words[0] == "creates") return MeasureCreates(connection, width, count);
  if (words[0] == "jobs") return MeasureJobs(connection, width, count, std::stoi(words[4]));
  return MeasureSteps(connection, width, count, words[4] == "ahead");
}

}  // namespace
}  // namespace datamigrate

int main(int argc, char** argv) {
#ifdef NDEBUG
  // Debian's abseil looks at the order of locks whenever one is taken; the tests do that.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  return datamigrate::Main({argv + 1, argv + argc});
}
