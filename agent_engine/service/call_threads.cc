#include "agent_engine/service/call_threads.h"

#include <thread>
#include <utility>

#include "absl/time/time.h"

namespace datamigrate::service {
namespace {

constexpr absl::Duration kIdle = absl::Seconds(10);

}  // namespace

CallThreads::~CallThreads() {
  absl::MutexLock lock(&mutex_);
  is_stopping_ = true;
  mutex_.Await(absl::Condition(this, &CallThreads::AreAllGone));
}

bool CallThreads::Submit(std::function<void()> work) {
  absl::MutexLock lock(&mutex_);
  if (is_stopping_) return false;
  const bool has_idle = idle_ > static_cast<int>(waiting_.size());
  if (!has_idle && threads_ >= most_) return false;
  waiting_.push_back(std::move(work));
  if (has_idle) return true;
  ++threads_;
  // Detached, as threads end in any order; the destructor waits for their count.
  std::thread([this] { Loop(); }).detach();
  return true;
}

void CallThreads::Loop() {
  absl::MutexLock lock(&mutex_);
  while (true) {
    ++idle_;
    mutex_.AwaitWithTimeout(absl::Condition(this, &CallThreads::HasNews), kIdle);
    --idle_;
    if (waiting_.empty()) break;
    std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    mutex_.Unlock();
    work();
    work = nullptr;
    mutex_.Lock();
  }
  --threads_;
}

}  // namespace datamigrate::service
