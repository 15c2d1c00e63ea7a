#include "gateway/filters/size_limit/size_limit_filter.h"

#include "gateway/http/problem.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {

std::optional<Response> SizeLimitFilter::OnRequest(Request& request) {
  if (request.target.size() > limits_.max_target_bytes) {
    return Problem(request, 414, "The request's target is too long.");
  }
  if (request.headers.fields().size() > limits_.max_header_fields) {
    return Problem(request, 431, "The request has too many header fields.");
  }
  if (request.route != nullptr && request.body.size() > request.route->max_body_bytes) {
    return Problem(request, 413, "The request's body is larger than this route allows.");
  }
  return std::nullopt;
}

}  // namespace datamigrate::gateway
