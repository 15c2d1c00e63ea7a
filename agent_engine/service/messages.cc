#include "agent_engine/service/messages.h"

#include <algorithm>
#include <array>

#include "agent_engine/agents/migration_graph.h"
#include "agent_engine/service/stored_json.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"

namespace datamigrate::service {
namespace {

using google::protobuf::util::TimeUtil;
using nlohmann::json;

struct StatusPair {
  store::MigrationStatus record;
  v1::MigrationStatus message;
};

constexpr auto kStatuses = std::to_array<StatusPair>({
    {store::MigrationStatus::kPending, v1::MIGRATION_STATUS_QUEUED},
    {store::MigrationStatus::kRunning, v1::MIGRATION_STATUS_RUNNING},
    {store::MigrationStatus::kAwaitingDecision, v1::MIGRATION_STATUS_WAITING},
    {store::MigrationStatus::kPaused, v1::MIGRATION_STATUS_PAUSED},
    {store::MigrationStatus::kCompleted, v1::MIGRATION_STATUS_SUCCEEDED},
    {store::MigrationStatus::kFailed, v1::MIGRATION_STATUS_FAILED},
    {store::MigrationStatus::kCancelled, v1::MIGRATION_STATUS_CANCELLED},
});

v1::Question ToQuestion(const store::DecisionRecord& decision) {
  const json asked = ParseObject(decision.question_json);
  v1::Question question;
  question.set_id(std::to_string(decision.step));
  question.set_text(TextIn(asked, "text"));
  question.set_recommended(TextIn(asked, "recommended"));
  for (const json& option : asked.value("options", json::array())) {
    v1::Question::Option* out = question.add_options();
    out->set_id(TextIn(option, "id"));
    out->set_text(TextIn(option, "text"));
    out->set_risk(TextIn(option, "risk"));
  }
  return question;
}

// What the workflow calls an event, and what the contract does.
struct EventName {
  std::string_view stored;
  std::string_view kind;
};

constexpr auto kEvents = std::to_array<EventName>({
    {"created", "created"},
    {"node_started", "step_started"},
    {"progress", "progress"},
    {"node_completed", "step_finished"},
    {"run_completed", "step_finished"},
    {"node_retrying", "retry"},
    {"node_failed", "retry"},
    {"node_interrupted", "progress"},
    {"strategy_failed", "retry"},
    {"item_retrying", "retry"},
    {"item_failed", "retry"},
    {"item_completed", "progress"},
    {"cancel_requested", "cancel_requested"},
    {"pause_requested", "pause_requested"},
});

// A change of the migration's status is an event too.
constexpr auto kStatusEvents = std::to_array<EventName>({
    {"pending", "resumed"},
    {"running", "started"},
    {"awaiting_decision", "waiting"},
    {"paused", "paused"},
    {"completed", "succeeded"},
    {"failed", "failed"},
    {"cancelled", "cancelled"},
});

template <typename Names>
std::string FindKind(const Names& names, const std::string& stored) {
  const auto name = std::ranges::find(names, stored, &EventName::stored);
  return name == std::end(names) ? stored : std::string(name->kind);
}

// What was said: events of nodes carry it inside, those of the queue are it.
json Content(const json& payload) {
  const auto content = payload.find("payload");
  return content != payload.end() && content->is_object() ? *content : payload;
}

double ProgressOfEvent(const json& content, std::string_view kind, const std::string& node) {
  if (kind == "succeeded") return 1.0;
  const agents::ProgressRange range = agents::ProgressOf(node);
  if (kind == "step_finished") return range.end;
  return range.begin + (range.end - range.begin) * NumberIn(content, "fraction");
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.raw_code()), std::string(status.message())};
}

grpc::Status Overloaded() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, kOverloaded};
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(time));
}

v1::MigrationStatus ToMessage(store::MigrationStatus status) {
  const auto pair = std::ranges::find(kStatuses, status, &StatusPair::record);
  return pair == kStatuses.end() ? v1::MIGRATION_STATUS_UNSPECIFIED : pair->message;
}

absl::StatusOr<store::MigrationStatus> FromMessage(v1::MigrationStatus status) {
  const auto pair = std::ranges::find(kStatuses, status, &StatusPair::message);
  if (pair == kStatuses.end()) return absl::InvalidArgumentError("unknown migration status");
  return pair->record;
}

