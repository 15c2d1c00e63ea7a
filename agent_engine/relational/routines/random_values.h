// What a routine draws by chance.
#pragma once

#include <vector>

#include "agent_engine/relational/query.h"
#include "agent_engine/relational/routines/table_states.h"

namespace datamigrate::relational {

// Whether NEWID(), RAND() or what stands for them is called in it or below it.
bool HoldsRandom(const Expr& expr);
bool HoldsRandom(const Query& query);

// Whether two of the queries depend on the same draw, directly or through steps that both read.
// Each query runs on its own, and would draw for itself. Columns that a query does not read do not
// count.
bool ShareRandom(const Steps& steps, const std::vector<const Query*>& queries);

}  // namespace datamigrate::relational
