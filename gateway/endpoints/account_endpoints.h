// Registering, signing in and out.
//
//   POST /api/v1/auth/register  {"email","password","name"?,"organization"?}   201, tokens; where
//                               mail is on 202 without, whether the address is new or taken
//   POST /api/v1/auth/login     {"email","password","code"?,"session"?}        200, tokens; 401
//   with
//                               "code_required" where the second factor's code is missing
//   POST /api/v1/auth/refresh   {"refresh_token"}, or nothing with cookies     200, tokens
//   POST /api/v1/auth/logout    -                                              204
//   GET  /api/v1/auth/me        -                                              200, the user
//   GET  /.well-known/jwks.json -                                              200, RFC 7517 keys
//
// Tokens: {"access_token","token_type":"Bearer","expires_in":900,"refresh_token","user":{"id",
// "organization_id"}}. With "session":"cookie" they are in cookies instead, and the body has
// "csrf_token", which every request but GET and HEAD must send as X-CSRF-Token.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_ACCOUNT_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_ACCOUNT_ENDPOINTS_H_

#include <vector>

#include "gateway/http/router.h"
#include "gateway/identity/sign_in.h"
#include "gateway/store/account_store.h"

namespace datamigrate::gateway {

// The pointers must outlive the routes.
void AddAccountRoutes(SignIn* sign_in, AccountStore* accounts, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_ACCOUNT_ENDPOINTS_H_
