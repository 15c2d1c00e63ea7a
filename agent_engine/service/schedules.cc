#include "agent_engine/service/schedules.h"

#include <utility>

#include "agent_engine/service/messages.h"
#include "fmt/format.h"

namespace datamigrate::service {
namespace {

constexpr size_t kLongestName = 200;

absl::Status Check(const v1::CreateScheduleRequest& request) {
  if (request.name().empty() || request.name().size() > kLongestName) {
    return absl::InvalidArgumentError(
        fmt::format("a schedule needs a name of at most {} bytes", kLongestName));
  }
  const v1::MigrationOptions& options = request.migration().options();
  if (!request.migration().idempotency_key().empty() || options.after_size() > 0 ||
      options.has_start_at()) {
    return absl::InvalidArgumentError(
        "idempotency_key, after and start_at are of one migration; a schedule makes many");
  }
  return absl::OkStatus();
}

v1::Schedule ToMessage(const store::ScheduleRecord& record) {
  v1::Schedule schedule;
  schedule.set_id(record.id);
  schedule.set_name(record.name);
  schedule.set_cron(record.cron);
  v1::CreateMigrationRequest request;
  if (request.ParseFromString(record.request)) {
    schedule.set_source(request.source());
    schedule.set_target(request.target());
  }
  schedule.set_created_by(record.created_by);
  *schedule.mutable_created_at() = ToTimestamp(record.created_at);
  if (record.next_at) *schedule.mutable_next_at() = ToTimestamp(*record.next_at);
  if (record.last_at) *schedule.mutable_last_at() = ToTimestamp(*record.last_at);
  schedule.set_last_migration(record.last_migration);
  schedule.set_error(record.error);
  return schedule;
}

}  // namespace

absl::StatusOr<v1::Schedule> Schedules::Create(const Caller& caller,
                                               const v1::CreateScheduleRequest& request) {
  if (absl::Status checked = Check(request); !checked.ok()) return checked;
  v1::CreateMigrationRequest migration = request.migration();
  if (migration.name().empty()) migration.set_name(request.name());
  absl::StatusOr<store::NewMigration> prepared = migrations_->Prepare(caller, migration);
  if (!prepared.ok()) return prepared.status();
  const auto created = schedules_->Create(
      {.name = request.name(), .cron = request.cron(), .migration = *std::move(prepared)});
  if (!created.ok()) return created.status();
  return ToMessage(*created);
}

absl::StatusOr<v1::ListSchedulesResponse> Schedules::List(
    const Caller& caller, const v1::ListSchedulesRequest& /*request*/) {
  const auto schedules = schedules_->List(caller.tenant);
  if (!schedules.ok()) return schedules.status();
  v1::ListSchedulesResponse response;
  for (const auto& schedule : *schedules) *response.add_schedules() = ToMessage(schedule);
  return response;
}

absl::StatusOr<v1::DeleteScheduleResponse> Schedules::Remove(
    const Caller& caller, const v1::DeleteScheduleRequest& request) {
  const absl::Status removed = schedules_->Remove(caller.tenant, request.id());
  if (!removed.ok()) return removed;
  return v1::DeleteScheduleResponse();
}

}  // namespace datamigrate::service
