// What callers need to know of the policy routes.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_POLICY_DESCRIPTIONS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_POLICY_DESCRIPTIONS_H_

#include "gateway/http/description.h"

namespace datamigrate::gateway {

Description DescribeShowPolicy();
Description DescribeListPolicyVersions();
Description DescribePutPolicy();
Description DescribePreviewPolicy();

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_POLICY_DESCRIPTIONS_H_
