// MERGE: the target's rows with their updates and without the deleted ones, and the rows that are
// inserted. A row takes the first branch that fits it.
#include <algorithm>

#include "agent_engine/relational/lowering/write_lowering.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr char kIsMatched[] = "is_matched";

enum class When : uint8_t { kMatched, kNotMatched, kNotMatchedBySource };

When WhenOf(Node branch) {
  const std::string words = JoinedTokens(branch, Role::kMatched, " ");
  if (words.find("SOURCE") != std::string::npos) return When::kNotMatchedBySource;
  return words.find("NOT") != std::string::npos ? When::kNotMatched : When::kMatched;
}

void AddItem(Query& query, ExprPtr expr, std::string name) {
  query.fields.push_back({name, expr->type});
  query.items.push_back({std::move(expr), std::move(name)});
}

ExprPtr And(ExprPtr left, ExprPtr right) {
  if (!left) return right;
  if (!right) return left;
  return MakeLogical(ExprKind::kAnd, std::move(left), std::move(right));
}

std::vector<CommonTable> CloneTables(const std::vector<CommonTable>& tables) {
  std::vector<CommonTable> copies;
  for (const CommonTable& table : tables)
    copies.push_back({table.name, table.column_names, Clone(*table.query)});
  return copies;
}

SqlType ActionType() {
  SqlType type = MakeSized(TypeId::kNVarChar, 10);
  type.nullable = true;
  return type;
}

}  // namespace

// The rows that branches update, delete and insert, each with what was done to it.
QueryPtr WriteLowering::MergedRows(const std::vector<TargetBranch>& branches, const Source* joined,
                                   const Query* inserted) const {
  QueryPtr all;
  const auto add = [&](QueryPtr rows) {
    if (!all) {
      all = std::move(rows);
      return;
    }
    auto both = std::make_unique<Query>();
    both->kind = QueryKind::kUnionAll;
    both->fields = all->fields;
    both->left = std::move(all);
    both->right = std::move(rows);
    all = std::move(both);
  };
  const auto null_of = [&](size_t field) {
    SqlType type = fields_[field].type;
    type.nullable = true;
    return MakeCast(MakeNull(type), type, false);
  };
  for (size_t i = 0; i < branches.size(); ++i) {
    const TargetBranch& branch = branches[i];
    QueryPtr rows = ChangedRows(
        [&](size_t field) { return FieldOf(field, alias_); },
        [&](size_t field) {
          if (branch.deletes) return null_of(field);
          const auto set = std::ranges::find(branch.sets, field, &SetColumn::field);
          return set == branch.sets.end() ? FieldOf(field, alias_) : Clone(*set->value);
        },
        MakeCast(MakeString(branch.deletes ? "DELETE" : "UPDATE"), ActionType(), false));
    rows->from = relational::CloneSource(*joined);
    rows->where = Clone(*branch.condition);
    for (size_t earlier = 0; earlier < i; ++earlier)
      rows->where = And(std::move(rows->where), UnlessTrue(Clone(*branches[earlier].condition)));
    add(std::move(rows));
  }
  if (inserted != nullptr) {
    const int32_t range = lowering_.next_range_++;
    QueryPtr rows = ChangedRows(
        null_of,
        [&](size_t field) {
          auto column = MakeExpr(ExprKind::kColumn, fields_[field].type);
          column->text = fields_[field].name;
          column->range = range;
          return column;
        },
        MakeCast(MakeString("INSERT"), ActionType(), false));
    rows->from = std::make_unique<Source>();
    rows->from->kind = SourceKind::kDerived;
    rows->from->alias = "inserted_rows";
    rows->from->range = range;
    rows->from->query = relational::Clone(*inserted);
    add(std::move(rows));
  }
  return all;
}

