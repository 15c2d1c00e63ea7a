// Says APPLY without lateral joins, for targets that have none or only some of them.
#pragma once

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

struct LateralOptions {
  bool supports_queries = true;    // Queries that see the join's left side, with limits too.
  bool supports_values = true;     // Lists of rows that do.
  bool hoists_conditions = false;  // What sees it stands in the lateral query, not further inside.
  bool joins_functions = false;    // Functions that return tables can see it where queries cannot.
};

// Moves conditions that see the left side out of what lateral sources read, where the target wants
// that. Turns lateral sources into plain ones where that keeps the rows:
//   - one row of expressions is written where its columns are used;
//   - what is taken from each row of a function is written where its columns are used;
//   - a list of rows becomes numbers and a CASE of its cells for each column;
//   - rows of other sources are joined where those are;
//   - a query that compares with the left side for equality becomes a join on what it compares,
//     with ROW_NUMBER for TOP and GROUP BY for aggregates.
// What is more stays lateral; the printer refuses it.
void JoinLaterals(Query& query, const LateralOptions& options);

}  // namespace datamigrate::relational
