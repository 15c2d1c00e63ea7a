// Threads for blocking work behind gRPC's callbacks, with a bounded queue.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent_engine/service/work_queue.h"

namespace datamigrate::service {

// Thread-safe. Work must not wait for other work of the same pool.
class WorkPool : public WorkQueue {
 public:
  WorkPool(int threads, size_t max_waiting);
  // Runs what waits and ends.
  ~WorkPool() override;

  // False when the queue is full: the caller answers that it is overloaded.
  [[nodiscard]] bool Submit(std::function<void()> work) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Loop();

  const size_t max_waiting_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace datamigrate::service
