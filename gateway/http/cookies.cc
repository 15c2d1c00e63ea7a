#include "gateway/http/cookies.h"

#include <sodium.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "common/crypto/digest.h"
#include "gateway/http/problem.h"
#include "gateway/http/web_socket_handshake.h"

namespace datamigrate::gateway {
namespace {

bool IsEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool IsSafe(const Request& request) {
  return (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS") &&
         !request.headers.Has("Upgrade");
}

Response Refuse(const Request& request, std::string_view detail) {
  return Problem(request, 403, detail);
}

// "https://host:1" as "host:1".
std::string_view HostOf(std::string_view origin) {
  const size_t begin = origin.find("://");
  return begin == std::string_view::npos ? std::string_view() : origin.substr(begin + 3);
}

}  // namespace

std::optional<std::string> CookieOf(const Request& request, std::string_view name) {
  std::optional<std::string> value;
  for (const auto& [field, text] : request.headers.fields()) {
    if (!IsSameName(field, "Cookie")) continue;
    std::string_view rest = text;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      const size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      if (value.has_value()) return std::nullopt;
      value = std::string(pair.substr(equals + 1));
    }
  }
  return value;
}

std::optional<Response> RefuseForeignPage(const Request& request) {
  const std::string_view site = request.headers.Get("Sec-Fetch-Site");
  const bool is_link = IsSafe(request) && request.headers.Get("Sec-Fetch-Mode") == "navigate";
  const bool is_foreign_site = !site.empty() && site != "same-origin" && site != "none";
  const std::string_view origin = request.headers.Get("Origin");
  const bool is_foreign_origin = !origin.empty() && HostOf(origin) != request.headers.Get("Host");
  if (!is_foreign_origin && (!is_foreign_site || is_link)) return std::nullopt;
  return Refuse(request, "A page of another site sent this with your cookies; it is refused.");
}

std::optional<Response> RefuseWithoutCsrfToken(const Request& request,
                                               std::string_view csrf_sha256) {
  if (IsSafe(request)) return std::nullopt;
  if (AsksForWebSocket(request)) {
    if (request.headers.Has("Origin")) return std::nullopt;
    return Refuse(request, "A WebSocket that is opened with a cookie needs an Origin.");
  }
  const std::string_view token = request.headers.Get("X-CSRF-Token");
  if (!token.empty() && IsEqual(crypto::Sha256Hex(token), csrf_sha256)) return std::nullopt;
  return Refuse(request, "Send the session's CSRF token, from its cookie, as X-CSRF-Token.");
}

std::optional<Response> RefuseWithoutCsrfCookie(const Request& request) {
  const std::string_view token = request.headers.Get("X-CSRF-Token");
  const std::optional<std::string> cookie = CookieOf(request, kCsrfCookie);
  if (!token.empty() && cookie.has_value() && IsEqual(token, *cookie)) return std::nullopt;
  return Refuse(request, "Send the session's CSRF token, from its cookie, as X-CSRF-Token.");
}

}  // namespace datamigrate::gateway
