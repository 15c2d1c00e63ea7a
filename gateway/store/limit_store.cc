#include "gateway/store/limit_store.h"

#include "common/pg/transaction.h"
#include "gateway/store/statements.h"
#include "gateway/store/tenant.h"

namespace datamigrate::gateway {
namespace {

constexpr pg::Statement kAll = {
    "all_organization_limits",
    "SELECT coalesce(g.organization_id, c.organization_id) AS organization_id,"
    " g.per_minute, g.writes_per_minute, g.organization_per_minute, g.per_day, g.concurrent,"
    " c.per_minute AS chosen_per_minute, c.writes_per_minute AS chosen_writes_per_minute,"
    " c.organization_per_minute AS chosen_organization_per_minute, c.per_day AS chosen_per_day,"
    " c.concurrent AS chosen_concurrent, coalesce(c.version, 0) AS version,"
    " coalesce(c.changed_by, '') AS changed_by, coalesce(c.changed_at, 'epoch') AS changed_at"
    " FROM organization_limits g FULL JOIN chosen_limits c USING (organization_id)"
    " WHERE $1::uuid IS NULL OR organization_id = $1::uuid"};
constexpr pg::Statement kChoose = {
    "choose_limits",
    "INSERT INTO chosen_limits AS c (organization_id, version, per_minute, writes_per_minute,"
    " organization_per_minute, per_day, concurrent, changed_by)"
    " SELECT $1, $2 + 1, $3, $4, $5, $6, $7, $8 WHERE $2 = coalesce("
    "(SELECT version FROM chosen_limits WHERE organization_id = $1), 0)"
    " ON CONFLICT (organization_id) DO UPDATE SET version = excluded.version,"
    " per_minute = excluded.per_minute, writes_per_minute = excluded.writes_per_minute,"
    " organization_per_minute = excluded.organization_per_minute, per_day = excluded.per_day,"
    " concurrent = excluded.concurrent, changed_by = excluded.changed_by,"
    " changed_at = clock_timestamp() WHERE c.version = $2"};

std::optional<uint32_t> Number(const pg::Row& row, const std::string& column) {
  const auto number = row.Get<std::optional<int>>(column);
  if (!number.has_value()) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

LimitNumbers NumbersOf(const pg::Row& row, const std::string& prefix) {
  return {Number(row, prefix + "per_minute"), Number(row, prefix + "writes_per_minute"),
          Number(row, prefix + "organization_per_minute"), Number(row, prefix + "per_day"),
          Number(row, prefix + "concurrent")};
}

StoredLimits LimitsOf(const pg::Row& row) {
  return {.limits = {.granted = NumbersOf(row, ""), .chosen = NumbersOf(row, "chosen_")},
          .version = row.Get<int>("version"),
          .changed_by = row.Get<std::string>("changed_by"),
          .changed_at = row.Get<absl::Time>("changed_at")};
}

std::optional<int> Parameter(const std::optional<uint32_t>& number) {
  if (!number.has_value()) return std::nullopt;
  return static_cast<int>(*number);
}

}  // namespace

absl::StatusOr<std::unordered_map<std::string, OrganizationLimits>> LimitStore::All() {
  auto rows = pg::Execute(*pool_, Repeatable(), kAll, {std::optional<std::string>()});
  if (!rows.ok()) return rows.status();
  std::unordered_map<std::string, OrganizationLimits> limits;
  for (const pg::Row row : *rows) {
    limits[row.Get<std::string>("organization_id")] = LimitsOf(row).limits;
  }
  return limits;
}

absl::StatusOr<StoredLimits> LimitStore::Find(const std::string& organization_id) {
  const auto rows = ExecuteInTenant(*pool_, organization_id, Repeatable(), kAll, {organization_id});
  if (!rows.ok()) return rows.status();
  return rows->empty() ? StoredLimits() : LimitsOf(rows->front());
}

absl::StatusOr<StoredLimits> LimitStore::Choose(const std::string& organization_id,
                                                const LimitNumbers& chosen, int version,
                                                const std::string& user_id) {
  const auto rows = ExecuteInTenant(
      *pool_, organization_id, {}, kChoose,
      {organization_id, version, Parameter(chosen.per_minute), Parameter(chosen.writes_per_minute),
       Parameter(chosen.organization_per_minute), Parameter(chosen.per_day),
       Parameter(chosen.concurrent), user_id});
  if (!rows.ok()) return rows.status();
  if (rows->affected_rows() == 0) {
    return absl::AbortedError(
        "the limits were changed meanwhile; read them, and send their version as \"if_version\"");
  }
  return Find(organization_id);
}

}  // namespace datamigrate::gateway
