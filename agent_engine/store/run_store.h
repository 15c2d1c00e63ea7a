// A run's checkpoints, journal and events in PostgreSQL, under the lease of the job that runs it.
// Every write checks the lease's fencing token in its own transaction: an owner that was taken over
// writes nothing.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_RUN_STORE_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_RUN_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/workflow/ports.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

// All three ports of one run. Safe to call from any thread; `run_id` is always the lease's.
// Writes get a MigrationWriter (migration_writer.h) as their context.
class RunStore : public workflow::CheckpointStore,
                 public workflow::Journal,
                 public workflow::EventSink {
 public:
  // `pool` must outlive the store.
  RunStore(pg::Pool* pool, JobLease lease);

  absl::StatusOr<std::optional<workflow::Checkpoint>> Latest(std::string_view run_id) override;
  absl::Status Commit(const workflow::Checkpoint& checkpoint,
                      absl::Span<const workflow::Write> writes,
                      absl::Span<const workflow::Event> events) override;

  absl::StatusOr<Entry> Begin(std::string_view run_id, int64_t step, std::string_view key) override;
  absl::Status Complete(std::string_view run_id, int64_t step, std::string_view key,
                        std::string_view receipt) override;

  // An event that cannot be stored is dropped.
  void Emit(std::string_view run_id, const workflow::Event& event) override;

  // Changes rows between checkpoints, under the same fence: chunks of a long load, for example.
  absl::Status Write(const workflow::Write& write);

 private:
  pg::Pool* const pool_;
  const JobLease lease_;
};

// For looking at runs, without a lease: every checkpoint, ascending, without its state; and one
// with it, to replay from.
absl::StatusOr<std::vector<workflow::Checkpoint>> CheckpointHistory(pg::Pool& pool,
                                                                    std::string_view run_id);
absl::StatusOr<workflow::Checkpoint> CheckpointAt(pg::Pool& pool, std::string_view run_id,
                                                  int64_t step);

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_RUN_STORE_H_
