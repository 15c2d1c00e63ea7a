#include "agent_engine/relational/rewrites/laterals.h"

#include <algorithm>
#include <map>
#include <set>

#include "agent_engine/relational/rewrites/hoisting.h"
#include "agent_engine/relational/rewrites/ranges.h"

namespace datamigrate::relational {
namespace {

constexpr char kRowIndex[] = "row_index";
constexpr char kRowNumber[] = "apply_row";
constexpr char kKeyPrefix[] = "apply_key_";
constexpr char kShownPrefix[] = "apply_value_";

using Replacement = std::function<ExprPtr(const Expr& column)>;

void ReplaceInQuery(Query& query, int32_t range, const Replacement& replace);

void ReplaceInExpr(ExprPtr& expr, int32_t range, const Replacement& replace) {
  if (expr->kind == ExprKind::kColumn && expr->range == range) {
    if (ExprPtr by = replace(*expr)) expr = std::move(by);
    return;
  }
  if (expr->query) ReplaceInQuery(*expr->query, range, replace);
  ForEachChild(*expr, [&](ExprPtr& child) { ReplaceInExpr(child, range, replace); });
}

// Columns of the range variable, in the query and below it.
void ReplaceInQuery(Query& query, int32_t range, const Replacement& replace) {
  ForEachExpr(query, [&](ExprPtr& expr) { ReplaceInExpr(expr, range, replace); });
  ForEachQuery(query, [&](Query& below) { ReplaceInQuery(below, range, replace); });
}

// Which of an expression's columns are of `ranges`, and which of others.
struct Sides {
  bool inner = false;
  bool outer = false;
};

Sides SidesOf(ExprPtr& expr, const std::set<int32_t>& ranges) {
  Sides sides;
  VisitExpr(expr, [&](ExprPtr& below) {
    if (below->kind != ExprKind::kColumn) return;
    const bool is_outer = below->range >= 0 && !ranges.contains(below->range);
    (is_outer ? sides.outer : sides.inner) = true;
  });
  return sides;
}

ExprPtr ColumnOf(const Source& source, const std::string& name, SqlType type) {
  auto column = MakeExpr(ExprKind::kColumn, std::move(type));
  column->text = name;
  column->qualifier = source.alias;
  column->range = source.range;
  return column;
}

// -- Rows of expressions
// -----------------------------------------------------------------------------------------------

bool IsRowOfExpressions(const Query& query) {
  return query.kind == QueryKind::kSelect && !query.from && !query.having && !query.is_grouped &&
         !query.limit && !query.offset && query.ctes.empty() &&
         std::ranges::none_of(query.items, [](const SelectItem& item) {
           return ContainsAggregate(*item.expr) || ContainsWindow(*item.expr);
         });
}

// Writes the expressions of a derived row where a query over that row alone uses them.
void InlineRow(Query& query) {
  if (query.kind == QueryKind::kUnionAll) {
    InlineRow(*query.left);
    InlineRow(*query.right);
    return;
  }
  const bool reads_row = query.kind == QueryKind::kSelect && query.from &&
                         query.from->kind == SourceKind::kDerived && query.from->range >= 0 &&
                         query.from->column_names.empty() && !query.is_grouped &&
                         std::ranges::none_of(query.items, [](const SelectItem& item) {
                           return ContainsAggregate(*item.expr) || ContainsWindow(*item.expr);
                         });
  if (!reads_row) return;
  InlineRow(*query.from->query);
  if (!IsRowOfExpressions(*query.from->query) || query.from->query->where) return;
  const SourcePtr row = std::move(query.from);
  ReplaceInQuery(query, row->range, [&](const Expr& column) -> ExprPtr {
    const auto item = std::ranges::find(row->query->items, column.text, &SelectItem::alias);
    return item == row->query->items.end() ? nullptr : Clone(*item->expr);
  });
}

// The rows of a list, or of selects without FROM that UNION ALL joins; none for another source.
bool TakeRows(Query& query, std::vector<std::vector<ExprPtr>>& rows) {
  if (query.kind == QueryKind::kUnionAll && !query.limit)
    return TakeRows(*query.left, rows) && TakeRows(*query.right, rows);
  if (!IsRowOfExpressions(query) || query.where) return false;
  auto& row = rows.emplace_back();
  for (const SelectItem& item : query.items) row.push_back(Clone(*item.expr));
  return true;
}

// Turns a derived table of such rows into a list.
void MakeList(Source& source) {
  if (source.kind != SourceKind::kDerived) return;
  std::vector<std::vector<ExprPtr>> rows;
  if (!TakeRows(*source.query, rows)) return;
  if (source.column_names.empty()) {
    for (const OutputField& field : source.query->fields) source.column_names.push_back(field.name);
  }
  source.kind = SourceKind::kValues;
  source.rows = std::move(rows);
  source.query = nullptr;
}

// CASE row_index WHEN 1 THEN its first cell ... END, or the only cell.
ExprPtr CellOf(const Source& list, const Expr& column) {
  const auto name = std::ranges::find(list.column_names, column.text);
  if (name == list.column_names.end()) return nullptr;
  const size_t index = name - list.column_names.begin();
  if (list.rows.size() == 1) return Clone(*list.rows[0][index]);
  auto choice = MakeExpr(ExprKind::kCase, column.type, column.span);
  for (size_t i = 0; i < list.rows.size(); ++i) {
    choice->arguments.push_back(
        MakeCompare("=", ColumnOf(list, kRowIndex, tsql::MakeType(TypeId::kInt, false)),
                    MakeInteger(static_cast<int64_t>(i) + 1)));
    choice->arguments.push_back(Clone(*list.rows[i][index]));
  }
  return choice;
}

// A row of expressions behind a condition: CROSS APPLY filters by it, OUTER APPLY shows NULL.
void JoinConditionalRow(Query& query, SourcePtr& join) {
  const SourcePtr row = std::move(join->right);
  Query& inner = *row->query;
  const bool is_outer = join->join == JoinKind::kLeft;
  ReplaceInQuery(query, row->range, [&](const Expr& column) -> ExprPtr {
    const auto item = std::ranges::find(inner.items, column.text, &SelectItem::alias);
    if (item == inner.items.end()) return nullptr;
    if (!is_outer) return Clone(*item->expr);
    auto choice = MakeExpr(ExprKind::kCase, column.type, column.span);
    choice->arguments = ExprList(Clone(*inner.where), Clone(*item->expr));
    return choice;
  });
  if (!is_outer) {
    query.where = query.where
                      ? MakeLogical(ExprKind::kAnd, std::move(query.where), std::move(inner.where))
                      : std::move(inner.where);
  }
  SourcePtr left = std::move(join->left);
  join = std::move(left);
}

// A query of expressions over one function's rows, such as OPENJSON's.
bool IsRowsOfFunction(const Query& query) {
  return query.kind == QueryKind::kSelect && query.from &&
         query.from->kind == SourceKind::kFunction && query.from->range >= 0 && !query.where &&
         !query.distinct && !query.is_grouped && query.group_by.empty() && !query.having &&
         !query.qualify && !query.limit && !query.offset && query.ctes.empty() &&
         std::ranges::none_of(query.items, [](const SelectItem& item) {
           return ContainsAggregate(*item.expr) || ContainsWindow(*item.expr);
         });
}

// OUTER APPLY keeps NULLs: what is taken from a row that is absent is NULL.
void JoinFunction(Query& query, Source& join) {
  const SourcePtr row = std::move(join.right);
  Query& inner = *row->query;
  const int32_t range = inner.from->range;
  for (SelectItem& item : inner.items) {
    VisitExpr(item.expr, [&](ExprPtr& expr) {
      if (expr->kind == ExprKind::kColumn && expr->range == range) expr->qualifier = row->alias;
    });
  }
  ReplaceInQuery(query, row->range, [&](const Expr& column) -> ExprPtr {
    const auto item = std::ranges::find(inner.items, column.text, &SelectItem::alias);
    return item == inner.items.end() ? nullptr : Clone(*item->expr);
  });
  join.right = std::move(inner.from);
  join.right->alias = row->alias;
  join.right->lateral = true;
}

void JoinList(Query& query, SourcePtr& join) {
  const SourcePtr list = std::move(join->right);
  ReplaceInQuery(query, list->range, [&](const Expr& column) { return CellOf(*list, column); });
  if (list->rows.size() == 1) {
    SourcePtr left = std::move(join->left);
    join = std::move(left);
    return;
  }
  auto numbers = std::make_unique<Source>();
  numbers->kind = SourceKind::kValues;
  numbers->alias = list->alias;
  numbers->range = list->range;
  numbers->column_names = {kRowIndex};
  for (size_t i = 0; i < list->rows.size(); ++i)
    numbers->rows.push_back(ExprList(MakeInteger(static_cast<int64_t>(i) + 1)));
  join->right = std::move(numbers);
  join->join = JoinKind::kCross;
}

// -- Queries
// -----------------------------------------------------------------------------------------------

struct Correlation {
  std::vector<std::pair<ExprPtr, ExprPtr>> keys;  // Inside, outside.
  std::vector<ExprPtr> mixed;                     // Other conditions that see both.
  std::vector<ExprPtr> kept;                      // Conditions that see the inside alone.
};

std::vector<ExprPtr> Conjuncts(const ExprPtr& where) {
  std::vector<ExprPtr> parts;
  if (!where) return parts;
  if (where->kind != ExprKind::kAnd) {
    parts.push_back(Clone(*where));
    return parts;
  }
  for (const ExprPtr& argument : where->arguments) parts.push_back(Clone(*argument));
  return parts;
}

// Splits the conditions; false where one is more than an equality between inside and outside, which
// `takes_mixed` allows, or another clause sees the outside.
bool Split(Query& inner, bool takes_mixed, Correlation& correlation) {
  std::set<int32_t> ranges;
  CollectRanges(inner, ranges);
  for (ExprPtr& part : Conjuncts(inner.where)) {
    if (!SidesOf(part, ranges).outer) {
      correlation.kept.push_back(std::move(part));
      continue;
    }
    bool is_forward = false;
    bool is_backward = false;
    if (part->kind == ExprKind::kCompare && part->text == "=") {
      const Sides left = SidesOf(part->arguments[0], ranges);
      const Sides right = SidesOf(part->arguments[1], ranges);
      is_forward = left.inner && !left.outer && right.outer && !right.inner;
      is_backward = right.inner && !right.outer && left.outer && !left.inner;
    }
    if (!is_forward && !is_backward) {
      bool has_query = false;
      VisitExpr(part, [&](ExprPtr& below) { has_query = has_query || below->query; });
      if (!takes_mixed || has_query) return false;
      correlation.mixed.push_back(std::move(part));
      continue;
    }
    correlation.keys.emplace_back(std::move(part->arguments[is_forward ? 0 : 1]),
                                  std::move(part->arguments[is_forward ? 1 : 0]));
  }
  ExprPtr where = std::move(inner.where);
  inner.where = nullptr;
  bool sees_outside = false;
  VisitExprs(inner, [&](ExprPtr& expr) {
    sees_outside = sees_outside || (expr->kind == ExprKind::kColumn && expr->range >= 0 &&
                                    !ranges.contains(expr->range));
  });
  inner.where = std::move(where);
  return !sees_outside;
}

const Expr& WithoutCasts(const Expr& expr) {
  const Expr* inner = &expr;
  while (inner->kind == ExprKind::kCast) inner = inner->arguments[0].get();
  return *inner;
}

// What an aggregate of no rows gives, where that is not NULL: 0 for counts, the constant of
// ISNULL(aggregate, constant). `is_known` is false for more than that.
ExprPtr ValueOfNoRows(const Expr& item, bool& is_known) {
  const Expr& expr = WithoutCasts(item);
  if (IsConstant(expr)) return Clone(expr);
  if (expr.kind == ExprKind::kCall && IsAggregate(expr)) {
    const bool counts = expr.text == "COUNT" || expr.text == "COUNT_BIG";
    return counts ? MakeInteger(0) : nullptr;
  }
  const bool is_default = expr.kind == ExprKind::kCall && expr.arguments.size() == 2 &&
                          (expr.text == "ISNULL" || expr.text == "COALESCE") &&
                          IsAggregate(WithoutCasts(*expr.arguments[0])) &&
                          IsConstant(*expr.arguments[1]);
  if (is_default) return Clone(*expr.arguments[1]);
  is_known = false;
  return nullptr;
}

std::vector<OrderItem> OrderOverExpressions(Query& query) {
  std::vector<OrderItem> order;
  for (OrderItem& item : query.order_by) {
    const bool is_name = item.expr->kind == ExprKind::kColumn && item.expr->range == -2;
    const auto field = std::ranges::find(query.items, item.expr->text, &SelectItem::alias);
    order.push_back(
        {is_name && field != query.items.end() ? Clone(*field->expr) : std::move(item.expr),
         item.descending});
  }
  query.order_by.clear();
  return order;
}

// Numbers the rows of each key in the query's order, instead of its limit.
ExprPtr NumberRows(Query& inner, const Source& source, const Correlation& correlation) {
  auto number =
      MakeCall(inner.with_ties ? "RANK" : "ROW_NUMBER", tsql::MakeType(TypeId::kBigInt, false), {});
  number->window = std::make_unique<Window>();
  for (const auto& [inside, outside] : correlation.keys)
    number->window->partition_by.push_back(Clone(*inside));
  number->window->order_by = OrderOverExpressions(inner);
  ExprPtr condition =
      MakeCompare("<=", ColumnOf(source, kRowNumber, number->type), std::move(inner.limit));
  inner.limit = nullptr;
  inner.with_ties = false;
  inner.fields.push_back({kRowNumber, number->type});
  inner.items.push_back({std::move(number), kRowNumber});
  return condition;
}

// The condition over what the source shows: columns inside it are shown under names of their own.
ExprPtr Expose(ExprPtr condition, Query& inner, const Source& source,
               const std::set<int32_t>& ranges) {
  VisitExpr(condition, [&](ExprPtr& expr) {
    if (expr->kind != ExprKind::kColumn || !ranges.contains(expr->range)) return;
    auto item = std::ranges::find_if(
        inner.items, [&](const SelectItem& shown) { return SameExpr(*shown.expr, *expr); });
    const SqlType type = expr->type;
    std::string name = item == inner.items.end() ? "" : item->alias;
    if (name.empty()) {
      name = kShownPrefix + std::to_string(inner.items.size() + 1);
      inner.fields.push_back({name, type});
      inner.items.push_back({Clone(*expr), name});
    }
    expr = ColumnOf(source, name, type);
  });
  return condition;
}

// The names behind a source's alias become those of what its query shows.
void NameItems(Source& source) {
  Query& inner = *source.query;
  const size_t count = source.column_names.size();
  if (inner.kind != QueryKind::kSelect || count != inner.items.size() ||
      count != inner.fields.size())
    return;
  const bool orders_by_name = std::ranges::any_of(inner.order_by, [](const OrderItem& item) {
    return item.expr->kind == ExprKind::kColumn && item.expr->range == -2;
  });
  if (orders_by_name) return;
  for (size_t i = 0; i < count; ++i) {
    inner.items[i].alias = source.column_names[i];
    inner.fields[i].name = source.column_names[i];
  }
  source.column_names.clear();
}

// What a row shows of the left side alone, or of nothing, is written where it is used.
void TakeOuterItems(Query& query, Source& source) {
  Query& inner = *source.query;
  std::set<int32_t> ranges;
  CollectRanges(inner, ranges);
  for (size_t i = inner.items.size(); i > 0 && inner.items.size() > 1; --i) {
    SelectItem& item = inner.items[i - 1];
    const Sides sides = SidesOf(item.expr, ranges);
    bool has_query = false;
    VisitExpr(item.expr, [&](ExprPtr& below) { has_query = has_query || below->query; });
    if (!sides.outer || sides.inner || has_query || item.alias.empty()) continue;
    const std::string name = item.alias;
    const ExprPtr value = std::move(item.expr);
    inner.items.erase(inner.items.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    inner.fields.erase(inner.fields.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    ReplaceInQuery(query, source.range, [&](const Expr& column) -> ExprPtr {
      return column.text == name ? Clone(*value) : nullptr;
    });
  }
}

// False where the query stays as it is.
bool JoinQuery(Query& query, Source& join) {
  Source& source = *join.right;
  Query& inner = *source.query;
  if (!source.column_names.empty()) NameItems(source);
  const bool is_plain = inner.kind == QueryKind::kSelect && inner.ctes.empty() && inner.from &&
                        !inner.offset && !inner.limit_is_percent && !inner.qualify &&
                        source.column_names.empty();
  if (!is_plain || (inner.distinct && inner.limit)) return false;
  const bool aggregates =
      inner.group_by.empty() && std::ranges::any_of(inner.items, [](const SelectItem& item) {
        return ContainsAggregate(*item.expr);
      });
  const bool has_sets = std::ranges::any_of(
      inner.group_by, [](const GroupItem& item) { return item.kind != GroupKind::kExpr; });
  const bool has_windows = std::ranges::any_of(
      inner.items, [](const SelectItem& item) { return ContainsWindow(*item.expr); });
  if (has_sets || has_windows || (aggregates && (inner.having || inner.limit))) return false;
  std::vector<ExprPtr> of_no_rows;
  bool is_known = true;
  for (const SelectItem& item : inner.items)
    of_no_rows.push_back(aggregates ? ValueOfNoRows(*item.expr, is_known) : nullptr);
  Correlation correlation;
  const bool is_simple = !aggregates && inner.group_by.empty() && !inner.limit && !inner.distinct;
  if (is_simple) HoistConditions(inner);
  if (is_simple && join.join != JoinKind::kLeft && inner.items.size() == inner.fields.size()) {
    TakeOuterItems(query, source);
    of_no_rows.resize(inner.items.size());
  }
  if (!is_known || !Split(inner, is_simple, correlation)) return false;
  source.lateral = false;
  // It may not see the left side at all.
  if (correlation.keys.empty() && correlation.mixed.empty()) return true;
  std::set<int32_t> own_ranges;
  CollectRanges(inner, own_ranges);
  inner.where = nullptr;
  for (ExprPtr& part : correlation.kept)
    inner.where = inner.where ? MakeLogical(ExprKind::kAnd, std::move(inner.where), std::move(part))
                              : std::move(part);
  ExprPtr limit;
  if (inner.limit) limit = NumberRows(inner, source, correlation);
  inner.order_by.clear();
  ExprPtr condition;
  for (size_t i = 0; i < correlation.keys.size(); ++i) {
    auto& [inside, outside] = correlation.keys[i];
    const std::string name = kKeyPrefix + std::to_string(i + 1);
    if (aggregates || !inner.group_by.empty()) {
      GroupItem group;
      group.expr = Clone(*inside);
      inner.group_by.push_back(std::move(group));
      inner.is_grouped = true;
    }
    const SqlType type = inside->type;
    inner.fields.push_back({name, type});
    inner.items.push_back({std::move(inside), name});
    ExprPtr equal = MakeCompare("=", ColumnOf(source, name, type), std::move(outside));
    condition = condition ? MakeLogical(ExprKind::kAnd, std::move(condition), std::move(equal))
                          : std::move(equal);
  }
  if (limit) condition = MakeLogical(ExprKind::kAnd, std::move(condition), std::move(limit));
  for (ExprPtr& part : correlation.mixed) {
    ExprPtr exposed = Expose(std::move(part), inner, source, own_ranges);
    condition = condition ? MakeLogical(ExprKind::kAnd, std::move(condition), std::move(exposed))
                          : std::move(exposed);
  }
  join.condition = std::move(condition);
  join.join = join.join == JoinKind::kLeft || aggregates ? JoinKind::kLeft : JoinKind::kInner;
  if (!aggregates) return true;
  ReplaceInQuery(query, source.range, [&](const Expr& column) -> ExprPtr {
    const auto item = std::ranges::find(inner.items, column.text, &SelectItem::alias);
    const size_t index = item - inner.items.begin();
    if (index >= of_no_rows.size() || !of_no_rows[index]) return nullptr;
    return MakeCall("COALESCE", column.type, ExprList(Clone(column), Clone(*of_no_rows[index])));
  });
  return true;
}

// Rows without groups, limits and windows: what they come from can stand in another query's FROM.
bool IsRowsOfSources(const Query& query) {
  return query.kind == QueryKind::kSelect && query.from && !query.distinct && !query.limit &&
         !query.offset && !query.qualify && !query.having && !query.is_grouped &&
         query.group_by.empty() && query.ctes.empty() &&
         std::ranges::none_of(query.items, [](const SelectItem& item) {
           return item.alias.empty() || ContainsAggregate(*item.expr) || ContainsWindow(*item.expr);
         });
}

void CollectLeaves(Source& source, std::vector<Source*>& leaves) {
  if (source.kind != SourceKind::kJoin) {
    leaves.push_back(&source);
    return;
  }
  CollectLeaves(*source.left, leaves);
  CollectLeaves(*source.right, leaves);
}

// Whether a source looks out of itself.
bool SeesOutside(Source& source) {
  if (source.lateral || source.kind == SourceKind::kFunction) return true;
  if (!source.query) return false;
  std::set<int32_t> ranges;
  CollectRanges(*source.query, ranges);
  bool sees = false;
  VisitExprs(*source.query, [&](ExprPtr& expr) {
    sees = sees ||
           (expr->kind == ExprKind::kColumn && expr->range >= 0 && !ranges.contains(expr->range));
  });
  return sees;
}

// Whether each of the sources has a name of its own in the query and below it.
bool HaveOwnNames(Query& query, const std::vector<Source*>& leaves) {
  std::map<std::string, int> uses;
  ForEachPart(
      query, [&](Source& source) { ++uses[catalog::FoldName(source.alias)]; }, [](Expr&) {});
  return std::ranges::all_of(leaves, [&](const Source* leaf) {
    return leaf->range >= 0 && !leaf->alias.empty() && uses[catalog::FoldName(leaf->alias)] == 1;
  });
}

// Puts what the lateral query reads in its place: its first source behind the left side, the others
// joined to that. False where that would not keep the rows, or make names ambiguous.
bool Flatten(Query& query, SourcePtr& join) {
  Source& source = *join->right;
  Query& inner = *source.query;
  if (join->join == JoinKind::kLeft || join->condition || !source.column_names.empty() ||
      !IsRowsOfSources(inner))
    return false;
  SourcePtr* first = &inner.from;
  for (; (*first)->kind == SourceKind::kJoin; first = &(*first)->left) {
    if ((*first)->join == JoinKind::kRight || (*first)->join == JoinKind::kFull) return false;
  }
  std::vector<Source*> leaves;
  CollectLeaves(*inner.from, leaves);
  if (std::ranges::any_of(leaves, [](Source* leaf) { return SeesOutside(*leaf); })) return false;
  CollectLeaves(*join->left, leaves);
  if (!HaveOwnNames(query, leaves)) return false;
  const SourcePtr lateral = std::move(join->right);
  auto pair = std::make_unique<Source>();
  pair->kind = SourceKind::kJoin;
  pair->join = JoinKind::kCross;
  pair->left = std::move(join->left);
  pair->right = std::move(*first);
  *first = std::move(pair);
  if (inner.where) {
    query.where = query.where
                      ? MakeLogical(ExprKind::kAnd, std::move(query.where), std::move(inner.where))
                      : std::move(inner.where);
  }
  join = std::move(inner.from);
  ReplaceInQuery(query, lateral->range, [&](const Expr& column) -> ExprPtr {
    const auto item = std::ranges::find(inner.items, column.text, &SelectItem::alias);
    return item == inner.items.end() ? nullptr : Clone(*item->expr);
  });
  for (const Source* leaf : leaves) {
    ReplaceInQuery(query, leaf->range, [&](const Expr& column) -> ExprPtr {
      if (!column.qualifier.empty()) return nullptr;
      ExprPtr qualified = Clone(column);
      qualified->qualifier = leaf->alias;
      return qualified;
    });
  }
  return true;
}

// Whether a lateral query looks out of itself in more than its own WHERE.
bool SeesOutsideElsewhere(Query& query) {
  ExprPtr where = std::move(query.where);
  query.where = nullptr;
  std::set<int32_t> ranges;
  CollectRanges(query, ranges);
  bool sees = false;
  VisitExprs(query, [&](ExprPtr& expr) {
    sees = sees ||
           (expr->kind == ExprKind::kColumn && expr->range >= 0 && !ranges.contains(expr->range));
  });
  query.where = std::move(where);
  return sees;
}

// What stands in the lateral query's own WHERE alone can be seen from there.
void LiftOutside(Query& query, SourcePtr& join) {
  Source& lateral = *join->right;
  HoistConditions(*lateral.query);
  if (!SeesOutsideElsewhere(*lateral.query)) return;
  if (!lateral.column_names.empty()) NameItems(lateral);
  Flatten(query, join);
}

void VisitJoins(Query& query, SourcePtr& source, const LateralOptions& options) {
  if (source == nullptr || source->kind != SourceKind::kJoin) return;
  VisitJoins(query, source->left, options);
  VisitJoins(query, source->right, options);
  Source& right = *source->right;
  if (!right.lateral) return;
  const bool sees_too_little = !options.supports_queries || options.hoists_conditions;
  if (sees_too_little && right.kind == SourceKind::kDerived) InlineRow(*right.query);
  if (!options.supports_queries || !options.supports_values) MakeList(right);
  const bool is_beyond =
      right.kind == SourceKind::kValues ? !options.supports_values : !options.supports_queries;
  if (!is_beyond) {
    if (options.hoists_conditions && right.kind == SourceKind::kDerived) LiftOutside(query, source);
    return;
  }
  if (right.kind == SourceKind::kValues)
    JoinList(query, source);
  else if (right.kind == SourceKind::kDerived && IsRowOfExpressions(*right.query) &&
           right.query->where && right.column_names.empty())
    JoinConditionalRow(query, source);
  else if (options.joins_functions && right.kind == SourceKind::kDerived &&
           right.column_names.empty() && IsRowsOfFunction(*right.query))
    JoinFunction(query, *source);
  else if (right.kind == SourceKind::kDerived && !JoinQuery(query, *source))
    Flatten(query, source);
}

void Visit(Query& query, const LateralOptions& options);

// Each nested query is visited once: it visits those inside it.
void VisitNested(ExprPtr& expr, const LateralOptions& options) {
  if (expr->query) Visit(*expr->query, options);
  ForEachChild(*expr, [&](ExprPtr& child) { VisitNested(child, options); });
}

void Visit(Query& query, const LateralOptions& options) {
  ForEachQuery(query, [&](Query& below) { Visit(below, options); });
  ForEachExpr(query, [&](ExprPtr& expr) { VisitNested(expr, options); });
  VisitJoins(query, query.from, options);
}

}  // namespace

void JoinLaterals(Query& query, const LateralOptions& options) {
  if (options.supports_queries && options.supports_values && !options.hoists_conditions) return;
  Visit(query, options);
}

}  // namespace datamigrate::relational
