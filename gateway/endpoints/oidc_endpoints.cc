#include "gateway/endpoints/oidc_endpoints.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "gateway/endpoints/identity_descriptions.h"
#include "gateway/endpoints/session_cookies.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/endpoints/text_fields.h"
#include "gateway/http/cookies.h"

namespace datamigrate::gateway {
namespace {

// Lax, as the provider's redirect comes from another site.
constexpr std::string_view kAttemptCookie = "__Host-datamigrate-oidc";

void SetAttempt(Response& response, std::string_view value, int seconds) {
  response.headers.Add("Set-Cookie",
                       fmt::format("{}={}; Path=/; Secure; Max-Age={}; HttpOnly; SameSite=Lax",
                                   kAttemptCookie, value, seconds));
}

Response Redirect(const std::string& url) {
  Response response;
  response.status = 302;
  response.headers.Set("Location", url);
  return response;
}

std::string QueryOf(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

Response Begin(OidcSignIn* oidc, const Request& request) {
  const auto start = oidc->Begin(request.received_at);
  if (!start.ok()) return ProblemOf(request, start.status());
  Response response = Redirect(start->url);
  SetAttempt(response, start->cookie, 600);
  return response;
}

Response Finish(OidcSignIn* oidc, absl::Duration session_lifetime, const Request& request) {
  const std::optional<std::string> cookie = CookieOf(request, kAttemptCookie);
  const std::string code = QueryOf(request, "code");
  if (code.empty()) {
    return ProblemOf(request, absl::UnauthenticatedError(
                                  "the identity provider did not sign you in; begin again"));
  }
  const auto signed_in = oidc->Finish(QueryOf(request, "state"), code, cookie.value_or(""),
                                      PlaceOf(request), request.received_at);
  Response response = signed_in.ok() ? Redirect("/") : ProblemOf(request, signed_in.status());
  SetAttempt(response, "", 0);
  if (!signed_in.ok()) return response;
  SetSessionCookies(*signed_in, session_lifetime, response);
  response.audit = {signed_in->organization_id, signed_in->user_id, signed_in->user_id};
  return response;
}

}  // namespace

void AddOidcRoutes(OidcSignIn* oidc, absl::Duration session_lifetime, std::vector<Route>& routes) {
  const auto add = [&](std::string_view pattern, std::string_view operation_id, Endpoint endpoint) {
    routes.push_back({.method = "GET",
                      .pattern = pattern,
                      .needs_principal = false,
                      .rate_class = RateClass::kCredentials,
                      .max_body_bytes = 0,
                      .endpoint = std::move(endpoint),
                      .description = DescribeIdentity(operation_id)});
  };
  add("/api/v1/auth/oidc/start", "beginOidc",
      [=](const Request& request) { return Begin(oidc, request); });
  add("/api/v1/auth/oidc/callback", "finishOidc",
      [=](const Request& request) { return Finish(oidc, session_lifetime, request); });
}

}  // namespace datamigrate::gateway
