// What endpoints that ask the engine share.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_ENGINE_REQUEST_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_ENGINE_REQUEST_H_

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/engine_client/engine_client.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// On behalf of the request's principal, which must be set.
CallContext ContextOf(const Request& request);

// The path parameter `name`; the route must have it.
const std::string& ParameterOf(const Request& request, const std::string& name);

// The query's `name`, which the route's description has as an integer; 0 when it is missing.
int64_t QueryNumber(const Request& request, const std::string& name);

std::string QueryText(const Request& request, const std::string& name);

// Reads the query's `name`, a time of RFC 3339, into `bound()`, which is called where there is one.
// The answer for a text that is no time.
std::optional<Response> ReadTime(const Request& request, const std::string& name,
                                 const std::function<google::protobuf::Timestamp*()>& bound);

// A number that the route's description has checked.
int64_t ParseNumber(std::string_view text);

template <typename Message>
Response MessageResponse(const Request& request, int status,
                         const absl::StatusOr<Message>& message) {
  if (!message.ok()) return ProblemOf(request, message.status());
  return JsonResponse(status, ToJson(*message));
}

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_ENGINE_REQUEST_H_
