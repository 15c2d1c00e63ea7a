// One run's checkpoints and events as rows, each call a transaction of its own under the fence of
// the run's lease. checkpoint_group.h stores many runs' at once.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_CHECKPOINT_ROWS_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_CHECKPOINT_ROWS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/workflow/ports.h"
#include "common/pg/pool.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {

// LeaseLost unless the lease holds; then it does until the transaction ends.
absl::Status CheckFence(pg::Transaction& transaction, const JobLease& lease);

// Stores the checkpoint with its writes and events. The same again is OK and changes nothing.
// `leaves_job`: leaves the job as completed or failed, as the checkpoint is, in the same
// transaction.
absl::Status CommitCheckpoint(pg::Pool& pool, const JobLease& lease,
                              const workflow::Checkpoint& checkpoint,
                              absl::Span<const workflow::Write> writes,
                              absl::Span<const workflow::Event> events, bool leaves_job);

// Tells of the event, with one attempt only: events are news.
absl::Status CommitEvent(pg::Pool& pool, const JobLease& lease, const workflow::Event& event);

// Adds why the run failed after its checkpoint `step` (errors::ToJson).
absl::Status InsertFailure(pg::Transaction& transaction, std::string_view run_id, int64_t step,
                           std::string_view failure);

// What an event's row holds: {"node":...,"step":...,"attempt":...,"payload":...}, and "item" where
// it is of one.
std::string EventPayload(const workflow::Event& event);

// The words of workflow_checkpoints.status.
std::string_view ToString(workflow::CheckpointStatus status);
workflow::CheckpointStatus ParseCheckpointStatus(std::string_view text);

// What lists show of a run that has this checkpoint: the node under way, or the last one.
const std::string& CurrentStep(const workflow::Checkpoint& checkpoint);

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_CHECKPOINT_ROWS_H_
