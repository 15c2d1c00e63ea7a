// Takes jobs from the queue and runs them, several at a time, with heartbeats.
//
//   Worker worker(&queue, options, [&](const JobLease& lease, workflow::CancellationToken token) {
//     RunStore run_store(&pool, lease);
//     workflow::Runner runner(&graph, {.store = &run_store, .journal = &run_store,
//                                      .events = &run_store});
//     ...Start and Run...
//   });
//   worker.Start();  ...  worker.Stop(absl::Seconds(20));
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_WORKER_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_WORKER_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/workflow/cancellation.h"
#include "common/pg/connection.h"
#include "common/pg/listener.h"

namespace datamigrate::store {

// kLeft: the job was left in the same commit as the run's last checkpoint (RunStore::has_left_job),
// as completed or as failed.
enum class JobEnd { kCompleted, kSuspended, kLeft };

// Runs one job on a thread of its own. When the token is cancelled it returns soon, with the
// token's status. An error that is transient (workflow::IsTransient) or whose outcome is unknown
// (kUnknown) is tried again later, with growing pauses, while attempts last; any other fails the
// job.
using JobFunction =
    std::function<absl::StatusOr<JobEnd>(const JobLease& lease, workflow::CancellationToken token)>;

// Beside the jobs that run, for WorkerOptions::max_waiting: what engines have, and the bench.
inline constexpr int kUsualWaiting = 2;

struct WorkerOptions {
  std::string owner = {};  // names this process in leases: host, process id, random part
  int concurrency = 2;     // jobs at a time; 0: none are taken
  // Jobs taken before a thread is free for them, so that short ones follow without a pause. Other
  // workers cannot have them meanwhile: 0 for jobs that take long.
  int prefetch = 0;
  // Jobs beside them that have left their place (LeavePlace): they only wait for the disk.
  int max_waiting = 0;
  std::vector<std::string> kinds = {};  // empty: any
  absl::Duration lease = absl::Seconds(30);
  absl::Duration heartbeat = absl::Seconds(10);   // well under `lease`
  absl::Duration poll = absl::Seconds(5);         // looks into the queue without being told
  absl::Duration first_retry = absl::Seconds(2);  // doubled with each attempt
  absl::Duration longest_retry = absl::Minutes(5);
  pg::ConnectionOptions listen = {};  // where to LISTEN for jobs and cancellations
  // Called every `poll` or so on the worker's own thread, for what has to be looked after; an error
  // is told to `on_trouble`. It must not take long. May be empty.
  std::function<absl::Status()> on_sweep = nullptr;
  // Hears what the worker cannot return: the database is away, a lease was lost. May be empty.
  std::function<void(std::string_view what, const absl::Status& status)> on_trouble = nullptr;
};

// A fresh owner name: host, process id and a random part.
std::string MakeOwnerName();

class Worker {
 public:
  // `queue` must outlive the worker.
  Worker(JobQueue* queue, WorkerOptions options, JobFunction run);
  ~Worker();  // Stop(0)

  void Start();

  // Takes no more jobs, tells the running ones that the process is shutting down (kUnavailable),
  // and returns when all have ended; unfinished ones go back to the queue. For the first `grace`
  // jobs may still finish undisturbed.
  void Stop(absl::Duration grace);

  // For the function that runs `lease`'s job: from now on it only waits until what it did is
  // stored, so another job may begin in its place. No effect where as many as may wait already.
  void LeavePlace(const JobLease& lease) ABSL_LOCKS_EXCLUDED(mutex_);

  int running() const;

 private:
  struct Running {
    JobLease lease;
    workflow::CancellationSource cancel;
    // By a clock that nobody sets.
    absl::Time next_heartbeat;
    absl::Time lease_until;  // from before the last heartbeat was sent
    bool has_begun = false;
    bool has_left_place = false;
    bool is_finished = false;
  };

  void Loop();
  void TakeFree();
  // How many jobs may be taken now.
  int FreePlaces() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Begin(JobLease lease, absl::Time taken_at);
  void Beat(absl::FunctionRef<bool(const Running&)> may_have_changed);
  // One heartbeat; an error is a reason to stop the job.
  absl::Status Extend(Running& running);
  void Forget(Running& running) ABSL_LOCKS_EXCLUDED(mutex_);
  // One of the threads that run jobs.
  void Work();
  // The next job to run; null when the worker stops.
  std::shared_ptr<Running> NextReady();
  bool HasReady() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return is_stopping_ || (!ready_.empty() && in_place_ < options_.concurrency);
  }
  absl::StatusOr<JobEnd> RunJob(const Running& running);
  void Settle(const Running& running, const absl::StatusOr<JobEnd>& end);
  absl::Duration TimeToWake() const;
  void Trouble(std::string_view what, const absl::Status& status) const;

  JobQueue* const queue_;
  const WorkerOptions options_;
  const JobFunction run_;
  pg::Listener listener_;

  mutable absl::Mutex mutex_;
  std::vector<std::shared_ptr<Running>> running_ ABSL_GUARDED_BY(mutex_);  // and those to begin
  std::deque<std::shared_ptr<Running>> ready_ ABSL_GUARDED_BY(mutex_);     // to begin
  int in_place_ ABSL_GUARDED_BY(mutex_) = 0;  // begun, and they have not left their place
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;   // have left it, and are not finished
  bool is_draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> workers_;
  std::thread thread_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_WORKER_H_
