// Range variables of queries: which there are, and the expressions that use them.
#pragma once

#include <functional>
#include <set>

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

// Calls `visit` for the expression and all below it, those of sub-queries too.
void VisitExpr(ExprPtr& expr, const std::function<void(ExprPtr&)>& visit);
// The same for every expression of the query and of those below it.
void VisitExprs(Query& query, const std::function<void(ExprPtr&)>& visit);

// Calls `on_query` for every query below in FROM, WITH and set operations, and `on_expr` for every
// expression that holds a query, with the range variables that it sees around itself. What is below
// comes first. They may put something else in the place of what they get.
struct NestedVisitor {
  std::function<void(Query&, const std::set<int32_t>& around)> on_query;
  std::function<void(ExprPtr&, const std::set<int32_t>& around)> on_expr;
};
void VisitNested(Query& query, const NestedVisitor& visitor);

// Adds the range variables of the query's sources, and of those of the queries below it.
void CollectRanges(Query& query, std::set<int32_t>& ranges);

}  // namespace datamigrate::relational
