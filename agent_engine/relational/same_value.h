// Whether two expressions that hold sub-queries say the same.
#pragma once

#include "agent_engine/relational/expr.h"

namespace datamigrate::relational {

// As SameExpr, and sub-queries are compared, too: they are the same where one is a copy of the
// other, over the same tables under the same names and range variables.
bool SameValue(const Expr& left, const Expr& right);

}  // namespace datamigrate::relational
