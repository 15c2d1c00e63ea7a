#include "gateway/endpoints/second_factor_endpoints.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "gateway/endpoints/identity_route.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/endpoints/text_fields.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::ordered_json;
using Parts = SecondFactorParts;

Response Begin(const Parts& parts, const Request& request) {
  std::string password;
  const absl::Status read = ReadTexts(request, {{"password", &password, true}});
  if (!read.ok()) return ProblemOf(request, read);
  const std::string& id = request.principal->user_id;
  const auto user = parts.recovery->ProvePassword(id, password);
  if (!user.ok()) return ProblemOf(request, user.status());
  const auto enrollment = parts.second_factor->Begin(id, user->email);
  if (!enrollment.ok()) return ProblemOf(request, enrollment.status());
  Response response =
      JsonResponse(200, Json{{"secret", enrollment->secret}, {"uri", enrollment->uri}}.dump());
  response.audit.object = id;
  return response;
}

Response Confirm(const Parts& parts, const Request& request) {
  std::string code;
  const absl::Status read = ReadTexts(request, {{"code", &code, true}});
  if (!read.ok()) return ProblemOf(request, read);
  const std::string& id = request.principal->user_id;
  const auto codes = parts.second_factor->Confirm(id, code, request.received_at);
  if (!codes.ok()) return ProblemOf(request, codes.status());
  Response response = JsonResponse(200, Json{{"recovery_codes", *codes}}.dump());
  response.audit.object = id;
  return response;
}

Response Remove(const Parts& parts, const Request& request) {
  std::string password;
  std::string code;
  const absl::Status read =
      ReadTexts(request, {{"password", &password, true}, {"code", &code, true}});
  if (!read.ok()) return ProblemOf(request, read);
  const std::string& id = request.principal->user_id;
  const auto memberships = parts.organizations->MembershipsOf(id);
  if (!memberships.ok()) return ProblemOf(request, memberships.status());
  for (const Membership& membership : *memberships) {
    if (!membership.organization.requires_totp) continue;
    return ProblemOf(request, absl::FailedPreconditionError(
                                  "an organization of yours requires a second factor"));
  }
  const auto user = parts.recovery->ProvePassword(id, password);
  if (!user.ok()) return ProblemOf(request, user.status());
  const auto is_spent = parts.second_factor->Spend(id, code, request.received_at);
  if (!is_spent.ok()) return ProblemOf(request, is_spent.status());
  if (!*is_spent) {
    return ProblemOf(request, absl::PermissionDeniedError("\"code\" is wrong or was used already"));
  }
  return DoneOrProblem(request, parts.second_factor->Remove(id), id);
}

}  // namespace

void AddSecondFactorRoutes(const SecondFactorParts& parts, std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view pattern, RunsOn runs_on,
                       std::string_view operation_id, auto endpoint) {
    routes.push_back(IdentityRoute(
        {.method = method,
         .pattern = pattern,
         .runs_on = runs_on,
         .permission = Permission::kOwn,
         .rate_class = RateClass::kCredentials},
        operation_id, [=](const Request& request) { return endpoint(parts, request); }));
  };
  add("POST", "/api/v1/auth/totp", RunsOn::kPasswordWorkers, "beginTotp", Begin);
  add("POST", "/api/v1/auth/totp/confirm", RunsOn::kWorkers, "confirmTotp", Confirm);
  add("DELETE", "/api/v1/auth/totp", RunsOn::kPasswordWorkers, "removeTotp", Remove);
}

}  // namespace datamigrate::gateway
