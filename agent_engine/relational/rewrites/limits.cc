#include "agent_engine/relational/rewrites/limits.h"

#include <algorithm>

namespace datamigrate::relational {
namespace {

constexpr char kPosition[] = "row_position";
constexpr char kShare[] = "row_limit";

ExprPtr WindowCall(const char* function, std::vector<ExprPtr> arguments,
                   std::vector<OrderItem> order_by) {
  auto call = MakeCall(function, tsql::MakeType(TypeId::kBigInt, false), std::move(arguments));
  call->window = std::make_unique<Window>();
  call->window->order_by = std::move(order_by);
  return call;
}

// Order items over expressions, not names of the result, so that they can stand in a window.
std::vector<OrderItem> OrderOverExpressions(const Query& query) {
  std::vector<OrderItem> order;
  for (const OrderItem& item : query.order_by) {
    ExprPtr expr = Clone(*item.expr);
    if (expr->kind == ExprKind::kColumn && expr->range == -2) {
      const auto field = std::ranges::find(query.items, expr->text, &SelectItem::alias);
      if (field != query.items.end()) expr = Clone(*field->expr);
    }
    order.push_back({std::move(expr), item.descending});
  }
  return order;
}

// How many rows are wanted: the limit, or ceiling(count * percent / 100), since TOP PERCENT rounds
// up.
ExprPtr WantedRows(Query& query) {
  if (!query.limit_is_percent) return std::move(query.limit);
  ExprPtr count = WindowCall(
      "COUNT_BIG", ExprList(MakeExpr(ExprKind::kStar, tsql::MakeType(TypeId::kInt, false))), {});
  auto product = MakeExpr(ExprKind::kArithmetic, tsql::MakeType(TypeId::kFloat));
  product->text = "*";
  product->arguments = ExprList(std::move(count), std::move(query.limit));
  auto hundred = MakeInteger(100);
  hundred->text = "100.0";  // Division of integers would cut.
  hundred->type = tsql::MakeType(TypeId::kFloat, false);
  auto share = MakeExpr(ExprKind::kArithmetic, tsql::MakeType(TypeId::kFloat));
  share->text = "/";
  share->arguments = ExprList(std::move(product), std::move(hundred));
  return MakeCall("CEILING", tsql::MakeType(TypeId::kFloat), ExprList(std::move(share)));
}

ExprPtr ColumnOf(const std::string& name, SqlType type) {
  auto column = MakeExpr(ExprKind::kColumn, std::move(type));
  column->text = name;
  return column;
}

// Puts the query below another one, which shows the same columns.
void Wrap(Query& query) {
  auto inner = std::make_unique<Query>(std::move(query));
  query = Query();
  query.ctes = std::move(inner->ctes);
  query.recursive = inner->recursive;
  inner->ctes.clear();
  inner->recursive = false;
  query.fields = inner->fields;
  for (const OutputField& field : query.fields)
    query.items.push_back({ColumnOf(field.name, field.type), field.name});
  query.from = std::make_unique<Source>();
  query.from->kind = SourceKind::kDerived;
  query.from->alias = "ranked";
  query.from->query = std::move(inner);
}

void SpellOut(Query& query, const LimitOptions& options) {
  if (query.kind != QueryKind::kSelect || query.distinct) {
    // The limit applies to what comes out: rank that.
    std::vector<OrderItem> order_by = std::move(query.order_by);
    ExprPtr limit = std::move(query.limit);
    const bool percent = std::exchange(query.limit_is_percent, false);
    const bool ties = std::exchange(query.with_ties, false);
    query.order_by.clear();
    Wrap(query);
    query.order_by = std::move(order_by);
    query.limit = std::move(limit);
    query.limit_is_percent = percent;
    query.with_ties = ties;
  }
  ExprPtr position =
      WindowCall(query.with_ties ? "RANK" : "ROW_NUMBER", {}, OrderOverExpressions(query));
  ExprPtr wanted = WantedRows(query);
  query.limit = nullptr;
  query.with_ties = false;
  query.limit_is_percent = false;
  query.order_by.clear();
  if (options.supports_qualify) {
    query.qualify = MakeLogical(ExprKind::kAnd, std::move(query.qualify),
                                MakeCompare("<=", std::move(position), std::move(wanted)));
    return;
  }
  const SqlType position_type = position->type;
  const SqlType wanted_type = wanted->type;
  const std::vector<OutputField> fields = query.fields;
  query.items.push_back({std::move(position), kPosition});
  query.items.push_back({std::move(wanted), kShare});
  Wrap(query);
  query.where =
      MakeCompare("<=", ColumnOf(kPosition, position_type), ColumnOf(kShare, wanted_type));
}

void Visit(Query& query, const LimitOptions& options);

void VisitExpr(ExprPtr& expr, const LimitOptions& options) {
  if (expr->query) Visit(*expr->query, options);
  ForEachChild(*expr, [&](ExprPtr& child) { VisitExpr(child, options); });
}

void Visit(Query& query, const LimitOptions& options) {
  ForEachQuery(query, [&](Query& below) { Visit(below, options); });
  ForEachExpr(query, [&](ExprPtr& expr) { VisitExpr(expr, options); });
  const bool ties = query.with_ties && !options.supports_with_ties;
  if (query.limit && (query.limit_is_percent || ties)) SpellOut(query, options);
}

}  // namespace

void SpellOutLimits(Query& query, const LimitOptions& options) {
  Visit(query, options);
}

}  // namespace datamigrate::relational
