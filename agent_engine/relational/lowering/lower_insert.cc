// INSERT.
#include <algorithm>
#include <cstdlib>

#include "agent_engine/relational/lowering/sequence_names.h"
#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/routines/random_values.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

void AddItem(Query& query, ExprPtr expr, std::string name) {
  query.fields.push_back({name, expr->type});
  query.items.push_back({std::move(expr), std::move(name)});
}

int64_t NumberOr(const std::string& text, int64_t otherwise) {
  return text.empty() ? otherwise : std::strtoll(text.c_str(), nullptr, 10);
}

bool IsRowNumber(const Expr& expr) {
  return expr.kind == ExprKind::kCall && expr.text == "ROW_NUMBER" && expr.window &&
         expr.window->order_by.empty() && expr.window->partition_by.empty();
}

// Numbers the rows of that expression in the given order, where it has none of its own.
void OrderNumbers(Expr& expr, const std::vector<OrderItem>& order) {
  ForEachPart(
      expr, [](Source&) {},
      [&](Expr& part) {
        if (!IsRowNumber(part)) return;
        for (const OrderItem& item : order)
          part.window->order_by.push_back({Clone(*item.expr), item.descending});
      });
}

struct OrderPlace {
  size_t column = 0;  // Of the query.
  bool descending = false;
};

// The order of a query's rows as places among its columns; it gets further ones where it can.
std::vector<OrderPlace> TakeOrder(Query& query) {
  std::vector<OrderPlace> places;
  const bool is_select = query.kind == QueryKind::kSelect;
  for (const OrderItem& order : query.order_by) {
    size_t place = 0;
    const auto fits = [&](size_t i) {
      if (is_select) return i < query.items.size() && SameExpr(*query.items[i].expr, *order.expr);
      return order.expr->kind == ExprKind::kColumn && query.fields[i].name == order.expr->text;
    };
    while (place < query.fields.size() && !fits(place)) ++place;
    if (place == query.fields.size()) {
      if (!is_select || query.distinct) continue;
      AddItem(query, Clone(*order.expr), "order_" + std::to_string(place));
    }
    places.push_back({place, order.descending});
  }
  if (!query.limit && !query.offset) query.order_by.clear();
  return places;
}

// Whether more items can stand beside a query's own without changing its rows.
bool TakesMoreItems(const Query& query) {
  return query.kind == QueryKind::kSelect && !query.distinct && !query.limit && !query.offset &&
         query.order_by.empty() && std::ranges::none_of(query.items, [](const SelectItem& item) {
           return item.expr->kind == ExprKind::kStar;
         });
}

// A value that rows can be ordered by in a window of their own query.
bool OrdersRows(const Expr& expr) {
  if (IsConstant(expr) || IsOpaque(expr.type.id) || expr.type.id == TypeId::kUnknown ||
      expr.type.id == TypeId::kNull || ContainsWindow(expr) || HoldsRandom(expr)) {
    return false;
  }
  bool reads = false;
  const ExprPtr copy = Clone(expr);
  ForEachPart(
      *copy, [&](Source&) { reads = true; }, [](Expr&) {});
  return !reads;
}

}  // namespace

void AddTieBreakers(const std::vector<SelectItem>& items, std::vector<OrderItem>& order) {
  for (const SelectItem& item : items) {
    if (!OrdersRows(*item.expr)) continue;
    // Any order will do: nothing is asked of the collation, or of the bytes of a GUID.
    ExprPtr expr = Clone(*item.expr);
    if (expr->type.id == TypeId::kUniqueIdentifier)
      expr = MakeCast(std::move(expr), MakeSized(TypeId::kVarChar, 36), false);
    expr->type.collation = "Latin1_General_BIN2";
    order.push_back({std::move(expr), false});
  }
}

bool WriteLowering::IsNumbered(const catalog::Column& column) const {
  if (column.identity) return true;
  return UpperText(column.default_expression).find("NEXT VALUE FOR") != std::string::npos;
}

