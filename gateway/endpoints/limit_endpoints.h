// Limits: how many requests an organization wants of itself, within what the operator permits.
//
//   GET /api/v1/limits  {"version","chosen":{…},"ceilings":{…},"effective":{…},"changed_by",
//                       "changed_at"}
//   PUT /api/v1/limits  {"per_minute"?,"writes_per_minute"?,"organization_per_minute"?,"per_day"?,
//                       "concurrent"?,"if_version"?}  what is missing is as the operator has it
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_LIMIT_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_LIMIT_ENDPOINTS_H_

#include <vector>

#include "gateway/filters/rate_limit/effective_limits.h"
#include "gateway/filters/rate_limit/limit_book.h"
#include "gateway/http/router.h"
#include "gateway/store/limit_store.h"

namespace datamigrate::gateway {

struct LimitParts {
  LimitStore* store;  // must outlive the routes, as the book
  LimitBook* book;
  RateLimits gateway;  // those of organizations without any of their own
};

void AddLimitRoutes(const LimitParts& parts, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_LIMIT_ENDPOINTS_H_
