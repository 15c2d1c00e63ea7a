#include "agent_engine/service/runs.h"

#include <algorithm>
#include <set>

#include "agent_engine/service/messages.h"
#include "agent_engine/service/stored_json.h"
#include "agent_engine/workflow/recovery.h"
#include "common/crypto/random.h"
#include "datamigrate/v1/state.pb.h"
#include "fmt/format.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace datamigrate::service {
namespace {

using nlohmann::json;

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 200;
constexpr int kMostChanges = 1000;

v1::Run ToMessage(const store::RunRecord& record) {
  v1::Run run;
  run.set_id(record.id);
  run.set_name(record.name);
  run.set_status(service::ToMessage(record.status));
  run.set_node(record.node);
  run.set_steps(record.steps);
  run.set_attempts(record.attempts);
  run.set_owner(record.owner);
  run.set_error(record.error);
  run.set_parent_run(record.parent_run);
  run.set_parent_step(record.parent_step);
  *run.mutable_created_at() = ToTimestamp(record.created_at);
  *run.mutable_updated_at() = ToTimestamp(record.updated_at);
  return run;
}

v1::RunHistory::Step ToMessage(const store::StepRecord& record) {
  v1::RunHistory::Step step;
  step.set_step(record.step);
  step.set_node(record.node);
  step.set_next_node(record.next_node);
  step.set_status(record.status);
  *step.mutable_at() = ToTimestamp(record.at);
  step.set_state_bytes(record.state_bytes);
  step.set_question(record.question);
  step.set_answer(record.answer);
  step.set_decided_by(record.decided_by);
  return step;
}

v1::RunHistory::Effect ToMessage(const store::EffectRecord& record) {
  v1::RunHistory::Effect effect;
  effect.set_step(record.step);
  effect.set_key(pg::ToStorableText(record.key));
  *effect.mutable_started_at() = ToTimestamp(record.started_at);
  if (record.completed_at) *effect.mutable_completed_at() = ToTimestamp(*record.completed_at);
  effect.set_is_reused(record.is_reused);
  return effect;
}

v1::RunHistory::Failure ToMessage(const store::FailureRecord& record) {
  v1::RunHistory::Failure failure;
  failure.set_step(record.step);
  *failure.mutable_at() = ToTimestamp(record.at);
  const errors::ErrorContext& context = record.context;
  v1::ErrorContext& error = *failure.mutable_error();
  error.set_agent(context.agent);
  error.set_phase(context.phase);
  error.set_operation(context.operation);
  error.set_object(context.object);
  error.set_batch(context.batch);
  if (context.rows.has_value()) error.set_rows(*context.rows);
  error.set_sql_state(context.sql_state);
  error.set_strategy(context.strategy);
  error.set_attempt(context.attempt);
  for (const std::string& tried : context.tried) error.add_tried(tried);
  error.set_code(context.code);
  error.set_message(context.message);
  return failure;
}

v1::ListMessagesResponse::Message ToMessage(const store::MessageRecord& record) {
  v1::ListMessagesResponse::Message message;
  message.set_number(record.number);
  message.set_from(record.from);
  message.set_to(record.to);
  message.set_kind(record.kind);
  message.set_priority(record.priority);
  if (record.deadline) *message.mutable_deadline() = ToTimestamp(*record.deadline);
  message.set_reply_expected(record.is_reply_expected);
  message.set_reply_to(record.reply_to);
  message.set_body_json(record.body_json);
  message.set_step(record.step);
  *message.mutable_sent_at() = ToTimestamp(record.sent_at);
  if (record.taken_at) *message.mutable_taken_at() = ToTimestamp(*record.taken_at);
  if (record.answered_at) *message.mutable_answered_at() = ToTimestamp(*record.answered_at);
  return message;
}

v1::ListMemoryResponse::Memory ToMessage(const store::MemoryRecord& record) {
  v1::ListMemoryResponse::Memory memory;
  memory.set_agent(record.agent);
  memory.set_key(record.key);
  memory.set_value_json(record.value_json);
  *memory.mutable_updated_at() = ToTimestamp(record.updated_at);
  return memory;
}

v1::ListDecisionsResponse::Decision ToDecision(const store::DecisionRecord& record) {
  const json question = json::parse(record.question_json, nullptr, false);
  const json answer = json::parse(record.answer_json.value_or("{}"), nullptr, false);
  v1::ListDecisionsResponse::Decision decision;
  decision.set_step(record.step);
  decision.set_node(record.node);
  decision.set_text(TextIn(question, "text"));
  decision.set_recommended(TextIn(question, "recommended"));
  decision.set_question_json(record.question_json);
  decision.set_answer(TextIn(answer, "option"));
  decision.set_comment(TextIn(answer, "comment"));
  decision.set_decided_by(record.decided_by);
  decision.set_is_default(record.decided_by == store::kDeadline);
  *decision.mutable_asked_at() = ToTimestamp(record.asked_at);
  if (record.deadline) *decision.mutable_deadline() = ToTimestamp(*record.deadline);
  if (record.decided_at) *decision.mutable_decided_at() = ToTimestamp(*record.decided_at);
  if (!question.is_object() || !question.contains("options")) return decision;
  for (const json& option : question.at("options")) decision.add_options(TextIn(option, "id"));
  return decision;
}

// What is to be undone is the node that is drawn.
std::string DrawnNode(std::string_view node) {
  if (node.starts_with(workflow::kUndoPrefix)) node.remove_prefix(workflow::kUndoPrefix.size());
  return std::string(node);
}

// Values of variables may be passwords.
void Hide(v1::MigrationState& state) {
  for (auto& [name, value] : *state.mutable_sqlcmd_variables()) value = "(hidden)";
}

absl::StatusOr<std::string> StateJson(const std::string& bytes, bool is_shown = true) {
  absl::StatusOr<v1::MigrationState> state = StateOf(bytes);
  if (!state.ok()) return state.status();
  if (is_shown) Hide(*state);
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(*state, &text, options);
  if (printed.ok()) return text;
  return absl::InternalError("the state cannot be printed as JSON");
}

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Adds what RFC 6902 operations make of `before`.
void AddChanges(const json& before, const json& patch, v1::StateDiff& diff) {
  diff.set_total(static_cast<int64_t>(patch.size()));
  for (const json& operation : patch) {
    if (diff.changes_size() == kMostChanges) return;
    v1::StateDiff::Change& change = *diff.add_changes();
    const std::string path = operation.at("path");
    change.set_operation(operation.at("op"));
    change.set_path(path);
    const json::json_pointer pointer(path);
    if (change.operation() != "add" && before.contains(pointer)) {
      change.set_before_json(Dump(before.at(pointer)));
    }
    if (operation.contains("value")) change.set_after_json(Dump(operation.at("value")));
  }
}

// Its files are in a folder of its own, so a state that names files of another run cannot go on
// there.
bool NamesFiles(const v1::MigrationState& state) {
  return !state.dbt_project_path().empty() || state.has_deployment_result();
}

// What was checked when the migration was made: for whom it runs, and what of this machine it reads
// and writes.
struct KeptField {
  const char* name;
  const std::string& (v1::MigrationState::*value)() const;
};
constexpr KeptField kKeptFields[] = {
    {"tenant", &v1::MigrationState::tenant},
    {"source_connection", &v1::MigrationState::source_connection},
    {"results_path", &v1::MigrationState::results_path},
    {"log_path", &v1::MigrationState::log_path},
};

// JSON takes a field under two names; a patch under one would stand beside the state's own under
// the other.
absl::Status CheckNames(const json& patch) {
  const auto* fields = v1::MigrationState::descriptor();
  for (const auto& [name, value] : patch.items()) {
    if (fields->FindFieldByName(name) != nullptr) continue;
    return absl::InvalidArgumentError(
        fmt::format("state_patch_json names {}, which is no field of the state; `datamigrate runs "
                    "state` shows them",
                    name));
  }
  return absl::OkStatus();
}

absl::Status CheckPatched(const v1::MigrationState& before, const v1::MigrationState& after) {
  for (const KeptField& field : kKeptFields) {
    if ((before.*field.value)() == (after.*field.value)()) continue;
    return absl::InvalidArgumentError(fmt::format(
        "state_patch_json may not change {}; make a new migration for that", field.name));
  }
  if (!NamesFiles(after)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "state_patch_json may not name files: leave out dbt_project_path and deployment_result");
}

// The state of a new run of the same migration.
absl::StatusOr<v1::MigrationState> StateOfFork(const store::StateRecord& from,
                                               const std::string& id, const std::string& patch) {
  absl::StatusOr<v1::MigrationState> state = StateOf(from.state);
  if (!state.ok()) return state;
  const v1::MigrationState before = *state;
  if (NamesFiles(before)) {
    return absl::FailedPreconditionError(fmt::format(
        "the state at step {} names files of its own run; fork at a step before the executor",
        from.step));
  }
  if (!patch.empty()) {
    const json changes = json::parse(patch, nullptr, /*allow_exceptions=*/false);
    const absl::StatusOr<std::string> text = StateJson(from.state, /*is_shown=*/false);
    if (!text.ok()) return text.status();
    if (!changes.is_object()) {
      return absl::InvalidArgumentError("state_patch_json is no JSON object");
    }
    if (absl::Status named = CheckNames(changes); !named.ok()) return named;
    json merged = json::parse(*text);
    merged.merge_patch(changes);
    state->Clear();
    const auto parsed = google::protobuf::util::JsonStringToMessage(Dump(merged), &*state);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("state_patch_json does not make a state: {}", parsed.message().as_string()));
    }
    if (absl::Status kept = CheckPatched(before, *state); !kept.ok()) return kept;
  }
  state->set_migration_id(id);
  return state;
}

}  // namespace

