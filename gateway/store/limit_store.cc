#include "gateway/store/limit_store.h"

#include "common/pg/transaction.h"
#include "gateway/store/statements.h"

namespace datamigrate::gateway {
namespace {

constexpr pg::Statement kAll = {
    "all_organization_limits",
    "SELECT organization_id, per_minute, writes_per_minute, organization_per_minute, per_day,"
    " concurrent FROM organization_limits"};

std::optional<uint32_t> Number(const pg::Row& row, std::string_view column) {
  const auto number = row.Get<std::optional<int>>(column);
  if (!number.has_value()) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

}  // namespace

absl::StatusOr<std::unordered_map<std::string, OrganizationLimits>> LimitStore::All() {
  auto rows = pg::Execute(*pool_, Repeatable(), kAll);
  if (!rows.ok()) return rows.status();
  std::unordered_map<std::string, OrganizationLimits> limits;
  for (const pg::Row row : *rows) {
    limits[row.Get<std::string>("organization_id")] = {
        Number(row, "per_minute"), Number(row, "writes_per_minute"),
        Number(row, "organization_per_minute"), Number(row, "per_day"), Number(row, "concurrent")};
  }
  return limits;
}

}  // namespace datamigrate::gateway
