// Tokens for clients that call the engine by gRPC themselves.
//
//   POST /api/v1/engine-tokens  201 {"token","token_type":"Bearer","expires_in","scopes":[…],
//                               "organization_id"}; 409 where the gateway signs with HS256
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_ENGINE_TOKEN_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_ENGINE_TOKEN_ENDPOINTS_H_

#include <vector>

#include "gateway/http/router.h"
#include "gateway/identity/engine_tokens.h"

namespace datamigrate::gateway {

// `tokens` must outlive the routes.
void AddEngineTokenRoutes(const EngineTokens* tokens, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_ENGINE_TOKEN_ENDPOINTS_H_
