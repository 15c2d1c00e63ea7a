// API keys of the organization.
//
//   GET    /api/v1/api-keys       {"api_keys":[{"id","name","beginning","scopes","user_id",
//                                 "created_at","expires_at","last_used_at"}]}
//   POST   /api/v1/api-keys       {"name","scopes":[…],"expires_in_days"?}  201, with "key": shown
//                                 this once; 403 for an API key, whose keys would outlive it
//   DELETE /api/v1/api-keys/{id}  204
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_API_KEY_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_API_KEY_ENDPOINTS_H_

#include <vector>

#include "gateway/http/router.h"
#include "gateway/identity/api_keys.h"
#include "gateway/store/api_key_store.h"

namespace datamigrate::gateway {

// The pointers must outlive the routes.
void AddApiKeyRoutes(ApiKeyStore* store, ApiKeys* keys, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_API_KEY_ENDPOINTS_H_
