// FOR JSON AUTO over the columns of several tables: the rows of each table after the first are an
// array within a row of the table before it. "Format JSON output automatically with AUTO mode".
#include <algorithm>

#include "agent_engine/relational/lowering/json_text.h"
#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr char kOrderName[] = "json_order";
constexpr char kTextName[] = "json_text";

SqlType CountType() {
  return MakeType(TypeId::kBigInt, false);
}

std::string GroupName(size_t level) {
  return "json_group_" + std::to_string(level + 1);
}

ExprPtr ColumnOf(const std::string& name, const SqlType& type, int32_t range) {
  auto column = MakeExpr(ExprKind::kColumn, type);
  column->text = name;
  column->range = range;
  return column;
}

void AddItem(Query& query, ExprPtr expr, const std::string& name) {
  query.fields.push_back({name, expr->type});
  query.items.push_back({std::move(expr), name});
}

// A query over another one as a derived table; the columns of that have `range`.
QueryPtr QueryOver(QueryPtr below, std::string alias, int32_t range) {
  auto query = std::make_unique<Query>();
  query->from = std::make_unique<Source>();
  query->from->kind = SourceKind::kDerived;
  query->from->alias = std::move(alias);
  query->from->range = range;
  query->from->query = std::move(below);
  return query;
}

std::unique_ptr<Window> InOrder(int32_t range) {
  auto window = std::make_unique<Window>();
  window->order_by.push_back({ColumnOf(kOrderName, CountType(), range)});
  return window;
}

// Whether the row says the same as the one before it in these columns.
ExprPtr SameAsBefore(const std::vector<OutputField>& columns, int32_t range) {
  ExprPtr all = MakeCompare(">", ColumnOf(kOrderName, CountType(), range), MakeInteger(1));
  for (const OutputField& column : columns) {
    auto before = MakeCall("LAG", column.type, ExprList(ColumnOf(column.name, column.type, range)));
    before->window = InOrder(range);
    auto same = MakeExpr(ExprKind::kDistinct, MakeType(TypeId::kBit, false));
    same->negated = true;
    same->arguments = ExprList(ColumnOf(column.name, column.type, range), std::move(before));
    all = MakeLogical(ExprKind::kAnd, std::move(all), std::move(same));
  }
  return all;
}

}  // namespace

// The tables in the order in which the columns name them first. An expression belongs to the table
// of the column before it.
std::vector<JsonLevel> Lowering::LevelsOf(const Query& rows, const Scope& scope) const {
  std::vector<JsonLevel> levels;
  std::vector<int32_t> ranges;
  for (size_t i = 0; i < rows.items.size(); ++i) {
    const Expr& expr = *rows.items[i].expr;
    const auto table = std::ranges::find_if(scope.ranges, [&](const RangeVariable& range) {
      return expr.kind == ExprKind::kColumn && range.id == expr.range;
    });
    size_t level = levels.empty() ? 0 : levels.size() - 1;
    if (table != scope.ranges.end()) {
      level = static_cast<size_t>(std::ranges::find(ranges, table->id) - ranges.begin());
      if (level == ranges.size()) {
        ranges.push_back(table->id);
        // Expressions in front of every table's column stand beside the first one's.
        if (ranges.size() > levels.size()) levels.push_back({table->name, {}});
        level = ranges.size() - 1;
      }
    } else if (levels.empty()) {
      levels.push_back({"", {}});
      ranges.push_back(-1);
    }
    levels[level].items.push_back(i);
  }
  return levels;
}

