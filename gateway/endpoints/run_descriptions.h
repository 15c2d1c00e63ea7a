// What the routes of migrations' runs look like from outside.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_RUN_DESCRIPTIONS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_RUN_DESCRIPTIONS_H_

#include "gateway/http/description.h"

namespace datamigrate::gateway {

Description DescribeShowRun();
Description DescribeShowRunState();
Description DescribeDiffRunStates();
Description DescribeDrawRun();
Description DescribeForkRun();
Description DescribeReplayRun();

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_RUN_DESCRIPTIONS_H_
