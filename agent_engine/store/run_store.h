// A run's checkpoints, journal and events in PostgreSQL, under the lease of the job that runs it.
// Every write checks the lease's fencing token in its own transaction: an owner that was taken over
// writes nothing.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_RUN_STORE_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_RUN_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "agent_engine/store/checkpoint_queue.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/workflow/agent_records.h"
#include "agent_engine/workflow/ports.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

struct RunStoreOptions {
  // Stores what may come soon (CommitSoon, Emit) with other runs' in one commit; must outlive the
  // store. Null: every call stores at once.
  CheckpointQueue* queue = nullptr;
  // The checkpoint that ends the run leaves its job as completed, or as failed where the run has
  // given up, in the same commit.
  bool leaves_job = false;
};

// All four ports of one run. Safe to call from any thread; `run_id` is always the lease's.
// Writes get a MigrationWriter (migration_writer.h) as their context.
class RunStore : public workflow::CheckpointStore,
                 public workflow::Journal,
                 public workflow::EventSink,
                 public workflow::AgentRecords {
 public:
  // `pool` must outlive the store.
  RunStore(pg::Pool* pool, JobLease lease, RunStoreOptions options = {});
  // Waits until what was taken is stored, or cannot be.
  ~RunStore() override;

  absl::StatusOr<std::optional<workflow::Checkpoint>> Latest(std::string_view run_id) override;
  absl::StatusOr<workflow::Checkpoint> At(std::string_view run_id, int64_t step) override;
  absl::Status Commit(const workflow::Checkpoint& checkpoint,
                      absl::Span<const workflow::Write> writes,
                      absl::Span<const workflow::Event> events) override;
  absl::Status CommitSoon(const workflow::Checkpoint& checkpoint,
                          absl::Span<const workflow::Event> events) override;
  void NoteFailure(std::string_view run_id, int64_t step, std::string_view failure) override;
  absl::Status Settle(std::string_view run_id) override;

  // True when the run has ended and its job was left with it.
  bool has_left_job() const { return has_left_job_; }

  // True when a checkpoint was taken under this lease, which gives the job all its attempts again.
  bool has_made_progress() const ABSL_LOCKS_EXCLUDED(mutex_);

  absl::StatusOr<Entry> Begin(std::string_view run_id, int64_t step, std::string_view key) override;
  absl::StatusOr<Entry> BeginWithInput(std::string_view run_id, int64_t step, std::string_view key,
                                       std::string_view input) override;
  absl::Status Complete(std::string_view run_id, int64_t step, std::string_view key,
                        std::string_view receipt) override;

  // An event that cannot be stored is dropped.
  void Emit(std::string_view run_id, const workflow::Event& event) override;

  absl::StatusOr<std::vector<workflow::ReceivedMessage>> MessagesTo(std::string_view run_id,
                                                                    std::string_view node) override;
  absl::StatusOr<std::optional<std::string>> Recall(std::string_view agent,
                                                    std::string_view key) override;
  workflow::Write Sending(std::string_view from, const workflow::Message& message,
                          int64_t step) override;
  workflow::Write Taking(std::vector<int64_t> numbers, int64_t step) override;
  workflow::Write Rewinding(int64_t step) override;
  workflow::Write Remembering(std::string_view agent, const workflow::Memory& memory) override;

  // Changes rows between checkpoints, under the same fence: chunks of a long load, for example.
  absl::Status Write(const workflow::Write& write);

 private:
  absl::Status CheckRun(const workflow::Checkpoint& checkpoint) const;
  bool LeavesJob(const workflow::Checkpoint& checkpoint) const;
  void Remember(const workflow::Checkpoint& checkpoint) ABSL_LOCKS_EXCLUDED(mutex_);

  pg::Pool* const pool_;
  const JobLease lease_;
  const RunStoreOptions options_;
  const std::shared_ptr<CheckpointQueue::Run> waiting_;  // null without a queue
  std::atomic<bool> has_left_job_ = false;
  mutable absl::Mutex mutex_;
  // The newest checkpoint that the queue took: it may not be in the database yet.
  std::optional<workflow::Checkpoint> newest_ ABSL_GUARDED_BY(mutex_);
  bool has_stored_ ABSL_GUARDED_BY(mutex_) = false;
};

// For looking at runs, without a lease: every checkpoint, ascending, without its state; and one
// with it, to replay from.
absl::StatusOr<std::vector<workflow::Checkpoint>> CheckpointHistory(pg::Pool& pool,
                                                                    std::string_view run_id);
absl::StatusOr<workflow::Checkpoint> CheckpointAt(pg::Pool& pool, std::string_view run_id,
                                                  int64_t step);

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_RUN_STORE_H_
