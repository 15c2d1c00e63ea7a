#include "agent_engine/store/job_queue.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "absl/strings/cord.h"
#include "agent_engine/store/migration_limits.h"
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
//
// $6: tenants of which nothing is begun. What a dead owner had is counted as running and may be
// taken over all the same. $7: whether limits are looked after; if not and there are some, nothing
// is taken.
constexpr pg::Statement kTake = {
    "take_jobs",
    "WITH next AS (SELECT id, status = 'queued' AS begins FROM jobs"
    "   WHERE is_open AND run_id IS NOT NULL AND available_at <= clock_timestamp()"
    "     AND ((status = 'queued' AND tenant <> ALL ($6::text[]))"
    "       OR lease_until < clock_timestamp())"
    "     AND ($7::boolean OR NOT EXISTS (SELECT FROM migration_limits))"
    "     AND attempts < $3::integer"
    "     AND (cardinality($4::text[]) = 0 OR kind = ANY ($4::text[]))"
    "   ORDER BY priority DESC, available_at, id LIMIT $5::integer FOR UPDATE SKIP LOCKED),"
    " taken AS (UPDATE jobs SET status = 'running', owner = $1::text,"
    "     fencing_token = fencing_token + 1, attempts = attempts + 1,"
    "     lease_until = clock_timestamp() + $2::interval"
    "   FROM next WHERE jobs.id = next.id"
    "   RETURNING jobs.id, run_id, tenant, kind, owner, fencing_token, attempts,"
    "     cancel_requested, pause_requested, priority, available_at, begins),"
    " moved AS (UPDATE migrations m SET status = 'running', error = '', finished_at = NULL,"
    "     updated_at = clock_timestamp(), last_event = last_event + 1"
    "   FROM taken WHERE m.id = taken.run_id AND m.status <> 'running'"
    "   RETURNING m.id, m.last_event),"
    " told AS (INSERT INTO migration_events (migration_id, sequence, kind, payload, is_announced)"
    "   SELECT id, last_event, 'status_changed', '{\"status\":\"running\"}', true FROM moved)"
    " SELECT id, run_id, tenant, kind, owner, fencing_token, attempts, cancel_requested,"
    "   pause_requested, begins, set_config('synchronous_commit', 'off', true),"
    "   pg_notify('datamigrate_events', run_id::text)"
    " FROM taken"
    " ORDER BY priority DESC, available_at, id",
    true};
// Whoever looks after limits does so alone; choosing one waits, too. What is counted next is what
// the one before has left.
constexpr pg::Statement kLockLimits = {"lock_limits",
                                       "LOCK TABLE migration_limits IN SHARE ROW EXCLUSIVE MODE"};
constexpr pg::Statement kHasLimits = {"has_limits", "SELECT 1 FROM migration_limits LIMIT 1"};
constexpr pg::Statement kRunning = {
    "running_by_tenant",
    "SELECT coalesce(l.tenant, r.tenant) AS tenant, l.max_running,"
    "   coalesce(r.running, 0) AS running"
    " FROM migration_limits l FULL JOIN (SELECT tenant, count(*) AS running FROM jobs"
    "   WHERE is_open AND run_id IS NOT NULL AND status = 'running' GROUP BY tenant) r"
    "   ON r.tenant = l.tenant"};
constexpr pg::Statement kHeartbeat = {
    "extend_lease",
    "UPDATE jobs SET lease_until = clock_timestamp() + $4::interval"
    " WHERE id = $1 AND owner = $2 AND fencing_token = $3 AND status = 'running'"
    " RETURNING cancel_requested, pause_requested"};
// Whoever takes a job changes its token: with ours it is as we left it.
constexpr pg::Statement kIsOurs = {
    "is_our_job", "SELECT 1 FROM jobs WHERE id = $1 AND owner = $2 AND fencing_token = $3"};
