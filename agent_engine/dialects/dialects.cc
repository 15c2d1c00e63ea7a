#include "agent_engine/dialects/dialect.h"

namespace datamigrate::dialects {

const Dialect* FindDialect(Target target) {
  switch (target) {
    case Target::kDuckDb:
      return &DuckDbDialect();
    case Target::kPostgres:
      return &PostgresDialect();
    case Target::kSnowflake:
      return &SnowflakeDialect();
    case Target::kDatabricks:
      return &DatabricksDialect();
    case Target::kBigQuery:
      return &BigQueryDialect();
    case Target::kRedshift:
      return &RedshiftDialect();
    case Target::kFabric:
      return &FabricDialect();
  }
  return nullptr;
}

}  // namespace datamigrate::dialects
