#include "agent_engine/store/run_store.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "agent_engine/store/migration_rows.h"
#include "agent_engine/store/transaction_writer.h"
#include "agent_engine/workflow/graph.h"
#include "common/pg/transaction.h"

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
constexpr pg::Statement kLatest = {
    "latest_checkpoint",
    "SELECT c.run_id, c.step, c.node, c.next_node, c.status, c.state, d.question, d.answer"
    " FROM workflow_checkpoints c LEFT JOIN user_decisions d"
    "   ON d.migration_id = c.run_id AND d.step = c.step"
    " WHERE c.run_id = $1 ORDER BY c.step DESC LIMIT 1"};
constexpr pg::Statement kAt = {
    "checkpoint_at",
    "SELECT c.run_id, c.step, c.node, c.next_node, c.status, c.state, d.question, d.answer"
    " FROM workflow_checkpoints c LEFT JOIN user_decisions d"
    "   ON d.migration_id = c.run_id AND d.step = c.step"
    " WHERE c.run_id = $1 AND c.step = $2"};
constexpr pg::Statement kHistory = {
    "checkpoint_history",
    "SELECT c.run_id, c.step, c.node, c.next_node, c.status, ''::bytea AS state, d.question,"
    "   d.answer FROM workflow_checkpoints c LEFT JOIN user_decisions d"
    "   ON d.migration_id = c.run_id AND d.step = c.step"
    " WHERE c.run_id = $1 ORDER BY c.step"};
constexpr pg::Statement kInsertCheckpoint = {
    "insert_checkpoint",
    "INSERT INTO workflow_checkpoints (run_id, step, node, next_node, status, state, fencing_token)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run_id, step) DO NOTHING RETURNING step"};
constexpr pg::Statement kIsSameCheckpoint = {
    "is_same_checkpoint",
    "SELECT 1 FROM workflow_checkpoints WHERE run_id = $1 AND step = $2 AND node = $3"
    " AND next_node = $4 AND status = $5 AND state = $6"};
constexpr pg::Statement kSetCurrentStep = {
    "set_current_step",
    "UPDATE migrations SET current_step = $2, updated_at = clock_timestamp() WHERE id = $1"};
constexpr pg::Statement kInsertDecision = {
    "insert_decision",
    "INSERT INTO user_decisions (migration_id, step, node, question) VALUES ($1, $2, $3, $4)"};
constexpr pg::Statement kBeginEffect = {
    "begin_effect",
    "INSERT INTO journal (run_id, step, key) VALUES ($1, $2, $3)"
    " ON CONFLICT (run_id, step, key) DO NOTHING RETURNING key"};
constexpr pg::Statement kFindReceipt = {
    "find_receipt", "SELECT receipt FROM journal WHERE run_id = $1 AND step = $2 AND key = $3"};
constexpr pg::Statement kCompleteEffect = {
    "complete_effect",
    "UPDATE journal SET receipt = $4, completed_at = clock_timestamp()"
    " WHERE run_id = $1 AND step = $2 AND key = $3 AND receipt IS NULL"};

constexpr auto kStatusNames = std::to_array<std::pair<CheckpointStatus, std::string_view>>({
    {CheckpointStatus::kRunning, "running"},
    {CheckpointStatus::kInterrupted, "interrupted"},
    {CheckpointStatus::kCompleted, "completed"},
});

std::string_view NameOf(CheckpointStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)].second;
}

Checkpoint ToCheckpoint(const pg::Row& row) {
  Checkpoint checkpoint{.run_id = row.Get<std::string>("run_id"),
                        .step = row.Get<int64_t>("step"),
                        .node = row.Get<std::string>("node"),
                        .next_node = row.Get<std::string>("next_node"),
                        .state = row.Get<pg::Bytes>("state").value};
  std::string name = row.Get<std::string>("status");
  for (const auto& [status, text] : kStatusNames) {
    if (text == name) checkpoint.status = status;
  }
  checkpoint.question = row.Get<std::optional<std::string>>("question").value_or("");
  checkpoint.answer = row.Get<std::optional<std::string>>("answer");
  return checkpoint;
}

absl::Status CheckFence(pg::Transaction& transaction, const pg::Statement& statement,
                        const JobLease& lease) {
  absl::StatusOr<pg::Result> held =
      transaction.Execute(statement, {lease.job_id, lease.owner, lease.fencing_token});
  if (!held.ok()) return held.status();
  return held->empty() ? LeaseLost(lease) : absl::OkStatus();
}

// False when the very same checkpoint is there already.
absl::StatusOr<bool> InsertCheckpoint(pg::Transaction& transaction, const Checkpoint& checkpoint,
                                      const JobLease& lease) {
  std::vector<pg::Parameter> parameters = {checkpoint.run_id,         checkpoint.step,
                                           checkpoint.node,           checkpoint.next_node,
                                           NameOf(checkpoint.status), pg::Bytes{checkpoint.state}};
  std::vector<pg::Parameter> with_token = parameters;
  with_token.push_back(lease.fencing_token);
  absl::StatusOr<pg::Result> inserted = transaction.Execute(kInsertCheckpoint, with_token);
  if (!inserted.ok()) return inserted.status();
  if (!inserted->empty()) return true;
  absl::StatusOr<pg::Result> same = transaction.Execute(kIsSameCheckpoint, parameters);
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
  const std::string& step =
      checkpoint.next_node == workflow::kEnd ? checkpoint.node : checkpoint.next_node;
  absl::StatusOr<pg::Result> moved =
      transaction.Execute(kSetCurrentStep, {checkpoint.run_id, step});
  if (!moved.ok()) return moved.status();
  if (checkpoint.status == CheckpointStatus::kInterrupted) {
    absl::StatusOr<pg::Result> asked =
        transaction.Execute(kInsertDecision, {checkpoint.run_id, checkpoint.step, checkpoint.node,
                                              pg::ToStorableText(checkpoint.question)});
    if (!asked.ok()) return asked.status();
  }
  return absl::OkStatus();
}

