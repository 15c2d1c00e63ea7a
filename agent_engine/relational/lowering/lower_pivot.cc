// PIVOT as a grouped query with conditional aggregates, UNPIVOT as a lateral list of rows: what
// every target has.
//
// Source: "FROM - Using PIVOT and UNPIVOT".
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

std::string ColumnOf(Node reference) {
  return NamePartsOf(reference.Child(Role::kName)).back();
}

ExprPtr ColumnExpr(const RangeVariable& range, const RangeColumn& column, bool qualified) {
  auto expr = MakeExpr(ExprKind::kColumn, column.type);
  expr->text = column.name;
  if (qualified) expr->qualifier = range.printed;
  expr->range = range.id;
  return expr;
}

void AddItem(Query& query, ExprPtr expr, std::string alias) {
  query.fields.push_back({alias, expr->type});
  query.items.push_back({std::move(expr), std::move(alias)});
}

bool Contains(const std::vector<std::string>& folded, const std::string& name) {
  return std::ranges::find(folded, FoldName(name)) != folded.end();
}

}  // namespace

SourcePtr Lowering::LowerPivot(Node node, Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->query = std::make_unique<Query>();
  Query& query = *source->query;
  Scope inner;
  inner.outer = scope.outer;
  query.from = LowerSource(node.Child(Role::kSource), inner);
  query.is_grouped = true;
  const bool qualified = inner.ranges.size() > 1;
  if (std::ranges::any_of(inner.ranges, &RangeVariable::open)) {
    Report(DiagnosticId::kUnsupportedConstruct, node,
           {"PIVOT over columns that are not known", options_.target_name});
  }
  const Node for_column = node.Child(Role::kForColumn);
  std::vector<std::string> used = {FoldName(ColumnOf(for_column))};
  const std::vector<Node> aggregates = node.Children(Role::kAggregate);
  for (const Node aggregate : aggregates) {
    for (const Node argument : aggregate.Children(Role::kArgument)) {
      if (argument.Is(NodeKind::kColumnReference)) used.push_back(FoldName(ColumnOf(argument)));
    }
  }
  // Rows are grouped by every column that is neither aggregated nor spread.
  for (const RangeVariable& range : inner.ranges) {
    for (const RangeColumn& column : range.columns) {
      if (Contains(used, column.name)) continue;
      GroupItem group;
      group.expr = ColumnExpr(range, column, qualified);
      query.group_by.push_back(std::move(group));
      AddItem(query, ColumnExpr(range, column, qualified), column.name);
    }
  }
  for (const Node item : node.Children(Role::kItem)) {
    const std::string name = UnquoteName(item.TokenText(Role::kPart));
    for (const Node aggregate : aggregates) {
      ExprPtr call = LowerExpr(aggregate, inner);
      if (call->kind != ExprKind::kCall || call->arguments.empty()) continue;
      ExprPtr value = MakeString(name);
      ExprPtr key = LowerExpr(for_column, inner);
      if (!IsString(key->type.id)) value = Convert(std::move(value), key->type, true);
      auto chosen = MakeExpr(ExprKind::kCase, call->arguments[0]->type, SpanOf(item));
      chosen->type.nullable = true;
      chosen->arguments = ExprList(MakeCompare("=", std::move(key), std::move(value)),
                                   std::move(call->arguments[0]));
      call->arguments[0] = std::move(chosen);
      AddItem(query, std::move(call), name);
    }
  }
  std::vector<RangeColumn> columns = ColumnsOf(query);
  AddRange(scope, *source, UnquoteName(node.TokenText(Role::kAlias)), "", std::move(columns));
  return source;
}

SourcePtr Lowering::LowerUnpivot(Node node, Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->query = std::make_unique<Query>();
  Query& query = *source->query;
  Scope inner;
  inner.outer = scope.outer;
  SourcePtr input = LowerSource(node.Child(Role::kSource), inner);
  if (std::ranges::any_of(inner.ranges, &RangeVariable::open)) {
    Report(DiagnosticId::kUnsupportedConstruct, node,
           {"UNPIVOT over columns that are not known", options_.target_name});
  }
  const std::string value_name = UnquoteName(node.Child(Role::kValueColumn).TokenText(Role::kPart));
  const std::string for_name = ColumnOf(node.Child(Role::kForColumn));
  std::vector<std::string> names;
  for (const Node item : node.Children(Role::kItem))
    names.push_back(FoldName(UnquoteName(item.TokenText(Role::kPart))));
  auto rows = std::make_unique<Source>();
  rows->kind = SourceKind::kValues;
  rows->lateral = true;
  rows->column_names = {value_name, for_name};
  SqlType type{.id = TypeId::kNull, .nullable = false};
  for (const Node item : node.Children(Role::kItem)) {
    const std::string name = UnquoteName(item.TokenText(Role::kPart));
    Scope values = inner;
    values.qualify = true;
    ExprPtr value = ResolveColumn({name}, SpanOf(item), values);
    type = CommonType(type, value->type);
    ExprPtr label = MakeString(value->text.empty() ? name : value->text);
    label->type = MakeSized(TypeId::kNVarChar, 128, false);
    rows->rows.push_back(ExprList(std::move(value), std::move(label)));
  }
  for (auto& row : rows->rows) row[0] = Convert(std::move(row[0]), type, true);
  for (const RangeVariable& range : inner.ranges) {
    for (const RangeColumn& column : range.columns) {
      if (!Contains(names, column.name))
        AddItem(query, ColumnExpr(range, column, true), column.name);
    }
  }
  type.nullable = false;
  const RangeVariable unpivoted =
      AddRange(inner, *rows, "unpivoted", "",
               {{value_name, type}, {for_name, MakeSized(TypeId::kNVarChar, 128, false)}});
  AddItem(query, ColumnExpr(unpivoted, unpivoted.columns[0], true), value_name);
  AddItem(query, ColumnExpr(unpivoted, unpivoted.columns[1], true), for_name);
  auto present = MakeExpr(ExprKind::kIsNull, MakeType(TypeId::kBit, false), SpanOf(node));
  present->negated = true;
  present->arguments = ExprList(ColumnExpr(unpivoted, unpivoted.columns[0], true));
  query.where = std::move(present);
  query.from = std::make_unique<Source>();
  query.from->kind = SourceKind::kJoin;
  query.from->join = JoinKind::kCross;
  query.from->left = std::move(input);
  query.from->right = std::move(rows);
  std::vector<RangeColumn> columns = ColumnsOf(query);
  AddRange(scope, *source, UnquoteName(node.TokenText(Role::kAlias)), "", std::move(columns));
  return source;
}

}  // namespace datamigrate::relational
