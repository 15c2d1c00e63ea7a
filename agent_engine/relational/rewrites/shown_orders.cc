#include "agent_engine/relational/rewrites/shown_orders.h"

#include <algorithm>

namespace datamigrate::relational {
namespace {

constexpr int32_t kOfResult = -2;  // The range of columns of the result.

ExprPtr ColumnOfResult(const std::string& name, const SqlType& type) {
  auto column = MakeExpr(ExprKind::kColumn, type);
  column->text = name;
  column->range = kOfResult;
  return column;
}

// Names what the query shows, wherever it stands in the expression: not in aggregates and windows,
// which work on what is below the query.
void NameShown(ExprPtr& expr, const Query& query) {
  const auto shown = std::ranges::find_if(query.items, [&](const SelectItem& item) {
    return !item.alias.empty() && SameExpr(*item.expr, *expr);
  });
  if (shown != query.items.end()) {
    expr = ColumnOfResult(shown->alias, expr->type);
    return;
  }
  if (IsAggregate(*expr) || expr->window) return;
  ForEachChild(*expr, [&](ExprPtr& child) { NameShown(child, query); });
}

void OrderByPlace(OrderItem& order, const Query& query) {
  const auto shown = std::ranges::find_if(
      query.items, [&](const SelectItem& item) { return SameExpr(*item.expr, *order.expr); });
  if (shown == query.items.end()) return;
  const auto place = shown - query.items.begin() + 1;
  order.expr = ColumnOfResult("", order.expr->type);
  order.expr->default_text = std::to_string(place);
}

void NameWindows(Query& query) {
  if (query.kind != QueryKind::kSelect || !query.distinct) return;
  for (OrderItem& order : query.order_by) {
    if (ContainsWindow(*order.expr)) OrderByPlace(order, query);
  }
}

void NameOrders(Query& query) {
  if (query.kind != QueryKind::kSelect) return;
  for (OrderItem& order : query.order_by) {
    if (order.expr->kind == ExprKind::kColumn) continue;
    if (!query.distinct && !ContainsAggregate(*order.expr) && !ContainsWindow(*order.expr))
      continue;
    NameShown(order.expr, query);
    if (order.expr->kind != ExprKind::kColumn) OrderByPlace(order, query);
  }
}

void Visit(Query& query);

void VisitNested(ExprPtr& expr) {
  if (expr->query) Visit(*expr->query);
  ForEachChild(*expr, [](ExprPtr& child) { VisitNested(child); });
}

void Visit(Query& query) {
  ForEachQuery(query, [](Query& below) { Visit(below); });
  ForEachExpr(query, [](ExprPtr& expr) { VisitNested(expr); });
  NameOrders(query);
}

}  // namespace

void OrderByShown(Query& query, bool sees_result_alone) {
  if (sees_result_alone)
    Visit(query);
  else
    NameWindows(query);
}

}  // namespace datamigrate::relational
