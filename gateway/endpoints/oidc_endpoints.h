// Signing in with an identity provider, by redirects of a browser.
//
//   GET /api/v1/auth/oidc/start     302 to the provider
//   GET /api/v1/auth/oidc/callback  302 to "/", signed in by cookies
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_OIDC_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_OIDC_ENDPOINTS_H_

#include <vector>

#include "absl/time/time.h"
#include "gateway/http/router.h"
#include "gateway/identity/oidc/oidc_sign_in.h"

namespace datamigrate::gateway {

// The pointer must outlive the routes.
void AddOidcRoutes(OidcSignIn* oidc, absl::Duration session_lifetime, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_OIDC_ENDPOINTS_H_
