// What people, and deadlines, tell migrations to do.
#include <fmt/format.h>

#include "agent_engine/store/held_migrations.h"
#include "agent_engine/store/migration_rows.h"
#include "agent_engine/store/migration_store.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

// Everything here has the same effect twice as once.
const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kLockJob = {
    "lock_job_of_migration",
    "SELECT jobs.id, jobs.status, jobs.cancel_requested, jobs.pause_requested,"
    "   jobs.fencing_token = 0 AND EXISTS (SELECT FROM migration_dependencies d"
    "     WHERE d.migration_id = jobs.run_id) AS comes_after FROM jobs"
    " JOIN migrations ON migrations.id = jobs.run_id"
    " WHERE migrations.tenant = $1 AND migrations.id = $2 FOR UPDATE OF jobs"};
constexpr pg::Statement kRequestCancel = {
    "request_cancel",
    "UPDATE jobs SET cancel_requested = true, pause_requested = false WHERE id = $1"};
constexpr pg::Statement kCancelJob = {
    "cancel_job", "UPDATE jobs SET status = 'cancelled', cancel_requested = false WHERE id = $1"};
constexpr pg::Statement kRequestPause = {
    "request_pause",
    "UPDATE jobs SET pause_requested = true WHERE id = $1 AND NOT pause_requested RETURNING id"};
constexpr pg::Statement kTakePauseBack = {"take_pause_back",
                                          "UPDATE jobs SET pause_requested = false WHERE id = $1"};
constexpr pg::Statement kPauseJob = {
    "pause_job", "UPDATE jobs SET status = 'paused', paused_at = clock_timestamp() WHERE id = $1"};
// With a question that is open the job waits again, and its deadline is as far away as it was.
constexpr pg::Statement kExtendDeadlines = {
    "extend_deadlines_of_paused",
    "UPDATE user_decisions d SET deadline = d.deadline + (clock_timestamp() - j.paused_at)"
    " FROM jobs j WHERE j.id = $1 AND d.migration_id = j.run_id AND d.answer IS NULL"
    " RETURNING d.step"};
// A job that was to begin at some time still does.
constexpr pg::Statement kUnpauseJob = {
    "unpause_job", "UPDATE jobs SET status = $2::text, paused_at = NULL WHERE id = $1"};
constexpr pg::Statement kRequeue = {
    "requeue_job",
    "UPDATE jobs SET status = $2::text, attempts = 0, cancel_requested = false,"
    " available_at = clock_timestamp() WHERE id = $1"};
constexpr pg::Statement kSetPriority = {
    "set_priority", "UPDATE jobs SET priority = $2 WHERE id = $1 AND priority <> $2 RETURNING id"};
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
  bool is_pause_requested;
  bool comes_after;  // others, and was never begun
};

absl::StatusOr<JobRow> LockJob(pg::Transaction& transaction, std::string_view tenant,
                               std::string_view id) {
  absl::StatusOr<pg::Result> rows = transaction.Execute(kLockJob, {tenant, id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return NoSuchMigration(id);
  pg::Row row = rows->front();
  return JobRow{row.Get<std::string>("id"), row.Get<std::string>("status"),
                row.Get<bool>("cancel_requested"), row.Get<bool>("pause_requested"),
                row.Get<bool>("comes_after")};
}

// A job that is held is released by the next sweep if it may begin.
std::string_view QueuedStatus(const JobRow& job) {
  return job.comes_after ? "held" : "queued";
}

bool HasEnded(const JobRow& job) {
  return job.status == "completed" || job.status == "failed" || job.status == "cancelled";
}

absl::Status EndedAlready(std::string_view id, const JobRow& job) {
  return absl::FailedPreconditionError(fmt::format("migration {} has {} already", id, job.status));
}

absl::Status Requeue(pg::Transaction& transaction, const JobRow& job, std::string_view id) {
  absl::StatusOr<pg::Result> requeued = transaction.Execute(kRequeue, {job.id, QueuedStatus(job)});
  if (!requeued.ok()) return requeued.status();
  return MoveMigration(transaction, id, MigrationStatus::kPending);
}

// Asks whoever runs the migration to pause it, once.
absl::Status RequestPause(pg::Transaction& transaction, const JobRow& job, std::string_view id) {
  absl::StatusOr<pg::Result> asked = transaction.Execute(kRequestPause, {job.id});
  if (!asked.ok() || asked->empty()) return asked.status();
  return InsertEvent(transaction, id, "pause_requested", "{}").status();
}

absl::Status PauseNow(pg::Transaction& transaction, const JobRow& job, std::string_view id) {
  absl::StatusOr<pg::Result> paused = transaction.Execute(kPauseJob, {job.id});
  if (!paused.ok()) return paused.status();
  return MoveMigration(transaction, id, MigrationStatus::kPaused);
}

absl::Status Unpause(pg::Transaction& transaction, const JobRow& job, std::string_view id) {
  absl::StatusOr<pg::Result> open = transaction.Execute(kExtendDeadlines, {job.id});
  if (!open.ok()) return open.status();
  const bool has_question = !open->empty();
  absl::StatusOr<pg::Result> left =
      transaction.Execute(kUnpauseJob, {job.id, has_question ? "waiting" : QueuedStatus(job)});
  if (!left.ok()) return left.status();
  return MoveMigration(
      transaction, id,
      has_question ? MigrationStatus::kAwaitingDecision : MigrationStatus::kPending);
}

}  // namespace

absl::Status MigrationStore::Cancel(std::string_view tenant, std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::StatusOr<JobRow> job = LockJob(transaction, tenant, id);
    if (!job.ok()) return job.status();
    if (job->status == "cancelled") return absl::OkStatus();
    if (job->status == "running") return transaction.Execute(kRequestCancel, {job->id}).status();
    if (HasEnded(*job)) return EndedAlready(id, *job);
    absl::StatusOr<pg::Result> cancelled = transaction.Execute(kCancelJob, {job->id});
    if (!cancelled.ok()) return cancelled.status();
    return MoveMigration(transaction, id, MigrationStatus::kCancelled);
  });
}