// The source's counter is not in its rows: numbers go on after the largest one.
ExprPtr WriteLowering::NextNumber(const catalog::Column& column, bool single_row, Node at) {
  const SqlType type = FromCatalogType(column.type);
  int64_t step = column.identity ? NumberOr(column.identity_increment, 1) : 1;
  int64_t seed = column.identity ? NumberOr(column.identity_seed, 1) : 1;
  ExprPtr drawn;  // The last number that the routine has drawn itself.
  if (!column.identity) {
    const ParseResult parsed =
        ParseExpression(column.default_expression, false, {}, lowering_.sink_);
    const Node draw = parsed.ok ? parsed.tree.Root() : Node();
    const catalog::Sequence* sequence =
        draw.Is(NodeKind::kNextValueFor) ? FindSequence(catalog_.catalog(), draw) : nullptr;
    if (sequence != nullptr) {
      step = StepOf(*sequence);
      seed = StartOf(*sequence);
      const auto last = lowering_.variables_.find(LastNumberVariable(draw));
      if (last != lowering_.variables_.end()) drawn = relational::Clone(*last->second);
    }
  }
  lowering_.Report(DiagnosticId::kNumbersDrawn, at,
                   {result_.table->name.ToString() + "." + column.name});
  auto last = std::make_unique<Query>();
  auto largest = MakeExpr(ExprKind::kColumn, type);
  largest->text = column.name;
  largest->range = lowering_.next_range_++;
  AddItem(*last, MakeCall(step < 0 ? "MIN" : "MAX", type, ExprList(std::move(largest))), "");
  last->from = std::make_unique<Source>();
  last->from->relation = result_.table->name;
  last->from->alias = result_.table->name.name;
  auto subquery = MakeExpr(ExprKind::kSubquery, type);
  subquery->query = std::move(last);
  ExprPtr base = MakeCall("ISNULL", type, ExprList(std::move(subquery), MakeInteger(seed - step)));
  if (drawn) {
    drawn = lowering_.Convert(std::move(drawn), type, true);
    base = MakeCall(step < 0 ? "LEAST" : "GREATEST", type,
                    ExprList(std::move(base), std::move(drawn)));
  }
  ExprPtr offset = MakeInteger(step);
  if (!single_row) {
    offset = MakeCall("ROW_NUMBER", MakeType(TypeId::kBigInt, false), {});
    offset->window = std::make_unique<Window>();
    if (step != 1) offset = lowering_.Arithmetic("*", std::move(offset), MakeInteger(step), at);
  }
  return lowering_.Convert(lowering_.Arithmetic("+", std::move(base), std::move(offset), at), type,
                           true);
}

QueryPtr WriteLowering::LowerValueRows(Node values, const std::vector<std::string>& columns) {
  QueryPtr result;
  for (const Node row : values.Children(Role::kRow)) {
    const std::vector<Node> items = row.Children(Role::kItem);
    if (items.size() != columns.size()) {
      lowering_.Report(DiagnosticId::kColumnCountDiffers, row,
                       {"the row", std::to_string(items.size()), std::to_string(columns.size())});
      return nullptr;
    }
    auto query = std::make_unique<Query>();
    Scope empty;
    for (size_t i = 0; i < items.size(); ++i) {
      const catalog::Column* column = result_.table->FindColumn(columns[i]);
      const bool is_default =
          items[i].Is(NodeKind::kLiteral) && UpperText(items[i].Text()) == "DEFAULT";
      ExprPtr value = is_default && column != nullptr ? DefaultOf(*column, items[i])
                                                      : lowering_.LowerExpr(items[i], empty);
      AddItem(*query, std::move(value), columns[i]);
    }
    ++lowering_.drawn_before_;
    if (!result) {
      result = std::move(query);
      continue;
    }
    auto both = std::make_unique<Query>();
    both->kind = QueryKind::kUnionAll;
    lowering_.AlignBranches(*result, *query, row);
    both->fields = result->fields;
    both->left = std::move(result);
    both->right = std::move(query);
    result = std::move(both);
  }
  lowering_.drawn_before_ = 0;
  return result;
}

QueryPtr WriteLowering::LowerRowsOf(Node source, const std::vector<std::string>& columns) {
  switch (source ? source.kind() : NodeKind::kBatch) {
    case NodeKind::kValuesClause:
      return LowerValueRows(source, columns);
    case NodeKind::kSelectStatement:
      lowering_.keeps_next_order_ = true;
      return lowering_.LowerSelectStatement(source, nullptr);
    case NodeKind::kQuery:
      lowering_.keeps_next_order_ = true;
      return lowering_.LowerQuery(source, nullptr, false);
    case NodeKind::kDefaultValues:
      return std::make_unique<Query>();
    default:
      Refuse(source, "INSERT from " +
                         (source ? std::string(NodeKindText(source.kind())) : std::string("this")));
      return nullptr;
  }
}

