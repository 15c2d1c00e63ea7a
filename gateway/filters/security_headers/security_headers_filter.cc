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

}  // namespace

void SecurityHeadersFilter::OnResponse(const Request&, Response& response) {
  for (const auto& [name, value] : kDefaults) {
    if (!response.headers.Has(name)) response.headers.Set(name, value);
  }
}

}  // namespace datamigrate::gateway
