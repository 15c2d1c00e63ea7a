#include "agent_engine/relational/rewrites/limits.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace datamigrate::relational {
namespace {

constexpr char kPosition[] = "row_position";
constexpr char kShare[] = "row_limit";
constexpr char kSkipped[] = "row_offset";

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

// Names columns that have none, or that of another one, so that a query above can tell them apart.
std::vector<std::string> NameColumns(Query& query) {
  std::vector<std::string> names;
  for (size_t i = 0; i < query.fields.size(); ++i) {
    std::string name = query.fields[i].name;
    const bool is_taken = std::ranges::find(names, name) != names.end();
    if (query.kind == QueryKind::kSelect && i < query.items.size() && (name.empty() || is_taken)) {
      name = "column_" + std::to_string(i + 1);
      query.items[i].alias = name;
    }
    names.push_back(std::move(name));
  }
  return names;
}

// Puts the query below another one, which shows the same columns.
void Wrap(Query& query) {
  const std::vector<std::string> names = NameColumns(query);
  auto inner = std::make_unique<Query>(std::move(query));
  query = Query();
  query.ctes = std::move(inner->ctes);
  query.recursive = inner->recursive;
  inner->ctes.clear();
  inner->recursive = false;
  query.fields = inner->fields;
  for (size_t i = 0; i < query.fields.size(); ++i)
    query.items.push_back({ColumnOf(names[i], query.fields[i].type), query.fields[i].name});
  query.from = std::make_unique<Source>();
  query.from->kind = SourceKind::kDerived;
  query.from->alias = "ranked";
  query.from->query = std::move(inner);
}

// The limit applies to what comes out of DISTINCT and UNION: a query above those has it.
void RankResult(Query& query) {
  std::vector<OrderItem> order_by = std::move(query.order_by);
  ExprPtr limit = std::move(query.limit);
  ExprPtr offset = std::move(query.offset);
  const bool percent = std::exchange(query.limit_is_percent, false);
  const bool ties = std::exchange(query.with_ties, false);
  query.order_by.clear();
  Wrap(query);
  query.order_by = std::move(order_by);
  query.limit = std::move(limit);
  query.offset = std::move(offset);
  query.limit_is_percent = percent;
  query.with_ties = ties;
}

ExprPtr Sum(ExprPtr left, ExprPtr right) {
  auto sum = MakeExpr(ExprKind::kArithmetic, tsql::MakeType(TypeId::kBigInt));
  sum->text = "+";
  sum->arguments = ExprList(std::move(left), std::move(right));
  return sum;
}

// The rows from the first to the last wanted one, each bound null where there is none.
ExprPtr IsBetween(const Expr& position, ExprPtr skipped, ExprPtr wanted) {
  ExprPtr condition;
  if (skipped) condition = MakeCompare(">", Clone(position), std::move(skipped));
  if (!wanted) return condition;
  ExprPtr is_before = MakeCompare("<=", Clone(position), std::move(wanted));
  return condition ? MakeLogical(ExprKind::kAnd, std::move(condition), std::move(is_before))
                   : std::move(is_before);
}

void SpellOut(Query& query, const LimitOptions& options, bool is_outermost) {
  if (query.kind != QueryKind::kSelect || query.distinct) RankResult(query);
  ExprPtr position =
      WindowCall(query.with_ties ? "RANK" : "ROW_NUMBER", {}, OrderOverExpressions(query));
  ExprPtr skipped = std::move(query.offset);
  ExprPtr wanted = query.limit ? WantedRows(query) : nullptr;
  if (skipped && wanted) wanted = Sum(Clone(*skipped), std::move(wanted));
  query.offset = nullptr;
  query.limit = nullptr;
  query.with_ties = false;
  query.limit_is_percent = false;
  const bool is_ordered = is_outermost && !query.order_by.empty();
  if (options.supports_qualify) {
    if (!is_ordered) query.order_by.clear();
    query.qualify = MakeLogical(ExprKind::kAnd, std::move(query.qualify),
                                IsBetween(*position, std::move(skipped), std::move(wanted)));
    return;
  }
  query.order_by.clear();
  const ExprPtr place = ColumnOf(kPosition, position->type);
  ExprPtr first = skipped ? ColumnOf(kSkipped, skipped->type) : nullptr;
  ExprPtr last = wanted ? ColumnOf(kShare, wanted->type) : nullptr;
  // What a wrapped query shows beside its own columns has names that those do not have.
  query.items.push_back({std::move(position), kPosition});
  if (wanted) query.items.push_back({std::move(wanted), kShare});
  if (skipped) query.items.push_back({std::move(skipped), kSkipped});
  Wrap(query);
  query.where = IsBetween(*place, std::move(first), std::move(last));
  if (is_ordered) query.order_by.push_back({Clone(*place), false});
}

// The value of a whole number that is written here, sums and products of such included.
std::optional<int64_t> ValueOf(const Expr& expr) {
  if (expr.kind == ExprKind::kCast && tsql::IsInteger(expr.type.id))
    return ValueOf(*expr.arguments[0]);
  int64_t value = 0;
  if (expr.kind == ExprKind::kNumber) {
    const char* const end = expr.text.data() + expr.text.size();
    const auto read = std::from_chars(expr.text.data(), end, value);
    if (read.ec == std::errc() && read.ptr == end) return value;
    return std::nullopt;
  }
  if (expr.kind != ExprKind::kArithmetic || expr.arguments.size() != 2) return std::nullopt;
  const std::optional<int64_t> left = ValueOf(*expr.arguments[0]);
  const std::optional<int64_t> right = ValueOf(*expr.arguments[1]);
  if (!left || !right) return std::nullopt;
  const bool overflows = expr.text == "+"   ? __builtin_add_overflow(*left, *right, &value)
                         : expr.text == "-" ? __builtin_sub_overflow(*left, *right, &value)
                         : expr.text == "*" ? __builtin_mul_overflow(*left, *right, &value)
                                            : true;
  return overflows ? std::nullopt : std::optional(value);
}

// Whether a limit or an offset is more than a number; one that can be worked out here becomes that.
bool IsComputed(ExprPtr& bound) {
  if (!bound || bound->kind == ExprKind::kNumber) return false;
  const std::optional<int64_t> value = ValueOf(*bound);
  if (!value || *value < 0) return true;
  bound = MakeInteger(*value);
  return false;
}

void Visit(Query& query, const LimitOptions& options, bool is_outermost);

void VisitExpr(ExprPtr& expr, const LimitOptions& options) {
  if (expr->query) Visit(*expr->query, options, false);
  ForEachChild(*expr, [&](ExprPtr& child) { VisitExpr(child, options); });
}

void Visit(Query& query, const LimitOptions& options, bool is_outermost) {
  ForEachQuery(query, [&](Query& below) { Visit(below, options, false); });
  ForEachExpr(query, [&](ExprPtr& expr) { VisitExpr(expr, options); });
  const bool ties = query.with_ties && !options.supports_with_ties;
  const bool is_ranked = query.limit && (query.limit_is_percent || ties);
  const bool is_computed =
      options.are_constant && (IsComputed(query.limit) | IsComputed(query.offset));
  if (is_ranked || is_computed) SpellOut(query, options, is_outermost);
}

}  // namespace

void SpellOutLimits(Query& query, const LimitOptions& options) {
  Visit(query, options, true);
}

}  // namespace datamigrate::relational
