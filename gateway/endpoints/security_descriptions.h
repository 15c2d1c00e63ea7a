// What callers need to know of the security routes.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_SECURITY_DESCRIPTIONS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_SECURITY_DESCRIPTIONS_H_

#include "gateway/http/description.h"

namespace datamigrate::gateway {

Description DescribeListAuditLogs();
Description DescribeExportAuditLogs();
Description DescribeShowDashboard();
Description DescribeEraseAuditUser();

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_SECURITY_DESCRIPTIONS_H_
