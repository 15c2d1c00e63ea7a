// TOP in a write, and the rows that OUTPUT returns.
#include <algorithm>

#include "agent_engine/relational/lowering/write_lowering.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr char kHitNumber[] = "hit_number";
constexpr char kOld[] = "old_";
constexpr char kNew[] = "new_";
constexpr char kAction[] = "merge_action";

void AddItem(Query& query, ExprPtr expr, std::string name) {
  query.fields.push_back({name, expr->type});
  query.items.push_back({std::move(expr), std::move(name)});
}

}  // namespace

// -- TOP

// The table with the rows that the statement may touch numbered; its condition becomes that a row
// is among the first. Which rows these are is open: "UPDATE (Transact-SQL)", TOP.
bool WriteLowering::TakeTop(Node statement, ExprPtr& condition) {
  const Node top = statement.Child(Role::kTop);
  if (!top || options_.takes_all) return true;
  if (top.TokenOf(Role::kPercent) != nullptr) return Refuse(top, "TOP (n) PERCENT in a write");
  Scope none;
  ExprPtr count = lowering_.Convert(lowering_.LowerExpr(top.Child(Role::kValue), none),
                                    MakeType(TypeId::kBigInt), true);
  lowering_.Report(DiagnosticId::kTopWithoutOrder, top, {});
  auto number = MakeCall("ROW_NUMBER", MakeType(TypeId::kBigInt, false), {});
  number->window = std::make_unique<Window>();
  for (const std::string& name : KeyColumns()) {
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].name == name) number->window->order_by.push_back({FieldOf(i, alias_), false});
    }
  }
  if (statement.Has(Role::kOutput) && number->window->order_by.empty())
    return Refuse(top, "TOP in a write with OUTPUT, of a table without a key");
  if (condition) {
    auto hit = MakeExpr(ExprKind::kCase, MakeType(TypeId::kInt, false));
    hit->has_else = true;
    hit->arguments = ExprList(Clone(*condition), MakeInteger(1), MakeInteger(0));
    number->window->partition_by.push_back(std::move(hit));
    auto choice = MakeExpr(ExprKind::kCase, MakeType(TypeId::kBigInt));
    choice->arguments = ExprList(std::move(condition), std::move(number));
    number = std::move(choice);
  }
  auto numbered = SelectFields(alias_);
  AddItem(*numbered, std::move(number), kHitNumber);
  numbered->from = TableSource();
  top_rows_ = std::move(numbered);
  auto place = MakeExpr(ExprKind::kColumn, MakeType(TypeId::kBigInt));
  place->text = kHitNumber;
  place->range = range_;
  place->qualifier = alias_;
  condition = MakeCompare("<=", std::move(place), std::move(count));
  return true;
}

// -- OUTPUT

// The names of the columns before and after a change, in a query of both.
std::string WriteLowering::OldName(size_t field) const {
  return kOld + fields_[field].name;
}
std::string WriteLowering::NewName(size_t field) const {
  return kNew + fields_[field].name;
}

// The rows that UPDATE and MERGE touch, with both names of each column and, for MERGE, what was
// done; `values` gives the new value of a field.
QueryPtr WriteLowering::ChangedRows(const std::function<ExprPtr(size_t)>& old_value,
                                    const std::function<ExprPtr(size_t)>& new_value,
                                    ExprPtr action) const {
  auto query = std::make_unique<Query>();
  for (size_t i = 0; i < fields_.size(); ++i) {
    AddItem(*query, old_value(i), OldName(i));
    AddItem(*query, new_value(i), NewName(i));
  }
  if (action) AddItem(*query, std::move(action), kAction);
  return query;
}

bool WriteLowering::TakeOutputTarget(Node clause) {
  result_.output_into = clause.Child(Role::kInto);
  result_.output_columns = clause.Child(Role::kColumns);
  return true;
}

// OUTPUT sees the rows under the names "inserted" and "deleted": "OUTPUT clause (Transact-SQL)".
bool WriteLowering::LowerOutput(Node statement, const Query* inserted, const Query* deleted) {
  const std::vector<Node> clauses = statement.Children(Role::kOutput);
  if (clauses.empty()) return true;
  if (clauses.size() > 1) return Refuse(clauses[1], "a second OUTPUT clause");
  auto query = std::make_unique<Query>();
  const Query& rows = inserted != nullptr ? *inserted : *deleted;
  query->from = std::make_unique<Source>();
  query->from->kind = SourceKind::kDerived;
  query->from->query = relational::Clone(rows);
  std::vector<RangeColumn> columns;
  for (const OutputField& field : rows.fields) columns.push_back({field.name, field.type});
  Scope scope;
  lowering_.AddRange(scope, *query->from, inserted != nullptr ? "inserted" : "deleted", "",
                     std::move(columns));
  lowering_.LowerSelectList(clauses[0].Child(Role::kSelectList), *query, scope);
  result_.output = std::move(query);
  return TakeOutputTarget(clauses[0]);
}

// The same over rows that have both sides.
bool WriteLowering::LowerChangeOutput(Node statement, QueryPtr changes) {
  const std::vector<Node> clauses = statement.Children(Role::kOutput);
  if (clauses.empty()) return true;
  if (clauses.size() > 1) return Refuse(clauses[1], "a second OUTPUT clause");
  std::vector<RangeColumn> columns;
  for (size_t i = 0; i < fields_.size(); ++i) {
    // What the table computes is worked out after the write.
    if (columns_[i]->computed_expression.empty())
      columns.push_back({fields_[i].name, fields_[i].type});
  }
  Scope scope;
  Source unused;
  const int32_t deleted = lowering_.AddRange(scope, unused, "deleted", "", columns).id;
  const int32_t inserted = lowering_.AddRange(scope, unused, "inserted", "", columns).id;
  std::vector<RangeColumn> actions;
  if (changes->fields.back().name == kAction)
    actions.push_back({"$action", MakeSized(TypeId::kNVarChar, 10)});
  lowering_.AddRange(scope, unused, "merge", "", std::move(actions));
  auto query = std::make_unique<Query>();
  lowering_.LowerSelectList(clauses[0].Child(Role::kSelectList), *query, scope);
  const std::string alias = "changed_rows";
  const int32_t range = lowering_.next_range_++;
  for (SelectItem& item : query->items) {
    ForEachPart(
        *item.expr, [](Source&) {},
        [&](Expr& part) {
          if (part.kind != ExprKind::kColumn) return;
          const bool is_action = part.text == "$action";
          if (!is_action && part.range != deleted && part.range != inserted) return;
          part.text = is_action ? kAction : (part.range == deleted ? kOld : kNew) + part.text;
          part.qualifier = "";
          part.range = range;
        });
  }
  query->from = std::make_unique<Source>();
  query->from->kind = SourceKind::kDerived;
  query->from->alias = alias;
  query->from->range = range;
  query->from->query = std::move(changes);
  result_.output = std::move(query);
  return TakeOutputTarget(clauses[0]);
}

}  // namespace datamigrate::relational
