#include "agent_engine/relational/rewrites/lateral_draws.h"

#include <algorithm>

#include "agent_engine/relational/rewrites/ranges.h"
#include "agent_engine/relational/routines/random_values.h"

namespace datamigrate::relational {
namespace {

constexpr char kDraw[] = "draw";
constexpr char kPlace[] = "drawn_place";
constexpr char kCount[] = "drawn_count";

bool IsPlain(const Query& query) {
  return query.kind == QueryKind::kSelect && !query.distinct && !query.is_grouped &&
         query.group_by.empty() && !query.having && !query.qualify && !query.offset &&
         query.ctes.empty() && std::ranges::none_of(query.items, [](const SelectItem& item) {
           return ContainsAggregate(*item.expr) || ContainsWindow(*item.expr);
         });
}

// Takes the first row in an order that nothing but chance decides.
bool TakesRowByChance(const Query& query) {
  if (!IsPlain(query) || !query.limit || query.limit->kind != ExprKind::kNumber ||
      query.limit->text != "1" || query.limit_is_percent || query.with_ties ||
      query.order_by.size() != 1 || !HoldsRandom(*query.order_by[0].expr)) {
    return false;
  }
  bool is_alone = true;
  const ExprPtr order = Clone(*query.order_by[0].expr);
  ForEachPart(
      *order, [&](Source&) { is_alone = false; },
      [&](Expr& part) { is_alone = is_alone && part.kind != ExprKind::kColumn; });
  return is_alone;
}

// The query that draws the row, under others that only choose columns and conditions; null where
// it draws in another way, or more than that.
Query* FindDraw(Query& query) {
  Query* draw = &query;
  while (!TakesRowByChance(*draw)) {
    const bool goes_on = IsPlain(*draw) && !draw->limit && draw->from &&
                         draw->from->kind == SourceKind::kDerived && !draw->from->lateral;
    if (!goes_on) return nullptr;
    draw = draw->from->query.get();
  }
  const QueryPtr rest = Clone(query);
  Query* without = rest.get();
  while (!TakesRowByChance(*without)) without = without->from->query.get();
  without->order_by.clear();
  return HoldsRandom(*rest) ? nullptr : draw;
}

ExprPtr ColumnOf(const std::string& qualifier, int32_t range, std::string name, SqlType type) {
  auto column = MakeExpr(ExprKind::kColumn, std::move(type));
  column->text = std::move(name);
  column->qualifier = qualifier;
  column->range = range;
  return column;
}

// The columns of the range variable that the query and those below it use.
std::vector<ExprPtr> UsedColumns(Query& query, int32_t range) {
  std::vector<ExprPtr> columns;
  VisitExprs(query, [&](ExprPtr& expr) {
    if (expr->kind != ExprKind::kColumn || expr->range != range) return;
    const bool is_known = std::ranges::any_of(columns, [&](const ExprPtr& column) {
      return catalog::FoldName(column->text) == catalog::FoldName(expr->text);
    });
    if (!is_known) columns.push_back(Clone(*expr));
  });
  return columns;
}

// Puts a query that shows the source's used columns in its place, under its name.
void Wrap(Query& query, SourcePtr& source, int32_t inner_range) {
  auto wrapped = std::make_unique<Source>();
  wrapped->kind = SourceKind::kDerived;
  wrapped->alias = source->alias;
  wrapped->range = source->range;
  wrapped->query = std::make_unique<Query>();
  for (const ExprPtr& column : UsedColumns(query, source->range)) {
    wrapped->query->fields.push_back({column->text, column->type});
    wrapped->query->items.push_back(
        {ColumnOf(source->alias, inner_range, column->text, column->type), column->text});
  }
  source->range = inner_range;
  wrapped->query->from = std::move(source);
  source = std::move(wrapped);
}

// A column of the join's left side that draws a fraction for each row; null where the left side is
// a join itself.
ExprPtr DrawOf(Query& query, SourcePtr& left, int32_t& next_range) {
  if (left->kind == SourceKind::kJoin || left->lateral || left->range < 0 || left->alias.empty())
    return nullptr;
  const bool takes_items = left->kind == SourceKind::kDerived && left->column_names.empty() &&
                           IsPlain(*left->query) && !left->query->limit;
  if (!takes_items) Wrap(query, left, next_range++);
  Query& shown = *left->query;
  std::string name = kDraw;
  for (int i = 2; std::ranges::any_of(
           shown.fields,
           [&](const OutputField& field) { return catalog::FoldName(field.name) == name; });
       ++i) {
    name = kDraw + ("_" + std::to_string(i));
  }
  ExprPtr fraction = MakeCall("RANDOM_FRACTION", tsql::MakeType(TypeId::kFloat, false), {});
  ExprPtr column = ColumnOf(left->alias, left->range, name, fraction->type);
  shown.fields.push_back({name, fraction->type});
  shown.items.push_back({std::move(fraction), name});
  return column;
}

ExprPtr OverAllRows(const char* function, std::vector<ExprPtr> arguments) {
  auto call = MakeCall(function, tsql::MakeType(TypeId::kBigInt, false), std::move(arguments));
  call->window = std::make_unique<Window>();
  return call;
}

ExprPtr Arithmetic(const char* op, TypeId type, ExprPtr left, ExprPtr right) {
  auto expr = MakeExpr(ExprKind::kArithmetic, tsql::MakeType(type, false));
  expr->text = op;
  expr->arguments = ExprList(std::move(left), std::move(right));
  return expr;
}

// The query's columns, of its row at the place 1 + floor(draw * count).
void TakeRowAt(Query& query, ExprPtr draw, int32_t range) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->alias = "drawn";
  source->range = range;
  source->query = std::make_unique<Query>(std::move(query));
  Query& inner = *source->query;
  query = Query();
  inner.order_by.clear();
  inner.limit = nullptr;
  for (size_t i = 0; i < inner.items.size(); ++i) {
    SelectItem& item = inner.items[i];
    const OutputField& field = inner.fields[i];
    if (item.alias.empty()) item.alias = field.name;
    query.items.push_back({ColumnOf(source->alias, range, item.alias, field.type), item.alias});
  }
  query.fields = inner.fields;
  const SqlType type = tsql::MakeType(TypeId::kBigInt, false);
  inner.items.push_back({OverAllRows("ROW_NUMBER", {}), kPlace});
  inner.fields.push_back({kPlace, type});
  auto star = MakeExpr(ExprKind::kStar, tsql::MakeType(TypeId::kInt, false));
  inner.items.push_back({OverAllRows("COUNT_BIG", ExprList(std::move(star))), kCount});
  inner.fields.push_back({kCount, type});
  const SqlType fraction = draw->type;
  ExprPtr count = MakeCast(ColumnOf(source->alias, range, kCount, type), fraction, true);
  ExprPtr product = Arithmetic("*", TypeId::kFloat, std::move(draw), std::move(count));
  ExprPtr skipped = MakeCast(std::move(product), type, true);
  query.where = MakeCompare("=", ColumnOf(source->alias, range, kPlace, type),
                            Arithmetic("+", TypeId::kBigInt, MakeInteger(1), std::move(skipped)));
  query.from = std::move(source);
}

void VisitJoins(Query& query, Source* source, int32_t& next_range) {
  if (source == nullptr || source->kind != SourceKind::kJoin) return;
  VisitJoins(query, source->left.get(), next_range);
  VisitJoins(query, source->right.get(), next_range);
  Source& right = *source->right;
  if (!right.lateral || right.kind != SourceKind::kDerived || !HoldsRandom(*right.query)) return;
  Query* draw = FindDraw(*right.query);
  if (draw == nullptr) return;
  if (ExprPtr fraction = DrawOf(query, source->left, next_range))
    TakeRowAt(*draw, std::move(fraction), next_range++);
}

void Visit(Query& query, int32_t& next_range);

void VisitBelow(ExprPtr& expr, int32_t& next_range) {
  if (expr->query) Visit(*expr->query, next_range);
  ForEachChild(*expr, [&](ExprPtr& child) { VisitBelow(child, next_range); });
}

void Visit(Query& query, int32_t& next_range) {
  ForEachQuery(query, [&](Query& below) { Visit(below, next_range); });
  ForEachExpr(query, [&](ExprPtr& expr) { VisitBelow(expr, next_range); });
  VisitJoins(query, query.from.get(), next_range);
}

}  // namespace

void DrawBesideLeft(Query& query) {
  std::set<int32_t> ranges;
  CollectRanges(query, ranges);
  int32_t next_range = ranges.empty() ? 0 : *ranges.rbegin() + 1;
  Visit(query, next_range);
}

}  // namespace datamigrate::relational
