// What the account routes look like from outside.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_ACCOUNT_DESCRIPTIONS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_ACCOUNT_DESCRIPTIONS_H_

#include "gateway/http/description.h"

namespace datamigrate::gateway {

Description DescribeRegister();
Description DescribeLogIn();
Description DescribeRefresh();
Description DescribeLogOut();
Description DescribeShowUser();
Description DescribeShowKeys();

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_ACCOUNT_DESCRIPTIONS_H_
