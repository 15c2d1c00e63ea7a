// What the routes of sessions, passwords, organizations and keys look like from outside.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_IDENTITY_DESCRIPTIONS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_IDENTITY_DESCRIPTIONS_H_

#include <string_view>

#include "gateway/http/description.h"

namespace datamigrate::gateway {

// The row of the table with this operation id. An id that the table does not have gives an empty
// description, which the API's document refuses at start.
Description DescribeIdentity(std::string_view operation_id);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_IDENTITY_DESCRIPTIONS_H_
