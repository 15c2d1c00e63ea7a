#include "gateway/http/credential.h"

#include "gateway/http/cookies.h"
#include "gateway/http/web_socket_handshake.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kScheme = "Bearer ";

}  // namespace

std::string_view BearerOf(const Request& request) {
  const std::string_view credential = request.headers.Get("Authorization");
  if (credential.empty()) {
    if (!AsksForWebSocket(request)) return {};
    return TokenProtocolOf(request).value_or(std::string_view());
  }
  const bool has_scheme = credential.size() > kScheme.size() &&
                          IsSameName(credential.substr(0, kScheme.size()), kScheme);
  return has_scheme ? credential.substr(kScheme.size()) : std::string_view();
}

std::string TokenOf(const Request& request) {
  const std::string_view bearer = BearerOf(request);
  return bearer.empty() ? CookieOf(request, kSessionCookie).value_or("") : std::string(bearer);
}

}  // namespace datamigrate::gateway
