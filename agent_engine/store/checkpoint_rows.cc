#include "agent_engine/store/checkpoint_rows.h"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent_engine/store/migration_rows.h"
#include "agent_engine/store/transaction_writer.h"
#include "agent_engine/workflow/graph.h"
#include "common/errors/error_context.h"

namespace datamigrate::store {
namespace {

using workflow::Checkpoint;
using workflow::CheckpointStatus;

// Everything here has the same effect twice as once.
const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};
const pg::RetryPolicy kOnlyOnce{.max_attempts = 1};

// A checkpoint is progress: the count of fruitless attempts starts again.
constexpr pg::Statement kFenceWithProgress = {
    "fence_checkpoint",
    "UPDATE jobs SET attempts = 0 WHERE id = $1 AND owner = $2 AND fencing_token = $3"
    " AND status = 'running' RETURNING id"};
constexpr pg::Statement kFence = {
    "fence",
    "SELECT id FROM jobs WHERE id = $1 AND owner = $2 AND fencing_token = $3"
    " AND status = 'running' FOR SHARE"};
constexpr pg::Statement kWasLeft = {
    "was_left_ended",
    "SELECT 1 FROM jobs WHERE id = $1 AND owner = $2 AND fencing_token = $3"
    " AND status IN ('completed', 'failed')"};
constexpr pg::Statement kInsertCheckpoint = {
    "insert_checkpoint",
    "INSERT INTO workflow_checkpoints"
    "   (run_id, step, node, next_node, status, state, effects_step, fencing_token, frame)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    " ON CONFLICT (run_id, step) DO NOTHING RETURNING step"};
constexpr pg::Statement kIsSameCheckpoint = {
    "is_same_checkpoint",
    "SELECT 1 FROM workflow_checkpoints WHERE run_id = $1 AND step = $2 AND node = $3"
    " AND next_node = $4 AND status = $5 AND state = $6"};
constexpr pg::Statement kSetCurrentStep = {
    "set_current_step",
    "UPDATE migrations SET current_step = $2, updated_at = clock_timestamp() WHERE id = $1"};
constexpr pg::Statement kInsertFailure = {
    "insert_failure", "INSERT INTO run_failures (run_id, step, context) VALUES ($1, $2, $3)"};
constexpr pg::Statement kInsertDecision = {
    "insert_decision",
    "INSERT INTO user_decisions (migration_id, step, node, question, deadline, default_answer)"
    " VALUES ($1, $2, $3, $4, clock_timestamp() + $5::interval, $6)"};

constexpr auto kStatusNames = std::to_array<std::pair<CheckpointStatus, std::string_view>>({
    {CheckpointStatus::kRunning, "running"},
    {CheckpointStatus::kInterrupted, "interrupted"},
    {CheckpointStatus::kCompleted, "completed"},
    {CheckpointStatus::kFailed, "failed"},
});

absl::StatusOr<bool> Holds(pg::Transaction& transaction, const pg::Statement& statement,
                           const JobLease& lease) {
  absl::StatusOr<pg::Result> rows =
      transaction.Execute(statement, {lease.job_id, lease.owner, lease.fencing_token});
  if (!rows.ok()) return rows.status();
  return !rows->empty();
}

// False when the very same checkpoint is there already.
absl::StatusOr<bool> InsertCheckpoint(pg::Transaction& transaction, const Checkpoint& checkpoint,
                                      const JobLease& lease) {
  std::vector<pg::Parameter> content = {checkpoint.run_id,
                                        checkpoint.step,
                                        checkpoint.node,
                                        checkpoint.next_node,
                                        ToString(checkpoint.status),
                                        pg::Bytes{checkpoint.state}};
  std::vector<pg::Parameter> parameters = content;
  parameters.emplace_back(checkpoint.effects_step);
  parameters.emplace_back(lease.fencing_token);
  parameters.emplace_back(pg::Bytes{checkpoint.frame});
  absl::StatusOr<pg::Result> inserted = transaction.Execute(kInsertCheckpoint, parameters);
  if (!inserted.ok()) return inserted.status();
  if (!inserted->empty()) return true;
  absl::StatusOr<pg::Result> same = transaction.Execute(kIsSameCheckpoint, content);
  if (!same.ok()) return same.status();
  if (!same->empty()) return false;
  return absl::AlreadyExistsError(
      fmt::format("run {} has another checkpoint {} already", checkpoint.run_id, checkpoint.step));
}

absl::Status InsertEffects(pg::Transaction& transaction, const Checkpoint& checkpoint,
                           absl::Span<const workflow::Write> writes) {
  TransactionWriter writer(&transaction, checkpoint.run_id);
  for (const workflow::Write& write : writes) {
    if (absl::Status status = write(writer); !status.ok()) return status;
  }
  absl::StatusOr<pg::Result> moved =
      transaction.Execute(kSetCurrentStep, {checkpoint.run_id, CurrentStep(checkpoint)});
  if (!moved.ok()) return moved.status();
  if (checkpoint.status == CheckpointStatus::kInterrupted) {
    std::optional<absl::Duration> within;  // none: for ever
    std::optional<std::string> otherwise;
    if (checkpoint.answer_within != absl::InfiniteDuration()) {
      within = checkpoint.answer_within;
      otherwise = pg::ToStorableText(checkpoint.default_answer);
    }
    absl::StatusOr<pg::Result> asked = transaction.Execute(
        kInsertDecision, {checkpoint.run_id, checkpoint.step, checkpoint.node,
                          pg::ToStorableText(checkpoint.question), within, otherwise});
    if (!asked.ok()) return asked.status();
  }
  return absl::OkStatus();
}

absl::Status AddEvent(pg::Transaction& transaction, const std::string& run_id,
                      const workflow::Event& event) {
  return InsertEvent(transaction, run_id, event.kind, EventPayload(event), event.at).status();
}

absl::Status InsertAll(pg::Transaction& transaction, const JobLease& lease,
                       const Checkpoint& checkpoint, absl::Span<const workflow::Write> writes,
                       absl::Span<const workflow::Event> events) {
  absl::StatusOr<bool> is_new = InsertCheckpoint(transaction, checkpoint, lease);
  if (!is_new.ok() || !*is_new) return is_new.status();
  absl::Status written = InsertEffects(transaction, checkpoint, writes);
  if (!written.ok()) return written;
  if (!checkpoint.failure.empty()) {
    absl::Status noted =
        InsertFailure(transaction, checkpoint.run_id, checkpoint.step - 1, checkpoint.failure);
    if (!noted.ok()) return noted;
  }
  for (const workflow::Event& event : events) {
    absl::Status told = AddEvent(transaction, checkpoint.run_id, event);
    if (!told.ok()) return told;
  }
  return absl::OkStatus();
}

absl::Status LeaveEnded(pg::Transaction& transaction, const JobLease& lease,
                        const Checkpoint& checkpoint) {
  if (checkpoint.status != CheckpointStatus::kFailed) return LeaveCompleted(transaction, lease);
  return LeaveFailed(transaction, lease, errors::Summary(errors::FromJson(checkpoint.failure)));
}

}  // namespace

absl::Status InsertFailure(pg::Transaction& transaction, std::string_view run_id, int64_t step,
                           std::string_view failure) {
  return transaction.Execute(kInsertFailure, {run_id, step, pg::ToStorableJson(failure)}).status();
}

absl::Status CheckFence(pg::Transaction& transaction, const JobLease& lease) {
  absl::StatusOr<bool> holds = Holds(transaction, kFence, lease);
  if (!holds.ok()) return holds.status();
  return *holds ? absl::OkStatus() : LeaseLost(lease);
}

absl::Status CommitCheckpoint(pg::Pool& pool, const JobLease& lease, const Checkpoint& checkpoint,
                              absl::Span<const workflow::Write> writes,
                              absl::Span<const workflow::Event> events, bool leaves_job) {
  return pg::InTransaction(pool, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::StatusOr<bool> holds = Holds(transaction, kFenceWithProgress, lease);
    if (holds.ok() && !*holds && leaves_job) {
      // The reply to the first try may have been lost.
      absl::StatusOr<bool> was_left = Holds(transaction, kWasLeft, lease);
      if (was_left.ok() && *was_left) return absl::OkStatus();
      if (!was_left.ok()) return was_left.status();
    }
    if (!holds.ok()) return holds.status();
    if (!*holds) return LeaseLost(lease);
    absl::Status inserted = InsertAll(transaction, lease, checkpoint, writes, events);
    if (!inserted.ok() || !leaves_job) return inserted;
    return LeaveEnded(transaction, lease, checkpoint);
  });
}

