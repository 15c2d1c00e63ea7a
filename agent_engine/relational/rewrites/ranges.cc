#include "agent_engine/relational/rewrites/ranges.h"

namespace datamigrate::relational {
namespace {

void CollectRanges(const Source* source, std::set<int32_t>& ranges) {
  if (source == nullptr) return;
  if (source->range >= 0) ranges.insert(source->range);
  CollectRanges(source->left.get(), ranges);
  CollectRanges(source->right.get(), ranges);
}

}  // namespace

void VisitExpr(ExprPtr& expr, const std::function<void(ExprPtr&)>& visit) {
  visit(expr);
  if (expr->query) VisitExprs(*expr->query, visit);
  ForEachChild(*expr, [&](ExprPtr& child) { VisitExpr(child, visit); });
}

void VisitExprs(Query& query, const std::function<void(ExprPtr&)>& visit) {
  ForEachExpr(query, [&](ExprPtr& expr) { VisitExpr(expr, visit); });
  ForEachQuery(query, [&](Query& below) { VisitExprs(below, visit); });
}

void CollectRanges(Query& query, std::set<int32_t>& ranges) {
  CollectRanges(query.from.get(), ranges);
  ForEachQuery(query, [&](Query& below) { CollectRanges(below, ranges); });
  ForEachExpr(query, [&](ExprPtr& expr) {
    VisitExpr(expr, [&](ExprPtr& below) {
      if (below->query) CollectRanges(*below->query, ranges);
    });
  });
}

}  // namespace datamigrate::relational
