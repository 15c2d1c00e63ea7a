#include "agent_engine/workflow/attempts.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "common/errors/error_context.h"

namespace datamigrate::workflow {
namespace {

// Cancels `source` at `deadline` unless destroyed before.
class Watchdog {
 public:
  Watchdog(Clock& clock, absl::Time deadline, CancellationSource& source) {
    if (deadline == absl::InfiniteFuture()) return;
    thread_ = std::thread([this, &clock, deadline, &source] {
      if (clock.SleepUntil(deadline, stop_.token())) {
        source.Cancel(absl::DeadlineExceededError("the node's time is up"));
      }
    });
  }
  ~Watchdog() {
    stop_.Cancel(absl::CancelledError("the node has ended"));
    if (thread_.joinable()) thread_.join();
  }

 private:
  CancellationSource stop_;
  std::thread thread_;
};

}  // namespace

bool IsTransient(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
      return true;
    default:
      return false;
  }
}

double UniformRandom() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

absl::Duration PauseAfter(const RetryPolicy& policy, int attempt, const Pacing& pacing) {
  absl::Duration pause = policy.first_pause * std::pow(policy.multiplier, attempt - 1);
  pause = std::min(pause, policy.longest_pause);
  return pause * (1.0 - std::clamp(policy.jitter, 0.0, 1.0) * pacing.random());
}

absl::Status RunAttempts(
    const RetryPolicy& policy, absl::Duration timeout, const Pacing& pacing,
    const CancellationToken& token,
    absl::FunctionRef<absl::Status(int attempt, const CancellationToken& token)> run,
    absl::FunctionRef<void(int attempt, const absl::Status& error, absl::Duration pause)>
        on_retry) {
  for (int attempt = 1;; ++attempt) {
    absl::Status status;
    try {
      CancellationSource source(token);
      Watchdog watchdog(*pacing.clock, pacing.clock->Now() + timeout, source);
      status = run(attempt, source.token());
    } catch (const std::exception& thrown) {
      status = absl::InternalError(fmt::format("unexpected exception: {}", thrown.what()));
    }
    if (status.ok()) return status;
    if (absl::Status stop = token.status(); !stop.ok()) return stop;
    status = errors::WithContext(status, {.attempt = attempt});
    const bool may_retry = policy.is_retryable ? policy.is_retryable(status) : IsTransient(status);
    if (!may_retry || attempt >= policy.max_attempts) return status;
    const absl::Duration pause = PauseAfter(policy, attempt, pacing);
    on_retry(attempt, status, pause);
    if (!pacing.clock->SleepUntil(pacing.clock->Now() + pause, token)) return token.status();
  }
}

}  // namespace datamigrate::workflow