bool WriteLowering::LowerMerge(Node statement) {
  auto holder = std::make_unique<Query>();
  const size_t known_ctes = lowering_.ctes_.size();
  if (const Node with = statement.Child(Role::kWith)) lowering_.LowerWith(with, *holder, nullptr);
  Scope scope;
  scope.qualify = true;
  SourcePtr target = LowerTargetOnly(statement.Child(Role::kTarget), scope);
  if (target == nullptr) return false;
  SourcePtr using_source = lowering_.LowerSource(statement.Child(Role::kUsing), scope);
  if (using_source->kind == SourceKind::kJoin || scope.ranges.size() != 2 || scope.ranges[1].open)
    return Refuse(statement.Child(Role::kUsing), "MERGE from a join");
  ExprPtr on = lowering_.LowerExpr(statement.Child(Role::kCondition), scope);

  // The source's rows, marked, so that a row of the target can tell that it has one.
  const RangeVariable& source_range = scope.ranges[1];
  auto marked = std::make_unique<Query>();
  Scope source_scope;
  source_scope.ranges.push_back(source_range);
  for (const RangeColumn& column : source_range.columns) {
    auto expr = MakeExpr(ExprKind::kColumn, column.type);
    expr->text = column.name;
    expr->qualifier = source_range.printed;
    expr->range = source_range.id;
    AddItem(*marked, std::move(expr), column.name);
  }
  AddItem(*marked, MakeInteger(1), kIsMatched);
  marked->from = std::move(using_source);
  const std::string source_alias = source_range.printed;
  const int32_t source_id = source_range.id;
  const auto is_matched = [&](bool matched) {
    auto flag = MakeExpr(ExprKind::kColumn, MakeType(TypeId::kInt));
    flag->text = kIsMatched;
    flag->qualifier = source_alias;
    flag->range = source_id;
    auto test = MakeExpr(ExprKind::kIsNull, MakeType(TypeId::kBit, false));
    test->negated = matched;
    test->arguments = ExprList(std::move(flag));
    return test;
  };

  bool ok = true;
  std::vector<TargetBranch> branches;
  QueryPtr inserted;
  for (const Node branch : statement.Children(Role::kWhenClause)) {
    const Node action = branch.Child(Role::kAction);
    ExprPtr condition;
    if (const Node more = branch.Child(Role::kCondition))
      condition = lowering_.LowerExpr(more, scope);
    if (WhenOf(branch) != When::kNotMatched) {
      TargetBranch row;
      row.condition = And(is_matched(WhenOf(branch) == When::kMatched), std::move(condition));
      row.deletes = action.Is(NodeKind::kMergeDelete);
      if (!row.deletes) {
        row.sets = LowerSets(action.Children(Role::kSet), scope, ok);
        TouchPeriod(row.sets, branch);
      }
      branches.push_back(std::move(row));
      continue;
    }
    if (inserted != nullptr) return Refuse(branch, "a second branch that inserts");
    std::vector<std::string> columns;
    const Node values = action.Child(Role::kSource);
    if (const Node list = action.Child(Role::kColumns)) {
      for (const Node item : list.Children(Role::kItem))
        columns.push_back(UnquoteName(item.TokenText(Role::kPart)));
    } else if (!values.Is(NodeKind::kDefaultValues)) {
      for (const catalog::Column& column : result_.table->columns) {
        if (!column.identity && column.computed_expression.empty() && !column.hidden)
          columns.push_back(column.name);
      }
    }
    QueryPtr rows = std::make_unique<Query>();
    if (values.Is(NodeKind::kValuesClause)) {
      const std::vector<Node> items = values.Child(Role::kRow).Children(Role::kItem);
      if (items.size() != columns.size()) {
        lowering_.Report(DiagnosticId::kColumnCountDiffers, branch,
                         {"the row", std::to_string(items.size()), std::to_string(columns.size())});
        return false;
      }
      for (size_t i = 0; i < items.size(); ++i) {
        const catalog::Column* column = result_.table->FindColumn(columns[i]);
        if (column == nullptr) {
          lowering_.Report(DiagnosticId::kUnknownColumn, branch, {columns[i]});
          return false;
        }
        AddItem(*rows, LowerNewValue(items[i], *column, source_scope), columns[i]);
      }
    }
    QueryPtr copy = relational::Clone(*marked);
    rows->from = std::move(copy->from);
    auto match = std::make_unique<Query>();
    AddItem(*match, MakeInteger(1), "one");
    match->from = TableSource();
    match->where = Clone(*on);
    auto exists = MakeExpr(ExprKind::kExists, MakeType(TypeId::kBit, false));
    exists->negated = true;
    exists->query = std::move(match);
    rows->where = And(std::move(exists), std::move(condition));
    inserted = AddedRows(columns, std::move(rows), branch);
    if (inserted == nullptr) return false;
  }
  lowering_.ctes_.resize(known_ctes);
  if (!ok) return false;

  auto kept = SelectFields(alias_);
  if (branches.empty()) {
    kept->from = TableSource();
  } else {
    lowering_.Report(DiagnosticId::kSeveralRowsMatch, statement, {result_.table->name.ToString()});
    kept->from = std::make_unique<Source>();
    kept->from->kind = SourceKind::kJoin;
    kept->from->join = JoinKind::kLeft;
    kept->from->left = TableSource();
    kept->from->right = std::make_unique<Source>();
    kept->from->right->kind = SourceKind::kDerived;
    kept->from->right->alias = source_alias;
    kept->from->right->query = std::move(marked);
    kept->from->condition = std::move(on);
  }
  if (statement.Has(Role::kOutput)) {
    QueryPtr changes = MergedRows(branches, kept->from.get(), inserted.get());
    changes->ctes = CloneTables(holder->ctes);
    changes->recursive = holder->recursive;
    if (!LowerChangeOutput(statement, std::move(changes))) return false;
  }
  // Later branches see the rows that earlier ones leave.
  for (size_t field = 0; field < fields_.size(); ++field) {
    auto choice = MakeExpr(ExprKind::kCase, fields_[field].type);
    bool changes = false;
    for (TargetBranch& branch : branches) {
      const auto set = std::ranges::find(branch.sets, field, &SetColumn::field);
      choice->arguments.push_back(Clone(*branch.condition));
      changes = changes || set != branch.sets.end();
      choice->arguments.push_back(set != branch.sets.end() ? std::move(set->value)
                                                           : FieldOf(field, alias_));
    }
    if (!changes) continue;
    choice->has_else = true;
    choice->arguments.push_back(FieldOf(field, alias_));
    kept->items[field].expr = std::move(choice);
  }
  if (std::ranges::any_of(branches, &TargetBranch::deletes)) {
    auto flag = MakeExpr(ExprKind::kCase, MakeType(TypeId::kInt, false));
    for (TargetBranch& branch : branches) {
      flag->arguments.push_back(Clone(*branch.condition));
      flag->arguments.push_back(MakeInteger(branch.deletes ? 1 : 0));
    }
    flag->has_else = true;
    flag->arguments.push_back(MakeInteger(0));
    kept->where = MakeCompare("=", std::move(flag), MakeInteger(0));
  }
  kept = Recompute(std::move(kept));
  if (inserted != nullptr) {
    auto both = std::make_unique<Query>();
    both->kind = QueryKind::kUnionAll;
    both->fields = kept->fields;
    both->left = std::move(kept);
    both->right = std::move(inserted);
    kept = std::move(both);
  }
  for (CommonTable& cte : kept->ctes) holder->ctes.push_back(std::move(cte));
  kept->recursive = kept->recursive || holder->recursive;
  kept->ctes = std::move(holder->ctes);
  result_.after = std::move(kept);
  return true;
}

}  // namespace datamigrate::relational
