// Who works on which run. Jobs are rows; an owner holds one under a lease that the database's clock
// measures, and a fencing token that grows with each take-over.
//
// A job's moves also move its migration, in the same transaction:
//   Take → running; Complete → completed; Suspend → awaiting_decision; Fail for good → failed;
//   Cancelled → cancelled; Release and Fail with a retry → pending.
// Where a pause was asked for, what would be pending or awaiting_decision is paused.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_JOB_QUEUE_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_JOB_QUEUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {

// The channel that hears of new and requeued jobs and of those that are to stop; the payload is the
// run's id.
inline constexpr char kJobsChannel[] = "datamigrate_jobs";

// What a person wants of a run that is under way.
enum class StopRequest { kNone, kPause, kCancel };

// The right to work on a run until someone takes it over.
struct JobLease {
  std::string job_id = {};
  std::string run_id = {};  // the migration's id
  std::string tenant = {};
  std::string kind = {};
  std::string owner = {};
  int64_t fencing_token = 0;
  int attempts = 0;  // takes since the last checkpoint, this one included
  StopRequest stop_request = StopRequest::kNone;
};

struct JobQueueOptions {
  // Takes without a checkpoint between them, after which a job is given up: its input kills us.
  int max_attempts = 5;
  // How many of a tenant's runs may be under way, over all queues of the database, which should say
  // the same; 0: any number. A tenant may have chosen less (migration_limits.h).
  int max_running_per_tenant = 0;
};

// Safe to call from any thread. Calls with a lease fail with kFailedPrecondition (IsLeaseLost)
// once another owner, or nobody, has the job.
class JobQueue {
 public:
  // `pool` must outlive the queue.
  explicit JobQueue(pg::Pool* pool, JobQueueOptions options = {})
      : pool_(pool), options_(options) {}

  // Takes the most urgent job that is free or whose lease has run out, for `duration`; nullopt when
  // there is none. Free jobs of a tenant with as many runs under way as it may have are passed
  // over. `kinds` empty: any kind.
  absl::StatusOr<std::optional<JobLease>> Take(std::string_view owner, absl::Duration duration,
                                               const std::vector<std::string>& kinds = {});

  // As many as are there, at most `most` (>= 1), in the order of their urgency and in one commit.
  absl::StatusOr<std::vector<JobLease>> TakeUpTo(int most, std::string_view owner,
                                                 absl::Duration duration,
                                                 const std::vector<std::string>& kinds = {});

  // Keeps the job for `duration` from now. Returns whether somebody asked to stop it. Does nothing
  // when the job was left under this lease and nobody has taken it since.
  absl::StatusOr<StopRequest> Heartbeat(const JobLease& lease, absl::Duration duration);

  absl::Status Complete(const JobLease& lease);

  // After an interrupt: the job waits for Decide. If the answer has come already, it goes back to
  // the queue; if somebody asked to cancel or pause it meanwhile, it is cancelled or paused.
  absl::Status Suspend(const JobLease& lease);

  // Gives the job back unharmed, to be taken at once; the attempt does not count. For shutdown, and
  // for a pause.
  absl::Status Release(const JobLease& lease);

  // Notes the error, and queues the job again after `retry_after`; gives it up without one, or when
  // its attempts are used up.
  absl::Status Fail(const JobLease& lease, std::string_view error,
                    std::optional<absl::Duration> retry_after = std::nullopt);

  // The run has stopped because it was asked to.
  absl::Status Cancelled(const JobLease& lease);

  // Sets the jobs aside, as failed, whose owner is gone and whose attempts are used up; returns how
  // many. MigrationStore::Resume gives them their attempts again.
  absl::StatusOr<int> FailExhausted();

  const JobQueueOptions& options() const { return options_; }

 private:
  // What is asked of a take, as its statement has it but for how many.
  struct Wanted {
    std::string_view owner;
    absl::Duration duration;
    const std::vector<std::string>& kinds;
  };

  absl::StatusOr<std::vector<JobLease>> TakeWithinLimits(int most, const Wanted& wanted);
  absl::StatusOr<bool> HasLimits();
  std::vector<pg::Parameter> ParametersOf(int most, const Wanted& wanted,
                                          const std::vector<std::string>& full_tenants,
                                          bool is_within_limits) const;

  pg::Pool* const pool_;
  const JobQueueOptions options_;
};

// Leaves the job as completed, with its migration, in a transaction of the caller's.
absl::Status LeaveCompleted(pg::Transaction& transaction, const JobLease& lease);

// Leaves the job as failed for good, likewise.
absl::Status LeaveFailed(pg::Transaction& transaction, const JobLease& lease,
                         std::string_view error);

// The error of a call with a lease that another owner took over.
absl::Status LeaseLost(const JobLease& lease);
bool IsLeaseLost(const absl::Status& status);

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_JOB_QUEUE_H_