absl::Status CommitEvent(pg::Pool& pool, const JobLease& lease, const workflow::Event& event) {
  return pg::InTransaction(pool, kOnlyOnce, [&](pg::Transaction& transaction) -> absl::Status {
    absl::Status fenced = CheckFence(transaction, lease);
    if (!fenced.ok()) return fenced;
    return AddEvent(transaction, lease.run_id, event);
  });
}

// Names of nodes need no escaping; keys of items do.
std::string EventPayload(const workflow::Event& event) {
  std::string item;
  if (!event.item.empty()) {
    using nlohmann::json;
    item = fmt::format(R"("item":{},)",
                       json(event.item).dump(-1, ' ', false, json::error_handler_t::replace));
  }
  return fmt::format(R"({{"node":"{}",{}"step":{},"attempt":{},"payload":{}}})", event.node, item,
                     event.step, event.attempt, event.payload.empty() ? "{}" : event.payload);
}

std::string_view ToString(CheckpointStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)].second;
}

CheckpointStatus ParseCheckpointStatus(std::string_view text) {
  for (const auto& [status, name] : kStatusNames) {
    if (name == text) return status;
  }
  return CheckpointStatus::kRunning;  // The table's CHECK admits no other words.
}

const std::string& CurrentStep(const Checkpoint& checkpoint) {
  return checkpoint.next_node == workflow::kEnd ? checkpoint.node : checkpoint.next_node;
}

}  // namespace datamigrate::store
