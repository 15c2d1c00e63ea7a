// Migrations that are made again and again, when a cron expression says.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_SCHEDULE_STORE_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_SCHEDULE_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent_engine/store/cron_expression.h"
#include "agent_engine/store/migration_store.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

struct NewSchedule {
  std::string name = {};  // unique within the tenant
  std::string cron = {};  // cron_expression.h; UTC
  // What each occurrence makes, for its tenant and in its creator's name. It has no key, comes
  // after no others and has no time of its own.
  NewMigration migration = {};
};

struct ScheduleRecord {
  std::string id = {};  // UUID
  std::string name = {};
  std::string created_by = {};
  std::string cron = {};
  std::string request = {};                // the migrations', opaque
  std::optional<absl::Time> next_at = {};  // nothing: never again
  std::optional<absl::Time> last_at = {};  // the occurrence that made the last migration
  std::string last_migration = {};         // its id; empty: none yet, or gone
  std::string error = {};                  // why it never comes again
  absl::Time created_at = {};
};

// Which of a schedule's occurrences until `now` is made up for: the latest, in place of all.
struct DueOccurrence {
  absl::Time at;
  int64_t missed = 0;  // earlier ones, of which nobody took care; at most kMostMissed are counted
  std::optional<absl::Time> next = {};  // after `now`
};
inline constexpr int64_t kMostMissed = 100'000;

// `first`: the earliest occurrence of which nobody has taken care, <= `now`.
DueOccurrence OccurrenceAt(const CronExpression& cron, absl::Time first, absl::Time now);

// Safe to call from any thread. Times are by the database's clock.
class ScheduleStore {
 public:
  static constexpr int kMostPerTenant = 1000;

  // `pool` must outlive the store.
  explicit ScheduleStore(pg::Pool* pool) : pool_(pool) {}

  // Its first occurrence is the next one. Errors: kInvalidArgument for a bad cron expression;
  // kAlreadyExists when the tenant has one of that name; kResourceExhausted when it has
  // kMostPerTenant.
  absl::StatusOr<ScheduleRecord> Create(const NewSchedule& schedule);

  // By name.
  absl::StatusOr<std::vector<ScheduleRecord>> List(std::string_view tenant);

  // Migrations that it has made stay. Errors: kNotFound, also for another tenant's.
  absl::Status Remove(std::string_view tenant, std::string_view id);

  // Makes the migrations that are due, and returns how many schedules were. Any number of engines
  // may ask: each occurrence makes one. Of several that nobody took care of the latest alone makes
  // one, whose event "scheduled" says how many were missed.
  absl::StatusOr<int> MakeDue();

 private:
  // Takes care of one schedule; false when none is due.
  absl::StatusOr<bool> MakeNext();

  pg::Pool* const pool_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_SCHEDULE_STORE_H_
