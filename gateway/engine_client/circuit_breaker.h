// Stops asking an engine that does not answer, so that its callers' threads are free for others.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_CIRCUIT_BREAKER_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_CIRCUIT_BREAKER_H_

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace datamigrate::gateway {

struct CircuitBreakerOptions {
  int failures = 8;  // in a row: then it opens
  absl::Duration pause = absl::Seconds(2);
  std::function<absl::Time()> now = [] { return absl::Now(); };
};

// Closed: every call is made. Open: none is, for `pause`; then one, and its outcome decides.
// Thread safe.
class CircuitBreaker {
 public:
  explicit CircuitBreaker(CircuitBreakerOptions options) : options_(std::move(options)) {}

  // Whether the call may be made; then Note must follow. A call that is not made has failed with
  // kUnavailable.
  bool Admit();

  // What a call came to. kUnavailable and kDeadlineExceeded are the engine's failures; every other
  // status shows that it answers.
  void Note(const absl::Status& status);

  bool is_open() const;

 private:
  const CircuitBreakerOptions options_;
  mutable absl::Mutex mutex_;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time open_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool is_probing_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_CIRCUIT_BREAKER_H_
