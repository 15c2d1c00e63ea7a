// What the routes of accounts and organizations have in common.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_IDENTITY_ROUTE_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_IDENTITY_ROUTE_H_

#include <string_view>

#include "gateway/http/router.h"

namespace datamigrate::gateway {

// `endpoint` behind a check that a body is JSON (415).
Endpoint ForJson(Endpoint endpoint);

// A route with a small JSON body and the description of `operation_id` (identity_descriptions.h).
// `route` has its method and pattern, and what differs from a Route's defaults.
Route IdentityRoute(Route route, std::string_view operation_id, Endpoint endpoint);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_IDENTITY_ROUTE_H_