// The new rows with a value for every column of the table.
QueryPtr WriteLowering::AddedRows(const std::vector<std::string>& columns, QueryPtr source,
                                  Node at) {
  if (source->fields.size() != columns.size()) {
    lowering_.Report(
        DiagnosticId::kColumnCountDiffers, at,
        {"the query", std::to_string(source->fields.size()), std::to_string(columns.size())});
    return nullptr;
  }
  const bool single_row = source->kind == QueryKind::kSelect && !source->from && !source->where;
  std::vector<OrderItem> order;
  std::vector<OrderPlace> places;
  if (source->kind == QueryKind::kSelect && !source->distinct && !source->limit &&
      !source->offset) {
    order = std::exchange(source->order_by, {});
  } else {
    places = TakeOrder(*source);
  }
  if (!TakesMoreItems(*source)) {
    auto outer = std::make_unique<Query>();
    const int32_t range = lowering_.next_range_++;
    outer->recursive = std::exchange(source->recursive, false);
    outer->ctes = std::move(source->ctes);
    source->ctes.clear();
    auto derived = std::make_unique<Source>();
    derived->kind = SourceKind::kDerived;
    derived->alias = "new_rows";
    for (const std::string& column : columns) derived->column_names.push_back(column);
    for (size_t i = 0; i < columns.size(); ++i) {
      auto expr = MakeExpr(ExprKind::kColumn, source->fields[i].type);
      expr->text = columns[i];
      expr->range = range;
      AddItem(*outer, std::move(expr), columns[i]);
    }
    for (size_t i = columns.size(); i < source->fields.size(); ++i)
      derived->column_names.push_back(source->fields[i].name);
    for (const OrderPlace& place : places) {
      auto expr = MakeExpr(ExprKind::kColumn, source->fields[place.column].type);
      expr->text = derived->column_names[place.column];
      expr->range = range;
      order.push_back({std::move(expr), place.descending});
    }
    derived->query = std::move(source);
    outer->from = std::move(derived);
    source = std::move(outer);
  }
  std::vector<SelectItem> given = std::move(source->items);
  // Rows that are read more than once have the same numbers each time.
  AddTieBreakers(given, order);
  for (SelectItem& item : given) OrderNumbers(*item.expr, order);
  source->items.clear();
  source->fields.clear();
  for (size_t i = 0; i < fields_.size(); ++i) {
    const catalog::Column& column = *columns_[i];
    const auto place = std::ranges::find_if(
        columns, [&](const std::string& name) { return FoldName(name) == FoldName(column.name); });
    ExprPtr value;
    if (place != columns.end()) {
      value = std::move(given[static_cast<size_t>(place - columns.begin())].expr);
      value = lowering_.Convert(std::move(value), fields_[i].type, true);
    } else if (!column.computed_expression.empty()) {
      value = MakeNull(fields_[i].type);  // Worked out by Recompute().
    } else if (column.period_role == catalog::PeriodRole::kRowStart) {
      value = MakeCall("SYSUTCDATETIME", MakeType(TypeId::kDateTime2, false), {});
      value->type.scale = 7;
      lowering_.Report(DiagnosticId::kClockDependent, at, {"SYSUTCDATETIME"});
      value = lowering_.Convert(std::move(value), fields_[i].type, true);
    } else if (column.period_role == catalog::PeriodRole::kRowEnd) {
      value = lowering_.Convert(MakeString("9999-12-31 23:59:59.9999999"), fields_[i].type, true);
    } else if (IsNumbered(column)) {
      value = NextNumber(column, single_row, at);
      OrderNumbers(*value, order);
    } else {
      value = DefaultOf(column, at);
    }
    // A bare NULL in a sub-query is text to some targets.
    if (value->kind == ExprKind::kNull && !IsOpaque(fields_[i].type.id) &&
        fields_[i].type.id != TypeId::kUnknown) {
      SqlType type = fields_[i].type;
      type.nullable = true;
      value = MakeCast(std::move(value), type, false);
    }
    AddItem(*source, std::move(value), fields_[i].name);
  }
  return Recompute(std::move(source));
}

