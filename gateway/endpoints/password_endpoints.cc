#include "gateway/endpoints/password_endpoints.h"

#include <string>
#include <utility>

#include "gateway/endpoints/identity_descriptions.h"
#include "gateway/endpoints/identity_route.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/endpoints/text_fields.h"
#include "gateway/web/account_page.h"

namespace datamigrate::gateway {
namespace {

Response Verify(AccountRecovery* recovery, const Request& request) {
  std::string token;
  const absl::Status read = ReadTexts(request, {{"token", &token, true}});
  if (!read.ok()) return ProblemOf(request, read);
  return DoneOrProblem(request, recovery->Verify(token), "");
}

Response Forgot(AccountRecovery* recovery, const Request& request) {
  std::string email;
  const absl::Status read = ReadTexts(request, {{"email", &email, true}});
  if (!read.ok()) return ProblemOf(request, read);
  const absl::Status asked = recovery->RequestReset(email);
  if (!asked.ok()) return ProblemOf(request, asked);
  return JsonResponse(202, R"({"status":"if the address is known, a link is on its way to it"})");
}

Response Reset(AccountRecovery* recovery, const Request& request) {
  std::string token;
  std::string password;
  const absl::Status read =
      ReadTexts(request, {{"token", &token, true}, {"password", &password, true}});
  if (!read.ok()) return ProblemOf(request, read);
  return DoneOrProblem(request, recovery->Reset(token, password), "");
}

Response Change(AccountRecovery* recovery, const Request& request) {
  std::string current;
  std::string password;
  const absl::Status read =
      ReadTexts(request, {{"current_password", &current, true}, {"password", &password, true}});
  if (!read.ok()) return ProblemOf(request, read);
  return DoneOrProblem(request, recovery->ChangePassword(*request.principal, current, password),
                       request.principal->user_id);
}

Response ShowAccountPage(const Request&) {
  Response response = TextResponse(200, "text/html; charset=utf-8", std::string(kAccountPage));
  response.headers.Set("Content-Security-Policy", AccountPagePolicy());
  return response;
}

}  // namespace

void AddPasswordRoutes(AccountRecovery* recovery, std::vector<Route>& routes) {
  const auto add = [&](std::string_view pattern, RunsOn runs_on, bool needs_principal,
                       std::string_view operation_id, auto endpoint) {
    routes.push_back(IdentityRoute(
        {.method = "POST",
         .pattern = pattern,
         .runs_on = runs_on,
         .needs_principal = needs_principal,
         .permission = Permission::kOwn,
         .rate_class = RateClass::kCredentials},
        operation_id, [=](const Request& request) { return endpoint(recovery, request); }));
  };
  add("/api/v1/auth/verify", RunsOn::kWorkers, false, "verifyEmail", Verify);
  add("/api/v1/auth/password/forgot", RunsOn::kWorkers, false, "forgotPassword", Forgot);
  add("/api/v1/auth/password/reset", RunsOn::kPasswordWorkers, false, "resetPassword", Reset);
  add("/api/v1/auth/password", RunsOn::kPasswordWorkers, true, "changePassword", Change);
  routes.push_back({.method = "GET",
                    .pattern = "/account",
                    .runs_on = RunsOn::kIoThread,
                    .needs_principal = false,
                    .max_body_bytes = 0,
                    .endpoint = ShowAccountPage,
                    .description = DescribeIdentity("showAccountPage")});
}

}  // namespace datamigrate::gateway
