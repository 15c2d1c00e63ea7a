#include "agent_engine/relational/rewrites/recursive_exists.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "agent_engine/relational/rewrites/ranges.h"

namespace datamigrate::relational {
namespace {

// Which of an expression's columns are of the query, and which of those around it.
struct Sides {
  bool inner = false;
  bool outer = false;
};

Sides SidesOf(ExprPtr& expr, const std::set<int32_t>& outer) {
  Sides sides;
  VisitExpr(expr, [&](ExprPtr& below) {
    if (below->kind != ExprKind::kColumn) return;
    const bool is_outer = outer.contains(below->range);
    (is_outer ? sides.outer : sides.inner) = true;
  });
  return sides;
}

bool IsRowsOnly(const Query& query) {
  return query.kind == QueryKind::kSelect && query.from && query.where && !query.is_grouped &&
         query.group_by.empty() && !query.having && !query.qualify && !query.limit &&
         !query.offset && query.ctes.empty() &&
         std::ranges::none_of(query.items,
                              [](const SelectItem& item) { return ContainsAggregate(*item.expr); });
}

// Whether anything but its WHERE sees the outside.
bool SeesOutsideElsewhere(Query& query, const std::set<int32_t>& outer) {
  bool sees = false;
  const auto look = [&](ExprPtr& expr) { sees = sees || SidesOf(expr, outer).outer; };
  ForEachQuery(query, [&](Query& below) { VisitExprs(below, look); });
  ForEachExpr(query, [&](ExprPtr& expr) {
    if (&expr != &query.where) look(expr);
  });
  return sees;
}

// The place among `conditions` of the only one that sees the outside, an equality of both sides;
// their number where there is none.
size_t FindEquality(std::vector<ExprPtr>& conditions, const std::set<int32_t>& outer) {
  size_t found = conditions.size();
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (!SidesOf(conditions[i], outer).outer) continue;
    Expr& condition = *conditions[i];
    if (found != conditions.size() || condition.kind != ExprKind::kCompare || condition.text != "=")
      return conditions.size();
    const Sides left = SidesOf(condition.arguments[0], outer);
    const Sides right = SidesOf(condition.arguments[1], outer);
    if (left.inner == left.outer || right.inner == right.outer || left.inner == right.inner)
      return conditions.size();
    found = i;
  }
  return found;
}

void Rewrite(ExprPtr& expr, const std::set<int32_t>& around) {
  Query& query = *expr->query;
  if (!IsRowsOnly(query)) return;
  std::set<int32_t> ranges;
  CollectRanges(query, ranges);
  std::set<int32_t> outer;
  std::ranges::set_difference(around, ranges, std::inserter(outer, outer.end()));
  if (SeesOutsideElsewhere(query, outer)) return;
  std::vector<ExprPtr> conditions;
  if (query.where->kind == ExprKind::kAnd) {
    for (const ExprPtr& part : query.where->arguments) conditions.push_back(Clone(*part));
  } else {
    conditions.push_back(Clone(*query.where));
  }
  const size_t at = FindEquality(conditions, outer);
  if (at == conditions.size()) return;
  std::vector<ExprPtr>& sides = conditions[at]->arguments;
  const size_t inner = SidesOf(sides[0], outer).inner ? 0 : 1;
  auto in = MakeExpr(ExprKind::kInQuery, tsql::MakeType(TypeId::kBit), expr->span);
  query.items.clear();
  query.fields = {{"", sides[inner]->type}};
  query.items.push_back({std::move(sides[inner]), ""});
  in->arguments = ExprList(std::move(sides[1 - inner]));
  query.distinct = false;
  query.order_by.clear();
  query.where = nullptr;
  conditions.erase(conditions.begin() + static_cast<std::ptrdiff_t>(at));
  for (ExprPtr& condition : conditions)
    query.where = MakeLogical(ExprKind::kAnd, std::move(query.where), std::move(condition));
  in->query = std::move(expr->query);
  auto never = MakeExpr(ExprKind::kBit, tsql::MakeType(TypeId::kBit, false));
  never->text = "0";
  ExprPtr is_found = MakeCall("COALESCE", tsql::MakeType(TypeId::kBit, false),
                              ExprList(std::move(in), std::move(never)));
  if (expr->negated) {
    auto negation = MakeExpr(ExprKind::kNot, tsql::MakeType(TypeId::kBit, false), expr->span);
    negation->arguments = ExprList(std::move(is_found));
    is_found = std::move(negation);
  }
  expr = std::move(is_found);
}

void RewriteAll(Query& query) {
  VisitNested(query, {.on_query = [](Query&, const std::set<int32_t>&) {},
                      .on_expr =
                          [](ExprPtr& expr, const std::set<int32_t>& around) {
                            if (expr->kind == ExprKind::kExists) Rewrite(expr, around);
                          }});
}

void VisitBelow(ExprPtr& expr) {
  if (expr->query) SayExistsAsIn(*expr->query);
  ForEachChild(*expr, VisitBelow);
}

}  // namespace

void SayExistsAsIn(Query& query) {
  if (query.recursive) {
    for (CommonTable& table : query.ctes) RewriteAll(*table.query);
  }
  ForEachQuery(query, SayExistsAsIn);
  ForEachExpr(query, VisitBelow);
}

}  // namespace datamigrate::relational
