#include "agent_engine/store/schedule_store.h"

#include <fmt/format.h>

#include "agent_engine/store/migration_rows.h"
#include "common/pg/transaction.h"
#include "common/text/text.h"

namespace datamigrate::store {
namespace {

// How many migrations one sweep makes; the next one goes on.
constexpr int kMostAtOnce = 100;

const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kNow = {"database_time", "SELECT clock_timestamp() AS now"};
constexpr pg::Statement kCount = {"count_schedules",
                                  "SELECT count(*) AS count FROM schedules WHERE tenant = $1"};
constexpr pg::Statement kInsert = {
    "insert_schedule",
    "INSERT INTO schedules (tenant, name, created_by, cron, migration_name, request, target,"
    "   job_kind, priority, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    " ON CONFLICT (tenant, name) DO NOTHING"
    " RETURNING id, name, created_by, cron, request, next_at, last_at, '' AS last_migration, error,"
    "   created_at"};
constexpr pg::Statement kList = {
    "list_schedules",
    "SELECT id, name, created_by, cron, request, next_at, last_at,"
    "   coalesce(last_migration::text, '') AS last_migration, error, created_at"
    " FROM schedules WHERE tenant = $1 ORDER BY name"};
constexpr pg::Statement kRemove = {"remove_schedule",
                                   "DELETE FROM schedules WHERE tenant = $1 AND id = $2"};
constexpr pg::Statement kDue = {
    "due_schedule",
    "SELECT id, tenant, name, created_by, cron, migration_name, request, target, job_kind,"
    "   priority, next_at, clock_timestamp() AS now FROM schedules"
    " WHERE next_at <= clock_timestamp() ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"};
constexpr pg::Statement kNameSchedule = {
    "name_schedule", "UPDATE migrations SET schedule_id = $2, scheduled_at = $3 WHERE id = $1"};
constexpr pg::Statement kAdvance = {
    "advance_schedule",
    "UPDATE schedules SET next_at = $2, last_at = $3, last_migration = $4 WHERE id = $1"};
constexpr pg::Statement kStop = {"stop_schedule",
                                 "UPDATE schedules SET next_at = NULL, error = $2 WHERE id = $1"};

ScheduleRecord ToSchedule(const pg::Row& row) {
  return {.id = row.Get<std::string>("id"),
          .name = row.Get<std::string>("name"),
          .created_by = row.Get<std::string>("created_by"),
          .cron = row.Get<std::string>("cron"),
          .request = row.Get<pg::Bytes>("request").value,
          .next_at = row.Get<std::optional<absl::Time>>("next_at"),
          .last_at = row.Get<std::optional<absl::Time>>("last_at"),
          .last_migration = row.Get<std::string>("last_migration"),
          .error = row.Get<std::string>("error"),
          .created_at = row.Get<absl::Time>("created_at")};
}

NewMigration ToMigration(const pg::Row& row) {
  return {.tenant = row.Get<std::string>("tenant"),
          .created_by = row.Get<std::string>("created_by"),
          .name = row.Get<std::string>("migration_name"),
          .target = row.Get<std::string>("target"),
          .request = row.Get<pg::Bytes>("request").value,
          .job_kind = row.Get<std::string>("job_kind"),
          .priority = row.Get<int>("priority")};
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

// What the migration's first event but one says. Names are of people, so they are left out.
std::string WhatIsDue(const DueOccurrence& due) {
  std::string text = fmt::format("its schedule is due at {}", TimeText(due.at));
  if (due.missed > 0) {
    text += fmt::format("; {}{} earlier {} missed while no engine looked",
                        due.missed == kMostMissed ? "at least " : "", due.missed,
                        due.missed == 1 ? "occurrence was" : "occurrences were");
  }
  return fmt::format(R"({{"message":"{}"}})", text);
}

absl::Status MakeMigration(pg::Transaction& transaction, const pg::Row& schedule,
                           const DueOccurrence& due) {
  absl::StatusOr<CreatedMigration> created = InsertMigration(transaction, ToMigration(schedule));
  if (!created.ok()) return created.status();
  const std::string id = schedule.Get<std::string>("id");
  absl::StatusOr<pg::Result> named = transaction.Execute(kNameSchedule, {created->id, id, due.at});
  if (!named.ok()) return named.status();
  absl::StatusOr<int64_t> told = InsertEvent(transaction, created->id, "scheduled", WhatIsDue(due));
  if (!told.ok()) return told.status();
  return transaction.Execute(kAdvance, {id, due.next, due.at, created->id}).status();
}

}  // namespace

DueOccurrence OccurrenceAt(const CronExpression& cron, absl::Time first, absl::Time now) {
  DueOccurrence due{.at = first};
  due.next = cron.Next(first);
  while (due.next.has_value() && *due.next <= now && due.missed < kMostMissed) {
    ++due.missed;
    due.at = *due.next;
    due.next = cron.Next(due.at);
  }
  if (due.next.has_value() && *due.next <= now) due.next = cron.Next(now);
  return due;
}

absl::StatusOr<ScheduleRecord> ScheduleStore::Create(const NewSchedule& schedule) {
  const absl::StatusOr<CronExpression> cron = CronExpression::Parse(schedule.cron);
  if (!cron.ok()) return cron.status();
  const NewMigration& migration = schedule.migration;
  std::optional<ScheduleRecord> record;
  absl::Status created =
      pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) -> absl::Status {
        absl::StatusOr<pg::Result> count = transaction.Execute(kCount, {migration.tenant});
        if (!count.ok()) return count.status();
        if (count->front().Get<int64_t>("count") >= kMostPerTenant) {
          return absl::ResourceExhaustedError(
              fmt::format("the organization has {} schedules; remove one first", kMostPerTenant));
        }
        absl::StatusOr<pg::Result> now = transaction.Execute(kNow);
        if (!now.ok()) return now.status();
        absl::StatusOr<pg::Result> rows = transaction.Execute(
            kInsert, {migration.tenant, pg::ToStorableText(schedule.name), migration.created_by,
                      schedule.cron, pg::ToStorableText(migration.name),
                      pg::Bytes{migration.request}, migration.target, migration.job_kind,
                      migration.priority, cron->Next(now->front().Get<absl::Time>("now"))});
        if (!rows.ok()) return rows.status();
        if (rows->empty()) {
          return absl::AlreadyExistsError(
              "the organization has a schedule of that name; remove it, or choose another name");
        }
        record = ToSchedule(rows->front());
        return absl::OkStatus();
      });
  if (!created.ok()) return created;
  return *std::move(record);
}

