// Keeps the columns of an outer query out of what a sub-query aggregates, groups and orders by, for
// targets that see them in its WHERE and in plain expressions alone, and one query further out.
#pragma once

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

// In sub-queries and lateral sources:
//   - what is aggregated, grouped or, with a limit, ordered by and sees the outer query becomes a
//     column of a derived table;
//   - what a sub-query sees of a query more than one further out becomes a column between them;
//   - of an expression with aggregates, the aggregates stay in the sub-query, and what sees the
//     outer query stands around it, or in a query above the groups.
// In every query: what looks at the groups of the query around it stands in a query above them.
void StepOutOfClauses(Query& query);

// How many expressions of the query, and of those below it, hold a query that sees one around it.
int32_t CountCorrelated(Query& query);

}  // namespace datamigrate::relational
