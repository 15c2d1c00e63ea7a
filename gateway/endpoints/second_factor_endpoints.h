// A second factor of the user who asks.
//
//   POST   /api/v1/auth/totp          {"password"}  200, {"secret","uri"}: not asked for yet
//   POST   /api/v1/auth/totp/confirm  {"code"}      200, {"recovery_codes":[…]}: shown this once
//   DELETE /api/v1/auth/totp          {"password","code"}  204
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_SECOND_FACTOR_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_SECOND_FACTOR_ENDPOINTS_H_

#include <vector>

#include "gateway/http/router.h"
#include "gateway/identity/account_recovery.h"
#include "gateway/identity/second_factor.h"
#include "gateway/store/organization_store.h"

namespace datamigrate::gateway {

// The pointers must outlive the routes.
struct SecondFactorParts {
  AccountRecovery* recovery;
  SecondFactor* second_factor;
  OrganizationStore* organizations;
};
void AddSecondFactorRoutes(const SecondFactorParts& parts, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_SECOND_FACTOR_ENDPOINTS_H_