// Numbers the rows, marks where an object of each level begins, and writes the objects from the
// innermost level outwards. `items` become the first level's columns with the text of its array.
QueryPtr Lowering::JsonLevels(QueryPtr rows, const std::vector<JsonLevel>& levels, Node clause,
                              bool includes_nulls, std::vector<SelectItem>& items,
                              std::vector<OrderItem>& keys) {
  const std::string alias = UniqueAlias("json_rows");
  const size_t last = levels.size() - 1;
  QueryPtr query = JsonRowsBelow(std::move(rows), items, keys);
  std::vector<OutputField> fields;
  std::vector<JsonText> texts;
  for (SelectItem& item : items) {
    fields.push_back({item.alias, item.expr->type});
    texts.push_back(item.expr->json);
    AddItem(*query, std::move(item.expr), item.alias);
  }
  auto number = MakeCall("ROW_NUMBER", CountType(), {});
  number->window = std::make_unique<Window>();
  number->window->order_by = std::move(keys);
  keys.clear();
  AddItem(*query, std::move(number), kOrderName);
  const auto pass_on = [&](Query& target, int32_t range, size_t most_level) {
    for (size_t level = 0; level <= most_level; ++level) {
      for (const size_t i : levels[level].items)
        AddItem(target, ColumnOf(fields[i].name, fields[i].type, range), fields[i].name);
    }
  };
  // Where objects begin, and, summed up, which object of its level a row belongs to.
  for (const bool sums : {false, true}) {
    const int32_t range = next_range_++;
    query = QueryOver(std::move(query), alias, range);
    pass_on(*query, range, last);
    AddItem(*query, ColumnOf(kOrderName, CountType(), range), kOrderName);
    std::vector<OutputField> above;
    for (size_t level = 0; level < last; ++level) {
      for (const size_t i : levels[level].items) above.push_back(fields[i]);
      ExprPtr mark;
      if (sums) {
        mark = MakeCall("SUM", CountType(),
                        ExprList(ColumnOf(GroupName(level), MakeType(TypeId::kInt), range)));
        mark->window = InOrder(range);
        mark->window->has_frame = true;
        mark->window->is_rows = true;
        mark->window->start.kind = FrameBound::Kind::kUnboundedPreceding;
        mark->window->end.kind = FrameBound::Kind::kCurrentRow;
      } else {
        mark = MakeExpr(ExprKind::kCase, MakeType(TypeId::kInt, false));
        mark->has_else = true;
        mark->arguments = ExprList(SameAsBefore(above, range), MakeInteger(0), MakeInteger(1));
      }
      AddItem(*query, std::move(mark), GroupName(level));
    }
  }
  for (size_t level = last; level > 0; --level) {
    const int32_t range = next_range_++;
    query = QueryOver(std::move(query), alias, range);
    std::vector<SelectItem> members;
    for (const size_t i : levels[level].items) {
      ExprPtr column = ColumnOf(fields[i].name, fields[i].type, range);
      column->json = texts[i];
      members.push_back({std::move(column), fields[i].name});
    }
    if (level < last) members.push_back(JsonArrayColumn(levels[level + 1].key, range));
    ExprPtr object = JsonRow(std::move(members), clause, true, includes_nulls);
    if (!object) {
      items.clear();  // What they said went into the query.
      return query;
    }
    auto text = MakeCall("STRING_AGG", MakeSized(TypeId::kNVarChar, SqlType::kMax),
                         ExprList(std::move(object), MakeString(",")));
    text->order_by.push_back({ColumnOf(kOrderName, CountType(), range)});
    TextBuilder array;
    array.Add("[");
    array.Add(std::move(text));
    array.Add("]");
    pass_on(*query, range, level - 1);
    for (size_t above = 0; above < level; ++above)
      AddItem(*query, ColumnOf(GroupName(above), CountType(), range), GroupName(above));
    query->is_grouped = true;
    for (const SelectItem& item : query->items)
      query->group_by.push_back({GroupKind::kExpr, relational::Clone(*item.expr), {}});
    AddItem(*query,
            MakeCall("MIN", CountType(), ExprList(ColumnOf(kOrderName, CountType(), range))),
            kOrderName);
    AddItem(*query, array.Take(), kTextName);
  }
  const int32_t range = next_range_++;
  query = QueryOver(std::move(query), alias, range);
  items.clear();
  for (const size_t i : levels[0].items) {
    ExprPtr column = ColumnOf(fields[i].name, fields[i].type, range);
    column->json = texts[i];
    items.push_back({std::move(column), fields[i].name});
  }
  items.push_back(JsonArrayColumn(levels[1].key, range));
  keys.push_back({ColumnOf(kOrderName, CountType(), range)});
  return query;
}

// The column that holds the array of the level below.
SelectItem Lowering::JsonArrayColumn(const std::string& key, int32_t range) {
  ExprPtr text = ColumnOf(kTextName, MakeSized(TypeId::kNVarChar, SqlType::kMax, false), range);
  text->json = JsonText::kFragment;
  return {std::move(text), key};
}

}  // namespace datamigrate::relational
