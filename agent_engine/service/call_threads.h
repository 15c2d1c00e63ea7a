// Threads for calls that wait long for others: as many as there are such calls, up to a bound.
#pragma once

#include <deque>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent_engine/service/work_queue.h"

namespace datamigrate::service {

// Thread-safe. A thread that has nothing to do for a while ends.
class CallThreads : public WorkQueue {
 public:
  explicit CallThreads(int most) : most_(most) {}
  // Waits for what runs.
  ~CallThreads() override;

  // False when all threads are busy.
  [[nodiscard]] bool Submit(std::function<void()> work) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Loop();
  bool HasNews() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return is_stopping_ || !waiting_.empty();
  }
  bool AreAllGone() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return threads_ == 0; }

  const int most_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  int threads_ ABSL_GUARDED_BY(mutex_) = 0;
  int idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace datamigrate::service
