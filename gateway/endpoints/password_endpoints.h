// Proving an address, and passwords that are forgotten or changed.
//
//   POST /api/v1/auth/verify           {"token"}                        204
//   POST /api/v1/auth/password/forgot  {"email"}                        202, whoever it is
//   POST /api/v1/auth/password/reset   {"token","password"}             204, ends every session
//   POST /api/v1/auth/password         {"current_password","password"}  204, ends the other ones
//   GET  /account                      the page that links in mails lead to
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_PASSWORD_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_PASSWORD_ENDPOINTS_H_

#include <vector>

#include "gateway/http/router.h"
#include "gateway/identity/account_recovery.h"

namespace datamigrate::gateway {

// The pointer must outlive the routes.
void AddPasswordRoutes(AccountRecovery* recovery, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_PASSWORD_ENDPOINTS_H_
