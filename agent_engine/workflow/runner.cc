#include "agent_engine/workflow/runner.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <random>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "absl/strings/cord.h"

namespace datamigrate::workflow {
namespace {

double UniformRandom() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

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

std::string Json(const nlohmann::json& json) {
  // Error texts may quote anything: what is not UTF-8 is replaced, not thrown at us.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The same status with the place in front; payloads stay.
absl::Status At(std::string_view place, const absl::Status& status) {
  absl::Status named(status.code(), fmt::format("{}: {}", place, std::string(status.message())));
  status.ForEachPayload(
      [&named](auto url, const absl::Cord& payload) { named.SetPayload(url, payload); });
  return named;
}

// A visit of a node goes on when its question is answered: what it did before it asked is done.
int64_t EffectsStep(const Checkpoint& from) {
  const bool goes_on = from.status == CheckpointStatus::kInterrupted && from.effects_step > 0;
  return goes_on ? from.effects_step : from.step + 1;
}

}  // namespace

Runner::Runner(const Graph* graph, RunnerPorts ports, RunnerOptions options)
    : graph_(graph), ports_(std::move(ports)), options_(std::move(options)) {
  if (ports_.clock == nullptr) ports_.clock = &SystemClock();
  if (!ports_.random) ports_.random = UniformRandom;
}

absl::Status Runner::Start(std::string_view run_id, std::string state,
                           std::optional<std::string> entry) {
  absl::StatusOr<std::optional<Checkpoint>> latest = ports_.store->Latest(run_id);
  if (!latest.ok()) return latest.status();
  if (latest->has_value()) return absl::OkStatus();
  std::string first = entry.value_or(graph_->entry());
  if (graph_->Find(first) == nullptr) {
    return absl::InvalidArgumentError(fmt::format("the graph has no node {} to start at", first));
  }
  Checkpoint start{.run_id = std::string(run_id), .next_node = first, .state = std::move(state)};
  return Store(start, {}, CancellationToken());
}

absl::StatusOr<RunResult> Runner::Run(std::string_view run_id, const CancellationToken& token) {
  absl::StatusOr<std::optional<Checkpoint>> latest = ports_.store->Latest(run_id);
  if (!latest.ok()) return latest.status();
  if (!latest->has_value()) {
    return absl::NotFoundError(fmt::format("run {} was never started", run_id));
  }
  absl::StatusOr<RunResult> result = RunOn(**std::move(latest), token);
  // Also after an error: what was done is kept, and told before the error is.
  absl::Status settled = ports_.store->Settle(run_id);
  if (result.ok() && !settled.ok()) return At(fmt::format("storing run {}", run_id), settled);
  return result;
}

absl::StatusOr<RunResult> Runner::RunOn(Checkpoint at, const CancellationToken& token) {
  while (true) {
    bool is_waiting = at.status == CheckpointStatus::kInterrupted && !at.answer.has_value();
    if (at.status == CheckpointStatus::kCompleted || is_waiting) return RunResult{at.status, at};
    if (absl::Status stop = token.status(); !stop.ok()) return stop;
    if (at.step >= options_.max_steps) {
      return absl::OutOfRangeError(
          fmt::format("run {} took {} steps without reaching its end; it stands before node {}",
                      at.run_id, at.step, at.next_node));
    }
    absl::StatusOr<Checkpoint> next = RunStep(at, token);
    if (!next.ok()) return next.status();
    at = *std::move(next);
  }
}

absl::StatusOr<Checkpoint> Runner::RunStep(const Checkpoint& from, const CancellationToken& token) {
  const Graph::Node* node = graph_->Find(from.next_node);
  if (node == nullptr) {
    return absl::FailedPreconditionError(
        fmt::format("run {} stands before node {}, which this program does not have", from.run_id,
                    from.next_node));
  }
  if (!node->options.may_run_ahead) {
    if (absl::Status settled = ports_.store->Settle(from.run_id); !settled.ok()) {
      return At(fmt::format("storing run {}", from.run_id), settled);
    }
  }
  absl::StatusOr<NodeResult> result = RunNode(*node, from, token);
  if (!result.ok()) return result.status();

  Checkpoint to{.run_id = from.run_id, .step = from.step + 1, .node = from.next_node};
  Effects effects = std::move(result->effects);
  std::string_view kind = kNodeCompleted;
  std::string payload;
  if (effects.interrupt.has_value()) {
    to.next_node = from.next_node;
    to.status = CheckpointStatus::kInterrupted;
    to.question = effects.interrupt->question;
    to.answer_within = effects.interrupt->answer_within;
    to.default_answer = effects.interrupt->default_answer;
    to.effects_step = EffectsStep(from);
    kind = kNodeInterrupted;
    payload = to.question;
  } else {
    absl::StatusOr<std::string> next = graph_->Next(from.next_node, result->state);
    if (!next.ok()) return At(fmt::format("node {}", from.next_node), next.status());
    to.next_node = *std::move(next);
    if (to.next_node == kEnd) to.status = CheckpointStatus::kCompleted;
    payload = Json({{"next", to.next_node}});
  }
  to.state = std::move(result->state);

  effects.events.push_back({.kind = std::string(kind), .payload = std::move(payload)});
  if (to.status == CheckpointStatus::kCompleted) {
    effects.events.push_back({.kind = std::string(kRunCompleted)});
  }
  for (Event& event : effects.events) {
    event.node = from.next_node;
    event.step = to.step;
    event.attempt = std::max(event.attempt, 1);
    event.at = ports_.clock->Now();
  }
  absl::Status stored = Store(to, effects, token);
  if (!stored.ok()) return stored;
  return to;
}

absl::Status Runner::Store(const Checkpoint& checkpoint, const Effects& effects,
                           const CancellationToken& token) {
  const Graph::Node* node = graph_->Find(checkpoint.node);
  const Graph::Node* next = graph_->Find(checkpoint.next_node);
  // The end of a node that ran ahead may come soon, too: Run waits for it before it returns.
  const bool is_ahead = (next == nullptr ? node : next)->options.may_run_ahead;
  const bool is_plain = effects.writes.empty() && !effects.interrupt.has_value();
  if (!is_ahead || !is_plain) return Commit(checkpoint, effects, token);
  absl::Status taken = ports_.store->CommitSoon(checkpoint, effects.events);
  if (taken.ok()) return taken;
  return At(fmt::format("storing checkpoint {} of run {}", checkpoint.step, checkpoint.run_id),
            taken);
}

absl::StatusOr<NodeResult> Runner::RunNode(const Graph::Node& node, const Checkpoint& from,
                                           const CancellationToken& token) {
  const RetryPolicy& policy = node.options.retry;
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<NodeResult> result = RunAttempt(node, from, token, attempt);
    if (result.ok()) return result;
    if (absl::Status stop = token.status(); !stop.ok()) return stop;
    bool may_retry =
        policy.is_retryable ? policy.is_retryable(result.status()) : IsTransient(result.status());
    std::string error(result.status().message());
    if (!may_retry || attempt >= policy.max_attempts) {
      Emit(from, kNodeFailed, attempt, Json({{"error", error}}));
      return At(fmt::format("node {}", from.next_node), result.status());
    }
    absl::Duration pause = Pause(policy, attempt);
    Emit(from, kNodeRetrying, attempt,
         Json({{"error", error}, {"pause_ms", absl::ToInt64Milliseconds(pause)}}));
    if (!ports_.clock->SleepUntil(ports_.clock->Now() + pause, token)) return token.status();
  }
}

absl::StatusOr<NodeResult> Runner::RunAttempt(const Graph::Node& node, const Checkpoint& from,
                                              const CancellationToken& token, int attempt) {
  Emit(from, kNodeStarted, attempt, "");
  CancellationSource source(token);
  Watchdog watchdog(*ports_.clock, ports_.clock->Now() + node.options.timeout, source);
  NodeContext context({from.run_id, from.next_node, from.step + 1, attempt, EffectsStep(from)},
                      source.token(), from.answer, ports_.journal, ports_.events, ports_.clock,
                      [this, &from] { return ports_.store->Settle(from.run_id); });
  try {
    return node.run(from.state, context);
  } catch (const std::exception& thrown) {
    return absl::InternalError(fmt::format("unexpected exception: {}", thrown.what()));
  }
}

// A lost reply is asked again: committing the same step twice is harmless.
absl::Status Runner::Commit(const Checkpoint& checkpoint, const Effects& effects,
                            const CancellationToken& token) {
  const RetryPolicy& policy = options_.commit_retry;
  for (int attempt = 1;; ++attempt) {
    absl::Status status = ports_.store->Commit(checkpoint, effects.writes, effects.events);
    if (status.ok()) return status;
    bool may_retry = IsTransient(status) || status.code() == absl::StatusCode::kUnknown;
    if (!may_retry || attempt >= policy.max_attempts) {
      return At(fmt::format("storing checkpoint {} of run {}", checkpoint.step, checkpoint.run_id),
                status);
    }
    absl::Time wake = ports_.clock->Now() + Pause(policy, attempt);
    if (!ports_.clock->SleepUntil(wake, token)) return token.status();
  }
}

absl::Duration Runner::Pause(const RetryPolicy& policy, int attempt) {
  absl::Duration pause = policy.first_pause * std::pow(policy.multiplier, attempt - 1);
  pause = std::min(pause, policy.longest_pause);
  return pause * (1.0 - std::clamp(policy.jitter, 0.0, 1.0) * ports_.random());
}

void Runner::Emit(const Checkpoint& from, std::string_view kind, int attempt, std::string payload) {
  if (ports_.events == nullptr) return;
  ports_.events->Emit(from.run_id, Event{.kind = std::string(kind),
                                         .node = from.next_node,
                                         .step = from.step + 1,
                                         .attempt = attempt,
                                         .payload = std::move(payload),
                                         .at = ports_.clock->Now()});
}

}  // namespace datamigrate::workflow
