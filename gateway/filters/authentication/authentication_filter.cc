#include "gateway/filters/authentication/authentication_filter.h"

#include "gateway/http/cookies.h"
#include "gateway/http/credential.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {

bool AuthenticationFilter::Blocks(const Request& request) const {
  const std::string_view token = BearerOf(request);
  // What a cookie holds is never looked up.
  return !token.empty() && needs_lookup_(token, request.received_at);
}

std::optional<Response> AuthenticationFilter::OnRequest(Request& request) {
  const std::string_view token = BearerOf(request);
  if (!request.headers.Get("Authorization").empty() &&
      (token.empty() || request.headers.Count("Authorization") > 1)) {
    request.refused_credential = "one Authorization field of the form \"Bearer <token>\" is needed";
    return std::nullopt;
  }
  if (!token.empty()) return CheckBearer(request, token);
  const std::optional<std::string> cookie = CookieOf(request, kSessionCookie);
  return cookie.has_value() ? CheckCookie(request, *cookie) : std::nullopt;
}

std::optional<Response> AuthenticationFilter::CheckBearer(Request& request,
                                                          std::string_view token) const {
  absl::StatusOr<Principal> principal = check_(token, request.received_at);
  if (principal.ok() && !principal->csrf_sha256.empty()) {
    principal = absl::UnauthenticatedError("the access token belongs in a cookie");
  }
  if (principal.ok()) {
    request.principal = *std::move(principal);
  } else if (!absl::IsUnauthenticated(principal.status())) {
    // The credential may be good: its owner must not be told to sign in again.
    Response response =
        Problem(request, 503, "The gateway cannot check the credential now; try again.");
    response.headers.Set("Retry-After", "1");
    return response;
  } else {
    request.refused_credential = std::string(principal.status().message());
  }
  return std::nullopt;
}

std::optional<Response> AuthenticationFilter::CheckCookie(Request& request,
                                                          const std::string& token) const {
  absl::StatusOr<Principal> principal = check_(token, request.received_at);
  if (!principal.ok() || principal->csrf_sha256.empty()) {
    request.refused_credential = principal.ok() ? "the access token does not belong in a cookie"
                                                : std::string(principal.status().message());
    return std::nullopt;
  }
  if (auto refused = RefuseForeignPage(request); refused.has_value()) return refused;
  if (auto refused = RefuseWithoutCsrfToken(request, principal->csrf_sha256)) return refused;
  request.principal = *std::move(principal);
  return std::nullopt;
}

}  // namespace datamigrate::gateway
