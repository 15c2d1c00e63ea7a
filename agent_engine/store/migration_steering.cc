// What people, and deadlines, tell migrations to do.
#include <fmt/format.h>

#include "agent_engine/store/migration_rows.h"
#include "agent_engine/store/migration_store.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

// Everything here has the same effect twice as once.
const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kLockJob = {
    "lock_job_of_migration",
    "SELECT jobs.id, jobs.status, jobs.cancel_requested FROM jobs"
    " JOIN migrations ON migrations.id = jobs.run_id"
    " WHERE migrations.tenant = $1 AND migrations.id = $2 FOR UPDATE OF jobs"};
constexpr pg::Statement kRequestCancel = {"request_cancel",
                                          "UPDATE jobs SET cancel_requested = true WHERE id = $1"};
constexpr pg::Statement kCancelJob = {
    "cancel_job", "UPDATE jobs SET status = 'cancelled', cancel_requested = false WHERE id = $1"};
constexpr pg::Statement kRequeue = {
    "requeue_job",
    "UPDATE jobs SET status = 'queued', attempts = 0, cancel_requested = false,"
    " available_at = clock_timestamp() WHERE id = $1"};
constexpr pg::Statement kFindDecision = {
    "find_decision", "SELECT answer FROM user_decisions WHERE migration_id = $1 AND step = $2"};
constexpr pg::Statement kAnswer = {
    "answer_decision",
    "UPDATE user_decisions SET answer = $3, decided_by = $4, decided_at = clock_timestamp()"
    " WHERE migration_id = $1 AND step = $2"};
constexpr pg::Statement kOverdue = {
    "overdue_decisions",
    "SELECT d.migration_id, d.step, d.default_answer, m.tenant FROM user_decisions d"
    " JOIN migrations m ON m.id = d.migration_id JOIN jobs j ON j.run_id = d.migration_id"
    " WHERE d.answer IS NULL AND d.deadline < clock_timestamp()"
    "   AND j.status IN ('queued', 'running', 'waiting') ORDER BY d.deadline LIMIT 100"};

struct JobRow {
  std::string id;
  std::string status;
  bool is_cancel_requested;
};

absl::StatusOr<JobRow> LockJob(pg::Transaction& transaction, std::string_view tenant,
                               std::string_view id) {
  absl::StatusOr<pg::Result> rows = transaction.Execute(kLockJob, {tenant, id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return NoSuchMigration(id);
  pg::Row row = rows->front();
  return JobRow{row.Get<std::string>("id"), row.Get<std::string>("status"),
                row.Get<bool>("cancel_requested")};
}

absl::Status Requeue(pg::Transaction& transaction, const JobRow& job, std::string_view id) {
  absl::StatusOr<pg::Result> requeued = transaction.Execute(kRequeue, {job.id});
  if (!requeued.ok()) return requeued.status();
  return MoveMigration(transaction, id, MigrationStatus::kPending);
}

}  // namespace

absl::Status MigrationStore::Cancel(std::string_view tenant, std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::StatusOr<JobRow> job = LockJob(transaction, tenant, id);
    if (!job.ok()) return job.status();
    if (job->status == "cancelled") return absl::OkStatus();
    if (job->status == "running") return transaction.Execute(kRequestCancel, {job->id}).status();
    if (job->status == "completed" || job->status == "failed") {
      return absl::FailedPreconditionError(
          fmt::format("migration {} has {} already", id, job->status));
    }
    absl::StatusOr<pg::Result> cancelled = transaction.Execute(kCancelJob, {job->id});
    if (!cancelled.ok()) return cancelled.status();
    return MoveMigration(transaction, id, MigrationStatus::kCancelled);
  });
}

absl::Status MigrationStore::Resume(std::string_view tenant, std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::StatusOr<JobRow> job = LockJob(transaction, tenant, id);
    if (!job.ok()) return job.status();
    if (job->status == "failed" || job->status == "cancelled") {
      return Requeue(transaction, *job, id);
    }
    if (job->status == "waiting") {
      return absl::FailedPreconditionError(
          fmt::format("migration {} waits for a decision; decide to go on", id));
    }
    if (job->status == "completed") {
      return absl::FailedPreconditionError(fmt::format("migration {} has completed already", id));
    }
    if (!job->is_cancel_requested) return absl::OkStatus();
    return absl::FailedPreconditionError(
        fmt::format("migration {} is being cancelled; resume it when it has stopped", id));
  });
}

absl::Status MigrationStore::Decide(std::string_view tenant, std::string_view id, int64_t step,
                                    std::string_view answer_json, std::string_view decided_by) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  std::string answer = pg::ToStorableText(answer_json);
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::StatusOr<JobRow> job = LockJob(transaction, tenant, id);
    if (!job.ok()) return job.status();
    absl::StatusOr<pg::Result> rows = transaction.Execute(kFindDecision, {id, step});
    if (!rows.ok()) return rows.status();
    if (rows->empty()) {
      return absl::NotFoundError(fmt::format("migration {} asks nothing at step {}", id, step));
    }
    auto given = rows->front().Get<std::optional<std::string>>("answer");
    if (given.has_value()) {
      if (*given == answer) return absl::OkStatus();
      return absl::FailedPreconditionError("the question was answered differently before");
    }
    if (job->status == "completed" || job->status == "failed" || job->status == "cancelled") {
      return absl::FailedPreconditionError(
          fmt::format("migration {} has {} already; resume it first", id, job->status));
    }
    absl::StatusOr<pg::Result> answered =
        transaction.Execute(kAnswer, {id, step, answer, decided_by});
    if (!answered.ok()) return answered.status();
    absl::StatusOr<int64_t> told =
        InsertEvent(transaction, id, "decision_made", fmt::format(R"({{"step":{}}})", step));
    if (!told.ok()) return told.status();
    // While the engine is still leaving the job, JobQueue::Suspend finds the answer.
    return job->status == "waiting" ? Requeue(transaction, *job, id) : absl::OkStatus();
  });
}

absl::StatusOr<int> MigrationStore::AnswerOverdue() {
  absl::StatusOr<pg::Result> overdue = pg::Execute(*pool_, kRepeatable, kOverdue, {});
  if (!overdue.ok()) return overdue.status();
  int count = 0;
  for (const pg::Row row : *overdue) {
    absl::Status decided =
        Decide(row.Get<std::string>("tenant"), row.Get<std::string>("migration_id"),
               row.Get<int64_t>("step"), row.Get<std::string>("default_answer"), kDeadline);
    // A person, or another engine, may have been quicker.
    if (!decided.ok() && !absl::IsFailedPrecondition(decided)) return decided;
    count += decided.ok() ? 1 : 0;
  }
  return count;
}

}  // namespace datamigrate::store
