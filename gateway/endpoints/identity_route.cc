#include "gateway/endpoints/identity_route.h"

#include <utility>

#include "gateway/endpoints/identity_descriptions.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/text_fields.h"

namespace datamigrate::gateway {

Endpoint ForJson(Endpoint endpoint) {
  return [endpoint = std::move(endpoint)](const Request& request) {
    if (auto refused = RefuseUnlessJson(request); refused.has_value()) return *std::move(refused);
    return endpoint(request);
  };
}

Route IdentityRoute(Route route, std::string_view operation_id, Endpoint endpoint) {
  route.max_body_bytes = kMaxTextBodyBytes;
  route.endpoint = ForJson(std::move(endpoint));
  route.description = DescribeIdentity(operation_id);
  return route;
}

}  // namespace datamigrate::gateway
