// The gateway's tables, as numbered files under migrations/.
#ifndef DATAMIGRATE_GATEWAY_STORE_SCHEMA_H_
#define DATAMIGRATE_GATEWAY_STORE_SCHEMA_H_

#include "common/pg/schema.h"

namespace datamigrate::gateway {

const pg::SchemaComponent& Schema();

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_SCHEMA_H_
