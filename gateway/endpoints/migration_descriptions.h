// What the migration routes look like from outside.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_MIGRATION_DESCRIPTIONS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_MIGRATION_DESCRIPTIONS_H_

#include "gateway/http/description.h"

namespace datamigrate::gateway {

Description DescribeListMigrations();
Description DescribeCreateMigration();
Description DescribeShowMigration();
Description DescribeCancelMigration();
Description DescribePauseMigration();
Description DescribeResumeMigration();
Description DescribeSetPriority();
Description DescribeShowMigrationLimit();
Description DescribeSetMigrationLimit();
Description DescribeDecideMigration();
Description DescribeShowPlan();
Description DescribeExplainMigration();
Description DescribeAskAboutMigration();
Description DescribeWatchMigration();
Description DescribeListModels();
Description DescribeShowModel();
Description DescribeDownloadProject();
Description DescribeDownloadReport();

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_MIGRATION_DESCRIPTIONS_H_
