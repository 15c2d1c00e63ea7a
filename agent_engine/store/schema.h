// The engine's tables. Applied at start: pg::ApplySchema(connection, store::Schema()).
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_SCHEMA_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_SCHEMA_H_

#include "common/pg/schema.h"

namespace datamigrate::store {

// Component "engine"; the files are in migrations/.
const pg::SchemaComponent& Schema();

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_SCHEMA_H_
