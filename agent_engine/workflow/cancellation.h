// Telling running work to stop, from any thread, with a reason.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_CANCELLATION_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_CANCELLATION_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"

namespace datamigrate::workflow {

namespace internal {
struct CancellationState;
}

// Ends the subscription when it leaves scope. Waits for a callback that is running right now,
// unless that callback itself is what destroys it.
class CancellationSubscription {
 public:
  CancellationSubscription() = default;
  CancellationSubscription(std::shared_ptr<internal::CancellationState> state, int id);
  CancellationSubscription(CancellationSubscription&& other) noexcept;
  CancellationSubscription& operator=(CancellationSubscription&& other) noexcept;
  ~CancellationSubscription();

 private:
  std::shared_ptr<internal::CancellationState> state_;
  int id_ = 0;
};

// What work looks at. Copies share one state; a default token is never cancelled. Thread safe.
class CancellationToken {
 public:
  CancellationToken() = default;

  bool IsCancelled() const;

  // OK, or why to stop: kCancelled (a person said so), kDeadlineExceeded (the node's time is up),
  // kUnavailable (the process is shutting down), kFailedPrecondition (the lease was lost).
  absl::Status status() const;

  // Calls `callback` once when cancelled, on the cancelling thread; at once when it already is.
  // For what does not poll: killing a child process, interrupting a query. It must not block.
  [[nodiscard]] CancellationSubscription OnCancel(std::function<void()> callback) const;

 private:
  friend class CancellationSource;
  explicit CancellationToken(std::shared_ptr<internal::CancellationState> state);
  std::shared_ptr<internal::CancellationState> state_;
};

// The other end. A source made from a parent token is cancelled with it. Thread safe.
class CancellationSource {
 public:
  CancellationSource();
  explicit CancellationSource(const CancellationToken& parent);

  CancellationToken token() const;

  // The first reason stays. Precondition: !reason.ok().
  void Cancel(absl::Status reason);

 private:
  std::shared_ptr<internal::CancellationState> state_;
  CancellationSubscription parent_;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_CANCELLATION_H_
