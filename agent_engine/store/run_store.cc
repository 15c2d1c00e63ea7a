#include "agent_engine/store/run_store.h"

#include <utility>

#include <fmt/format.h>

#include "agent_engine/store/checkpoint_rows.h"
#include "agent_engine/store/migration_writer.h"
#include "agent_engine/store/transaction_writer.h"
#include "common/crypto/digest.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

using workflow::Checkpoint;

// Everything here has the same effect twice as once.
const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kLatest = {
    "latest_checkpoint",
    "SELECT c.run_id, c.step, c.node, c.next_node, c.status, c.state, c.effects_step, c.frame, "
    "d.question,"
    "   d.answer FROM workflow_checkpoints c LEFT JOIN user_decisions d"
    "   ON d.migration_id = c.run_id AND d.step = c.step"
    " WHERE c.run_id = $1 ORDER BY c.step DESC LIMIT 1",
    true};
constexpr pg::Statement kAt = {"checkpoint_at",
                               "SELECT c.run_id, c.step, c.node, c.next_node, c.status, c.state, "
                               "c.effects_step, c.frame, d.question,"
                               "   d.answer FROM workflow_checkpoints c LEFT JOIN user_decisions d"
                               "   ON d.migration_id = c.run_id AND d.step = c.step"
                               " WHERE c.run_id = $1 AND c.step = $2"};
constexpr pg::Statement kHistory = {
    "checkpoint_history",
    "SELECT c.run_id, c.step, c.node, c.next_node, c.status, ''::bytea AS state,"
    "   c.effects_step, ''::bytea AS frame, d.question, d.answer FROM workflow_checkpoints c LEFT "
    "JOIN user_decisions d"
    "   ON d.migration_id = c.run_id AND d.step = c.step"
    " WHERE c.run_id = $1 ORDER BY c.step"};
// A fork looks into the run that it comes from, and that into its own, as far as they go.
constexpr pg::Statement kBeginEffect = {
    "begin_effect",
    "WITH RECURSIVE parents AS ("
    "   SELECT parent_run AS id FROM migrations WHERE id = $1::uuid AND $4 <> ''"
    "   UNION SELECT m.parent_run FROM migrations m JOIN parents p ON p.id = m.id),"
    " found AS (SELECT j.receipt FROM parents p JOIN journal j ON j.run_id = p.id"
    "   WHERE j.key = $3::text AND j.input_sha256 = $4::text AND j.receipt IS NOT NULL LIMIT 1)"
    " INSERT INTO journal (run_id, step, key, input_sha256, receipt, completed_at, is_reused)"
    " SELECT $1::uuid, $2::bigint, $3::text, $4::text, f.receipt,"
    "   CASE WHEN f.receipt IS NOT NULL THEN clock_timestamp() END, f.receipt IS NOT NULL"
    " FROM (SELECT) AS one LEFT JOIN found f ON true"
    " ON CONFLICT (run_id, step, key) DO NOTHING RETURNING receipt"};
constexpr pg::Statement kMessagesTo = {
    "messages_to",
    "SELECT number, from_agent, kind, priority, reply_expected, coalesce(reply_to, 0) AS reply_to,"
    "   body, coalesce(deadline < clock_timestamp(), false) AS is_overdue FROM agent_messages"
    " WHERE run_id = $1 AND to_agent = $2 AND taken_at IS NULL ORDER BY priority DESC, number"};
constexpr pg::Statement kRecall = {
    "recall",
    "SELECT a.value FROM agent_memory a JOIN migrations m ON m.tenant = a.tenant"
    " WHERE m.id = $1 AND a.agent = $2 AND a.key = $3"};
constexpr pg::Statement kFindReceipt = {
    "find_receipt", "SELECT receipt FROM journal WHERE run_id = $1 AND step = $2 AND key = $3"};
constexpr pg::Statement kCompleteEffect = {
    "complete_effect",
    "UPDATE journal SET receipt = $4, completed_at = clock_timestamp()"
    " WHERE run_id = $1 AND step = $2 AND key = $3 AND receipt IS NULL"};

