#include "agent_engine/relational/rewrites/outer_columns.h"

#include <algorithm>
#include <set>

#include "agent_engine/relational/rewrites/ranges.h"

namespace datamigrate::relational {
namespace {

constexpr char kAlias[] = "seen_rows";
constexpr char kValuePrefix[] = "seen_value_";

// The derived tables that were made so far: each has a name and a range variable of its own.
struct Numbers {
  int32_t next_range = 0;
  int32_t count = 0;
  void Take() {
    ++next_range;
    ++count;
  }
};

// A select in the place of which another one stands, over what it shows.
class Step {
 public:
  Step(Query& query, const std::set<int32_t>& around, const Numbers& numbers)
      : query_(query), around_(around) {
    CollectRanges(query, ranges_);
    CollectOwn(query.from.get());
    source_ = std::make_unique<Source>();
    source_->kind = SourceKind::kDerived;
    source_->alias = kAlias;
    if (numbers.count > 0) source_->alias += "_" + std::to_string(numbers.count + 1);
    source_->range = numbers.next_range;
    source_->query = std::make_unique<Query>();
  }

  bool IsOutside(const Expr& expr) const {
    return expr.kind == ExprKind::kColumn && around_.contains(expr.range) &&
           !ranges_.contains(expr.range);
  }

  bool SeesOutside(ExprPtr& expr) const {
    bool sees = false;
    VisitExpr(expr, [&](ExprPtr& below) { sees = sees || IsOutside(*below); });
    return sees;
  }

  // The column of the derived table that shows the expression.
  ExprPtr Show(const Expr& expr) {
    Query& inner = *source_->query;
    auto item = std::ranges::find_if(
        inner.items, [&](const SelectItem& shown) { return SameExpr(*shown.expr, expr); });
    if (item == inner.items.end()) {
      std::string name = kValuePrefix + std::to_string(inner.items.size() + 1);
      inner.fields.push_back({name, expr.type});
      inner.items.push_back({Clone(expr), std::move(name)});
      item = inner.items.end() - 1;
    }
    auto column = MakeExpr(ExprKind::kColumn, expr.type, expr.span);
    column->text = item->alias;
    column->qualifier = source_->alias;
    column->range = source_->range;
    return column;
  }

  // Shows the columns of the select's own sources that the expression uses.
  void ShowColumns(ExprPtr& expr) {
    VisitExpr(expr, [&](ExprPtr& below) {
      if (below->kind == ExprKind::kColumn && own_.contains(below->range)) below = Show(*below);
    });
  }

  // What the aggregates and the groups give is shown; what `stays` stays above.
  void ShowGroups(ExprPtr& expr, const std::function<bool(ExprPtr&)>& stays) {
    if (IsConstant(*expr)) return;
    if (!stays(expr)) {
      expr = Show(*expr);
      return;
    }
    if (expr->query) ShowColumns(expr);
    ForEachChild(*expr, [&](ExprPtr& child) { ShowGroups(child, stays); });
  }

  // Whether the expression holds, outside of aggregates, a query that sees the select's sources.
  bool HoldsCorrelated(ExprPtr& expr) const {
    if (IsAggregate(*expr)) return false;
    bool holds = false;
    if (expr->query) {
      VisitExprs(*expr->query, [&](ExprPtr& below) {
        holds = holds || (below->kind == ExprKind::kColumn && own_.contains(below->range));
      });
    }
    ForEachChild(*expr, [&](ExprPtr& child) { holds = holds || HoldsCorrelated(child); });
    return holds;
  }

  // The sources go below.
  void MoveSources() {
    source_->query->from = std::move(query_.from);
    query_.from = std::move(source_);
  }

  // The conditions, too.
  void MoveRows() {
    source_->query->where = std::move(query_.where);
    query_.where = nullptr;
    MoveSources();
  }

  // The groups, too.
  void MoveGroups() {
    Query& inner = *source_->query;
    inner.group_by = std::move(query_.group_by);
    inner.is_grouped = query_.is_grouped;
    inner.having = std::move(query_.having);
    query_.group_by.clear();
    query_.is_grouped = false;
    query_.having = nullptr;
    MoveRows();
  }

 private:
  // The range variables of the select itself, and not of the queries in its expressions.
  void CollectOwn(const Source* source) {
    if (source == nullptr) return;
    if (source->range >= 0) own_.insert(source->range);
    CollectOwn(source->left.get());
    CollectOwn(source->right.get());
  }

