// Organizations, and what a user is in them.
//
//   GET    /api/v1/orgs                  the user's: {"organizations":[{"id","name","role",
//                                        "is_current"}]}
//   POST   /api/v1/orgs                  {"name"}  201; the user owns it
//   POST   /api/v1/orgs/{id}/switch      200, an access token for this organization
//   GET    /api/v1/orgs/{id}             the present one: {"id","name","requires_totp"}
//   PATCH  /api/v1/orgs/{id}             {"name"?,"requires_totp"?}
//   GET    /api/v1/users                 {"users":[{"id","email","name","role","joined_at"}]}
//   PATCH  /api/v1/users/{id}            {"role"}  204
//   DELETE /api/v1/users/{id}            204, no member any more
//   GET    /api/v1/invitations           {"invitations":[{"id","email","role",…}]}
//   POST   /api/v1/invitations           {"email","role"}  201; where mail is off with "token"
//   DELETE /api/v1/invitations/{id}      204
//   POST   /api/v1/invitations/accept    {"token"}  200, {"organization_id"}; switch to it then
//   GET    /api/v1/roles                 {"roles":[{"name","permissions","is_built_in"}],
//                                        "permissions":[{"name","meaning"}]}
//   PUT    /api/v1/roles/{name}          {"permissions":[…]}  204
//   DELETE /api/v1/roles/{name}          204
//
// Nobody gives away what they do not have: a role that somebody makes, gives or invites to may hold
// no permission that its giver lacks, and only owners make owners.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_ORGANIZATION_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_ORGANIZATION_ENDPOINTS_H_

#include <vector>

#include "gateway/http/router.h"
#include "gateway/identity/ended_sessions.h"
#include "gateway/identity/sign_in.h"
#include "gateway/store/organization_store.h"

namespace datamigrate::gateway {

// The pointers must outlive the routes.
struct OrganizationParts {
  SignIn* sign_in;
  AccountStore* accounts;
  OrganizationStore* organizations;
  EndedSessions* ended_sessions;
  PostOffice* office;
};
void AddOrganizationRoutes(const OrganizationParts& parts, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_ORGANIZATION_ENDPOINTS_H_
