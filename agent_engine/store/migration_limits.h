// How many of an organization's migrations run at a time, over all engines. JobQueue keeps to it.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_LIMITS_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_LIMITS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

// What holds of what an organization has chosen and what the operator permits. `ceiling` 0: the
// operator permits any number. Nothing: there is no limit.
std::optional<int64_t> EffectiveLimit(std::optional<int64_t> chosen, int64_t ceiling);

struct MigrationLimit {
  std::optional<int64_t> chosen = {};  // 0: none are begun
  int64_t running = 0;                 // now
  std::string changed_by = {};
  std::optional<absl::Time> changed_at = {};
};

// Safe to call from any thread.
class MigrationLimits {
 public:
  // `pool` must outlive this.
  explicit MigrationLimits(pg::Pool* pool) : pool_(pool) {}

  absl::StatusOr<MigrationLimit> Get(std::string_view tenant);

  // Holds for whatever is taken from now on; what runs is not stopped for it. Nothing: the
  // operator's limit alone holds. Errors: kInvalidArgument for a negative one.
  absl::Status Set(std::string_view tenant, std::optional<int64_t> most_running,
                   std::string_view changed_by);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_LIMITS_H_
