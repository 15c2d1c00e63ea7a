// Migrations, their models, events and decisions. Every call names the tenant; what another tenant
// owns is as good as absent (kNotFound).
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_STORE_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/store/records.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

struct NewMigration {
  std::string tenant = {};
  std::string created_by = {};
  std::string name = {};
  std::string target = "duckdb";
  std::string idempotency_key = {};  // empty: every call creates one
  // Compared byte for byte when a key is used again, so serialize it deterministically.
  std::string request = {};
  std::string job_kind = "migration";
  int priority = 0;  // higher goes first, of equal ones the oldest; see CheckPriority
  // Not begun before; its place among those of its priority is by this time.
  std::optional<absl::Time> start_at = {};
  // Migrations of the tenant that have to succeed first; held until then (held_migrations.h).
  std::vector<std::string> after = {};
  bool goes_on_after_failure = false;  // begins, too, when one of them fails or is cancelled
};

struct CreatedMigration {
  std::string id;
  bool is_new;  // false when the key had created it before
  absl::Time created_at = {};
};

template <typename T>
struct Page {
  std::vector<T> items;
  std::string next_token;  // empty on the last page
};

struct MigrationFilter {
  std::optional<MigrationStatus> status = {};
  std::string target = {};  // "": any
  std::string name = {};    // part of the name, whatever its case; "": any
  std::optional<absl::Time> created_from = {};
  std::optional<absl::Time> created_before = {};
  bool is_set_aside = false;  // true: only those
};

// Who decides when nobody has in time.
inline constexpr char kDeadline[] = "deadline";

// kInvalidArgument for an id that is no UUID, which PostgreSQL would not take.
absl::Status CheckId(std::string_view id);

inline constexpr int kLowestPriority = -10;
inline constexpr int kHighestPriority = 10;
// kInvalidArgument for one that is not between them.
absl::Status CheckPriority(int priority);

enum class MigrationOrder { kNewest, kOldest, kName };

// Safe to call from any thread. Errors of the database: common/pg/sql_state.h; kInvalidArgument for
// an id that is no UUID or a page token that this store did not make.
class MigrationStore {
 public:
  // `pool` must outlive the store; its database must have the schema (schema.h).
  explicit MigrationStore(pg::Pool* pool) : pool_(pool) {}

  // Writes the migration, its job and its first event, and tells the workers.
  // Errors: kAlreadyExists when the key was used with another request; kFailedPrecondition, which
  // names it, when the tenant has no migration that it is to come after.
  absl::StatusOr<CreatedMigration> Create(const NewMigration& migration);

  // As many, those that come after no other one in one statement and so in one commit, the others
  // each in its own: what comes back is in their order. An error of the database is the answer for
  // each of them; a text that it does not take, for its own alone. The workers are not told: that
  // is AnnounceJobs.
  std::vector<absl::StatusOr<CreatedMigration>> CreateAll(
      const std::vector<NewMigration>& migrations);

  // Tells the workers that there are new jobs. Those who are not told look from time to time.
  absl::Status AnnounceJobs();

  absl::StatusOr<MigrationRecord> Get(std::string_view tenant, std::string_view id);

  // In that order, of equal names by id; `request` and `summary_json` are left out. A page never
  // repeats or skips a row because of rows created meanwhile. `page_size` is clamped to 1..1000. A
  // token is for the same order.
  absl::StatusOr<Page<MigrationRecord>> List(std::string_view tenant, const MigrationFilter& filter,
                                             int page_size, std::string_view page_token = "",
                                             MigrationOrder order = MigrationOrder::kNewest);

  // Why a queued migration is not begun, for people: "waits for migration …", "begins at …", or
  // that as many of the tenant's run as may. "" when nothing but a free engine is missing.
  // `ceiling`: as EffectiveLimit takes it.
  absl::StatusOr<std::string> WhyQueued(std::string_view tenant, std::string_view id,
                                        int64_t ceiling);

  // Asks a running migration to stop; one that waits in the queue or for a person is cancelled at
  // once. OK when already cancelled. Errors: kFailedPrecondition when it has finished otherwise.
  absl::Status Cancel(std::string_view tenant, std::string_view id);

  // Asks a running migration to pause: its work stops as at an engine's shutdown and goes on from
  // the last checkpoint. One that is queued or waits for a person is paused at once; its question
  // may be answered meanwhile, and its deadline does not come nearer. OK when already paused.
  // Errors: kFailedPrecondition when it has finished or is being cancelled.
  absl::Status Pause(std::string_view tenant, std::string_view id);

  // Puts a failed or cancelled migration back into the queue, to go on from its last checkpoint,
  // and a paused one to where it was: into the queue, or to wait for its answer. One that was never
  // begun waits again for those that it comes after. Takes back the request to pause a running one.
  // OK when it is queued or running already. Errors: kFailedPrecondition when it has completed,
  // waits for a decision, or comes after one that has failed.
  absl::Status Resume(std::string_view tenant, std::string_view id);

  // From now on the migration is taken before those of a lower priority; what runs is not stopped
  // for it. Errors: kInvalidArgument for a priority out of bounds; kFailedPrecondition when it has
  // completed.
  absl::Status SetPriority(std::string_view tenant, std::string_view id, int priority);

  // Answers the open question of `step` and puts the migration back into the queue; a paused one
  // stays paused. The same answer again is OK. Errors: kNotFound without such a question;
  // kFailedPrecondition when it was answered differently, or the migration has finished.
  absl::Status Decide(std::string_view tenant, std::string_view id, int64_t step,
                      std::string_view answer_json, std::string_view decided_by);

  // Gives the default answers to questions whose time is up, by the database's clock; returns how
  // many. Any number of engines may ask: each question is answered once. `decided_by` is then
  // kDeadline.
  absl::StatusOr<int> AnswerOverdue();

  // In the order of their steps.
  absl::StatusOr<std::vector<DecisionRecord>> Decisions(std::string_view tenant,
                                                        std::string_view id);

  // Adds an event and returns its sequence.
  absl::StatusOr<int64_t> AppendEvent(std::string_view tenant, std::string_view id,
                                      std::string_view kind, std::string_view payload_json);

  // Events with a greater sequence, ascending, at most `limit`. No event with a smaller sequence
  // appears later, so the last one seen is all a watcher has to remember.
  absl::StatusOr<std::vector<EventRecord>> EventsSince(std::string_view tenant, std::string_view id,
                                                       int64_t sequence, int limit = 1000);

  // Ordered by name; `source_sql` and `target_sql` are left out. Filter by status where not empty.
  absl::StatusOr<Page<ModelRecord>> ListModels(std::string_view tenant, std::string_view id,
                                               std::string_view status, int page_size,
                                               std::string_view page_token = "");

  absl::StatusOr<ModelRecord> GetModel(std::string_view tenant, std::string_view id,
                                       std::string_view name);

  // Chunks of a migration, by table and number; of one table where not empty.
  absl::StatusOr<std::vector<ChunkRecord>> Chunks(std::string_view tenant, std::string_view id,
                                                  std::string_view table = "");

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_STORE_H_
