// Whether a write's sources can show a row of the written table more than once.
#pragma once

#include <vector>

#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {

// True when keys and equalities leave at most one row of each source for a row of the range
// variable `written`; `where` may be null. False where that is not known.
bool MatchesOnce(const Source& from, const Expr* where, int32_t written,
                 const std::vector<RangeVariable>& ranges);

}  // namespace datamigrate::relational
