// Organizations' own limits in PostgreSQL. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_STORE_LIMIT_STORE_H_
#define DATAMIGRATE_GATEWAY_STORE_LIMIT_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "common/pg/pool.h"

namespace datamigrate::gateway {

// Nothing: as the gateway has it. Zero: no limit.
struct OrganizationLimits {
  std::optional<uint32_t> per_minute = std::nullopt;  // of a user or an API key
  std::optional<uint32_t> writes_per_minute = std::nullopt;
  std::optional<uint32_t> organization_per_minute = std::nullopt;
  std::optional<uint32_t> per_day = std::nullopt;
  std::optional<uint32_t> concurrent = std::nullopt;
};

class LimitStore {
 public:
  // `pool` must outlive the store.
  explicit LimitStore(pg::Pool* pool) : pool_(pool) {}

  // Of every organization that has any, by its id.
  absl::StatusOr<std::unordered_map<std::string, OrganizationLimits>> All();

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_LIMIT_STORE_H_
