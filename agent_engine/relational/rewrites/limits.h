// Says TOP ... PERCENT and TOP ... WITH TIES with window functions, for targets that have neither.
#pragma once

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

struct LimitOptions {
  bool supports_with_ties = false;
  bool supports_qualify = true;  // Otherwise the query is wrapped in another.
};

void SpellOutLimits(Query& query, const LimitOptions& options);

}  // namespace datamigrate::relational
