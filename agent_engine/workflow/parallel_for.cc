#include "agent_engine/workflow/parallel_for.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace datamigrate::workflow {
namespace {

// Hands out indexes in order until something goes wrong.
class IndexQueue {
 public:
  IndexQueue(std::size_t count, const CancellationToken& token) : count_(count), token_(token) {}

  std::optional<std::size_t> Next() {
    absl::MutexLock lock(&mutex_);
    if (next_ >= count_ || has_failed_) return std::nullopt;
    if (token_.IsCancelled()) {
      has_failed_ = true;
      return std::nullopt;
    }
    return next_++;
  }

  void Fail(std::size_t index, absl::Status error) {
    absl::MutexLock lock(&mutex_);
    has_failed_ = true;
    if (!error_.ok() && failed_index_ < index) return;
    error_ = std::move(error);
    failed_index_ = index;
  }

  void Fail(std::exception_ptr exception) {
    absl::MutexLock lock(&mutex_);
    has_failed_ = true;
    if (exception_ == nullptr) exception_ = std::move(exception);
  }

  // Once every thread has ended.
  absl::Status Outcome() {
    absl::MutexLock lock(&mutex_);
    if (exception_ != nullptr) std::rethrow_exception(exception_);
    if (!error_.ok()) return error_;
    return next_ < count_ ? token_.status() : absl::OkStatus();
  }

 private:
  const std::size_t count_;
  const CancellationToken token_;
  absl::Mutex mutex_;
  std::size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  bool has_failed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  std::size_t failed_index_ ABSL_GUARDED_BY(mutex_) = 0;
  std::exception_ptr exception_ ABSL_GUARDED_BY(mutex_);
};

void Drain(IndexQueue& queue, const std::function<absl::Status(std::size_t)>& work) {
  while (std::optional<std::size_t> index = queue.Next()) {
    try {
      absl::Status status = work(*index);
      if (!status.ok()) queue.Fail(*index, std::move(status));
    } catch (...) {
      queue.Fail(std::current_exception());
    }
  }
}

}  // namespace

absl::Status ParallelForIndex(std::size_t count, std::size_t limit, const CancellationToken& token,
                              const std::function<absl::Status(std::size_t)>& work) {
  IndexQueue queue(count, token);
  std::size_t workers = std::min(count, std::max<std::size_t>(limit, 1));
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < workers; ++i) {
    try {
      threads.emplace_back([&] { Drain(queue, work); });
    } catch (const std::system_error&) {
      break;  // the system has no more threads: those that there are do the work
    }
  }
  Drain(queue, work);  // the calling thread is one of them
  for (std::thread& thread : threads) thread.join();
  return queue.Outcome();
}

}  // namespace datamigrate::workflow
