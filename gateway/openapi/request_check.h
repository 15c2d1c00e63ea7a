// Holds each request against its route's description before the endpoint sees it.
#ifndef DATAMIGRATE_GATEWAY_OPENAPI_REQUEST_CHECK_H_
#define DATAMIGRATE_GATEWAY_OPENAPI_REQUEST_CHECK_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http/message.h"
#include "gateway/http/router.h"
#include "gateway/openapi/json_schema.h"

namespace datamigrate::gateway {

// One route's check. Immutable, so safe to use from any thread.
class RequestCheck {
 public:
  // `route` must outlive the check. Throws as JsonSchema and ResolveSchema do.
  explicit RequestCheck(const Route& route);

  // 415 for a body that does not say that it is JSON; 400 for one that is not, or that is not as
  // the schema says, for a parameter that is missing or wrong, and for path parameters that are
  // not UTF-8. The detail names the place and what belongs there. Else fills `request.json`.
  std::optional<Response> Check(Request& request) const;

 private:
  std::optional<std::string> CheckParameters(const Request& request) const;
  std::optional<Response> CheckBody(Request& request) const;

  const Route& route_;
  std::vector<std::pair<const Parameter*, JsonSchema>> parameters_;
  std::optional<JsonSchema> body_;
};

// True for application/json, with or without parameters.
bool IsJson(std::string_view content_type);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_OPENAPI_REQUEST_CHECK_H_
