// Policies: what an organization wants done with what the Guardian finds.
//
//   GET  /api/v1/policies           the present version
//   GET  /api/v1/policies/versions  all of them
//   PUT  /api/v1/policies           makes a new one
//   POST /api/v1/policies/preview   what one would have done with the last days' requests
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_POLICY_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_POLICY_ENDPOINTS_H_

#include <vector>

#include "gateway/http/router.h"
#include "gateway/policy/policy_book.h"
#include "gateway/store/policy_store.h"

namespace datamigrate::gateway {

// All must outlive the routes.
struct PolicyParts {
  PolicyStore* store;
  PolicyBook* book;
  const RuleScores* scores;
};

void AddPolicyRoutes(const PolicyParts& parts, std::vector<Route>& routes);

// Puts the policies that changed into the book. One that this version cannot read is logged, and
// the earlier one stays.
absl::Status ReloadPolicies(const PolicyParts& parts);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_POLICY_ENDPOINTS_H_