Checkpoint ToCheckpoint(const pg::Row& row) {
  Checkpoint checkpoint{.run_id = row.Get<std::string>("run_id"),
                        .step = row.Get<int64_t>("step"),
                        .node = row.Get<std::string>("node"),
                        .next_node = row.Get<std::string>("next_node"),
                        .state = row.Get<pg::Bytes>("state").value};
  checkpoint.status = ParseCheckpointStatus(row.Get<std::string>("status"));
  checkpoint.effects_step = row.Get<int64_t>("effects_step");
  checkpoint.frame = row.Get<pg::Bytes>("frame").value;
  checkpoint.question = row.Get<std::optional<std::string>>("question").value_or("");
  checkpoint.answer = row.Get<std::optional<std::string>>("answer");
  return checkpoint;
}

}  // namespace

RunStore::RunStore(pg::Pool* pool, JobLease lease, RunStoreOptions options)
    : pool_(pool),
      lease_(std::move(lease)),
      options_(options),
      waiting_(options.queue == nullptr ? nullptr : options.queue->Open(lease_)) {}

RunStore::~RunStore() {
  Settle(lease_.run_id).IgnoreError();
}

absl::Status RunStore::CheckRun(const Checkpoint& checkpoint) const {
  if (checkpoint.run_id == lease_.run_id) return absl::OkStatus();
  return absl::InvalidArgumentError("the checkpoint is of another run than the lease");
}

bool RunStore::LeavesJob(const Checkpoint& checkpoint) const {
  const bool is_end = checkpoint.status == workflow::CheckpointStatus::kCompleted ||
                      checkpoint.status == workflow::CheckpointStatus::kFailed;
  return options_.leaves_job && is_end;
}

void RunStore::Remember(const Checkpoint& checkpoint) {
  absl::MutexLock lock(&mutex_);
  newest_ = checkpoint;
}

absl::StatusOr<std::optional<Checkpoint>> RunStore::Latest(std::string_view run_id) {
  {
    absl::MutexLock lock(&mutex_);
    if (newest_.has_value()) return newest_;
    // The first lease there is: nobody has stored anything but this.
    if (lease_.fencing_token == 1 && !has_stored_) return std::optional<Checkpoint>();
  }
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kLatest, {run_id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<Checkpoint>();
  return std::optional<Checkpoint>(ToCheckpoint(rows->front()));
}

absl::StatusOr<Checkpoint> RunStore::At(std::string_view run_id, int64_t step) {
  if (absl::Status settled = Settle(run_id); !settled.ok()) return settled;
  return CheckpointAt(*pool_, run_id, step);
}

void RunStore::NoteFailure(std::string_view run_id, int64_t step, std::string_view failure) {
  pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) -> absl::Status {
    absl::Status fenced = CheckFence(transaction, lease_);
    if (!fenced.ok()) return fenced;
    return InsertFailure(transaction, run_id, step, failure);
  }).IgnoreError();
}

absl::Status RunStore::Commit(const Checkpoint& checkpoint,
                              absl::Span<const workflow::Write> writes,
                              absl::Span<const workflow::Event> events) {
  if (absl::Status status = CheckRun(checkpoint); !status.ok()) return status;
  if (absl::Status status = Settle(checkpoint.run_id); !status.ok()) return status;
  const bool leaves_job = LeavesJob(checkpoint);
  absl::Status stored = CommitCheckpoint(*pool_, lease_, checkpoint, writes, events, leaves_job);
  if (!stored.ok()) return stored;
  if (leaves_job) has_left_job_ = true;
  absl::MutexLock lock(&mutex_);
  newest_.reset();
  has_stored_ = true;
  return stored;
}

absl::Status RunStore::CommitSoon(const Checkpoint& checkpoint,
                                  absl::Span<const workflow::Event> events) {
  if (waiting_ == nullptr) return Commit(checkpoint, {}, events);
  if (absl::Status status = CheckRun(checkpoint); !status.ok()) return status;
  const bool leaves_job = LeavesJob(checkpoint);
  absl::Status taken = options_.queue->Add(
      *waiting_, {.checkpoint = checkpoint, .events = {events.begin(), events.end()}}, leaves_job);
  if (!taken.ok()) return taken;
  // Said before it is so, but nobody is told before Settle has answered.
  if (leaves_job) has_left_job_ = true;
  Remember(checkpoint);
  return absl::OkStatus();
}

