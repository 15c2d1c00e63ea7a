#include "gateway/endpoints/account_endpoints.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "common/crypto/published_keys.h"
#include "gateway/endpoints/account_descriptions.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/session_cookies.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/endpoints/text_fields.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::json;

// Tokens in the body, or in cookies that scripts cannot read.
Response TokensResponse(int status, const SignedIn& signed_in, bool as_cookies,
                        absl::Duration session_lifetime) {
  Json body = {
      {"expires_in", absl::ToInt64Seconds(signed_in.access_token_lifetime)},
      {"token_type", as_cookies ? "Cookie" : "Bearer"},
      {"user", {{"id", signed_in.user_id}, {"organization_id", signed_in.organization_id}}}};
  if (as_cookies) {
    if (!signed_in.csrf_token.empty()) body["csrf_token"] = signed_in.csrf_token;
  } else {
    body["access_token"] = signed_in.access_token;
    body["refresh_token"] = signed_in.refresh_token;
  }
  Response response = JsonResponse(status, body.dump());
  if (as_cookies) SetSessionCookies(signed_in, session_lifetime, response);
  response.audit = {signed_in.organization_id, signed_in.user_id, signed_in.user_id};
  return response;
}

// 401 that tells a program to ask for the code.
Response CodeMissing(const Request& request, const absl::Status& status) {
  Response response = ProblemOf(request, status);
  Json document = Json::parse(response.body);
  document["code_required"] = true;
  response.body = document.dump();
  return response;
}

Response Register(SignIn* sign_in, const Request& request) {
  if (auto refused = RefuseUnlessJson(request); refused.has_value()) return *std::move(refused);
  Registration registration;
  const absl::Status read =
      ReadTexts(request, {{"email", &registration.email, true},
                          {"password", &registration.password, true},
                          {"name", &registration.name, false},
                          {"organization", &registration.organization_name, false}});
  if (!read.ok()) return ProblemOf(request, read);
  const auto registered = sign_in->Register(registration, PlaceOf(request));
  if (!registered.ok()) return ProblemOf(request, registered.status());
  if (registered->has_value()) {
    return TokensResponse(201, **registered, /*as_cookies=*/false, absl::ZeroDuration());
  }
  return JsonResponse(202, R"({"status":"a mail to the address says how to go on"})");
}

Response LogIn(SignIn* sign_in, const Request& request) {
  if (auto refused = RefuseUnlessJson(request); refused.has_value()) return *std::move(refused);
  if (auto refused = RefuseForeignPage(request); refused.has_value()) return *std::move(refused);
  Credentials credentials;
  std::string session = "token";
  const absl::Status read = ReadTexts(request, {{"email", &credentials.email, true},
                                                {"password", &credentials.password, true},
                                                {"code", &credentials.code, false},
                                                {"session", &session, false}});
  if (!read.ok()) return ProblemOf(request, read);
  if (session != "token" && session != "cookie") {
    return ProblemOf(request,
                     absl::InvalidArgumentError("\"session\" must be \"token\" or \"cookie\""));
  }
  credentials.wants_cookies = session == "cookie";
  const auto signed_in = sign_in->LogIn(credentials, PlaceOf(request));
  if (IsCodeMissing(signed_in.status())) return CodeMissing(request, signed_in.status());
  if (!signed_in.ok()) return ProblemOf(request, signed_in.status());
  return TokensResponse(200, *signed_in, credentials.wants_cookies,
                        sign_in->options().session_lifetime);
}

// With the token in the body, or with the one of the cookie and what proves that the request comes
// from a page of ours.
Response Refresh(SignIn* sign_in, const Request& request) {
  if (auto refused = RefuseUnlessJson(request); refused.has_value()) return *std::move(refused);
  std::string token;
  const std::optional<std::string> cookie = CookieOf(request, kRefreshCookie);
  const bool as_cookies = request.body.empty() && cookie.has_value();
  if (as_cookies) {
    if (auto refused = RefuseForeignPage(request); refused.has_value()) return *std::move(refused);
    if (auto refused = RefuseWithoutCsrfCookie(request)) return *std::move(refused);
    token = *cookie;
  } else {
    const absl::Status read = ReadTexts(request, {{"refresh_token", &token, true}});
    if (!read.ok()) return ProblemOf(request, read);
  }
  const auto signed_in = sign_in->Refresh(token);
  if (!signed_in.ok()) return ProblemOf(request, signed_in.status());
  return TokensResponse(200, *signed_in, as_cookies, sign_in->options().session_lifetime);
}

Response LogOut(SignIn* sign_in, const Request& request) {
  Response response =
      DoneOrProblem(request, sign_in->LogOut(*request.principal), request.principal->user_id);
  if (!request.principal->csrf_sha256.empty()) ClearSessionCookies(response);
  return response;
}

Response ShowUser(AccountStore* accounts, const Request& request) {
  const Principal& principal = *request.principal;
  absl::StatusOr<std::optional<User>> user = accounts->FindById(principal.user_id);
  if (!user.ok()) return ProblemOf(request, user.status());
  if (!user->has_value()) return Problem(request, 404, "This user is no longer there.");
  const Json body = {{"id", (*user)->id},
                     {"organization_id", principal.organization_id},
                     {"email", (*user)->email},
                     {"name", (*user)->name},
                     {"role", principal.role},
                     {"permissions", principal.permissions.Names()},
                     {"api_key_id", principal.key_id.empty() ? Json() : Json(principal.key_id)}};
  return JsonResponse(200, body.dump());
}

}  // namespace

void AddAccountRoutes(SignIn* sign_in, AccountStore* accounts, std::vector<Route>& routes) {
  const auto add_credential = [&](std::string_view pattern, RunsOn runs_on, auto endpoint,
                                  Description description) {
    routes.push_back(
        {.method = "POST",
         .pattern = pattern,
         .runs_on = runs_on,
         .needs_principal = false,
         .rate_class = RateClass::kCredentials,
         .max_body_bytes = kMaxTextBodyBytes,
         .endpoint = [=](const Request& request) { return endpoint(sign_in, request); },
         .description = std::move(description)});
  };
  add_credential("/api/v1/auth/register", RunsOn::kPasswordWorkers, Register, DescribeRegister());
  add_credential("/api/v1/auth/login", RunsOn::kPasswordWorkers, LogIn, DescribeLogIn());
  add_credential("/api/v1/auth/refresh", RunsOn::kWorkers, Refresh, DescribeRefresh());
  routes.push_back({.method = "POST",
                    .pattern = "/api/v1/auth/logout",
                    .permission = Permission::kOwn,
                    .endpoint = [=](const Request& request) { return LogOut(sign_in, request); },
                    .description = DescribeLogOut()});
  routes.push_back({.method = "GET",
                    .pattern = "/api/v1/auth/me",
                    .permission = Permission::kIdentified,
                    .endpoint = [=](const Request& request) { return ShowUser(accounts, request); },
                    .description = DescribeShowUser()});
  routes.push_back({.method = "GET",
                    .pattern = "/.well-known/jwks.json",
                    .runs_on = RunsOn::kIoThread,
                    .needs_principal = false,
                    .endpoint =
                        [=](const Request&) {
                          return JsonResponse(200, crypto::PublishKeys(*sign_in->keys().keys()));
                        },
                    .description = DescribeShowKeys()});
}

}  // namespace datamigrate::gateway
