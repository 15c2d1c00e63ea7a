#include "agent_engine/workflow/cancellation.h"

#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace datamigrate::workflow {
namespace internal {

struct CancellationState {
  mutable absl::Mutex mutex;
  absl::Status reason ABSL_GUARDED_BY(mutex);
  std::map<int, std::function<void()>> callbacks ABSL_GUARDED_BY(mutex);
  int next_id ABSL_GUARDED_BY(mutex) = 1;
  int calling ABSL_GUARDED_BY(mutex) = 0;  // the callback that runs; 0: none
  std::thread::id caller ABSL_GUARDED_BY(mutex);

  int Add(std::function<void()> callback) {
    {
      absl::MutexLock lock(&mutex);
      if (reason.ok()) {
        callbacks[next_id] = std::move(callback);
        return next_id++;
      }
    }
    callback();
    return 0;
  }

  void Remove(int id) {
    absl::MutexLock lock(&mutex);
    callbacks.erase(id);
    if (calling == id && caller == std::this_thread::get_id()) return;
    auto is_over = [this, id]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return calling != id; };
    mutex.Await(absl::Condition(&is_over));
  }

  void Cancel(absl::Status why) {
    absl::MutexLock lock(&mutex);
    if (!reason.ok()) return;
    reason = std::move(why);
    caller = std::this_thread::get_id();
    while (!callbacks.empty()) {
      auto first = callbacks.extract(callbacks.begin());
      calling = first.key();
      mutex.Unlock();
      first.mapped()();
      mutex.Lock();
      calling = 0;
    }
  }

  absl::Status Reason() const {
    absl::MutexLock lock(&mutex);
    return reason;
  }
};

}  // namespace internal

CancellationSubscription::CancellationSubscription(
    std::shared_ptr<internal::CancellationState> state, int id)
    : state_(std::move(state)), id_(id) {}

CancellationSubscription::CancellationSubscription(CancellationSubscription&& other) noexcept
    : state_(std::move(other.state_)), id_(std::exchange(other.id_, 0)) {}

CancellationSubscription& CancellationSubscription::operator=(
    CancellationSubscription&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(id_, other.id_);
  return *this;
}

CancellationSubscription::~CancellationSubscription() {
  if (state_ != nullptr && id_ != 0) state_->Remove(id_);
}

CancellationToken::CancellationToken(std::shared_ptr<internal::CancellationState> state)
    : state_(std::move(state)) {}

bool CancellationToken::IsCancelled() const {
  return !status().ok();
}

absl::Status CancellationToken::status() const {
  return state_ == nullptr ? absl::OkStatus() : state_->Reason();
}

CancellationSubscription CancellationToken::OnCancel(std::function<void()> callback) const {
  if (state_ == nullptr) return {};
  int id = state_->Add(std::move(callback));
  return {state_, id};
}

CancellationSource::CancellationSource()
    : state_(std::make_shared<internal::CancellationState>()) {}

CancellationSource::CancellationSource(const CancellationToken& parent) : CancellationSource() {
  parent_ = parent.OnCancel([state = state_, parent] { state->Cancel(parent.status()); });
}

CancellationToken CancellationSource::token() const {
  return CancellationToken(state_);
}

void CancellationSource::Cancel(absl::Status reason) {
  state_->Cancel(std::move(reason));
}

}  // namespace datamigrate::workflow
