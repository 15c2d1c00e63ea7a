#include "agent_engine/store/migration_limits.h"

#include <algorithm>
#include <limits>

#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kGet = {
    "get_migration_limit",
    "SELECT l.max_running, coalesce(l.changed_by, '') AS changed_by, l.changed_at,"
    "   (SELECT count(*) FROM jobs WHERE tenant = $1 AND is_open AND run_id IS NOT NULL"
    "     AND status = 'running') AS running"
    " FROM (SELECT) AS one LEFT JOIN migration_limits l ON l.tenant = $1"};
constexpr pg::Statement kSet = {
    "set_migration_limit",
    "INSERT INTO migration_limits (tenant, max_running, changed_by) VALUES ($1, $2, $3)"
    " ON CONFLICT (tenant) DO UPDATE SET max_running = excluded.max_running,"
    "   changed_by = excluded.changed_by, changed_at = clock_timestamp()"};
constexpr pg::Statement kRemove = {"remove_migration_limit",
                                   "DELETE FROM migration_limits WHERE tenant = $1"};

}  // namespace

std::optional<int64_t> EffectiveLimit(std::optional<int64_t> chosen, int64_t ceiling) {
  if (ceiling == 0) return chosen;
  return std::min(chosen.value_or(ceiling), ceiling);
}

absl::StatusOr<MigrationLimit> MigrationLimits::Get(std::string_view tenant) {
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kGet, {tenant});
  if (!rows.ok()) return rows.status();
  const pg::Row row = rows->front();
  return MigrationLimit{.chosen = row.Get<std::optional<int64_t>>("max_running"),
                        .running = row.Get<int64_t>("running"),
                        .changed_by = row.Get<std::string>("changed_by"),
                        .changed_at = row.Get<std::optional<absl::Time>>("changed_at")};
}

absl::Status MigrationLimits::Set(std::string_view tenant, std::optional<int64_t> most_running,
                                  std::string_view changed_by) {
  if (!most_running.has_value()) {
    return pg::Execute(*pool_, kRepeatable, kRemove, {tenant}).status();
  }
  if (*most_running < 0 || *most_running > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError("how many migrations may run is a whole number from 0");
  }
  return pg::Execute(*pool_, kRepeatable, kSet, {tenant, *most_running, changed_by}).status();
}

}  // namespace datamigrate::store
