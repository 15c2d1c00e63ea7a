// The sessions of the user who asks.
//
//   GET    /api/v1/auth/sessions       {"sessions":[{"id","remote_address","user_agent",
//                                      "created_at","last_used_at","expires_at","is_current"}]}
//   DELETE /api/v1/auth/sessions       204: ends every one but the present one
//   DELETE /api/v1/auth/sessions/{id}  204: ends one
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_SESSION_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_SESSION_ENDPOINTS_H_

#include <vector>

#include "gateway/http/router.h"
#include "gateway/identity/ended_sessions.h"
#include "gateway/store/session_store.h"

namespace datamigrate::gateway {

// The pointers must outlive the routes.
void AddSessionRoutes(SessionStore* sessions, EndedSessions* ended, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_SESSION_ENDPOINTS_H_
