#include "agent_engine/routing/deployment_states.h"

#include <algorithm>
#include <utility>

namespace datamigrate::routing {
namespace {

constexpr double kSecondsPerMinute = 60;
constexpr absl::Duration kLookAgain = absl::Milliseconds(20);

}  // namespace

void DeploymentStates::Bucket::Refill(double per_minute, absl::Duration now) {
  if (at == -absl::InfiniteDuration()) {
    level = per_minute;
  } else {
    const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - at));
    level = std::min(per_minute, level + seconds * per_minute / kSecondsPerMinute);
  }
  at = now;
}

absl::Duration DeploymentStates::Bucket::ReadyAt(double amount, double per_minute) const {
  // A call of more than a minute's tokens goes when the bucket is full; else it would never.
  const double missing = std::min(amount, per_minute) - level;
  if (missing <= 0) return at;
  return at + absl::Seconds(missing * kSecondsPerMinute / per_minute);
}

absl::Duration DeploymentStates::OpensAt(const Deployment& deployment, State& state, int64_t tokens,
                                         absl::Duration now) {
  const bool is_full =
      deployment.max_in_flight > 0 && state.status.in_flight >= deployment.max_in_flight;
  // Nobody knows when a call ends.
  if (state.is_probed || is_full) return now + kLookAgain;
  absl::Duration opens = state.status.cools_until;
  if (deployment.requests_per_minute > 0) {
    state.requests.Refill(deployment.requests_per_minute, now);
    opens = std::max(opens, state.requests.ReadyAt(1, deployment.requests_per_minute));
  }
  if (deployment.tokens_per_minute > 0) {
    const auto per_minute = static_cast<double>(deployment.tokens_per_minute);
    state.tokens.Refill(per_minute, now);
    opens = std::max(opens, state.tokens.ReadyAt(static_cast<double>(tokens), per_minute));
  }
  return opens;
}

std::variant<DeploymentStates::Picked, DeploymentStates::Wait> DeploymentStates::Pick(
    const std::vector<const Deployment*>& candidates, int64_t tokens, absl::Duration now) {
  absl::MutexLock lock(&mutex_);
  const Deployment* best = nullptr;
  State* best_state = nullptr;
  absl::Duration first_opens = absl::InfiniteDuration();
  for (const Deployment* deployment : candidates) {
    State& state = states_[deployment->name];
    const absl::Duration opens = OpensAt(*deployment, state, tokens, now);
    first_opens = std::min(first_opens, opens);
    if (opens > now) continue;
    const auto order = [](const State& s) { return std::pair(s.status.in_flight, s.asked_at); };
    if (best == nullptr || order(state) < order(*best_state)) {
      best = deployment;
      best_state = &state;
    }
  }
  if (best == nullptr) return Wait{first_opens};
  best_state->is_probed = best_state->status.cools_until > -absl::InfiniteDuration();
  best_state->asked_at = now;
  ++best_state->status.in_flight;
  best_state->requests.level -= 1;
  best_state->tokens.level -= static_cast<double>(tokens);
  return Picked{best};
}

void DeploymentStates::Finish(const Deployment& deployment, const Result& result,
                              const CooldownRules& rules, absl::Duration now) {
  absl::MutexLock lock(&mutex_);
  State& state = states_[deployment.name];
  const bool was_probe = std::exchange(state.is_probed, false);
  --state.status.in_flight;
  state.tokens.level -= static_cast<double>(result.more_tokens);
  if (result.outcome == Outcome::kNoVerdict) return;
  if (result.outcome == Outcome::kAnswered) {
    state.status.failures = 0;
    state.status.last_failure.clear();
    state.status.cools_until = -absl::InfiniteDuration();
    return;
  }
  ++state.status.failures;
  state.status.last_failure = result.failure;
  if (result.outcome == Outcome::kMustWait) {
    state.status.cools_until = std::max(state.status.cools_until, result.cool_until);
    return;
  }
  const int beyond = state.status.failures - rules.failures;
  if (beyond < 0 && !was_probe) return;
  absl::Duration cools = rules.first;
  for (int i = 0; i < beyond && cools < rules.longest; ++i) cools *= 2;
  state.status.cools_until = now + std::min(cools, rules.longest);
}

DeploymentStates::Status DeploymentStates::StatusOf(const std::string& deployment) const {
  absl::MutexLock lock(&mutex_);
  const auto found = states_.find(deployment);
  return found == states_.end() ? Status() : found->second.status;
}

}  // namespace datamigrate::routing
