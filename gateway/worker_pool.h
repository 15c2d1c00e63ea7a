// Threads for work that waits: a bounded number of them, and a bounded queue before them.
#ifndef DATAMIGRATE_GATEWAY_WORKER_POOL_H_
#define DATAMIGRATE_GATEWAY_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace datamigrate::gateway {

// Thread safe.
class WorkerPool {
 public:
  // threads >= 1.
  WorkerPool(int threads, size_t max_queued);
  // Runs what is queued, then ends.
  ~WorkerPool();

  // Queues `work`; false when the queue is full, and then it will not run.
  [[nodiscard]] bool TryPost(std::function<void()> work);

  size_t queued() const;

 private:
  void Run();
  bool HasNews() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return is_stopping_ || !queue_.empty();
  }

  const size_t max_queued_;
  mutable absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_WORKER_POOL_H_
