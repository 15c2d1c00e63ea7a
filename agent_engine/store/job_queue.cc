#include "agent_engine/store/job_queue.h"

#include <algorithm>

#include <fmt/format.h>

#include "absl/strings/cord.h"
#include "agent_engine/store/migration_rows.h"
#include "agent_engine/store/records.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

constexpr char kLeaseLostUrl[] = "datamigrate/lease-lost";

// Every call may be repeated: taking again after an unknown outcome leaves at worst a lease that
// runs out, and the others change nothing the second time.
const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

// One statement, so one commit and one round trip. Jobs are locked before their migrations, as
// everywhere; SKIP LOCKED waits for none of them. Nobody waits until a lease is on the disk:
// whatever its owner stores comes after it there, so a server that loses it has lost all that built
// on it.
constexpr pg::Statement kTake = {
    "take_jobs",
    "WITH next AS (SELECT id FROM jobs"
    "   WHERE is_open AND run_id IS NOT NULL AND available_at <= clock_timestamp()"
    "     AND (status = 'queued' OR lease_until < clock_timestamp())"
    "     AND attempts < $3::integer"
    "     AND (cardinality($4::text[]) = 0 OR kind = ANY ($4::text[]))"
    "   ORDER BY priority DESC, available_at, id LIMIT $5::integer FOR UPDATE SKIP LOCKED),"
    " taken AS (UPDATE jobs SET status = 'running', owner = $1::text,"
    "     fencing_token = fencing_token + 1, attempts = attempts + 1,"
    "     lease_until = clock_timestamp() + $2::interval"
    "   FROM next WHERE jobs.id = next.id"
    "   RETURNING jobs.id, run_id, tenant, kind, owner, fencing_token, attempts,"
    "     cancel_requested, priority, available_at),"
    " moved AS (UPDATE migrations m SET status = 'running', error = '', finished_at = NULL,"
    "     updated_at = clock_timestamp(), last_event = last_event + 1"
    "   FROM taken WHERE m.id = taken.run_id AND m.status <> 'running'"
    "   RETURNING m.id, m.last_event),"
    " told AS (INSERT INTO migration_events (migration_id, sequence, kind, payload, is_announced)"
    "   SELECT id, last_event, 'status_changed', '{\"status\":\"running\"}', true FROM moved)"
    " SELECT id, run_id, tenant, kind, owner, fencing_token, attempts, cancel_requested,"
    "   set_config('synchronous_commit', 'off', true), pg_notify('datamigrate_events', "
    "run_id::text)"
    " FROM taken"
    " ORDER BY priority DESC, available_at, id",
    true};
constexpr pg::Statement kHeartbeat = {
    "extend_lease",
    "UPDATE jobs SET lease_until = clock_timestamp() + $4::interval"
    " WHERE id = $1 AND owner = $2 AND fencing_token = $3 AND status = 'running'"
    " RETURNING cancel_requested"};
// Whoever takes a job changes its token: with ours it is as we left it.
constexpr pg::Statement kIsOurs = {
    "is_our_job", "SELECT 1 FROM jobs WHERE id = $1 AND owner = $2 AND fencing_token = $3"};
// $5: seconds until it may be taken; $6: attempts to take back.
constexpr pg::Statement kLeave = {
    "leave_job",
    "UPDATE jobs SET status = $4, lease_until = NULL, attempts = greatest(attempts - $6::integer, "
    "0),"
    "   available_at = clock_timestamp() + $5::interval,"
    "   cancel_requested = cancel_requested AND $4 IN ('queued', 'waiting')"
    " WHERE id = $1 AND owner = $2 AND fencing_token = $3 AND status = 'running' RETURNING id"};
constexpr pg::Statement kWasLeft = {
    "was_left",
    "SELECT 1 FROM jobs WHERE id = $1 AND owner = $2 AND fencing_token = $3 AND status = $4"};
constexpr pg::Statement kHasOpenDecision = {
    "has_open_decision", "SELECT 1 FROM user_decisions WHERE migration_id = $1 AND answer IS NULL"};
constexpr pg::Statement kAttempts = {"lock_job",
                                     "SELECT attempts FROM jobs WHERE id = $1 FOR UPDATE"};
