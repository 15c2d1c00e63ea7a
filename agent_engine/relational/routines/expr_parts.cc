#include "agent_engine/relational/routines/expr_parts.h"

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

const Expr& Bare(const Expr& expr) {
  return expr.kind == ExprKind::kCast && expr.implicit ? Bare(*expr.arguments[0]) : expr;
}

bool HoldsSource(const Expr& expr) {
  bool found = false;
  const ExprPtr copy = Clone(expr);
  ForEachPart(
      *copy, [&](Source&) { found = true; }, [](Expr&) {});
  return found;
}

}  // namespace datamigrate::relational
