// Stores checkpoints and events of the runs of this process by groups: those that wait while a
// group commits are the next group.
//
// A run's items are stored in its order, and what was taken waits a little for company unless
// somebody waits for it. See docs/decisions/0011-running-ahead.md.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_CHECKPOINT_QUEUE_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_CHECKPOINT_QUEUE_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/store/announcer.h"
#include "agent_engine/store/checkpoint_group.h"
#include "agent_engine/store/job_queue.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

struct CheckpointQueueOptions {
  int writers = 2;
  std::size_t max_group_runs = 128;
  std::size_t max_group_bytes = 32 << 20;  // no more runs are added to a group that has as much
  // How far a run may be ahead of what is stored: a crash repeats no more.
  std::size_t max_ahead_items = 64;
  std::size_t max_ahead_bytes = 8 << 20;
  absl::Duration linger = absl::Milliseconds(5);
  // How long a database that is away is waited for before the runs hear of it.
  absl::Duration patience = absl::Seconds(10);
};

// Thread safe.
class CheckpointQueue {
 public:
  // What one run has waiting; its fields belong to the queue.
  class Run;

  // `pool` must outlive the queue.
  CheckpointQueue(pg::Pool* pool, const CheckpointQueueOptions& options);
  // Stores what waits, then ends.
  ~CheckpointQueue();

  std::shared_ptr<Run> Open(JobLease lease) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes an item; waits while the run is too far ahead. `leaves_job`: the item's checkpoint ends
  // the run. Errors: why an earlier item was not stored; then neither is this one.
  absl::Status Add(Run& run, RunItem item, bool leaves_job = false) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until all that was taken for the run is stored. Errors: why not: that stays the answer.
  absl::Status Settle(Run& run) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Group = std::vector<std::shared_ptr<Run>>;

  void Work();
  // Waits for runs with something to store, at most a group; none when the queue ends.
  Group Take(std::vector<RunItems>& contents) ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<absl::Status> Write(const std::vector<RunItems>& contents);
  void Finish(const Group& group, const std::vector<absl::Status>& written)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Enqueue(std::shared_ptr<Run> run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeUrgent(Run& run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom(const Run& run) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return is_stopping_ || !waiting_.empty();
  }
  bool IsUrgent() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return is_stopping_ || urgent_ > 0; }

  pg::Pool* const pool_;
  const CheckpointQueueOptions options_;
  absl::Mutex mutex_;
  std::deque<std::shared_ptr<Run>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::size_t urgent_ ABSL_GUARDED_BY(mutex_) = 0;  // of those that wait
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Announcer announcer_;
  std::vector<std::thread> writers_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_CHECKPOINT_QUEUE_H_
