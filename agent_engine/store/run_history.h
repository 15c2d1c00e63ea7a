// Looking at runs without a lease, and beginning new ones at their checkpoints. Every call names
// the tenant; what another tenant owns is as good as absent (kNotFound).
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_RUN_HISTORY_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_RUN_HISTORY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/records.h"
#include "common/errors/error_context.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

struct RunRecord {
  std::string id = {};  // the migration's
  std::string name = {};
  MigrationStatus status = MigrationStatus::kPending;
  std::string node = {};   // under way or about to be
  int64_t steps = 0;       // of the newest checkpoint
  int attempts = 0;        // takes of its job since then
  std::string owner = {};  // while one has it
  std::string error = {};
  std::string parent_run = {};  // of a fork
  int64_t parent_step = 0;
  absl::Time created_at = {};
  absl::Time updated_at = {};
};

struct StepRecord {
  int64_t step = 0;
  std::string node = {};
  std::string next_node = {};
  std::string status = {};  // "running", "interrupted", "completed"
  absl::Time at = {};
  int64_t state_bytes = 0;
  std::string question = {};
  std::string answer = {};
  std::string decided_by = {};
};

struct EffectRecord {
  int64_t step = 0;
  std::string key = {};
  absl::Time started_at = {};
  std::optional<absl::Time> completed_at = {};  // absent: begun, and nobody knows how far it came
  bool is_reused = false;                       // the receipt is another run's
};

struct StateRecord {
  int64_t step = 0;
  std::string node = {};       // that ran
  std::string next_node = {};  // "__end__" at the end
  std::string state = {};
};

// Why a run failed once, and went on by another way or not.
struct FailureRecord {
  int64_t step = 0;  // the checkpoint that it failed after
  absl::Time at = {};
  errors::ErrorContext context = {};
};

struct MessageRecord {
  int64_t number = 0;  // within the run, from 1
  std::string from = {};
  std::string to = {};
  std::string kind = {};
  int priority = 0;
  std::optional<absl::Time> deadline = {};
  bool is_reply_expected = false;
  int64_t reply_to = 0;  // 0: none
  std::string body_json = {};
  int64_t step = 0;  // that sent it
  absl::Time sent_at = {};
  std::optional<absl::Time> taken_at = {};
  std::optional<absl::Time> answered_at = {};
};

struct MemoryRecord {
  std::string agent = {};
  std::string key = {};
  std::string value_json = {};
  absl::Time updated_at = {};
};

struct NewFork {
  std::string run = {};
  int64_t step = 0;
  std::string created_by = {};
  // Bytes in the place of the checkpoint's; made by the caller for the new run's id.
  std::string id = {};
  std::string state = {};
};

// As a step: the newest one.
inline constexpr int64_t kNewestStep = -1;

// Safe to call from any thread. Errors as MigrationStore's.
class RunHistory {
 public:
  // `pool` must outlive this.
  explicit RunHistory(pg::Pool* pool) : pool_(pool) {}

  // Newest first; `page_size` is clamped to 1..200.
  absl::StatusOr<Page<RunRecord>> List(std::string_view tenant, int page_size,
                                       std::string_view page_token = "");

  absl::StatusOr<RunRecord> Get(std::string_view tenant, std::string_view id);

  // In their order.
  absl::StatusOr<std::vector<StepRecord>> Steps(std::string_view tenant, std::string_view id);
  absl::StatusOr<std::vector<EffectRecord>> Effects(std::string_view tenant, std::string_view id);

  // As they happened; the last 1,000.
  absl::StatusOr<std::vector<FailureRecord>> Failures(std::string_view tenant, std::string_view id);

  // Between the run's agents, in the order of their numbers after `after`, at most 1,000.
  absl::StatusOr<std::vector<MessageRecord>> Messages(std::string_view tenant, std::string_view id,
                                                      int64_t after = 0);

  // What the organization's agents remember, by agent and key, at most 1,000; of one agent where
  // not empty.
  absl::StatusOr<std::vector<MemoryRecord>> Memories(std::string_view tenant,
                                                     std::string_view agent = "");

  // The state at a step; the newest where it is negative. kNotFound without such a step.
  absl::StatusOr<StateRecord> State(std::string_view tenant, std::string_view id, int64_t step);

  // Writes a migration with the fork's id and its job: the checkpoints of the other up to the step,
  // the last one with the fork's state, their receipts, answers and messages. A question at the
  // step is open again. kFailedPrecondition where the checkpoint ends its run or is one of a
  // rollback; kAlreadyExists for an id that is used.
  absl::Status Fork(std::string_view tenant, const NewFork& fork);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_RUN_HISTORY_H_
