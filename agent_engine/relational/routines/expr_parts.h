// What the values that a routine computes are made of.
#pragma once

#include "agent_engine/relational/expr.h"

namespace datamigrate::relational {

// The expression below implicit conversions.
const Expr& Bare(const Expr& expr);
// Whether it reads a table, in a sub-query.
bool HoldsSource(const Expr& expr);

}  // namespace datamigrate::relational