v1::Migration ToMessage(const store::MigrationRecord& record,
                        const std::vector<store::DecisionRecord>& decisions) {
  v1::Migration message;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  // One that was just made has none yet.
  if (record.summary_json != "{}" &&
      !google::protobuf::util::JsonStringToMessage(record.summary_json, &message, options).ok()) {
    message.Clear();
  }
  v1::CreateMigrationRequest request;
  if (request.ParseFromString(record.request)) {
    message.set_source(request.source());
    *message.mutable_after() = request.options().after();
    if (request.options().has_start_at()) {
      *message.mutable_start_at() = request.options().start_at();
    }
  }
  message.set_target(record.target);
  message.set_priority(record.priority);
  message.set_id(record.id);
  message.set_name(record.name);
  message.set_status(ToMessage(record.status));
  message.set_current_step(record.current_step);
  message.set_progress(record.progress);
  message.set_error(record.error);
  message.set_dbt_project_path(record.project_path);
  message.set_created_by(record.created_by);
  *message.mutable_created_at() = ToTimestamp(record.created_at);
  *message.mutable_updated_at() = ToTimestamp(record.updated_at);
  message.set_set_aside(record.is_set_aside);
  message.set_schedule_id(record.schedule_id);
  if (record.scheduled_at) *message.mutable_scheduled_at() = ToTimestamp(*record.scheduled_at);
  if (record.finished_at) *message.mutable_finished_at() = ToTimestamp(*record.finished_at);
  for (const store::DecisionRecord& decision : decisions) {
    if (!decision.answer_json) *message.mutable_question() = ToQuestion(decision);
  }
  return message;
}

v1::MigrationEvent ToMessage(const store::EventRecord& record) {
  const json payload = ParseObject(record.payload_json);
  v1::MigrationEvent event;
  event.set_sequence(record.sequence);
  *event.mutable_at() = ToTimestamp(record.at);
  const bool is_of_beginning = record.kind == "created" || record.kind == "scheduled";
  event.set_status(is_of_beginning ? v1::MIGRATION_STATUS_QUEUED : v1::MIGRATION_STATUS_RUNNING);
  if (record.kind == "status_changed") {
    const std::string status = TextIn(payload, "status");
    event.set_kind(FindKind(kStatusEvents, status));
    const auto parsed = store::ParseMigrationStatus(status);
    if (parsed.ok()) event.set_status(ToMessage(*parsed));
  } else {
    event.set_kind(FindKind(kEvents, record.kind));
  }
  event.set_step(TextIn(payload, "node"));
  const json content = Content(payload);
  event.set_message(TextIn(content, content.contains("message") ? "message" : "error"));
  event.set_progress(ProgressOfEvent(content, event.kind(), event.step()));
  return event;
}

v1::Model ToMessage(const store::ModelRecord& record) {
  v1::Model message;
  message.set_name(record.name);
  message.set_source_object(record.object);
  message.set_layer(record.layer);
  message.set_materialization(record.materialization);
  message.set_status(record.status);
  message.set_source_sql(record.source_sql);
  message.set_target_sql(record.target_sql);
  const std::string wrapped = R"({"diagnostics":)" + record.diagnostics_json + "}";
  v1::Model diagnostics;
  if (google::protobuf::util::JsonStringToMessage(wrapped, &diagnostics).ok()) {
    *message.mutable_diagnostics() = diagnostics.diagnostics();
  }
  return message;
}

absl::StatusOr<v1::MigrationState> StateOf(const std::string& bytes) {
  v1::MigrationState state;
  if (state.ParseFromString(bytes)) return state;
  return absl::DataLossError("the checkpoint does not hold a migration's state");
}

std::string AnswerJson(const v1::DecideMigrationRequest& request) {
  json answer = {{"option", request.option_id()}, {"comment", request.comment()}};
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  for (const v1::PlanEdit& edit : request.plan_edits()) {
    std::string text;
    const auto printed = google::protobuf::util::MessageToJsonString(edit, &text, options);
    if (printed.ok()) answer["plan_edits"].push_back(json::parse(text));
  }
  return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace datamigrate::service
