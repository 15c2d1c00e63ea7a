#include "agent_engine/relational/rewrites/ranges.h"

namespace datamigrate::relational {
namespace {

void CollectRanges(const Source* source, std::set<int32_t>& ranges) {
  if (source == nullptr) return;
  if (source->range >= 0) ranges.insert(source->range);
  CollectRanges(source->left.get(), ranges);
  CollectRanges(source->right.get(), ranges);
}

void Visit(Query& query, const std::set<int32_t>& around, const NestedVisitor& visitor);

void VisitBoth(Query& below, const std::set<int32_t>& around, const NestedVisitor& visitor) {
  Visit(below, around, visitor);
  visitor.on_query(below, around);
}

void VisitSources(Source* source, const std::set<int32_t>& around, const std::set<int32_t>& inside,
                  const NestedVisitor& visitor) {
  if (source == nullptr) return;
  if (source->query) VisitBoth(*source->query, source->lateral ? inside : around, visitor);
  VisitSources(source->left.get(), around, inside, visitor);
  VisitSources(source->right.get(), around, inside, visitor);
}

void VisitHolders(ExprPtr& expr, const std::set<int32_t>& around, const NestedVisitor& visitor) {
  if (expr->query) {
    Visit(*expr->query, around, visitor);
    visitor.on_expr(expr, around);
    if (!expr->query) return;  // What took its place has been visited.
  }
  ForEachChild(*expr, [&](ExprPtr& child) { VisitHolders(child, around, visitor); });
}

void Visit(Query& query, const std::set<int32_t>& around, const NestedVisitor& visitor) {
  for (CommonTable& table : query.ctes) VisitBoth(*table.query, around, visitor);
  if (query.left) VisitBoth(*query.left, around, visitor);
  if (query.right) VisitBoth(*query.right, around, visitor);
  std::set<int32_t> inside = around;
  CollectRanges(query.from.get(), inside);
  VisitSources(query.from.get(), around, inside, visitor);
  ForEachExpr(query, [&](ExprPtr& expr) { VisitHolders(expr, inside, visitor); });
}

// Each query is come to once: nested ones would double the work at each level.
void CollectRangesBelow(ExprPtr& expr, std::set<int32_t>& ranges) {
  if (expr->query) CollectRanges(*expr->query, ranges);
  ForEachChild(*expr, [&](ExprPtr& child) { CollectRangesBelow(child, ranges); });
}

}  // namespace

void VisitNested(Query& query, const NestedVisitor& visitor) {
  Visit(query, {}, visitor);
}

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
  ForEachExpr(query, [&](ExprPtr& expr) { CollectRangesBelow(expr, ranges); });
}

}  // namespace datamigrate::relational