absl::Status MigrationStore::Pause(std::string_view tenant, std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::StatusOr<JobRow> job = LockJob(transaction, tenant, id);
    if (!job.ok()) return job.status();
    if (job->status == "paused") return absl::OkStatus();
    if (HasEnded(*job)) return EndedAlready(id, *job);
    if (job->is_cancel_requested) {
      return absl::FailedPreconditionError(fmt::format("migration {} is being cancelled", id));
    }
    if (job->status == "running") return RequestPause(transaction, *job, id);
    return PauseNow(transaction, *job, id);
  });
}

absl::Status MigrationStore::Resume(std::string_view tenant, std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::StatusOr<JobRow> job = LockJob(transaction, tenant, id);
    if (!job.ok()) return job.status();
    if (job->status == "failed" || job->status == "cancelled") {
      absl::Status may_begin =
          job->comes_after ? CheckDependencies(transaction, id) : absl::OkStatus();
      return may_begin.ok() ? Requeue(transaction, *job, id) : may_begin;
    }
    if (job->status == "paused") return Unpause(transaction, *job, id);
    if (job->status == "waiting") {
      return absl::FailedPreconditionError(
          fmt::format("migration {} waits for a decision; decide to go on", id));
    }
    if (job->status == "completed") {
      return absl::FailedPreconditionError(fmt::format("migration {} has completed already", id));
    }
    if (job->is_pause_requested) return transaction.Execute(kTakePauseBack, {job->id}).status();
    if (!job->is_cancel_requested) return absl::OkStatus();
    return absl::FailedPreconditionError(
        fmt::format("migration {} is being cancelled; resume it when it has stopped", id));
  });
}

absl::Status MigrationStore::SetPriority(std::string_view tenant, std::string_view id,
                                         int priority) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  if (absl::Status status = CheckPriority(priority); !status.ok()) return status;
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::StatusOr<JobRow> job = LockJob(transaction, tenant, id);
    if (!job.ok()) return job.status();
    if (job->status == "completed") return EndedAlready(id, *job);
    absl::StatusOr<pg::Result> set = transaction.Execute(kSetPriority, {job->id, priority});
    if (!set.ok() || set->empty()) return set.status();
    return InsertEvent(transaction, id, "priority_changed",
                       fmt::format(R"({{"message":"priority {}"}})", priority))
        .status();
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
    if (HasEnded(*job)) {
      return absl::FailedPreconditionError(
          fmt::format("migration {} has {} already; resume it first", id, job->status));
    }
    absl::StatusOr<pg::Result> answered =
        transaction.Execute(kAnswer, {id, step, answer, decided_by});
    if (!answered.ok()) return answered.status();
    absl::StatusOr<int64_t> told =
        InsertEvent(transaction, id, "decision_made", fmt::format(R"({{"step":{}}})", step));
    if (!told.ok()) return told.status();
    // While the engine is still leaving the job, JobQueue::Suspend finds the answer; of a paused
    // one Resume does.
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