absl::StatusOr<v1::ListRunsResponse> Runs::List(const Caller& caller,
                                                const v1::ListRunsRequest& request) {
  const int size =
      request.page_size() <= 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage);
  const auto page = history_->List(caller.tenant, size, request.page_token());
  if (!page.ok()) return page.status();
  v1::ListRunsResponse response;
  for (const store::RunRecord& record : page->items) *response.add_runs() = ToMessage(record);
  response.set_next_page_token(page->next_token);
  return response;
}

absl::StatusOr<v1::RunHistory> Runs::History(const Caller& caller,
                                             const v1::GetHistoryRequest& request) {
  const auto run = history_->Get(caller.tenant, request.id());
  if (!run.ok()) return run.status();
  const auto steps = history_->Steps(caller.tenant, request.id());
  if (!steps.ok()) return steps.status();
  const auto effects = history_->Effects(caller.tenant, request.id());
  if (!effects.ok()) return effects.status();
  const auto failures = history_->Failures(caller.tenant, request.id());
  if (!failures.ok()) return failures.status();
  v1::RunHistory history;
  *history.mutable_run() = ToMessage(*run);
  for (const store::StepRecord& step : *steps) *history.add_steps() = ToMessage(step);
  for (const store::EffectRecord& effect : *effects) *history.add_effects() = ToMessage(effect);
  for (const store::FailureRecord& failure : *failures) {
    *history.add_failures() = ToMessage(failure);
  }
  return history;
}