LoweredWrite WriteLowering::AddRows(const catalog::Table& table,
                                    const std::vector<std::string>& columns, QueryPtr source,
                                    Node at) {
  Fields(table);
  alias_ = table.name.name;
  std::vector<std::string> names = columns;
  if (names.empty()) {
    for (const catalog::Column& column : table.columns) {
      if (!column.identity && column.computed_expression.empty() && !column.hidden)
        names.push_back(column.name);
    }
  }
  QueryPtr count = relational::Clone(*source);
  if (!count->limit && !count->offset) count->order_by.clear();
  QueryPtr added = AddedRows(names, std::move(source), at);
  if (!added) return {};
  auto after = std::make_unique<Query>();
  after->kind = QueryKind::kUnionAll;
  after->fields = fields_;
  for (size_t i = 0; i < fields_.size(); ++i)
    after->fields[i].type.nullable = fields_[i].type.nullable || added->fields[i].type.nullable;
  after->left = SelectFields("");
  after->left->from = TableSource();
  result_.added = relational::Clone(*added);
  after->recursive = std::exchange(added->recursive, false);
  after->ctes = std::move(added->ctes);
  added->ctes.clear();
  after->right = std::move(added);
  result_.after = std::move(after);
  if (TakesMoreItems(*count) && !count->is_grouped &&
      std::ranges::none_of(count->items,
                           [](const SelectItem& item) { return ContainsAggregate(*item.expr); })) {
    result_.row_count = CountOf(std::move(count));
  }
  return std::move(result_);
}

// INSERT TOP (n): any n of the rows; "INSERT (Transact-SQL)", TOP.
QueryPtr WriteLowering::FirstOf(QueryPtr rows, Node top) {
  Scope none;
  ExprPtr count = lowering_.Convert(lowering_.LowerExpr(top.Child(Role::kValue), none),
                                    MakeType(TypeId::kBigInt), true);
  lowering_.Report(DiagnosticId::kTopWithoutOrder, top, {});
  if (rows->kind != QueryKind::kSelect || rows->limit) {
    auto source = std::make_unique<Source>();
    source->kind = SourceKind::kDerived;
    source->alias = "all_rows";
    source->range = lowering_.next_range_++;
    auto outer = std::make_unique<Query>();
    for (const OutputField& field : rows->fields) {
      auto column = MakeExpr(ExprKind::kColumn, field.type);
      column->text = field.name;
      column->range = source->range;
      AddItem(*outer, std::move(column), field.name);
    }
    outer->recursive = std::exchange(rows->recursive, false);
    outer->ctes = std::move(rows->ctes);
    rows->ctes.clear();
    source->query = std::move(rows);
    outer->from = std::move(source);
    rows = std::move(outer);
  }
  rows->limit = std::move(count);
  return rows;
}

InsertedRows WriteLowering::RowsOfInsert(Node statement) {
  InsertedRows inserted;
  NoteOptions(statement);
  const Node target = statement.Child(Role::kTarget);
  Scope target_scope;
  if (LowerTargetOnly(target, target_scope) == nullptr) return inserted;
  const catalog::Table& written = *result_.table;
  if (const Node list = statement.Child(Role::kColumns)) {
    for (const Node item : list.Children(Role::kItem))
      inserted.columns.push_back(UnquoteName(item.TokenText(Role::kPart)));
    for (const std::string& name : inserted.columns) {
      if (written.FindColumn(name) != nullptr) continue;
      lowering_.Report(DiagnosticId::kUnknownColumn, list, {name});
      return inserted;
    }
  } else if (!statement.Child(Role::kSource).Is(NodeKind::kDefaultValues)) {
    for (const catalog::Column& column : written.columns) {
      if (!column.identity && column.computed_expression.empty() && !column.hidden)
        inserted.columns.push_back(column.name);
    }
  }
  auto holder = std::make_unique<Query>();
  const size_t known_ctes = lowering_.ctes_.size();
  if (const Node with = statement.Child(Role::kWith)) lowering_.LowerWith(with, *holder, nullptr);
  QueryPtr rows = LowerRowsOf(statement.Child(Role::kSource), inserted.columns);
  lowering_.ctes_.resize(known_ctes);
  if (!rows) return inserted;
  if (!holder->ctes.empty()) {
    for (CommonTable& cte : rows->ctes) holder->ctes.push_back(std::move(cte));
    rows->ctes = std::move(holder->ctes);
    rows->recursive = rows->recursive || holder->recursive;
  }
  if (const Node top = statement.Child(Role::kTop)) {
    if (top.TokenOf(Role::kPercent) != nullptr) {
      Refuse(top, "TOP (n) PERCENT in a write");
      return inserted;
    }
    rows = FirstOf(std::move(rows), top);
  }
  inserted.table = &written;
  inserted.rows = std::move(rows);
  return inserted;
}

bool WriteLowering::LowerInsert(Node statement) {
  InsertedRows inserted = RowsOfInsert(statement);
  if (inserted.table == nullptr) return false;
  LoweredWrite added =
      AddRows(*inserted.table, inserted.columns, std::move(inserted.rows), statement);
  if (added.table == nullptr) return false;
  result_ = std::move(added);
  return LowerOutput(statement, result_.added.get(), nullptr);
}

}  // namespace datamigrate::relational