// {"node":...,"step":...,"attempt":...,"payload":...}; names of nodes need no escaping.
std::string EventPayload(const workflow::Event& event) {
  return fmt::format(R"({{"node":"{}","step":{},"attempt":{},"payload":{}}})", event.node,
                     event.step, event.attempt, event.payload.empty() ? "{}" : event.payload);
}

absl::Status AddEvent(pg::Transaction& transaction, const std::string& run_id,
                      const workflow::Event& event) {
  return InsertEvent(transaction, run_id, event.kind, EventPayload(event), event.at).status();
}

}  // namespace

RunStore::RunStore(pg::Pool* pool, JobLease lease) : pool_(pool), lease_(std::move(lease)) {}

absl::StatusOr<std::optional<Checkpoint>> RunStore::Latest(std::string_view run_id) {
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kLatest, {run_id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<Checkpoint>();
  return std::optional<Checkpoint>(ToCheckpoint(rows->front()));
}

absl::Status RunStore::Commit(const Checkpoint& checkpoint,
                              absl::Span<const workflow::Write> writes,
                              absl::Span<const workflow::Event> events) {
  if (checkpoint.run_id != lease_.run_id) {
    return absl::InvalidArgumentError("the checkpoint is of another run than the lease");
  }
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::Status fenced = CheckFence(transaction, kFenceWithProgress, lease_);
    if (!fenced.ok()) return fenced;
    absl::StatusOr<bool> is_new = InsertCheckpoint(transaction, checkpoint, lease_);
    if (!is_new.ok() || !*is_new) return is_new.status();
    absl::Status written = InsertEffects(transaction, checkpoint, writes);
    if (!written.ok()) return written;
    for (const workflow::Event& event : events) {
      absl::Status told = AddEvent(transaction, checkpoint.run_id, event);
      if (!told.ok()) return told;
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<workflow::Journal::Entry> RunStore::Begin(std::string_view run_id, int64_t step,
                                                         std::string_view key) {
  Entry entry;
  absl::Status status =
      pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
        entry = {};
        absl::Status fenced = CheckFence(transaction, kFence, lease_);
        if (!fenced.ok()) return fenced;
        absl::StatusOr<pg::Result> begun = transaction.Execute(kBeginEffect, {run_id, step, key});
        if (!begun.ok() || !begun->empty()) return begun.status();
        absl::StatusOr<pg::Result> found = transaction.Execute(kFindReceipt, {run_id, step, key});
        if (!found.ok()) return found.status();
        entry.was_begun = true;
        auto receipt = found->front().Get<std::optional<pg::Bytes>>("receipt");
        if (receipt.has_value()) entry.receipt = std::move(receipt->value);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return entry;
}

absl::Status RunStore::Complete(std::string_view run_id, int64_t step, std::string_view key,
                                std::string_view receipt) {
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::Status fenced = CheckFence(transaction, kFence, lease_);
    if (!fenced.ok()) return fenced;
    return transaction
        .Execute(kCompleteEffect, {run_id, step, key, pg::Bytes{std::string(receipt)}})
        .status();
  });
}

void RunStore::Emit(std::string_view run_id, const workflow::Event& event) {
  (void)pg::InTransaction(*pool_, kOnlyOnce, [&](pg::Transaction& transaction) -> absl::Status {
    absl::Status fenced = CheckFence(transaction, kFence, lease_);
    if (!fenced.ok()) return fenced;
    return AddEvent(transaction, std::string(run_id), event);
  });
}

absl::Status RunStore::Write(const workflow::Write& write) {
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::Status fenced = CheckFence(transaction, kFence, lease_);
    if (!fenced.ok()) return fenced;
    TransactionWriter writer(&transaction, lease_.run_id);
    return write(writer);
  });
}

absl::StatusOr<std::vector<Checkpoint>> CheckpointHistory(pg::Pool& pool, std::string_view run_id) {
  absl::StatusOr<pg::Result> rows = pg::Execute(pool, kRepeatable, kHistory, {run_id});
  if (!rows.ok()) return rows.status();
  std::vector<Checkpoint> history;
  for (pg::Row row : *rows) history.push_back(ToCheckpoint(row));
  return history;
}

absl::StatusOr<Checkpoint> CheckpointAt(pg::Pool& pool, std::string_view run_id, int64_t step) {
  absl::StatusOr<pg::Result> rows = pg::Execute(pool, kRepeatable, kAt, {run_id, step});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) {
    return absl::NotFoundError(fmt::format("run {} has no checkpoint {}", run_id, step));
  }
  return ToCheckpoint(rows->front());
}

}  // namespace datamigrate::store
