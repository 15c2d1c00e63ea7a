#include "agent_engine/service/messages.h"

#include <set>

#include "catch2/catch.hpp"
#include "google/protobuf/util/time_util.h"
#include "nlohmann/json.hpp"

namespace datamigrate::service {
namespace {

using google::protobuf::util::TimeUtil;

constexpr store::MigrationStatus kRecordStatuses[] = {
    store::MigrationStatus::kPending,          store::MigrationStatus::kRunning,
    store::MigrationStatus::kAwaitingDecision, store::MigrationStatus::kPaused,
    store::MigrationStatus::kCompleted,        store::MigrationStatus::kFailed,
    store::MigrationStatus::kCancelled};

store::EventRecord Event(std::string kind, std::string payload) {
  return {.sequence = 7,
          .kind = std::move(kind),
          .payload_json = std::move(payload),
          .at = absl::FromUnixSeconds(90)};
}

TEST_CASE("every status of a record has one of the contract, and goes back") {
  std::set<int> seen;
  for (store::MigrationStatus status : kRecordStatuses) {
    const v1::MigrationStatus message = ToMessage(status);
    CHECK(message != v1::MIGRATION_STATUS_UNSPECIFIED);
    CHECK(seen.insert(message).second);
    const auto back = FromMessage(message);
    REQUIRE(back.ok());
    CHECK(*back == status);
  }
}

TEST_CASE("every status of the contract is one that a record can have") {
  for (int value = v1::MigrationStatus_MIN; value <= v1::MigrationStatus_MAX; ++value) {
    if (!v1::MigrationStatus_IsValid(value) || value == v1::MIGRATION_STATUS_UNSPECIFIED) continue;
    INFO(v1::MigrationStatus_Name(static_cast<v1::MigrationStatus>(value)));
    CHECK(FromMessage(static_cast<v1::MigrationStatus>(value)).ok());
  }
}

TEST_CASE("a status that no migration has is refused") {
  CHECK(FromMessage(v1::MIGRATION_STATUS_UNSPECIFIED).status().code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK_FALSE(FromMessage(static_cast<v1::MigrationStatus>(999)).ok());
}

TEST_CASE("a status keeps its code and its message on the wire") {
  CHECK(ToGrpc(absl::OkStatus()).ok());
  const grpc::Status status = ToGrpc(absl::NotFoundError("no migration m1"));
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(status.error_message() == "no migration m1");
  CHECK(ToGrpc(absl::UnauthenticatedError("")).error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(Overloaded().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("a migration's row wins over its summary") {
  v1::CreateMigrationRequest request;
  request.set_source("/data/scripts");
  request.set_target("duckdb");
  store::MigrationRecord record;
  record.id = "m1";
  record.name = "shop";
  record.request = request.SerializeAsString();
  record.target = "duckdb";
  record.status = store::MigrationStatus::kRunning;
  record.current_step = "data";
  record.progress = 0.25;
  record.project_path = "/home/m1/project";
  record.summary_json =
      R"({"id":"other","log_path":"/home/m1/log","object_counts":[{"kind":"table","found":3}]})";
  record.created_at = absl::FromUnixSeconds(60);
  record.updated_at = absl::FromUnixSeconds(61) + absl::Nanoseconds(5);

  const v1::Migration message = ToMessage(record, {});
  CHECK(message.id() == "m1");
  CHECK(message.name() == "shop");
  CHECK(message.source() == "/data/scripts");
  CHECK(message.target() == "duckdb");
  CHECK(message.status() == v1::MIGRATION_STATUS_RUNNING);
  CHECK(message.current_step() == "data");
  CHECK(message.progress() == 0.25);
  CHECK(message.dbt_project_path() == "/home/m1/project");
  CHECK(message.log_path() == "/home/m1/log");
  REQUIRE(message.object_counts_size() == 1);
  CHECK(message.object_counts(0).found() == 3);
  CHECK(TimeUtil::TimestampToNanoseconds(message.updated_at()) == 61'000'000'005);
  CHECK_FALSE(message.has_finished_at());
  CHECK_FALSE(message.has_question());
}

TEST_CASE("a summary of a later version is read as far as it is known, a broken one is left out") {
  store::MigrationRecord record;
  record.id = "m1";
  record.summary_json = R"({"log_path":"/l","added_later":{"a":1}})";
  CHECK(ToMessage(record, {}).log_path() == "/l");
  record.summary_json = GENERATE(as<std::string>(), "", "{", "[]", "null", R"({"log_path":[1]})");
  const v1::Migration message = ToMessage(record, {});
  CHECK(message.id() == "m1");
  CHECK(message.log_path().empty());
}

TEST_CASE("the question of a migration is the one without an answer") {
  store::MigrationRecord record;
  record.status = store::MigrationStatus::kAwaitingDecision;
  store::DecisionRecord answered;
  answered.step = 3;
  answered.question_json = R"({"text":"approve?"})";
  answered.answer_json = R"({"option":"yes"})";
  store::DecisionRecord open;
  open.step = 9;
  open.question_json =
      R"({"text":"keep?","recommended":"keep","options":[{"id":"keep","text":"Keep","risk":"none"},{"id":"drop","text":"Drop"}]})";

  const v1::Migration message = ToMessage(record, {answered, open});
  REQUIRE(message.has_question());
  CHECK(message.question().id() == "9");
  CHECK(message.question().text() == "keep?");
  CHECK(message.question().recommended() == "keep");
  REQUIRE(message.question().options_size() == 2);
  CHECK(message.question().options(0).risk() == "none");
  CHECK(message.question().options(1).risk().empty());
  CHECK_FALSE(ToMessage(record, {answered}).has_question());
}

TEST_CASE("an event has the contract's name, its place and its time") {
  const auto [stored, kind] =
      GENERATE(table<std::string, std::string>({{"created", "created"},
                                                {"scheduled", "scheduled"},
                                                {"node_started", "step_started"},
                                                {"progress", "progress"},
                                                {"node_completed", "step_finished"},
                                                {"node_retrying", "retry"},
                                                {"cancel_requested", "cancel_requested"},
                                                {"pause_requested", "pause_requested"}}));
  const v1::MigrationEvent event = ToMessage(
      Event(stored, R"({"node":"data","step":4,"attempt":1,"payload":{"message":"3 tables"}})"));
  CHECK(event.kind() == kind);
  CHECK(event.sequence() == 7);
  CHECK(event.step() == "data");
  CHECK(event.message() == "3 tables");
  CHECK(TimeUtil::TimestampToSeconds(event.at()) == 90);
  CHECK(event.status() == (stored == "created" || stored == "scheduled"
                               ? v1::MIGRATION_STATUS_QUEUED
                               : v1::MIGRATION_STATUS_RUNNING));
}

TEST_CASE("a change of status is an event with that status") {
  const auto [stored, kind, status] = GENERATE(table<std::string, std::string, v1::MigrationStatus>(
      {{"running", "started", v1::MIGRATION_STATUS_RUNNING},
       {"awaiting_decision", "waiting", v1::MIGRATION_STATUS_WAITING},
       {"paused", "paused", v1::MIGRATION_STATUS_PAUSED},
       {"completed", "succeeded", v1::MIGRATION_STATUS_SUCCEEDED},
       {"failed", "failed", v1::MIGRATION_STATUS_FAILED},
       {"cancelled", "cancelled", v1::MIGRATION_STATUS_CANCELLED},
       {"pending", "resumed", v1::MIGRATION_STATUS_QUEUED}}));
  const v1::MigrationEvent event =
      ToMessage(Event("status_changed", R"({"status":")" + stored + R"(","error":"why"})"));
  CHECK(event.kind() == kind);
  CHECK(event.status() == status);
  CHECK(event.message() == "why");
}

TEST_CASE("progress grows within a step from its beginning to its end") {
  const double begun = ToMessage(Event("node_started", R"({"node":"data"})")).progress();
  const double half =
      ToMessage(Event("progress", R"({"node":"data","payload":{"fraction":0.5}})")).progress();
  const double done = ToMessage(Event("node_completed", R"({"node":"data"})")).progress();
  CHECK(begun < half);
  CHECK(half < done);
  CHECK(half == Approx((begun + done) / 2));
  CHECK(ToMessage(Event("status_changed", R"({"status":"completed"})")).progress() == 1.0);
}

TEST_CASE("an event with a payload that is no object is still an event") {
  const auto payload = GENERATE(as<std::string>(), "", "[1]", "null", "{\"node\":");
  const v1::MigrationEvent event = ToMessage(Event("progress", payload));
  CHECK(event.kind() == "progress");
  CHECK(event.sequence() == 7);
  CHECK(event.step().empty());
}

TEST_CASE("an event whose payload has parts of other kinds is still an event") {
  // A question about a failure has the error's context under "error".
  const v1::MigrationEvent asked =
      ToMessage(Event("node_interrupted",
                      R"({"node":"tester","payload":{"text":"?","error":{"agent":"tester"}}})"));
  CHECK(asked.kind() == "progress");
  CHECK(asked.step() == "tester");
  CHECK(asked.message().empty());
  const v1::MigrationEvent odd = ToMessage(
      Event("progress", R"({"node":5,"payload":{"message":[],"fraction":"half","error":"e"}})"));
  CHECK(odd.step().empty());
  CHECK(odd.message().empty());
  CHECK(ToMessage(Event("status_changed", R"({"status":{}})")).kind().empty());
}

TEST_CASE("a model comes with its texts and findings") {
  store::ModelRecord record;
  record.name = "stg_dbo__orders";
  record.object = "dbo.Orders";
  record.layer = "staging";
  record.materialization = "view";
  record.status = "converted";
  record.source_sql = "SELECT 1";
  record.target_sql = "select 1";
  record.diagnostics_json =
      R"([{"code":"TP0204","severity":"SEVERITY_NOTE","line":2,"column":3,"message":"m"}])";
  const v1::Model message = ToMessage(record);
  CHECK(message.name() == record.name);
  CHECK(message.source_object() == record.object);
  CHECK(message.layer() == record.layer);
  CHECK(message.source_sql() == record.source_sql);
  CHECK(message.target_sql() == record.target_sql);
  REQUIRE(message.diagnostics_size() == 1);
  CHECK(message.diagnostics(0).code() == "TP0204");

  record.diagnostics_json = "[{";
  CHECK(ToMessage(record).diagnostics_size() == 0);
}

TEST_CASE("an answer is JSON whatever the comment holds") {
  v1::DecideMigrationRequest request;
  request.set_option_id("keep");
  request.set_comment("he said \"no\"\n\xF0\x9F\x9A\x80");
  const auto answer = nlohmann::json::parse(AnswerJson(request), nullptr, false);
  REQUIRE(answer.is_object());
  CHECK(answer["option"] == "keep");
  CHECK(answer["comment"] == request.comment());
}

}  // namespace
}  // namespace datamigrate::service
