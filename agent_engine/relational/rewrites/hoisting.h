// Moves conditions that see an outer query out of derived tables.
#pragma once

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

// Conditions of derived tables in FROM that use columns from outside the query become conditions of
// the query itself, or of the LEFT JOIN that the table is the right side of, where the derived
// table shows all columns that they need. Branches of UNION ALL must have the same ones.
void HoistConditions(Query& query);

}  // namespace datamigrate::relational