  Query& query_;
  const std::set<int32_t>& around_;  // What it sees of the queries around it.
  std::set<int32_t> ranges_;
  std::set<int32_t> own_;
  SourcePtr source_;
};

void VisitGroups(std::vector<GroupItem>& items, const std::function<void(ExprPtr&)>& visit) {
  for (GroupItem& item : items) {
    if (item.expr) visit(item.expr);
    VisitGroups(item.items, visit);
  }
}

bool IsAggregated(const Query& query) {
  return query.is_grouped || !query.group_by.empty() || query.having ||
         std::ranges::any_of(query.items,
                             [](const SelectItem& item) { return ContainsAggregate(*item.expr); });
}

// Calls `visit` for the arguments and orders of aggregates in the expression.
void VisitAggregated(ExprPtr& expr, const std::function<void(ExprPtr&)>& visit) {
  if (IsAggregate(*expr)) {
    ForEachChild(*expr, visit);
  } else {
    ForEachChild(*expr, [&](ExprPtr& child) { VisitAggregated(child, visit); });
  }
}

// Calls `visit` for what groups and aggregates, or the order of a limit, work on.
void VisitInputs(Query& query, const std::function<void(ExprPtr&)>& visit) {
  if (IsAggregated(query)) {
    for (SelectItem& item : query.items) VisitAggregated(item.expr, visit);
    for (OrderItem& item : query.order_by) VisitAggregated(item.expr, visit);
    if (query.having) VisitAggregated(query.having, visit);
    VisitGroups(query.group_by, visit);
  } else if (query.limit || query.offset) {
    for (OrderItem& item : query.order_by) visit(item.expr);
  }
}

void NameItems(Query& query) {
  for (size_t i = 0; i < query.items.size() && i < query.fields.size(); ++i) {
    if (query.items[i].alias.empty()) query.items[i].alias = query.fields[i].name;
  }
}

// Calls `visit` for the expressions of the query's clauses behind FROM.
void VisitClauses(Query& query, const std::function<void(ExprPtr&)>& visit) {
  SourcePtr from = std::move(query.from);
  ForEachExpr(query, visit);
  query.from = std::move(from);
}

// Calls `visit` for the columns in queries that the expression holds.
void VisitNestedColumns(ExprPtr& expr, const std::function<void(ExprPtr&)>& visit) {
  if (expr->query) {
    VisitExprs(*expr->query, [&](ExprPtr& below) {
      if (below->kind == ExprKind::kColumn) visit(below);
    });
  }
  ForEachChild(*expr, [&](ExprPtr& child) { VisitNestedColumns(child, visit); });
}

// What a query in an expression sees of more than one query further out becomes a column of the
// one between.
void StepBetween(Query& query, const std::set<int32_t>& around, Numbers& numbers) {
  Step step(query, around, numbers);
  bool sees = false;
  const auto look = [&](ExprPtr& column) { sees = sees || step.IsOutside(*column); };
  VisitClauses(query, [&](ExprPtr& expr) { VisitNestedColumns(expr, look); });
  if (!sees) return;
  numbers.Take();
  NameItems(query);
  VisitClauses(query, [&](ExprPtr& expr) {
    VisitNestedColumns(expr, [&](ExprPtr& column) {
      if (step.IsOutside(*column)) column = step.Show(*column);
    });
    step.ShowColumns(expr);
  });
  step.MoveSources();
}

// Puts what the clauses work on and sees the outside below.
void StepBelow(Query& query, const std::set<int32_t>& around, Numbers& numbers) {
  if (query.distinct || query.qualify) return;
  Step step(query, around, numbers);
  bool sees = false;
  VisitInputs(query, [&](ExprPtr& expr) { sees = sees || step.SeesOutside(expr); });
  if (!sees) return;
  numbers.Take();
  NameItems(query);
  std::vector<ExprPtr> groups;  // Those that the clauses above may repeat.
  VisitGroups(query.group_by, [&](ExprPtr& expr) {
    if (step.SeesOutside(expr)) groups.push_back(Clone(*expr));
  });
  VisitInputs(query, [&](ExprPtr& expr) {
    if (step.SeesOutside(expr)) expr = step.Show(*expr);
  });
  const auto show = [&](ExprPtr& expr) {
    VisitExpr(expr, [&](ExprPtr& below) {
      const bool is_group = std::ranges::any_of(
          groups, [&](const ExprPtr& group) { return SameExpr(*group, *below); });
      if (is_group) below = step.Show(*below);
    });
    step.ShowColumns(expr);
  };
  for (SelectItem& item : query.items) show(item.expr);
  VisitGroups(query.group_by, show);
  if (query.having) show(query.having);
  for (OrderItem& item : query.order_by) show(item.expr);
  step.MoveRows();
}

// Puts the groups below. What sees the outside beside their values stands above them, and so does
// a query that looks at them: beside GROUP BY, it would have to stand in GROUP BY or an aggregate.
void StepAbove(Query& query, const std::set<int32_t>& around, Numbers& numbers) {
  if (!IsAggregated(query) || query.qualify) return;
  Step step(query, around, numbers);
  const auto stays = [&](ExprPtr& expr) {
    return step.SeesOutside(expr) || step.HoldsCorrelated(expr);
  };
  std::vector<ExprPtr*> shown;
  for (SelectItem& item : query.items) shown.push_back(&item.expr);
  for (OrderItem& item : query.order_by) {
    const bool names_result = item.expr->kind == ExprKind::kColumn && item.expr->range == -2;
    if (!names_result) shown.push_back(&item.expr);
  }
  const bool is_needed = std::ranges::any_of(shown, [&](ExprPtr* expr) { return stays(*expr); });
  const bool has_windows =
      std::ranges::any_of(shown, [](ExprPtr* expr) { return ContainsWindow(**expr); });
  if (!is_needed || has_windows) return;
  numbers.Take();
  NameItems(query);
  for (ExprPtr* expr : shown) {
    const bool is_computed = (*expr)->kind != ExprKind::kColumn;
    step.ShowGroups(*expr, stays);
    if (!is_computed || (*expr)->kind != ExprKind::kColumn) continue;
    SqlType type = (*expr)->type;  // The target may compute another one below.
    *expr = MakeCast(std::move(*expr), std::move(type), /*implicit=*/true);
  }
  step.MoveGroups();
}

// The largest parts of an expression that hold aggregates and do not see the outside.
void CollectInside(ExprPtr& expr, const Step& step, std::vector<ExprPtr*>& parts) {
  if (!ContainsAggregate(*expr)) return;
  if (!step.SeesOutside(expr)) {
    parts.push_back(&expr);
    return;
  }
  for (ExprPtr& argument : expr->arguments) CollectInside(argument, step, parts);
}

// Whether an expression uses the query's own columns beside the part.
bool UsesInside(ExprPtr& expr, const ExprPtr* part, const std::set<int32_t>& ranges) {
  if (&expr == part) return false;
  if (expr->query || expr->window || !expr->order_by.empty()) return true;
  if (expr->kind == ExprKind::kColumn) return expr->range < 0 || ranges.contains(expr->range);
  return std::ranges::any_of(expr->arguments,
                             [&](ExprPtr& argument) { return UsesInside(argument, part, ranges); });
}

// (SELECT outer * SUM(inner) FROM ...) is outer * (SELECT SUM(inner) FROM ...): an aggregate
// without groups always gives its one row. False where the expression stays as it is.
bool TakeOut(ExprPtr& expr, const std::set<int32_t>& around) {
  if (expr->kind != ExprKind::kSubquery) return false;
  Query& query = *expr->query;
  const bool is_plain = query.kind == QueryKind::kSelect && query.from && query.items.size() == 1 &&
                        !query.is_grouped && query.group_by.empty() && !query.having &&
                        !query.qualify && !query.limit && !query.offset && query.ctes.empty() &&
                        ContainsAggregate(*query.items[0].expr);
  if (!is_plain) return false;
  const Step step(query, around, {});
  ExprPtr& item = query.items[0].expr;
  if (!step.SeesOutside(item)) return false;
  std::vector<ExprPtr*> parts;
  CollectInside(item, step, parts);
  std::set<int32_t> ranges;
  CollectRanges(query, ranges);
  if (parts.size() != 1 || UsesInside(item, parts[0], ranges)) return false;
  auto inside = MakeExpr(ExprKind::kSubquery, (*parts[0])->type, expr->span);
  inside->type.nullable = true;
  ExprPtr& place = *parts[0];  // Below the item, which sees the outside as a whole.
  ExprPtr whole = std::move(item);
  item = std::move(place);
  query.fields = {{"", item->type}};
  query.items[0].alias.clear();
  query.order_by.clear();
  inside->query = std::move(expr->query);
  place = std::move(inside);
  expr = std::move(whole);
  return true;
}

void StepOut(Query& query, const std::set<int32_t>& around, Numbers& numbers) {
  if (query.kind != QueryKind::kSelect || !query.from) return;
  if (!around.empty()) {
    StepBetween(query, around, numbers);
    StepBelow(query, around, numbers);
  }
  StepAbove(query, around, numbers);
}

}  // namespace

void StepOutOfClauses(Query& query) {
  std::set<int32_t> ranges;
  CollectRanges(query, ranges);
  Numbers numbers{.next_range = ranges.empty() ? 0 : *ranges.rbegin() + 1};
  VisitNested(
      query, {.on_query = [&](Query& below,
                              const std::set<int32_t>& around) { StepOut(below, around, numbers); },
              .on_expr =
                  [&](ExprPtr& expr, const std::set<int32_t>& around) {
                    StepBetween(*expr->query, around, numbers);
                    if (!TakeOut(expr, around)) StepOut(*expr->query, around, numbers);
                  }});
  StepOut(query, {}, numbers);
}

int32_t CountCorrelated(Query& query) {
  int32_t count = 0;
  const auto look = [&](ExprPtr& expr, const std::set<int32_t>& around) {
    std::set<int32_t> ranges;
    CollectRanges(*expr->query, ranges);
    bool sees = false;
    VisitExprs(*expr->query, [&](ExprPtr& below) {
      sees = sees || (below->kind == ExprKind::kColumn && around.contains(below->range) &&
                      !ranges.contains(below->range));
    });
    count += sees;
  };
  VisitNested(query, {.on_query = [](Query&, const std::set<int32_t>&) {}, .on_expr = look});
  return count;
}

}  // namespace datamigrate::relational
