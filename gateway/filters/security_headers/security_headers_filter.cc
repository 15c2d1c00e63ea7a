#include "gateway/filters/security_headers/security_headers_filter.h"

#include <array>
#include <string_view>
#include <utility>

namespace datamigrate::gateway {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kDefaults = {{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
}};
constexpr std::string_view kStrictTransport = "max-age=31536000";

}  // namespace

void SecurityHeadersFilter::OnResponse(const Request& request, Response& response) {
  for (const auto& [name, value] : kDefaults) {
    if (!response.headers.Has(name)) response.headers.Add(name, value);
  }
  // RFC 6797 section 7.2: never without TLS.
  if (request.is_secure) response.headers.Set("Strict-Transport-Security", kStrictTransport);
}

}  // namespace datamigrate::gateway
