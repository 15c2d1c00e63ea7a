#include "agent_engine/relational/expr.h"

#include <algorithm>
#include <array>

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {
namespace {

constexpr auto kAggregates = std::to_array<std::string_view>(
    {"APPROX_COUNT_DISTINCT", "APPROX_PERCENTILE_CONT", "APPROX_PERCENTILE_DISC", "AVG",
     "CHECKSUM_AGG", "COUNT", "COUNT_BIG", "GROUPING", "GROUPING_ID", "MAX", "MIN", "STDEV",
     "STDEVP", "STRING_AGG", "SUM", "VAR", "VARP"});

std::vector<OrderItem> CloneOrder(const std::vector<OrderItem>& items) {
  std::vector<OrderItem> copy;
  for (const OrderItem& item : items) copy.push_back({Clone(*item.expr), item.descending});
  return copy;
}

FrameBound CloneBound(const FrameBound& bound) {
  return {bound.kind, bound.offset ? Clone(*bound.offset) : nullptr};
}

std::unique_ptr<Window> CloneWindow(const Window& window) {
  auto copy = std::make_unique<Window>();
  for (const ExprPtr& expr : window.partition_by) copy->partition_by.push_back(Clone(*expr));
  copy->order_by = CloneOrder(window.order_by);
  copy->has_frame = window.has_frame;
  copy->is_rows = window.is_rows;
  copy->start = CloneBound(window.start);
  copy->end = CloneBound(window.end);
  return copy;
}

bool SameOrder(const std::vector<OrderItem>& left, const std::vector<OrderItem>& right) {
  return std::ranges::equal(left, right, [](const OrderItem& a, const OrderItem& b) {
    return a.descending == b.descending && SameExpr(*a.expr, *b.expr);
  });
}

bool SameBound(const FrameBound& left, const FrameBound& right) {
  if (left.kind != right.kind || !left.offset != !right.offset) return false;
  return !left.offset || SameExpr(*left.offset, *right.offset);
}

bool SameWindow(const Window* left, const Window* right) {
  if (left == nullptr || right == nullptr) return left == right;
  const auto same = [](const ExprPtr& a, const ExprPtr& b) { return SameExpr(*a, *b); };
  return left->has_frame == right->has_frame && left->is_rows == right->is_rows &&
         SameBound(left->start, right->start) && SameBound(left->end, right->end) &&
         std::ranges::equal(left->partition_by, right->partition_by, same) &&
         SameOrder(left->order_by, right->order_by);
}

}  // namespace

Expr::Expr() = default;
Expr::Expr(ExprKind expr_kind, SqlType expr_type) : kind(expr_kind), type(std::move(expr_type)) {}
Expr::~Expr() = default;

ExprPtr MakeExpr(ExprKind kind, SqlType type, diagnostics::SourceSpan span) {
  auto expr = std::make_unique<Expr>(kind, std::move(type));
  expr->span = span;
  return expr;
}

ExprPtr MakeString(std::string value) {
  auto expr =
      MakeExpr(ExprKind::kString,
               tsql::MakeSized(TypeId::kVarChar, static_cast<int32_t>(value.size()), false));
  expr->text = std::move(value);
  return expr;
}

ExprPtr MakeInteger(int64_t value) {
  auto expr = MakeExpr(ExprKind::kNumber, tsql::MakeType(TypeId::kInt, false));
  expr->text = std::to_string(value);
  expr->type.precision = static_cast<int32_t>(expr->text.size());
  return expr;
}

ExprPtr MakeNull(SqlType type) {
  type.nullable = true;
  return MakeExpr(ExprKind::kNull, std::move(type));
}

ExprPtr MakeCall(std::string function, SqlType type, std::vector<ExprPtr> arguments) {
  auto expr = MakeExpr(ExprKind::kCall, std::move(type));
  expr->text = std::move(function);
  if (!arguments.empty() && arguments[0]) expr->span = arguments[0]->span;
  expr->arguments = std::move(arguments);
  return expr;
}

ExprPtr MakeCompare(std::string op, ExprPtr left, ExprPtr right) {
  auto expr = MakeExpr(ExprKind::kCompare, tsql::MakeType(TypeId::kBit), left->span);
  expr->text = std::move(op);
  expr->arguments = ExprList(std::move(left), std::move(right));
  return expr;
}

ExprPtr MakeCast(ExprPtr operand, SqlType type, bool implicit) {
  type.nullable = operand->type.nullable;
  auto expr = MakeExpr(ExprKind::kCast, std::move(type), operand->span);
  expr->implicit = implicit;
  expr->arguments = ExprList(std::move(operand));
  return expr;
}

ExprPtr MakeLogical(ExprKind kind, ExprPtr left, ExprPtr right) {
  if (!left) return right;
  if (!right) return left;
  auto expr = MakeExpr(kind, tsql::MakeType(TypeId::kBit), left->span);
  for (ExprPtr* side : {&left, &right}) {
    if ((*side)->kind == kind) {
      for (ExprPtr& argument : (*side)->arguments) expr->arguments.push_back(std::move(argument));
    } else {
      expr->arguments.push_back(std::move(*side));
    }
  }
  return expr;
}

ExprPtr Clone(const Expr& expr) {
  auto copy = MakeExpr(expr.kind, expr.type, expr.span);
  copy->text = expr.text;
  copy->qualifier = expr.qualifier;
  copy->default_text = expr.default_text;
  copy->part = expr.part;
  copy->quantifier = expr.quantifier;
  for (const ExprPtr& argument : expr.arguments) copy->arguments.push_back(Clone(*argument));
  copy->order_by = CloneOrder(expr.order_by);
  if (expr.window) copy->window = CloneWindow(*expr.window);
  if (expr.query) copy->query = Clone(*expr.query);
  copy->range = expr.range;
  copy->style = expr.style;
  copy->negated = expr.negated;
  copy->distinct = expr.distinct;
  copy->has_else = expr.has_else;
  copy->has_default = expr.has_default;
  copy->implicit = expr.implicit;
  copy->try_cast = expr.try_cast;
  copy->ignore_nulls = expr.ignore_nulls;
  copy->fold_case = expr.fold_case;
  copy->fold_accents = expr.fold_accents;
  copy->trim = expr.trim;
  copy->json = expr.json;
  copy->determined = expr.determined;
  return copy;
}

bool SameExpr(const Expr& left, const Expr& right) {
  if (left.kind != right.kind || left.query || right.query) return false;
  if (left.kind == ExprKind::kColumn) {
    return left.range == right.range && left.text == right.text &&
           (left.range >= 0 || left.qualifier == right.qualifier);
  }
  if (left.kind == ExprKind::kCast && !(left.type == right.type)) return false;
  return left.text == right.text && left.part == right.part && left.style == right.style &&
         left.negated == right.negated && left.distinct == right.distinct &&
         left.has_else == right.has_else && left.try_cast == right.try_cast &&
         left.fold_case == right.fold_case && left.trim == right.trim &&
         SameWindow(left.window.get(), right.window.get()) &&
         SameOrder(left.order_by, right.order_by) &&
         std::ranges::equal(left.arguments, right.arguments,
                            [](const ExprPtr& a, const ExprPtr& b) { return SameExpr(*a, *b); });
}

bool IsConstant(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kColumn:
    case ExprKind::kStar:
    case ExprKind::kExists:
    case ExprKind::kInQuery:
    case ExprKind::kSubquery:
    case ExprKind::kQuantified:
      return false;
    default:
      // NEWID() has a value of its own for each row.
      return !IsAggregate(expr) && !expr.window &&
             !(expr.kind == ExprKind::kCall && expr.text == "NEWID") &&
             std::ranges::all_of(expr.arguments, [](const ExprPtr& a) { return IsConstant(*a); });
  }
}

bool IsAggregate(const Expr& expr) {
  return expr.kind == ExprKind::kCall && !expr.window &&
         std::ranges::find(kAggregates, std::string_view(expr.text)) != kAggregates.end();
}

bool ContainsAggregate(const Expr& expr) {
  return IsAggregate(expr) || std::ranges::any_of(expr.arguments, [](const ExprPtr& a) {
           return ContainsAggregate(*a);
         });
}

bool ContainsWindow(const Expr& expr) {
  return expr.window != nullptr ||
         std::ranges::any_of(expr.arguments, [](const ExprPtr& a) { return ContainsWindow(*a); });
}

}  // namespace datamigrate::relational
