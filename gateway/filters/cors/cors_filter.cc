#include "gateway/filters/cors/cors_filter.h"

#include <algorithm>
#include <utility>

namespace datamigrate::gateway {

CorsFilter::CorsFilter(std::vector<std::string> allowed_origins)
    : allowed_origins_(std::move(allowed_origins)) {}

bool CorsFilter::IsAllowed(std::string_view origin) const {
  return !origin.empty() && std::ranges::find(allowed_origins_, origin) != allowed_origins_.end();
}

std::optional<Response> CorsFilter::OnRequest(Request& request) {
  const bool is_preflight = request.method == "OPTIONS" && request.headers.Has("Origin") &&
                            request.headers.Has("Access-Control-Request-Method");
  if (!is_preflight) return std::nullopt;
  Response response;
  response.status = 204;
  if (IsAllowed(request.headers.Get("Origin"))) {
    response.headers.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
    response.headers.Set(
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, "
        "Last-Event-ID, Range, X-Request-Id");
    response.headers.Set("Access-Control-Max-Age", "600");
  }
  return response;
}

void CorsFilter::OnResponse(const Request& request, Response& response) {
  if (allowed_origins_.empty()) return;
  response.headers.Add("Vary", "Origin");
  const std::string_view origin = request.headers.Get("Origin");
  if (!IsAllowed(origin)) return;
  response.headers.Set("Access-Control-Allow-Origin", origin);
  response.headers.Set("Access-Control-Expose-Headers",
                       "Accept-Ranges, Content-Disposition, Content-Range, Deprecation, ETag, "
                       "Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
                       "Retry-After, Sunset, X-Request-Id");
}

}  // namespace datamigrate::gateway