absl::Status RunStore::Settle(std::string_view /*run_id*/) {
  return waiting_ == nullptr ? absl::OkStatus() : options_.queue->Settle(*waiting_);
}

bool RunStore::has_made_progress() const {
  absl::MutexLock lock(&mutex_);
  return has_stored_ || newest_.has_value();
}

absl::StatusOr<workflow::Journal::Entry> RunStore::Begin(std::string_view run_id, int64_t step,
                                                         std::string_view key) {
  return BeginWithInput(run_id, step, key, "");
}

absl::StatusOr<workflow::Journal::Entry> RunStore::BeginWithInput(std::string_view run_id,
                                                                  int64_t step,
                                                                  std::string_view key,
                                                                  std::string_view input) {
  const std::string digest = input.empty() ? "" : crypto::Sha256Hex(input);
  Entry entry;
  absl::Status status =
      pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
        entry = {};
        absl::Status fenced = CheckFence(transaction, lease_);
        if (!fenced.ok()) return fenced;
        absl::StatusOr<pg::Result> begun =
            transaction.Execute(kBeginEffect, {run_id, step, key, digest});
        if (!begun.ok()) return begun.status();
        if (!begun->empty()) {
          auto reused = begun->front().Get<std::optional<pg::Bytes>>("receipt");
          if (reused.has_value()) entry.receipt = std::move(reused->value);
          return absl::OkStatus();
        }
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
    absl::Status fenced = CheckFence(transaction, lease_);
    if (!fenced.ok()) return fenced;
    return transaction
        .Execute(kCompleteEffect, {run_id, step, key, pg::Bytes{std::string(receipt)}})
        .status();
  });
}

void RunStore::Emit(std::string_view /*run_id*/, const workflow::Event& event) {
  if (waiting_ == nullptr) {
    CommitEvent(*pool_, lease_, event).IgnoreError();
  } else {
    options_.queue->Add(*waiting_, {.events = {event}}).IgnoreError();
  }
}

absl::StatusOr<std::vector<workflow::ReceivedMessage>> RunStore::MessagesTo(std::string_view run_id,
                                                                            std::string_view node) {
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kMessagesTo, {run_id, node});
  if (!rows.ok()) return rows.status();
  std::vector<workflow::ReceivedMessage> messages;
  for (const pg::Row row : *rows) {
    messages.push_back({.number = row.Get<int64_t>("number"),
                        .from = row.Get<std::string>("from_agent"),
                        .kind = workflow::ParseMessageKind(row.Get<std::string>("kind")),
                        .priority = row.Get<int>("priority"),
                        .is_reply_expected = row.Get<bool>("reply_expected"),
                        .reply_to = row.Get<int64_t>("reply_to"),
                        .body = row.Get<std::string>("body"),
                        .is_overdue = row.Get<bool>("is_overdue")});
  }
  return messages;
}

absl::StatusOr<std::optional<std::string>> RunStore::Recall(std::string_view agent,
                                                            std::string_view key) {
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, kRepeatable, kRecall, {lease_.run_id, agent, pg::ToStorableText(key)});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<std::string>();
  return std::optional<std::string>(rows->front().Get<std::string>("value"));
}

workflow::Write RunStore::Sending(std::string_view from, const workflow::Message& message,
                                  int64_t step) {
  return Change([from = std::string(from), message, step](MigrationWriter& writer) {
    return writer.SendMessage(from, message, step);
  });
}

workflow::Write RunStore::Taking(std::vector<int64_t> numbers, int64_t step) {
  return Change([numbers = std::move(numbers), step](MigrationWriter& writer) {
    return writer.TakeMessages(numbers, step);
  });
}

workflow::Write RunStore::Rewinding(int64_t step) {
  return Change([step](MigrationWriter& writer) { return writer.RewindMessages(step); });
}

workflow::Write RunStore::Remembering(std::string_view agent, const workflow::Memory& memory) {
  return Change([agent = std::string(agent), memory](MigrationWriter& writer) {
    return writer.Remember(agent, memory);
  });
}

absl::Status RunStore::Write(const workflow::Write& write) {
  return pg::InTransaction(*pool_, kRepeatable, [&](pg::Transaction& transaction) -> absl::Status {
    absl::Status fenced = CheckFence(transaction, lease_);
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