absl::StatusOr<v1::RunState> Runs::State(const Caller& caller, const v1::GetStateRequest& request) {
  const auto record = history_->State(caller.tenant, request.id(), request.step());
  if (!record.ok()) return record.status();
  absl::StatusOr<std::string> text = StateJson(record->state);
  if (!text.ok()) return text.status();
  v1::RunState state;
  state.set_step(record->step);
  state.set_node(record->node);
  state.set_state_json(*std::move(text));
  return state;
}

absl::StatusOr<v1::StateDiff> Runs::Diff(const Caller& caller,
                                         const v1::DiffStatesRequest& request) {
  const auto from = history_->State(caller.tenant, request.id(), request.from_step());
  if (!from.ok()) return from.status();
  const auto to = history_->State(caller.tenant, request.id(), request.to_step());
  if (!to.ok()) return to.status();
  const absl::StatusOr<std::string> before_text = StateJson(from->state);
  if (!before_text.ok()) return before_text.status();
  const absl::StatusOr<std::string> after_text = StateJson(to->state);
  if (!after_text.ok()) return after_text.status();
  const json before = json::parse(*before_text);
  v1::StateDiff diff;
  diff.set_from_step(from->step);
  diff.set_to_step(to->step);
  AddChanges(before, json::diff(before, json::parse(*after_text)), diff);
  return diff;
}

