// Runs short jobs of one kind, a batch on each of its threads.
//
//   ShortJobWorker worker(&queue, {.owner = MakeOwnerName(), .kind = "mail"}, SendMail);
//   worker.Start();  ...  worker.Stop();
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_SHORT_JOB_WORKER_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_SHORT_JOB_WORKER_H_

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/store/short_jobs.h"

namespace datamigrate::store {

// Called on any of the worker's threads. An error that is transient (workflow::IsTransient) queues
// the job again, with growing pauses; any other sets it aside. A job has to end well within the
// queue's lease.
using ShortJobFunction = std::function<absl::Status(const ShortJob& job)>;

struct ShortJobWorkerOptions {
  std::string owner = {};  // names this process in leases: MakeOwnerName()
  std::string kind = {};
  int threads = 2;
  // Jobs taken at once: what a process that dies leaves to be repeated, for each thread.
  int batch = 256;
  absl::Duration poll = absl::Seconds(1);         // looks again into an empty queue
  absl::Duration first_retry = absl::Seconds(2);  // doubled with each attempt
  absl::Duration longest_retry = absl::Minutes(5);
  // Hears what the worker cannot return: the database is away. May be empty.
  std::function<void(std::string_view what, const absl::Status& status)> on_trouble = nullptr;
};

class ShortJobWorker {
 public:
  // `queue` must outlive the worker.
  ShortJobWorker(ShortJobQueue* queue, ShortJobWorkerOptions options, ShortJobFunction run);
  ~ShortJobWorker();  // Stop()

  void Start();
  // Lets jobs that run end, notes what is done and gives the others back.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Work();
  // Runs the batch; returns those that are done. Those that the worker's end leaves over are given
  // back.
  std::vector<ShortJob> RunBatch(const std::vector<ShortJob>& batch);
  absl::Status RunOne(const ShortJob& job);
  void Fail(const ShortJob& job, const absl::Status& error);
  bool IsStopping() ABSL_LOCKS_EXCLUDED(mutex_);
  void Rest() ABSL_LOCKS_EXCLUDED(mutex_);
  void Check(std::string_view what, const absl::Status& status) const;

  ShortJobQueue* const queue_;
  const ShortJobWorkerOptions options_;
  const ShortJobFunction run_;
  absl::Mutex mutex_;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_SHORT_JOB_WORKER_H_
