// What the routes of language models look like from outside.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_MODEL_DESCRIPTIONS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_MODEL_DESCRIPTIONS_H_

#include "gateway/http/description.h"

namespace datamigrate::gateway {

Description DescribeListDeployments();
Description DescribeModelUsage();
Description DescribeRegisterCustomModel();
Description DescribeRemoveCustomModel();
Description DescribeComplete();
Description DescribeStreamComplete();

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_MODEL_DESCRIPTIONS_H_