// $5: seconds until it may be taken; $6: attempts to take back.
constexpr pg::Statement kLeave = {
    "leave_job",
    "UPDATE jobs SET lease_until = NULL, attempts = greatest(attempts - $6::integer, 0),"
    "   status = CASE WHEN pause_requested AND $4::text IN ('queued', 'waiting') THEN 'paused'"
    "     ELSE $4::text END,"
    "   paused_at = CASE WHEN pause_requested THEN clock_timestamp() END, pause_requested = false,"
    "   available_at = clock_timestamp() + $5::interval,"
    "   cancel_requested = cancel_requested AND $4::text IN ('queued', 'waiting')"
    " WHERE id = $1 AND owner = $2 AND fencing_token = $3 AND status = 'running'"
    " RETURNING status"};
constexpr pg::Statement kWasLeft = {
    "was_left",
    "SELECT status FROM jobs WHERE id = $1 AND owner = $2 AND fencing_token = $3"
    "   AND status IN ($4, 'paused')"};
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
    "UPDATE jobs SET status = 'failed', lease_until = NULL, pause_requested = false"
    " WHERE id IN (SELECT id FROM jobs"
    "   WHERE is_open AND run_id IS NOT NULL AND attempts >= $1 AND (status = 'queued'"
    "     OR (status = 'running' AND lease_until < clock_timestamp())) FOR UPDATE SKIP LOCKED)"
    " RETURNING run_id, (SELECT current_step FROM migrations m WHERE m.id = run_id) AS node"};
constexpr pg::Statement kSetAside = {"set_migration_aside",
                                     "UPDATE migrations SET is_set_aside = true WHERE id = $1"};

StopRequest ToStopRequest(const pg::Row& row) {
  if (row.Get<bool>("cancel_requested")) return StopRequest::kCancel;
  return row.Get<bool>("pause_requested") ? StopRequest::kPause : StopRequest::kNone;
}

JobLease ToLease(const pg::Row& row) {
  return {.job_id = row.Get<std::string>("id"),
          .run_id = row.Get<std::string>("run_id"),
          .tenant = row.Get<std::string>("tenant"),
          .kind = row.Get<std::string>("kind"),
          .owner = row.Get<std::string>("owner"),
          .fencing_token = row.Get<int64_t>("fencing_token"),
          .attempts = row.Get<int>("attempts"),
          .stop_request = ToStopRequest(row)};
}

// Where a migration stands whose job was left.
using LeftStatus = std::pair<std::string_view, MigrationStatus>;
constexpr auto kLeftStatuses = std::to_array<LeftStatus>({
    {"queued", MigrationStatus::kPending},
    {"waiting", MigrationStatus::kAwaitingDecision},
    {"paused", MigrationStatus::kPaused},
    {"completed", MigrationStatus::kCompleted},
    {"failed", MigrationStatus::kFailed},
    {"cancelled", MigrationStatus::kCancelled},
});

// Precondition: `job_status` is in the table.
MigrationStatus StatusOfLeft(std::string_view job_status) {
  return std::ranges::find(kLeftStatuses, job_status, &LeftStatus::first)->second;
}

// How a job is left, unless it is paused instead.
struct Leaving {
  std::string_view job_status;
  std::string_view error = {};
  absl::Duration available_in = absl::ZeroDuration();
  int attempts_back = 0;
};

// Returns how the job was left.
absl::StatusOr<std::string> LeaveAs(pg::Transaction& transaction, const JobLease& lease,
                                    const Leaving& leaving) {
  absl::StatusOr<pg::Result> left = transaction.Execute(
      kLeave, {lease.job_id, lease.owner, lease.fencing_token, leaving.job_status,
               leaving.available_in, leaving.attempts_back});
  if (!left.ok()) return left.status();
  if (left->empty()) {
    // The reply to the first try may have been lost.
    absl::StatusOr<pg::Result> before = transaction.Execute(
        kWasLeft, {lease.job_id, lease.owner, lease.fencing_token, leaving.job_status});
    if (!before.ok()) return before.status();
    if (before->empty()) return LeaseLost(lease);
    return before->front().Get<std::string>("status");
  }
  std::string status = left->front().Get<std::string>("status");
  absl::Status moved =
      MoveMigration(transaction, lease.run_id, StatusOfLeft(status), leaving.error);
  if (!moved.ok()) return moved;
  return status;
}

