#include "agent_engine/workflow/runner.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent_engine/workflow/failure_question.h"
#include "common/errors/error_context.h"

namespace datamigrate::workflow {
namespace {

std::string Json(const nlohmann::json& json) {
  // Error texts may quote anything: what is not UTF-8 is replaced, not thrown at us.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::Status NotStored(const Checkpoint& checkpoint, const absl::Status& status) {
  return errors::At(
      fmt::format("storing checkpoint {} of run {}", checkpoint.step, checkpoint.run_id),
      errors::WithContext(status, {.phase = kStoringPhase}));
}

absl::Status NotStored(std::string_view run_id, const absl::Status& status) {
  return errors::At(fmt::format("storing run {}", run_id),
                    errors::WithContext(status, {.phase = kStoringPhase}));
}

// The failure of a node, with all that is known about it here.
absl::Status OfNode(const absl::Status& status, const Checkpoint& from, const Frame& frame,
                    const Graph::Node& node) {
  return errors::At(
      fmt::format("node {}", from.next_node),
      errors::WithContext(status, {.agent = from.next_node,
                                   .strategy = StrategyName(node, frame.recovery.strategy),
                                   .tried = frame.recovery.tried,
                                   .step = from.step}));
}

// What a run says that has given up: no reason for anybody to try it again by himself.
absl::Status Failed(const Checkpoint& at) {
  const errors::ErrorContext failure = errors::FromJson(at.failure);
  return errors::WithContext(absl::FailedPreconditionError(failure.message), failure);
}

}  // namespace

Runner::Runner(const Graph* graph, RunnerPorts ports, RunnerOptions options)
    : graph_(graph), ports_(std::move(ports)), options_(std::move(options)) {
  pacing_.clock = ports_.clock == nullptr ? &SystemClock() : ports_.clock;
  pacing_.random = ports_.random ? ports_.random : UniformRandom;
}

absl::Status Runner::Start(std::string_view run_id, std::string state,
                           std::optional<std::string> entry) {
  absl::StatusOr<std::optional<Checkpoint>> latest = ports_.store->Latest(run_id);
  if (!latest.ok()) return latest.status();
  if (latest->has_value()) return absl::OkStatus();
  std::string first = entry.value_or(graph_->entry());
  if (graph_->Find(first) == nullptr || first.find('/') != first.npos) {
    return absl::InvalidArgumentError(fmt::format("the graph has no node {} to start at", first));
  }
  Checkpoint start{.run_id = std::string(run_id), .next_node = first, .state = std::move(state)};
  return Store(start, {}, {}, CancellationToken());
}

absl::StatusOr<RunResult> Runner::Run(std::string_view run_id, const CancellationToken& token) {
  absl::StatusOr<std::optional<Checkpoint>> latest = ports_.store->Latest(run_id);
  if (!latest.ok()) return latest.status();
  if (!latest->has_value()) {
    return absl::NotFoundError(fmt::format("run {} was never started", run_id));
  }
  absl::StatusOr<RunResult> result = RunOn(**std::move(latest), token);
  if (options_.on_last_wait) options_.on_last_wait();
  // Also after an error: what was done is kept, and told before the error is.
  absl::Status settled = ports_.store->Settle(run_id);
  if (result.ok()) return settled.ok() ? result : NotStored(run_id, settled);
  return errors::InFull(result.status());
}

absl::StatusOr<RunResult> Runner::RunOn(Checkpoint at, const CancellationToken& token) {
  while (true) {
    bool is_waiting = at.status == CheckpointStatus::kInterrupted && !at.answer.has_value();
    if (at.status == CheckpointStatus::kCompleted || is_waiting) return RunResult{at.status, at};
    if (absl::Status stop = token.status(); !stop.ok()) return stop;
    absl::StatusOr<Checkpoint> next = RunStep(at, token);
    if (!next.ok()) {
      const errors::ErrorContext failure = errors::ContextOf(next.status());
      // Of a node: what the store has to say is no news to it.
      if (!failure.agent.empty()) {
        ports_.store->NoteFailure(at.run_id, at.step, errors::ToJson(failure));
      }
      return next.status();
    }
    at = *std::move(next);
    if (at.status == CheckpointStatus::kFailed) return Failed(at);
  }
}

absl::StatusOr<Checkpoint> Runner::RunStep(const Checkpoint& from, const CancellationToken& token) {
  absl::StatusOr<Frame> frame = DecodeFrame(from.frame);
  if (!frame.ok()) {
    return errors::At(fmt::format("reading checkpoint {} of run {}", from.step, from.run_id),
                      frame.status());
  }
  if (frame->run_id != from.run_id) frame->undoable.clear();
  frame->run_id = from.run_id;
  if (!frame->rolling_back.empty()) return UndoOne(from, *frame, token);
  if (from.step >= options_.max_steps) {
    return RollBackOrFail(
        from, *frame,
        absl::OutOfRangeError(
            fmt::format("run {} took {} steps without reaching its end; it stands before node {}",
                        from.run_id, from.step, from.next_node)),
        token);
  }
  const Graph::Node* node = graph_->Find(from.next_node);
  if (node == nullptr) {
    return absl::FailedPreconditionError(
        fmt::format("run {} stands before node {}, which this program does not have", from.run_id,
                    from.next_node));
  }
  if (!node->run) return CrossBorder(from, *std::move(frame), *node, token);
  if (!frame->recovery.asked_about.empty()) return Obey(from, *std::move(frame), *node, token);
  return VisitNode(from, *frame, *node, token);
}

absl::StatusOr<Checkpoint> Runner::CrossBorder(const Checkpoint& from, Frame frame,
                                               const Graph::Node& node,
                                               const CancellationToken& token) {
  const std::string place = fmt::format("node {}", from.next_node);
  absl::StatusOr<std::string> state;
  if (node.kind == NodeKind::kEnter) {
    state = node.states.enter(from.state);
    frame.outer_states.push_back(from.state);
  } else if (frame.outer_states.empty()) {
    return absl::DataLossError(fmt::format("{}: the outer state is not there", place));
  } else {
    state = node.states.leave(frame.outer_states.back(), from.state);
    frame.outer_states.pop_back();
  }
  absl::StatusOr<std::string> next = state.ok() ? graph_->Next(from.next_node, *state)
                                                : absl::StatusOr<std::string>(state.status());
  if (!next.ok()) {
    return RollBackOrFail(from, frame, OfNode(next.status(), from, frame, node), token);
  }
  Following to{.checkpoint = {.run_id = from.run_id,
                              .step = from.step + 1,
                              .node = from.next_node,
                              .next_node = *std::move(next),
                              .state = *std::move(state),
                              .frame = Encode(frame)},
               .ends_visit = true};
  return StoreFollowing(from, std::move(to), {}, token);
}

absl::StatusOr<Checkpoint> Runner::Obey(const Checkpoint& from, Frame frame,
                                        const Graph::Node& node, const CancellationToken& token) {
  const FailureQuestion question = node.options.ask.value_or(FailureQuestion{});
  const errors::ErrorContext failure = errors::FromJson(frame.recovery.asked_about);
  const std::optional<FailureOption> chosen =
      ChosenOf(from.answer.value_or(""), question, !frame.undoable.empty());
  if (!chosen.has_value()) {
    const bool is_transient = IsTransient(errors::StatusOf(failure));
    return StoreFollowing(from, AskPerson(from, std::move(frame), question, failure, is_transient),
                          {}, token);
  }
  switch (*chosen) {
    case FailureOption::kRetry: {
      Checkpoint again = from;
      again.answer.reset();  // It was not for the node.
      frame.recovery.strategy = 0;
      frame.recovery.asked_about.clear();
      return VisitNode(again, frame, node, token);
    }
    case FailureOption::kSkip: {
      absl::StatusOr<std::string> next = graph_->Next(from.next_node, from.state);
      if (!next.ok()) return OfNode(next.status(), from, frame, node);
      return StoreFollowing(from, Skip(from, std::move(frame), *std::move(next)), {}, token);
    }
    case FailureOption::kRollBack:
      return StoreFollowing(from, BeginRollback(from, std::move(frame), failure), {}, token);
    case FailureOption::kGiveUp:
      break;
  }
  return StoreFollowing(from, GiveUp(from, std::move(frame), failure), {}, token);
}

absl::StatusOr<Checkpoint> Runner::VisitNode(const Checkpoint& from, const Frame& frame,
                                             const Graph::Node& node,
                                             const CancellationToken& token) {
  if (!node.options.may_run_ahead) {
    if (absl::Status settled = ports_.store->Settle(from.run_id); !settled.ok()) {
      return NotStored(from.run_id, settled);
    }
  }
  absl::StatusOr<Visit> visit = RunNode(node, from, frame, token);
  if (visit.ok()) return EndVisit(from, frame, node, *std::move(visit), token);
  return AfterFailure(from, frame, node, visit.status(), token);
}

absl::StatusOr<Checkpoint> Runner::EndVisit(const Checkpoint& from, const Frame& frame,
                                            const Graph::Node& node, Visit visit,
                                            const CancellationToken& token) {
  Effects& effects = visit.result.effects;
  // A visit that goes on after an answer reads its messages again.
  if (effects.interrupt.has_value()) visit.taken_messages.clear();
  const absl::Status added =
      AddRecords(from.next_node, from.step + 1, visit.taken_messages, effects);
  absl::StatusOr<Following> next =
      added.ok() ? LeadOn(from, frame, node, visit) : absl::StatusOr<Following>(added);
  if (!next.ok()) {
    return AfterFailure(from, frame, node, OfNode(next.status(), from, frame, node), token);
  }
  absl::StatusOr<Checkpoint> stored = StoreFollowing(from, *std::move(next), effects.writes, token);
  if (stored.ok() || !absl::IsInvalidArgument(stored.status())) return stored;
  // What the node wanted to write was refused: that is the node's failure, not the store's.
  return RollBackOrFail(from, frame, OfNode(stored.status(), from, frame, node), token);
}

absl::StatusOr<Following> Runner::LeadOn(const Checkpoint& from, Frame frame,
                                         const Graph::Node& node, Visit& visit) const {
  Following next{.checkpoint = {.run_id = from.run_id,
                                .step = from.step + 1,
                                .node = from.next_node,
                                .next_node = from.next_node}};
  if (const std::optional<Interrupt>& asked = visit.result.effects.interrupt; asked.has_value()) {
    next.checkpoint.status = CheckpointStatus::kInterrupted;
    next.checkpoint.question = asked->question;
    next.checkpoint.answer_within = asked->answer_within;
    next.checkpoint.default_answer = asked->default_answer;
    next.checkpoint.effects_step = EffectsStep(from);
    frame.recovery.answer.reset();
  } else {
    absl::StatusOr<std::string> target = graph_->Next(from.next_node, visit.result.state);
    if (!target.ok()) return target.status();
    next.checkpoint.next_node = *std::move(target);
    if (next.checkpoint.next_node == kEnd) next.checkpoint.status = CheckpointStatus::kCompleted;
    next.ends_visit = true;
    frame.recovery = {};
    if (node.undo) {
      frame.undoable.push_back({from.step + 1, EffectsStep(from) - 1, from.next_node});
    }
  }
  next.checkpoint.state = std::move(visit.result.state);
  next.checkpoint.frame = Encode(frame);
  next.events = std::move(visit.result.effects.events);
  return next;
}

absl::StatusOr<Checkpoint> Runner::AfterFailure(const Checkpoint& from, const Frame& frame,
                                                const Graph::Node& node, const absl::Status& error,
                                                const CancellationToken& token) {
  const errors::ErrorContext failure = errors::ContextOf(error);
  if (!token.status().ok() || failure.phase == kStoringPhase) return error;
  // Somebody has said no: that is an answer already.
  if (absl::IsCancelled(error)) return RollBackOrFail(from, frame, error, token);
  if (const auto next = NextStrategy(node, frame.recovery.strategy, error); next.has_value()) {
    return StoreFollowing(from, TryStrategy(from, frame, node, *next, failure), {}, token);
  }
  if (node.options.ask.has_value() && PolicyOf(from, frame) == WhenFailed::kAsk) {
    return StoreFollowing(
        from, AskPerson(from, frame, *node.options.ask, failure, IsTransient(error)), {}, token);
  }
  return RollBackOrFail(from, frame, error, token);
}

WhenFailed Runner::PolicyOf(const Checkpoint& from, const Frame& frame) const {
  return graph_->when_failed(frame.outer_states.empty() ? from.state : frame.outer_states.front());
}

absl::StatusOr<Checkpoint> Runner::RollBackOrFail(const Checkpoint& from, const Frame& frame,
                                                  const absl::Status& error,
                                                  const CancellationToken& token) {
  const bool is_final =
      options_.is_final ? options_.is_final(error) : !IsTransient(error) && !absl::IsUnknown(error);
  if (!is_final || frame.undoable.empty()) return error;
  if (PolicyOf(from, frame) == WhenFailed::kStop) return error;
  return StoreFollowing(from, BeginRollback(from, frame, errors::ContextOf(error)), {}, token);
}

absl::StatusOr<Checkpoint> Runner::UndoOne(const Checkpoint& from, const Frame& frame,
                                           const CancellationToken& token) {
  if (frame.undoable.empty()) {
    return absl::DataLossError(fmt::format("run {} rolls back and has nothing to", from.run_id));
  }
  const UndoableVisit& visit = frame.undoable.back();
  const Graph::Node* node = graph_->Find(visit.node);
  if (node == nullptr || !node->undo) {
    return absl::FailedPreconditionError(fmt::format(
        "run {} is to undo node {}, which this program cannot", from.run_id, visit.node));
  }
  absl::StatusOr<Checkpoint> left = ports_.store->At(from.run_id, visit.step);
  if (!left.ok()) return NotStored(from, left.status());
  absl::StatusOr<Checkpoint> before = ports_.store->At(from.run_id, visit.before);
  if (!before.ok()) return NotStored(from, before.status());
  absl::StatusOr<Frame> frame_before = DecodeFrame(before->frame);
  if (!frame_before.ok()) return frame_before.status();
  absl::StatusOr<Effects> effects = RunUndo(from, visit, left->state, token);
  if (!effects.ok()) {
    if (absl::Status stop = token.status(); !stop.ok()) return stop;
    return errors::At(
        fmt::format("undoing node {} of step {}", visit.node, visit.step),
        errors::WithContext(effects.status(),
                            {.agent = visit.node, .phase = "undo", .step = from.step}));
  }
  Following next = StepBack(from, frame, *before, *frame_before);
  next.events.insert(next.events.begin(), effects->events.begin(), effects->events.end());
  return StoreFollowing(from, std::move(next), effects->writes, token);
}

absl::StatusOr<Effects> Runner::RunUndo(const Checkpoint& from, const UndoableVisit& visit,
                                        std::string_view state, const CancellationToken& token) {
  const Graph::Node& node = *graph_->Find(visit.node);
  Effects effects;
  auto undo = [&](int attempt, const CancellationToken& stop) -> absl::Status {
    NodeContext context({.run_id = from.run_id,
                         .node = visit.node,
                         .step = from.step + 1,
                         .attempt = attempt,
                         .effects_step = from.step + 1},
                        stop, std::nullopt, PortsFor(from));
    absl::StatusOr<Effects> done = node.undo(state, context);
    if (!done.ok()) return done.status();
    effects = *std::move(done);
    const bool is_quiet = !effects.interrupt.has_value() && effects.messages.empty() &&
                          context.TakenMessages().empty();
    if (!is_quiet) return absl::InvalidArgumentError("an undo neither asks nor takes or sends");
    if (ports_.records != nullptr)
      effects.writes.push_back(ports_.records->Rewinding(visit.before));
    return AddRecords(visit.node, from.step + 1, {}, effects);
  };
  if (absl::Status ran = RunAttemptsOf(node, from, token, undo); !ran.ok()) return ran;
  return effects;
}

absl::StatusOr<Runner::Visit> Runner::RunNode(const Graph::Node& node, const Checkpoint& from,
                                              const Frame& frame, const CancellationToken& token) {
  const std::size_t strategy = std::min(frame.recovery.strategy, node.strategies.size());
  const Strategy* other = strategy == 0 ? nullptr : &node.strategies[strategy - 1];
  const NodeFunction& function = other == nullptr ? node.run : other->run;
  Visit visit;
  auto run = [&](int attempt, const CancellationToken& stop) -> absl::Status {
    Emit(from, kNodeStarted, attempt, "");
    NodeContext context({.run_id = from.run_id,
                         .node = from.next_node,
                         .step = from.step + 1,
                         .attempt = attempt,
                         .effects_step = EffectsStep(from),
                         .strategy = other == nullptr ? "" : other->name},
                        stop, AnswerFor(from, frame), PortsFor(from));
    absl::StatusOr<NodeResult> result = function(from.state, context);
    if (result.ok()) visit = {*std::move(result), context.TakenMessages()};
    return result.status();
  };
  const absl::Status ran = RunAttemptsOf(node, from, token, run);
  if (ran.ok()) return visit;
  if (absl::Status stop = token.status(); !stop.ok()) return stop;
  const absl::Status failed = OfNode(ran, from, frame, node);
  const errors::ErrorContext failure = errors::ContextOf(failed);
  Emit(from, kNodeFailed, failure.attempt,
       Json({{"error", std::string(ran.message())},
             {"context", nlohmann::json::parse(errors::ToJson(failure))}}));
  return failed;
}

absl::Status Runner::RunAttemptsOf(
    const Graph::Node& node, const Checkpoint& from, const CancellationToken& token,
    absl::FunctionRef<absl::Status(int, const CancellationToken&)> work) {
  auto tell = [&](int attempt, const absl::Status& error, absl::Duration pause) {
    Emit(from, kNodeRetrying, attempt,
         Json({{"error", std::string(error.message())},
               {"pause_ms", absl::ToInt64Milliseconds(pause)}}));
  };
  return RunAttempts(node.options.retry, node.options.timeout, pacing_, token, work, tell);
}

absl::Status Runner::AddRecords(const std::string& node, int64_t step,
                                const std::vector<int64_t>& taken_messages,
                                Effects& effects) const {
  if (effects.messages.empty() && effects.memories.empty() && taken_messages.empty()) {
    return absl::OkStatus();
  }
  if (ports_.records == nullptr) {
    return absl::FailedPreconditionError("this runner has no place for messages and memories");
  }
  for (Message message : effects.messages) {
    std::optional<std::string> to = graph_->Resolve(node, message.to);
    if (!to.has_value()) {
      return absl::InvalidArgumentError(
          fmt::format("it sends a message to \"{}\", which is no node", message.to));
    }
    if (!nlohmann::json::accept(message.body)) {
      return absl::InvalidArgumentError(fmt::format("its message to {} is no JSON", *to));
    }
    message.to = *std::move(to);
    effects.writes.push_back(ports_.records->Sending(node, message, step));
  }
  for (const Memory& memory : effects.memories) {
    if (!nlohmann::json::accept(memory.value.value_or("null"))) {
      return absl::InvalidArgumentError(
          fmt::format("what it remembers as \"{}\" is no JSON", memory.key));
    }
    effects.writes.push_back(ports_.records->Remembering(node, memory));
  }
  if (!taken_messages.empty()) {
    effects.writes.push_back(ports_.records->Taking(taken_messages, step));
  }
  return absl::OkStatus();
}

NodePorts Runner::PortsFor(const Checkpoint& from) const {
  return {.journal = ports_.journal,
          .events = ports_.events,
          .pacing = pacing_,
          .records = ports_.records,
          .settle = [this, run_id = from.run_id] { return ports_.store->Settle(run_id); }};
}

absl::StatusOr<Checkpoint> Runner::StoreFollowing(const Checkpoint& from, Following next,
                                                  const std::vector<Write>& writes,
                                                  const CancellationToken& token) {
  Checkpoint& to = next.checkpoint;
  if (to.status == CheckpointStatus::kInterrupted) {
    next.events.push_back({.kind = std::string(kNodeInterrupted), .payload = to.question});
  } else if (next.ends_visit) {
    next.events.push_back(
        {.kind = std::string(kNodeCompleted), .payload = Json({{"next", to.next_node}})});
  }
  if (to.status == CheckpointStatus::kCompleted) {
    next.events.push_back({.kind = std::string(kRunCompleted)});
  }
  for (Event& event : next.events) {
    event.node = from.next_node;
    event.step = to.step;
    event.attempt = std::max(event.attempt, 1);
    event.at = pacing_.clock->Now();
  }
  if (absl::Status stored = Store(to, writes, next.events, token); !stored.ok()) return stored;
  return std::move(to);
}

absl::Status Runner::Store(const Checkpoint& checkpoint, const std::vector<Write>& writes,
                           const std::vector<Event>& events, const CancellationToken& token) {
  const Graph::Node* node = graph_->Find(checkpoint.node);
  const Graph::Node* next = graph_->Find(checkpoint.next_node);
  // The end of a node that ran ahead may come soon, too: Run waits for it before it returns.
  const Graph::Node* ahead = next == nullptr ? node : next;
  const bool is_ahead = ahead != nullptr && ahead->options.may_run_ahead;
  // Questions and what follows a failure (recovery.h) are stored at once.
  const bool is_plain = writes.empty() && checkpoint.effects_step == 0 &&
                        checkpoint.failure.empty() &&
                        checkpoint.status != CheckpointStatus::kInterrupted;
  if (!is_ahead || !is_plain) return Commit(checkpoint, writes, events, token);
  absl::Status taken = ports_.store->CommitSoon(checkpoint, events);
  return taken.ok() ? taken : NotStored(checkpoint, taken);
}

// A lost reply is asked again: committing the same step twice is harmless.
absl::Status Runner::Commit(const Checkpoint& checkpoint, const std::vector<Write>& writes,
                            const std::vector<Event>& events, const CancellationToken& token) {
  const RetryPolicy& policy = options_.commit_retry;
  for (int attempt = 1;; ++attempt) {
    absl::Status status = ports_.store->Commit(checkpoint, writes, events);
    if (status.ok()) return status;
    bool may_retry = IsTransient(status) || status.code() == absl::StatusCode::kUnknown;
    if (!may_retry || attempt >= policy.max_attempts) return NotStored(checkpoint, status);
    absl::Time wake = pacing_.clock->Now() + PauseAfter(policy, attempt, pacing_);
    if (!pacing_.clock->SleepUntil(wake, token)) return token.status();
  }
}

void Runner::Emit(const Checkpoint& from, std::string_view kind, int attempt, std::string payload) {
  if (ports_.events == nullptr) return;
  ports_.events->Emit(from.run_id, Event{.kind = std::string(kind),
                                         .node = from.next_node,
                                         .step = from.step + 1,
                                         .attempt = attempt,
                                         .payload = std::move(payload),
                                         .at = pacing_.clock->Now()});
}

}  // namespace datamigrate::workflow