// What a fork begins with. A step is no name: where the run is there, one that it does not have is
// out of range.
absl::StatusOr<store::StateRecord> Runs::ForkPoint(const Caller& caller,
                                                   const v1::ForkRunRequest& request) {
  auto from = history_->State(caller.tenant, request.id(), request.step());
  if (!absl::IsNotFound(from.status())) return from;
  const auto run = history_->Get(caller.tenant, request.id());
  if (!run.ok()) return run.status();
  return absl::OutOfRangeError(fmt::format("run {} has no checkpoint {}: its newest is {}",
                                           request.id(), request.step(), run->steps));
}

absl::StatusOr<v1::Run> Runs::Fork(const Caller& caller, const v1::ForkRunRequest& request) {
  if (request.step() < 0) return absl::InvalidArgumentError("step is the number of a checkpoint");
  const auto from = ForkPoint(caller, request);
  if (!from.ok()) return from.status();
  store::NewFork fork{.run = request.id(), .step = from->step, .created_by = caller.user};
  fork.id = crypto::TimeOrderedUuid();
  const absl::StatusOr<v1::MigrationState> state =
      StateOfFork(*from, fork.id, request.state_patch_json());
  if (!state.ok()) return state.status();
  fork.state = state->SerializeAsString();
  if (absl::Status forked = history_->Fork(caller.tenant, fork); !forked.ok()) return forked;
  migrations_->AnnounceJobs().IgnoreError();
  const auto run = history_->Get(caller.tenant, fork.id);
  if (!run.ok()) return run.status();
  return ToMessage(*run);
}

absl::StatusOr<v1::GraphDrawing> Runs::Draw(const Caller& caller,
                                            const v1::DrawGraphRequest& request) {
  workflow::Marks marks;
  if (!request.id().empty()) {
    const auto run = history_->Get(caller.tenant, request.id());
    if (!run.ok()) return run.status();
    const auto steps = history_->Steps(caller.tenant, request.id());
    if (!steps.ok()) return steps.status();
    for (const store::StepRecord& step : *steps) marks.visited.insert(step.node);
    marks.visited.erase("");
    if (!steps->empty()) marks.current = DrawnNode(steps->back().next_node);
  }
  v1::GraphDrawing drawing;
  drawing.set_text(request.format() == v1::GRAPH_FORMAT_SVG ? workflow::ToSvg(*graph_, marks)
                                                            : workflow::ToMermaid(*graph_, marks));
  return drawing;
}

absl::StatusOr<v1::ListMessagesResponse> Runs::Messages(const Caller& caller,
                                                        const v1::ListMessagesRequest& request) {
  if (const auto run = history_->Get(caller.tenant, request.id()); !run.ok()) return run.status();
  const auto messages = history_->Messages(caller.tenant, request.id(), request.after());
  if (!messages.ok()) return messages.status();
  v1::ListMessagesResponse response;
  for (const store::MessageRecord& message : *messages) {
    *response.add_messages() = ToMessage(message);
  }
  return response;
}

absl::StatusOr<v1::ListDecisionsResponse> Runs::Decisions(const Caller& caller,
                                                          const v1::ListDecisionsRequest& request) {
  const auto decisions = migrations_->Decisions(caller.tenant, request.id());
  if (!decisions.ok()) return decisions.status();
  v1::ListDecisionsResponse response;
  for (const store::DecisionRecord& decision : *decisions) {
    *response.add_decisions() = ToDecision(decision);
  }
  return response;
}

absl::StatusOr<v1::ListMemoryResponse> Runs::Memory(const Caller& caller,
                                                    const v1::ListMemoryRequest& request) {
  const auto memories = history_->Memories(caller.tenant, request.agent());
  if (!memories.ok()) return memories.status();
  v1::ListMemoryResponse response;
  for (const store::MemoryRecord& memory : *memories) {
    *response.add_memories() = ToMessage(memory);
  }
  return response;
}

}  // namespace datamigrate::service
