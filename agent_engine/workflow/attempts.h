// The same work again, with growing pauses, as its policy says: a node's, an item's, an undo's.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_ATTEMPTS_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_ATTEMPTS_H_

#include <functional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent_engine/workflow/cancellation.h"
#include "agent_engine/workflow/clock.h"

namespace datamigrate::workflow {

struct RetryPolicy {
  int max_attempts = 3;
  absl::Duration first_pause = absl::Seconds(1);
  double multiplier = 2.0;
  absl::Duration longest_pause = absl::Minutes(1);
  double jitter = 0.5;  // share of a pause that chance may take away, 0 to 1
  std::function<bool(const absl::Status&)> is_retryable = nullptr;  // empty: IsTransient
};

// kUnavailable, kResourceExhausted, kDeadlineExceeded and kAborted.
bool IsTransient(const absl::Status& status);

// Where pauses come from. Thread safe when both are.
struct Pacing {
  Clock* clock = nullptr;                    // required
  std::function<double()> random = nullptr;  // required: uniform in [0, 1)
};

// Uniform in [0, 1), thread safe.
double UniformRandom();

// How long to wait after the attempt, counted from 1.
absl::Duration PauseAfter(const RetryPolicy& policy, int attempt, const Pacing& pacing);

// Calls `run` with the number of the attempt, from 1, and a token that is cancelled with `token` or
// after `timeout`, until it succeeds, fails for good or the attempts are used up. `on_retry` hears
// of each failure that another attempt follows, before the pause. Returns the last answer with its
// attempt as context, or the token's reason when it was cancelled. A std::exception that leaves
// `run` is kInternal.
absl::Status RunAttempts(
    const RetryPolicy& policy, absl::Duration timeout, const Pacing& pacing,
    const CancellationToken& token,
    absl::FunctionRef<absl::Status(int attempt, const CancellationToken& token)> run,
    absl::FunctionRef<void(int attempt, const absl::Status& error, absl::Duration pause)> on_retry);

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_ATTEMPTS_H_
