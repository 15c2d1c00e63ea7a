// Organizations' own limits in PostgreSQL. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_STORE_LIMIT_STORE_H_
#define DATAMIGRATE_GATEWAY_STORE_LIMIT_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"

namespace datamigrate::gateway {

// Nothing: nothing is said. Zero: no limit.
struct LimitNumbers {
  std::optional<uint32_t> per_minute = std::nullopt;  // of a user or an API key
  std::optional<uint32_t> writes_per_minute = std::nullopt;
  std::optional<uint32_t> organization_per_minute = std::nullopt;
  std::optional<uint32_t> per_day = std::nullopt;
  std::optional<uint32_t> concurrent = std::nullopt;
};

struct OrganizationLimits {
  LimitNumbers granted = {};  // by the operator, in place of the gateway's
  LimitNumbers chosen = {};   // by the organization: never zero; they count where they are less
};

struct StoredLimits {
  OrganizationLimits limits;
  int version = 0;  // of the choice; 0: nothing was chosen
  std::string changed_by;
  absl::Time changed_at;
};

class LimitStore {
 public:
  // `pool` must outlive the store.
  explicit LimitStore(pg::Pool* pool) : pool_(pool) {}

  // Of every organization that has any, by its id.
  absl::StatusOr<std::unordered_map<std::string, OrganizationLimits>> All();

  absl::StatusOr<StoredLimits> Find(const std::string& organization_id);

  // Puts `chosen` in the place of the choice of that version, and gives all limits back.
  // Errors: kAborted when the choice is of another version by now.
  absl::StatusOr<StoredLimits> Choose(const std::string& organization_id,
                                      const LimitNumbers& chosen, int version,
                                      const std::string& user_id);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_LIMIT_STORE_H_