// Somebody asked to cancel while the job was on its way to wait.
constexpr pg::Statement kCancelWaiting = {
    "cancel_waiting_job",
    "UPDATE jobs SET status = 'cancelled', cancel_requested = false"
    " WHERE id = $1 AND status = 'waiting' AND cancel_requested RETURNING id"};
constexpr pg::Statement kFailExhausted = {
    "fail_exhausted_jobs",
    "UPDATE jobs SET status = 'failed', lease_until = NULL WHERE id IN (SELECT id FROM jobs"
    "   WHERE is_open AND run_id IS NOT NULL AND attempts >= $1 AND (status = 'queued'"
    "     OR (status = 'running' AND lease_until < clock_timestamp())) FOR UPDATE SKIP LOCKED)"
    " RETURNING run_id"};

JobLease ToLease(const pg::Row& row) {
  return {.job_id = row.Get<std::string>("id"),
          .run_id = row.Get<std::string>("run_id"),
          .tenant = row.Get<std::string>("tenant"),
          .kind = row.Get<std::string>("kind"),
          .owner = row.Get<std::string>("owner"),
          .fencing_token = row.Get<int64_t>("fencing_token"),
          .attempts = row.Get<int>("attempts"),
          .is_cancel_requested = row.Get<bool>("cancel_requested")};
}

// What leaving a job means for its row and its migration.
struct Leaving {
  std::string_view job_status;
  MigrationStatus migration_status;
  std::string_view error = {};
  absl::Duration available_in = absl::ZeroDuration();
  int attempts_back = 0;
};

absl::Status Leave(pg::Transaction& transaction, const JobLease& lease, const Leaving& leaving) {
  absl::StatusOr<pg::Result> left = transaction.Execute(
      kLeave, {lease.job_id, lease.owner, lease.fencing_token, leaving.job_status,
               leaving.available_in, leaving.attempts_back});
  if (!left.ok()) return left.status();
  if (left->empty()) {
    // The reply to the first try may have been lost.
    absl::StatusOr<pg::Result> before = transaction.Execute(
        kWasLeft, {lease.job_id, lease.owner, lease.fencing_token, leaving.job_status});
    if (!before.ok()) return before.status();
    return before->empty() ? LeaseLost(lease) : absl::OkStatus();
  }
  return MoveMigration(transaction, lease.run_id, leaving.migration_status, leaving.error);
}

absl::Status Leave(pg::Pool& pool, const JobLease& lease, const Leaving& leaving) {
  return pg::InTransaction(pool, kRepeatable, [&](pg::Transaction& transaction) {
    return Leave(transaction, lease, leaving);
  });
}

}  // namespace

absl::Status LeaseLost(const JobLease& lease) {
  absl::Status status = absl::FailedPreconditionError(
      fmt::format("{} does not hold run {} any more", lease.owner, lease.run_id));
  status.SetPayload(kLeaseLostUrl, absl::Cord("1"));
  return status;
}

bool IsLeaseLost(const absl::Status& status) {
  return status.GetPayload(kLeaseLostUrl).has_value();
}

absl::StatusOr<std::optional<JobLease>> JobQueue::Take(std::string_view owner,
                                                       absl::Duration duration,
                                                       const std::vector<std::string>& kinds) {
  absl::StatusOr<std::vector<JobLease>> leases = TakeUpTo(1, owner, duration, kinds);
  if (!leases.ok()) return leases.status();
  if (leases->empty()) return std::optional<JobLease>();
  return std::optional<JobLease>(std::move(leases->front()));
}

absl::StatusOr<std::vector<JobLease>> JobQueue::TakeUpTo(int most, std::string_view owner,
                                                         absl::Duration duration,
                                                         const std::vector<std::string>& kinds) {
  // Not repeated after an unknown outcome: the leases run out by themselves.
  absl::StatusOr<pg::Result> taken = pg::Execute(
      *pool_, {}, kTake, {owner, duration, options_.max_attempts, kinds, std::max(most, 1)});
  if (!taken.ok()) return taken.status();
  std::vector<JobLease> leases;
  for (const pg::Row row : *taken) leases.push_back(ToLease(row));
  return leases;
}