absl::Status Leave(pg::Pool& pool, const JobLease& lease, const Leaving& leaving) {
  return pg::InTransaction(pool, kRepeatable, [&](pg::Transaction& transaction) {
    return LeaveAs(transaction, lease, leaving).status();
  });
}

// How many more runs of each tenant may begin.
class FreePlaces {
 public:
  // `running`: rows of kRunning. `ceiling`: the operator's limit, 0: none.
  FreePlaces(const pg::Result& running, int64_t ceiling)
      : elsewhere_(FreeOf(std::nullopt, ceiling, 0)) {
    for (const pg::Row row : running) {
      places_[row.Get<std::string>("tenant")] = FreeOf(
          row.Get<std::optional<int64_t>>("max_running"), ceiling, row.Get<int64_t>("running"));
    }
  }

  void Begin(const std::string& tenant) { --places_.try_emplace(tenant, elsewhere_).first->second; }

  std::vector<std::string> FullTenants() const {
    std::vector<std::string> full;
    for (const auto& [tenant, free] : places_) {
      if (free <= 0) full.push_back(tenant);
    }
    return full;
  }

 private:
  static int64_t FreeOf(std::optional<int64_t> chosen, int64_t ceiling, int64_t running) {
    const std::optional<int64_t> limit = EffectiveLimit(chosen, ceiling);
    return limit.has_value() ? *limit - running : std::numeric_limits<int64_t>::max();
  }

  std::map<std::string, int64_t> places_;
  const int64_t elsewhere_;  // of tenants without a row: nothing of them runs
};

// Gives the migration up whose job stopped its owners so often.
absl::Status SetAside(pg::Transaction& transaction, const pg::Row& job, int attempts) {
  const auto id = job.Get<std::string>("run_id");
  const std::string node = job.Get<std::string>("node");
  absl::Status failed = MoveMigration(
      transaction, id, MigrationStatus::kFailed,
      fmt::format(
          "set aside: the engine stopped {} times at the same step{}; look into the engine's "
          "log for why, then resume the migration, which has all its tries again",
          attempts, node.empty() ? "" : fmt::format(", {}", node)));
  if (!failed.ok()) return failed;
  return transaction.Execute(kSetAside, {id}).status();
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
  const Wanted wanted{owner, duration, kinds};
  if (options_.max_running_per_tenant > 0) return TakeWithinLimits(most, wanted);
  // Not repeated after an unknown outcome: the leases run out by themselves.
  absl::StatusOr<pg::Result> taken =
      pg::Execute(*pool_, {}, kTake, ParametersOf(most, wanted, {}, /*is_within_limits=*/false));
  if (!taken.ok()) return taken.status();
  std::vector<JobLease> leases;
  for (const pg::Row row : *taken) leases.push_back(ToLease(row));
  if (!leases.empty()) return leases;
  absl::StatusOr<bool> has_limits = HasLimits();
  if (!has_limits.ok()) return has_limits.status();
  return *has_limits ? TakeWithinLimits(most, wanted) : leases;
}

std::vector<pg::Parameter> JobQueue::ParametersOf(int most, const Wanted& wanted,
                                                  const std::vector<std::string>& full_tenants,
                                                  bool is_within_limits) const {
  return {wanted.owner,      wanted.duration, options_.max_attempts, wanted.kinds,
          std::max(most, 1), full_tenants,    is_within_limits};
}

absl::StatusOr<bool> JobQueue::HasLimits() {
  absl::StatusOr<pg::Result> limits = pg::Execute(*pool_, kRepeatable, kHasLimits);
  if (!limits.ok()) return limits.status();
  return !limits->empty();
}

