// Why a migration is queued and not begun.
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "absl/time/time.h"
#include "agent_engine/store/migration_limits.h"
#include "agent_engine/store/migration_store.h"
#include "common/pg/transaction.h"
#include "common/text/text.h"

namespace datamigrate::store {
namespace {

constexpr size_t kMostNamed = 3;

const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kQueued = {
    "queued_job",
    "SELECT j.is_held, j.status = 'queued' AS is_queued, j.available_at,"
    "   j.available_at > clock_timestamp() AS is_later, m.error <> '' AS has_failed, l.max_running"
    " FROM jobs j JOIN migrations m ON m.id = j.run_id"
    " LEFT JOIN migration_limits l ON l.tenant = j.tenant WHERE m.tenant = $1 AND m.id = $2"};
constexpr pg::Statement kOpenDependencies = {
    "open_dependencies",
    "SELECT d.after_id FROM migration_dependencies d"
    " JOIN migrations m ON m.id = d.after_id WHERE d.migration_id = $1"
    "   AND m.status <> 'completed' ORDER BY m.created_at, m.id"};

std::string DependenciesText(const pg::Result& open) {
  std::vector<std::string> named;
  for (const pg::Row row : open) {
    if (named.size() == kMostNamed) break;
    named.push_back("migration " + row.Get<std::string>("after_id"));
  }
  const size_t others = open.size() - named.size();
  return "waits for " + text::Join(named, ", ") +
         (others == 0 ? "" : fmt::format(" and {} more", others));
}

}  // namespace

absl::StatusOr<std::string> MigrationStore::WhyQueued(std::string_view tenant, std::string_view id,
                                                      int64_t ceiling) {
  absl::StatusOr<pg::Result> jobs = pg::Execute(*pool_, kRepeatable, kQueued, {tenant, id});
  if (!jobs.ok()) return jobs.status();
  if (jobs->empty()) return std::string();
  const pg::Row job = jobs->front();
  if (job.Get<bool>("is_held")) {
    absl::StatusOr<pg::Result> open = pg::Execute(*pool_, kRepeatable, kOpenDependencies, {id});
    if (!open.ok()) return open.status();
    return open->empty() ? std::string() : DependenciesText(*open);
  }
  if (!job.Get<bool>("is_queued")) return std::string();
  if (job.Get<bool>("is_later")) {
    const std::string when = absl::FormatTime(
        "%Y-%m-%dT%H:%M:%SZ", job.Get<absl::Time>("available_at"), absl::UTCTimeZone());
    return fmt::format("{} at {}", job.Get<bool>("has_failed") ? "is tried again" : "begins", when);
  }
  const std::optional<int64_t> most =
      EffectiveLimit(job.Get<std::optional<int64_t>>("max_running"), ceiling);
  if (!most.has_value()) return std::string();
  absl::StatusOr<MigrationLimit> limit = MigrationLimits(pool_).Get(tenant);
  if (!limit.ok()) return limit.status();
  if (limit->running < *most) return std::string();
  return fmt::format("{} of the organization's migrations run, and no more than {} may",
                     limit->running, *most);
}

}  // namespace datamigrate::store
