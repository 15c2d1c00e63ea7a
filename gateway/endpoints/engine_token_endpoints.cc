#include "gateway/endpoints/engine_token_endpoints.h"

#include <nlohmann/json.hpp>

#include "gateway/endpoints/identity_descriptions.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/status_problem.h"

namespace datamigrate::gateway {
namespace {

Response Grant(const EngineTokens* tokens, const Request& request) {
  const Principal& principal = *request.principal;
  const auto token = tokens->Grant(
      {principal.user_id, principal.organization_id, principal.key_id, principal.permissions},
      request.received_at);
  if (!token.ok()) return ProblemOf(request, token.status());
  const nlohmann::json body = {{"token", token->text},
                               {"token_type", "Bearer"},
                               {"expires_in", absl::ToInt64Seconds(EngineTokens::kClientLifetime)},
                               {"scopes", PermissionSet::FromScope(token->scope).Names()},
                               {"organization_id", principal.organization_id}};
  return JsonResponse(201, body.dump());
}

}  // namespace

void AddEngineTokenRoutes(const EngineTokens* tokens, std::vector<Route>& routes) {
  routes.push_back({.method = "POST",
                    .pattern = "/api/v1/engine-tokens",
                    .runs_on = RunsOn::kIoThread,
                    .permission = Permission::kIdentified,
                    .max_body_bytes = 0,
                    .endpoint = [=](const Request& request) { return Grant(tokens, request); },
                    .description = DescribeIdentity("createEngineToken")});
}

}  // namespace datamigrate::gateway
