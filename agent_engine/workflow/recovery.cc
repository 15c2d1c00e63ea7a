#include "agent_engine/workflow/recovery.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent_engine/workflow/failure_question.h"

namespace datamigrate::workflow {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestReason = 300;

std::string Json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json ErrorJson(const errors::ErrorContext& failure) {
  return {{"error", failure.message}, {"context", json::parse(errors::ToJson(failure))}};
}

// `from` once more, one step later, and nothing of what was asked there.
Checkpoint Follow(const Checkpoint& from) {
  return {.run_id = from.run_id,
          .step = from.step + 1,
          .node = from.next_node,
          .next_node = from.next_node,
          .state = from.state};
}

std::string UndoName(const Frame& frame) {
  return fmt::format("{}{}", kUndoPrefix, frame.undoable.back().node);
}

std::vector<std::string> NodesToUndo(const Frame& frame) {
  std::vector<std::string> names;
  for (auto visit = frame.undoable.rbegin(); visit != frame.undoable.rend(); ++visit) {
    names.push_back(visit->node);
  }
  return names;
}

}  // namespace

int64_t EffectsStep(const Checkpoint& from) {
  return from.effects_step > 0 ? from.effects_step : from.step + 1;
}

std::optional<std::string> AnswerFor(const Checkpoint& from, const Frame& frame) {
  const bool is_for_node = frame.recovery.asked_about.empty() && from.answer.has_value();
  return is_for_node ? from.answer : frame.recovery.answer;
}

std::string StrategyName(const Graph::Node& node, std::size_t strategy) {
  if (strategy == 0 || strategy > node.strategies.size()) return std::string(kFirstStrategy);
  return node.strategies[strategy - 1].name;
}

std::optional<std::size_t> NextStrategy(const Graph::Node& node, std::size_t strategy,
                                        const absl::Status& error) {
  for (std::size_t next = strategy + 1; next <= node.strategies.size(); ++next) {
    const Strategy& candidate = node.strategies[next - 1];
    if (!candidate.helps || candidate.helps(error)) return next;
  }
  return std::nullopt;
}

Following TryStrategy(const Checkpoint& from, Frame frame, const Graph::Node& node,
                      std::size_t strategy, const errors::ErrorContext& failure) {
  Following next{.checkpoint = Follow(from)};
  frame.recovery.answer = AnswerFor(from, frame);
  frame.recovery.asked_about.clear();
  frame.recovery.tried.push_back(fmt::format("{} ({})", StrategyName(node, frame.recovery.strategy),
                                             failure.message.substr(0, kLongestReason)));
  frame.recovery.strategy = strategy;
  next.checkpoint.effects_step = EffectsStep(from);
  next.checkpoint.frame = Encode(frame);
  next.checkpoint.failure = errors::ToJson(failure);
  json payload = ErrorJson(failure);
  payload["next"] = StrategyName(node, frame.recovery.strategy);
  next.events.push_back({.kind = std::string(kStrategyFailed), .payload = Json(payload)});
  return next;
}

Following AskPerson(const Checkpoint& from, Frame frame, const FailureQuestion& question,
                    const errors::ErrorContext& failure, bool is_transient) {
  Following next{.checkpoint = Follow(from)};
  const Interrupt asked = AskAbout(failure, question, is_transient, NodesToUndo(frame));
  frame.recovery.answer = AnswerFor(from, frame);
  frame.recovery.asked_about = errors::ToJson(failure);
  next.checkpoint.status = CheckpointStatus::kInterrupted;
  next.checkpoint.question = asked.question;
  next.checkpoint.answer_within = asked.answer_within;
  next.checkpoint.default_answer = asked.default_answer;
  next.checkpoint.effects_step = EffectsStep(from);
  next.checkpoint.frame = Encode(frame);
  next.checkpoint.failure = frame.recovery.asked_about;
  return next;
}

Following Skip(const Checkpoint& from, Frame frame, std::string next_node) {
  Following next{.checkpoint = Follow(from)};
  frame.recovery = {};
  next.events.push_back(
      {.kind = std::string(kNodeSkipped), .payload = Json({{"next", next_node}})});
  next.checkpoint.next_node = std::move(next_node);
  if (next.checkpoint.next_node == kEnd) next.checkpoint.status = CheckpointStatus::kCompleted;
  next.checkpoint.frame = Encode(frame);
  return next;
}

Following GiveUp(const Checkpoint& from, Frame frame, errors::ErrorContext failure) {
  Following next{.checkpoint = Follow(from)};
  frame.recovery = {.answer = AnswerFor(from, frame)};
  failure.message = fmt::format("given up: {}", failure.message);
  next.checkpoint.status = CheckpointStatus::kFailed;
  next.checkpoint.effects_step = EffectsStep(from);
  next.checkpoint.frame = Encode(frame);
  next.checkpoint.failure = errors::ToJson(failure);
  next.events.push_back({.kind = std::string(kRunFailed), .payload = Json(ErrorJson(failure))});
  return next;
}

Following BeginRollback(const Checkpoint& from, Frame frame, const errors::ErrorContext& failure) {
  Following next{.checkpoint = Follow(from)};
  frame.recovery = {};
  frame.rolling_back = errors::ToJson(failure);
  next.checkpoint.next_node = UndoName(frame);
  next.checkpoint.frame = Encode(frame);
  next.checkpoint.failure = frame.rolling_back;
  json payload = ErrorJson(failure);
  payload["undo"] = NodesToUndo(frame);
  next.events.push_back({.kind = std::string(kRollbackBegun), .payload = Json(payload)});
  return next;
}

Following StepBack(const Checkpoint& from, Frame frame, const Checkpoint& before,
                   const Frame& frame_before) {
  const UndoableVisit undone = frame.undoable.back();
  Following next{.checkpoint = Follow(from)};
  next.checkpoint.node = UndoName(frame);
  next.checkpoint.state = before.state;
  frame.undoable.pop_back();
  frame.outer_states = frame_before.outer_states;
  next.events.push_back(
      {.kind = std::string(kNodeUndone), .payload = Json({{"step", undone.step}})});
  if (frame.undoable.empty()) {
    errors::ErrorContext failure = errors::FromJson(frame.rolling_back);
    failure.message =
        fmt::format("rolled back to before step {}: {}", undone.node, failure.message);
    frame.rolling_back.clear();
    next.checkpoint.status = CheckpointStatus::kFailed;
    next.checkpoint.next_node = undone.node;
    next.checkpoint.failure = errors::ToJson(failure);
    next.events.push_back({.kind = std::string(kRunFailed), .payload = Json(ErrorJson(failure))});
  } else {
    next.checkpoint.next_node = UndoName(frame);
  }
  next.checkpoint.frame = Encode(frame);
  return next;
}

}  // namespace datamigrate::workflow