absl::StatusOr<bool> JobQueue::Heartbeat(const JobLease& lease, absl::Duration duration) {
  absl::StatusOr<pg::Result> rows = pg::Execute(
      *pool_, kRepeatable, kHeartbeat, {lease.job_id, lease.owner, lease.fencing_token, duration});
  if (!rows.ok()) return rows.status();
  if (!rows->empty()) return rows->front().Get<bool>("cancel_requested");
  absl::StatusOr<pg::Result> ours =
      pg::Execute(*pool_, kRepeatable, kIsOurs, {lease.job_id, lease.owner, lease.fencing_token});
  if (!ours.ok()) return ours.status();
  if (ours->empty()) return LeaseLost(lease);
  return false;
}

absl::Status LeaveCompleted(pg::Transaction& transaction, const JobLease& lease) {
  return Leave(transaction, lease,
               {.job_status = "completed", .migration_status = MigrationStatus::kCompleted});
}

absl::Status LeaveFailed(pg::Transaction& transaction, const JobLease& lease,
                         std::string_view error) {
  return Leave(
      transaction, lease,
      {.job_status = "failed", .migration_status = MigrationStatus::kFailed, .error = error});
}

absl::Status JobQueue::Complete(const JobLease& lease) {
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) {
    return LeaveCompleted(transaction, lease);
  });
}

absl::Status JobQueue::Suspend(const JobLease& lease) {
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) {
    absl::Status left = Leave(transaction, lease,
                              {.job_status = "waiting",
                               .migration_status = MigrationStatus::kAwaitingDecision,
                               .attempts_back = 1});
    if (!left.ok()) return left;
    absl::StatusOr<pg::Result> cancelled = transaction.Execute(kCancelWaiting, {lease.job_id});
    if (!cancelled.ok()) return cancelled.status();
    if (!cancelled->empty()) {
      return MoveMigration(transaction, lease.run_id, MigrationStatus::kCancelled);
    }
    // The job's row is locked now, as it is while Decide answers: either the answer is here or
    // Decide will find the job waiting.
    absl::StatusOr<pg::Result> open = transaction.Execute(kHasOpenDecision, {lease.run_id});
    if (!open.ok() || !open->empty()) return open.status();
    static constexpr pg::Statement kRequeue = {
        "requeue_decided_job",
        "UPDATE jobs SET status = 'queued', available_at = clock_timestamp()"
        " WHERE id = $1 AND status = 'waiting'"};
    absl::StatusOr<pg::Result> requeued = transaction.Execute(kRequeue, {lease.job_id});
    if (!requeued.ok()) return requeued.status();
    return MoveMigration(transaction, lease.run_id, MigrationStatus::kPending);
  });
}

absl::Status JobQueue::Release(const JobLease& lease) {
  return Leave(
      *pool_, lease,
      {.job_status = "queued", .migration_status = MigrationStatus::kPending, .attempts_back = 1});
}

absl::Status JobQueue::Fail(const JobLease& lease, std::string_view error,
                            std::optional<absl::Duration> retry_after) {
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) {
    Leaving leaving{
        .job_status = "failed", .migration_status = MigrationStatus::kFailed, .error = error};
    absl::StatusOr<pg::Result> rows = transaction.Execute(kAttempts, {lease.job_id});
    if (!rows.ok()) return rows.status();
    bool has_attempts_left =
        !rows->empty() && rows->front().Get<int>("attempts") < options_.max_attempts;
    if (retry_after.has_value() && has_attempts_left) {
      leaving.job_status = "queued";
      leaving.migration_status = MigrationStatus::kPending;
      leaving.available_in = *retry_after;
    }
    return Leave(transaction, lease, leaving);
  });
}

absl::Status JobQueue::Cancelled(const JobLease& lease) {
  return Leave(*pool_, lease,
               {.job_status = "cancelled", .migration_status = MigrationStatus::kCancelled});
}

absl::StatusOr<int> JobQueue::FailExhausted() {
  int count = 0;
  absl::Status status = pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) {
    absl::StatusOr<pg::Result> failed =
        transaction.Execute(kFailExhausted, {options_.max_attempts});
    if (!failed.ok()) return failed.status();
    count = static_cast<int>(failed->size());
    std::string error =
        fmt::format("the engine stopped {} times at the same step", options_.max_attempts);
    for (pg::Row row : *failed) {
      absl::Status moved = MoveMigration(transaction, row.Get<std::string>("run_id"),
                                         MigrationStatus::kFailed, error);
      if (!moved.ok()) return moved;
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return count;
}

}  // namespace datamigrate::store