// One by one, as each may fill its tenant's last place.
absl::StatusOr<std::vector<JobLease>> JobQueue::TakeWithinLimits(int most, const Wanted& wanted) {
  std::vector<JobLease> leases;
  absl::Status taken =
      pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) -> absl::Status {
        leases.clear();
        absl::StatusOr<pg::Result> locked = transaction.Execute(kLockLimits);
        if (!locked.ok()) return locked.status();
        absl::StatusOr<pg::Result> running = transaction.Execute(kRunning);
        if (!running.ok()) return running.status();
        FreePlaces places(*running, options_.max_running_per_tenant);
        while (static_cast<int>(leases.size()) < most) {
          absl::StatusOr<pg::Result> next = transaction.Execute(
              kTake, ParametersOf(1, wanted, places.FullTenants(), /*is_within_limits=*/true));
          if (!next.ok()) return next.status();
          if (next->empty()) break;
          leases.push_back(ToLease(next->front()));
          if (next->front().Get<bool>("begins")) places.Begin(leases.back().tenant);
        }
        return absl::OkStatus();
      });
  if (!taken.ok()) return taken;
  return leases;
}

absl::StatusOr<StopRequest> JobQueue::Heartbeat(const JobLease& lease, absl::Duration duration) {
  absl::StatusOr<pg::Result> rows = pg::Execute(
      *pool_, kRepeatable, kHeartbeat, {lease.job_id, lease.owner, lease.fencing_token, duration});
  if (!rows.ok()) return rows.status();
  if (!rows->empty()) return ToStopRequest(rows->front());
  absl::StatusOr<pg::Result> ours =
      pg::Execute(*pool_, kRepeatable, kIsOurs, {lease.job_id, lease.owner, lease.fencing_token});
  if (!ours.ok()) return ours.status();
  if (ours->empty()) return LeaseLost(lease);
  return StopRequest::kNone;
}

absl::Status LeaveCompleted(pg::Transaction& transaction, const JobLease& lease) {
  return LeaveAs(transaction, lease, {.job_status = "completed"}).status();
}

absl::Status LeaveFailed(pg::Transaction& transaction, const JobLease& lease,
                         std::string_view error) {
  return LeaveAs(transaction, lease, {.job_status = "failed", .error = error}).status();
}

absl::Status JobQueue::Complete(const JobLease& lease) {
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) {
    return LeaveCompleted(transaction, lease);
  });
}

absl::Status JobQueue::Suspend(const JobLease& lease) {
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) {
    absl::StatusOr<std::string> left =
        LeaveAs(transaction, lease, {.job_status = "waiting", .attempts_back = 1});
    if (!left.ok()) return left.status();
    if (*left == "paused") return absl::OkStatus();
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
  return Leave(*pool_, lease, {.job_status = "queued", .attempts_back = 1});
}

absl::Status JobQueue::Fail(const JobLease& lease, std::string_view error,
                            std::optional<absl::Duration> retry_after) {
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) {
    Leaving leaving{.job_status = "failed", .error = error};
    absl::StatusOr<pg::Result> rows = transaction.Execute(kAttempts, {lease.job_id});
    if (!rows.ok()) return rows.status();
    bool has_attempts_left =
        !rows->empty() && rows->front().Get<int>("attempts") < options_.max_attempts;
    if (retry_after.has_value() && has_attempts_left) {
      leaving.job_status = "queued";
      leaving.available_in = *retry_after;
    }
    return LeaveAs(transaction, lease, leaving).status();
  });
}

absl::Status JobQueue::Cancelled(const JobLease& lease) {
  return Leave(*pool_, lease, {.job_status = "cancelled"});
}

absl::StatusOr<int> JobQueue::FailExhausted() {
  int count = 0;
  absl::Status status = pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) {
    absl::StatusOr<pg::Result> failed =
        transaction.Execute(kFailExhausted, {options_.max_attempts});
    if (!failed.ok()) return failed.status();
    count = static_cast<int>(failed->size());
    for (const pg::Row row : *failed) {
      absl::Status moved = SetAside(transaction, row, options_.max_attempts);
      if (!moved.ok()) return moved;
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return count;
}

}  // namespace datamigrate::store
