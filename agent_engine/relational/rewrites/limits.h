// Says TOP ... PERCENT, TOP ... WITH TIES and limits that are computed with window functions, for
// targets that have none of those.
#pragma once

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

struct LimitOptions {
  bool supports_with_ties = false;
  bool are_constant = false;     // Limits and offsets are numbers alone.
  bool supports_qualify = true;  // Otherwise the query is wrapped in another.
};

void SpellOutLimits(Query& query, const LimitOptions& options);

}  // namespace datamigrate::relational
