#include "agent_engine/dialects/dialect.h"

namespace datamigrate::dialects {

const Dialect* FindDialect(Target target) {
  switch (target) {
    case Target::kDuckDb:
      return &DuckDbDialect();
    case Target::kPostgres:
      return &PostgresDialect();
    default:
      return nullptr;
  }
}

}  // namespace datamigrate::dialects