absl::StatusOr<std::vector<ScheduleRecord>> ScheduleStore::List(std::string_view tenant) {
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kList, {tenant});
  if (!rows.ok()) return rows.status();
  std::vector<ScheduleRecord> schedules;
  for (const pg::Row row : *rows) schedules.push_back(ToSchedule(row));
  return schedules;
}

absl::Status ScheduleStore::Remove(std::string_view tenant, std::string_view id) {
  if (!CheckId(id).ok()) return absl::InvalidArgumentError("the schedule's id is not a UUID");
  // Not repeated after an unknown outcome: the second try would find nothing.
  absl::StatusOr<pg::Result> removed = pg::Execute(*pool_, {}, kRemove, {tenant, id});
  if (!removed.ok()) return removed.status();
  if (removed->affected_rows() > 0) return absl::OkStatus();
  return absl::NotFoundError(fmt::format("there is no schedule {}", id));
}

absl::StatusOr<bool> ScheduleStore::MakeNext() {
  bool was_due = false;
  absl::Status made =
      pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
        absl::StatusOr<pg::Result> schedules = transaction.Execute(kDue);
        if (!schedules.ok()) return schedules.status();
        was_due = !schedules->empty();
        if (!was_due) return absl::OkStatus();
        const pg::Row schedule = schedules->front();
        const auto cron = CronExpression::Parse(schedule.Get<std::string>("cron"));
        if (!cron.ok()) {
          // Written by another version, which read more.
          return transaction
              .Execute(kStop, {schedule.Get<std::string>("id"), text::MessageOf(cron.status())})
              .status();
        }
        return MakeMigration(transaction, schedule,
                             OccurrenceAt(*cron, schedule.Get<absl::Time>("next_at"),
                                          schedule.Get<absl::Time>("now")));
      });
  if (!made.ok()) return made;
  return was_due;
}

absl::StatusOr<int> ScheduleStore::MakeDue() {
  int count = 0;
  while (count < kMostAtOnce) {
    absl::StatusOr<bool> was_due = MakeNext();
    if (!was_due.ok()) return was_due.status();
    if (!*was_due) break;
    ++count;
  }
  if (count > 0) MigrationStore(pool_).AnnounceJobs().IgnoreError();
  return count;
}

}  // namespace datamigrate::store
