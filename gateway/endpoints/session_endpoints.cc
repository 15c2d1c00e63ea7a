#include "gateway/endpoints/session_endpoints.h"

#include <nlohmann/json.hpp>
#include <string>

#include "gateway/endpoints/identity_descriptions.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/endpoints/text_fields.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::ordered_json;

Response List(SessionStore* sessions, const Request& request) {
  const auto listed = sessions->List(request.principal->user_id);
  if (!listed.ok()) return ProblemOf(request, listed.status());
  Json list = Json::array();
  for (const ListedSession& session : *listed) {
    list.push_back({{"id", session.id},
                    {"remote_address", session.place.remote_address},
                    {"user_agent", session.place.user_agent},
                    {"created_at", IsoTime(session.created_at)},
                    {"last_used_at", IsoTime(session.last_used_at)},
                    {"expires_at", IsoTime(session.expires_at)},
                    {"is_current", session.id == request.principal->session_id}});
  }
  return JsonResponse(200, Json{{"sessions", list}}.dump());
}

Response EndOne(SessionStore* sessions, EndedSessions* ended, const Request& request) {
  const std::string& id = request.parameters.at("id");
  const absl::Status done = sessions->EndOwn(request.principal->user_id, id, "revoked");
  if (done.ok()) ended->Add(id);
  return DoneOrProblem(request, done, id);
}

Response EndOthers(SessionStore* sessions, EndedSessions* ended, const Request& request) {
  const Principal& principal = *request.principal;
  const auto ids = sessions->EndAll(principal.user_id, principal.session_id, "revoked");
  if (!ids.ok()) return ProblemOf(request, ids.status());
  for (const std::string& id : *ids) ended->Add(id);
  return DoneResponse(principal.user_id);
}

}  // namespace

void AddSessionRoutes(SessionStore* sessions, EndedSessions* ended, std::vector<Route>& routes) {
  routes.push_back({.method = "GET",
                    .pattern = "/api/v1/auth/sessions",
                    .permission = Permission::kOwn,
                    .endpoint = [=](const Request& request) { return List(sessions, request); },
                    .description = DescribeIdentity("listSessions")});
  routes.push_back(
      {.method = "DELETE",
       .pattern = "/api/v1/auth/sessions",
       .permission = Permission::kOwn,
       .endpoint = [=](const Request& request) { return EndOthers(sessions, ended, request); },
       .description = DescribeIdentity("endOtherSessions")});
  routes.push_back(
      {.method = "DELETE",
       .pattern = "/api/v1/auth/sessions/{id}",
       .permission = Permission::kOwn,
       .endpoint = [=](const Request& request) { return EndOne(sessions, ended, request); },
       .description = DescribeIdentity("endSession")});
}

}  // namespace datamigrate::gateway
