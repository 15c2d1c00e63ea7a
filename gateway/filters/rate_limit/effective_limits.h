// What holds for an organization: its own choice, within what the operator grants it.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_EFFECTIVE_LIMITS_H_
#define DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_EFFECTIVE_LIMITS_H_

#include <algorithm>
#include <cstdint>
#include <optional>

#include "gateway/store/limit_store.h"

namespace datamigrate::gateway {

// Zero: no limit.
struct RateLimits {
  uint32_t per_minute = 100;  // of a user, an API key, or an address without one; 0: nothing counts
  uint32_t credentials_per_minute = 30;  // sign-in and the like, by address
  uint32_t writes_per_minute = 0;        // of those of a user or key, by methods that change
  uint32_t organization_per_minute = 0;
  uint32_t organization_per_day = 0;
  uint32_t organization_concurrent = 0;  // at this gateway, until the answer begins
};

// The gateway's limits, or those that the operator grants this organization in their place.
inline RateLimits Ceilings(RateLimits gateway, const OrganizationLimits& own) {
  const LimitNumbers& granted = own.granted;
  gateway.per_minute = granted.per_minute.value_or(gateway.per_minute);
  gateway.writes_per_minute = granted.writes_per_minute.value_or(gateway.writes_per_minute);
  gateway.organization_per_minute =
      granted.organization_per_minute.value_or(gateway.organization_per_minute);
  gateway.organization_per_day = granted.per_day.value_or(gateway.organization_per_day);
  gateway.organization_concurrent = granted.concurrent.value_or(gateway.organization_concurrent);
  return gateway;
}

// Those, or what the organization has chosen where that is less.
inline RateLimits EffectiveLimits(const RateLimits& gateway, const OrganizationLimits& own) {
  RateLimits limits = Ceilings(gateway, own);
  const auto lower = [](uint32_t& limit, const std::optional<uint32_t>& chosen) {
    if (chosen.has_value()) limit = limit == 0 ? *chosen : std::min(limit, *chosen);
  };
  lower(limits.per_minute, own.chosen.per_minute);
  lower(limits.writes_per_minute, own.chosen.writes_per_minute);
  lower(limits.organization_per_minute, own.chosen.organization_per_minute);
  lower(limits.organization_per_day, own.chosen.per_day);
  lower(limits.organization_concurrent, own.chosen.concurrent);
  return limits;
}

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_EFFECTIVE_LIMITS_H_
