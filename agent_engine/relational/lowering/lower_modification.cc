#include "agent_engine/relational/lowering/lower_modification.h"

#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/single_match.h"

namespace datamigrate::relational {
namespace {

// The source below that shows its table as `alias`; null when there is none.
const Source* FindAlias(const Source& source, const std::string& alias) {
  if (source.kind != SourceKind::kJoin)
    return FoldName(source.alias) == FoldName(alias) ? &source : nullptr;
  if (const Source* found = FindAlias(*source.left, alias)) return found;
  return FindAlias(*source.right, alias);
}

// The sources below that are `table`.
void FindTable(const Source& source, const catalog::ObjectName& table,
               std::vector<const Source*>& found) {
  if (source.kind == SourceKind::kJoin) {
    FindTable(*source.left, table, found);
    FindTable(*source.right, table, found);
  } else if (source.kind == SourceKind::kRelation && source.relation == table) {
    found.push_back(&source);
  }
}

}  // namespace

class ModificationLowering {
 public:
  ModificationLowering(const catalog::CatalogIndex& catalog, const LoweringOptions& options,
                       Variables variables, diagnostics::DiagnosticSink& sink)
      : catalog_(catalog),
        lowering_(catalog, options, std::move(variables), std::make_shared<ViewsInProgress>(),
                  sink),
        target_name_(options.target_name) {}

  LoweredModification Modification(Node statement) {
    LoweredModification result;
    if (Refuses(statement)) return result;
    result.rows = std::make_unique<Query>();
    if (const Node with = statement.Child(Role::kWith))
      lowering_.LowerWith(with, *result.rows, nullptr);
    scope_.qualify = true;
    if (const Node from = statement.Child(Role::kFrom))
      result.rows->from = lowering_.LowerFrom(from, scope_);
    const catalog::Table* table = FindTarget(statement, result);
    if (table == nullptr) return result;
    for (const Node set : statement.Children(Role::kSet)) {
      if (!AddAssignment(set, *table, result)) return result;
    }
    if (const Node where = statement.Child(Role::kWhere))
      result.rows->where = lowering_.LowerExpr(where, scope_);
    const bool sets_rows = statement.Is(NodeKind::kUpdateStatement);
    if (sets_rows && !MatchesOnce(*result.rows->from, result.rows->where.get(),
                                  WrittenRange(result), scope_.ranges)) {
      lowering_.Report(DiagnosticId::kSeveralRowsMatch, statement, {table->name.name});
    }
    result.table = table;
    return result;
  }

  LoweredMerge Merge(Node statement) {
    LoweredMerge result;
    if (Refuses(statement)) return result;
    if (statement.Has(Role::kWith)) {
      Refuse(statement.Child(Role::kWith), "a WITH clause before MERGE");
      return result;
    }
    const Node target = statement.Child(Role::kTarget);
    const catalog::Table* table = NamedTable(target);
    if (table == nullptr) {
      lowering_.Report(DiagnosticId::kUnknownRelation, target, {std::string(target.Text())});
      return result;
    }
    scope_.qualify = true;
    const std::string_view alias = target.TokenText(Role::kAlias);
    AddTargetRange(*table, alias.empty() ? table->name.name : tsql::UnquoteName(alias));
    result.alias = scope_.ranges.back().printed;
    Scope source_scope;
    source_scope.qualify = true;
    result.source = lowering_.LowerSource(statement.Child(Role::kUsing), source_scope);
    for (RangeVariable& range : source_scope.ranges) scope_.ranges.push_back(std::move(range));
    result.condition = lowering_.LowerExpr(statement.Child(Role::kCondition), scope_);
    const bool changes_rows = std::ranges::any_of(
        statement.Children(Role::kWhenClause),
        [](Node when) { return JoinedTokens(when, Role::kMatched, " ") == "MATCHED"; });
    if (changes_rows && !MatchesOnce(*result.source, result.condition.get(),
                                     scope_.ranges.front().id, scope_.ranges)) {
      lowering_.Report(DiagnosticId::kSeveralRowsMatch, statement, {table->name.name});
    }
    for (const Node when : statement.Children(Role::kWhenClause)) {
      if (!AddBranch(when, *table, result)) return result;
    }
    result.table = table;
    return result;
  }

 private:
  void Refuse(Node node, const std::string& what) {
    lowering_.Report(DiagnosticId::kUnsupportedConstruct, node, {what, target_name_});
  }

  bool Refuses(Node statement) {
    for (const auto& [role, what] :
         {std::pair{Role::kTop, "TOP in a write"}, std::pair{Role::kOutput, "the OUTPUT clause"},
          std::pair{Role::kCurrentOf, "WHERE CURRENT OF"}}) {
      if (!statement.Has(role)) continue;
      Refuse(statement.Child(role) ? statement.Child(role) : statement, what);
      return true;
    }
    return false;
  }

  static int32_t WrittenRange(const LoweredModification& lowered) {
    const Source* found = FindAlias(*lowered.rows->from, lowered.alias);
    return found == nullptr ? -1 : found->range;
  }

  const catalog::Table* NamedTable(Node target) const {
    if (target.Is(NodeKind::kVariableTable))
      return catalog_.FindTable("", std::string(target.TokenText(Role::kValue)));
    if (!target.Is(NodeKind::kTableReference)) return nullptr;
    const std::vector<std::string> parts = NamePartsOf(target.Child(Role::kName));
    return catalog_.FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
  }

  void AddTargetRange(const catalog::Table& table, const std::string& name) {
    RangeVariable range = lowering_.TableRange(table);
    range.name = name;
    range.printed = name;
    scope_.ranges.push_back(std::move(range));
  }

  // The written table is one of the sources, by its alias or by its name, or joins them as it is:
  // "UPDATE (Transact-SQL)", table_alias.
  const catalog::Table* FindTarget(Node statement, LoweredModification& result) {
    const Node target = statement.Child(Role::kTarget);
    const catalog::Table* named = NamedTable(target);
    if (result.rows->from) {
      const std::vector<std::string> parts =
          target.Is(NodeKind::kTableReference)
              ? NamePartsOf(target.Child(Role::kName))
              : std::vector<std::string>{std::string(target.TokenText(Role::kValue))};
      const Source* source = parts.size() == 1 ? FindAlias(*result.rows->from, parts[0]) : nullptr;
      if (source == nullptr && named != nullptr) {
        std::vector<const Source*> found;
        FindTable(*result.rows->from, named->name, found);
        if (found.size() > 1) {
          Refuse(target, "a write to one of several sources of the same table");
          return nullptr;
        }
        if (!found.empty()) source = found[0];
      }
      if (source != nullptr) {
        result.alias = source->alias;
        if (source->kind == SourceKind::kDerived || source->kind == SourceKind::kNamed)
          return TableBelow(target, *source, result);
        const catalog::Table* table =
            source->kind == SourceKind::kRelation
                ? catalog_.FindTable(source->relation.schema, source->relation.name)
                : nullptr;
        if (table == nullptr) Refuse(target, "a write to what is not a table");
        return table;
      }
    }
    if (const catalog::Table* table = CommonTableTarget(target, result)) return table;
    if (named == nullptr) {
      lowering_.Report(DiagnosticId::kUnknownRelation, target, {std::string(target.Text())});
      return nullptr;
    }
    auto own = std::make_unique<Source>();
    own->relation = named->name;
    RangeVariable range = lowering_.TableRange(*named);
    lowering_.AddRange(scope_, *own, range.name, range.schema, std::move(range.columns));
    result.alias = own->alias;
    if (!result.rows->from) {
      result.rows->from = std::move(own);
      return named;
    }
    auto join = std::make_unique<Source>();
    join->kind = SourceKind::kJoin;
    join->join = JoinKind::kCross;
    join->left = std::move(own);
    join->right = std::move(result.rows->from);
    result.rows->from = std::move(join);
    return named;
  }

  // The common table of the statement's own WITH that the target names; null where it names none.
  const catalog::Table* CommonTableTarget(Node target, LoweredModification& result) {
    if (result.rows->from || !target.Is(NodeKind::kTableReference)) return nullptr;
    const std::vector<std::string> parts = NamePartsOf(target.Child(Role::kName));
    if (parts.size() != 1 || lowering_.FindCte(parts[0]) == nullptr) return nullptr;
    result.rows->from = lowering_.LowerSource(target, scope_);
    result.alias = result.rows->from->alias;
    return TableBelow(target, *result.rows->from, result);
  }

  // The one table whose rows a common or derived table shows, each once.
  const catalog::Table* TableBelow(Node target, const Source& source, LoweredModification& result) {
    if (source.kind == SourceKind::kDerived) {
      result.through = source.query.get();
      result.through_names = &const_cast<Source&>(source).column_names;
    }
    for (CommonTable& cte : result.rows->ctes) {
      if (source.kind != SourceKind::kNamed || source.name_parts.size() != 1 ||
          FoldName(cte.name) != FoldName(source.name_parts[0]))
        continue;
      result.through = cte.query.get();
      result.through_names = &cte.column_names;
    }
    const Query* query = result.through;
    const bool shows_rows = query != nullptr && query->kind == QueryKind::kSelect &&
                            !query->distinct && !query->is_grouped && query->from &&
                            query->from->kind == SourceKind::kRelation;
    if (!shows_rows) {
      Refuse(target, "a write to what is not a table");
      return nullptr;
    }
    result.inner_alias = query->from->alias;
    const catalog::ObjectName& name = query->from->relation;
    return catalog_.FindTable(name.schema, name.name);
  }

  // The written table's column that a column of the common or derived table shows.
  static std::string ColumnBelow(const LoweredModification& result, const std::string& name) {
    if (result.through == nullptr) return name;
    const std::vector<std::string>& names = *result.through_names;
    for (size_t i = 0; i < result.through->items.size(); ++i) {
      const SelectItem& item = result.through->items[i];
      const std::string& shown = i < names.size() ? names[i] : item.alias;
      if (FoldName(shown) == FoldName(name) && item.expr->kind == ExprKind::kColumn)
        return item.expr->text;
    }
    return name;
  }

  // `column = value` or a compound assignment, to a column of `table`.
  bool AddAssignment(Node set, const catalog::Table& table, LoweredModification& result) {
    return AddAssignment(set, table, &result, result.sets);
  }

  bool AddAssignment(Node set, const catalog::Table& table, const LoweredModification* result,
                     std::vector<Assignment>& sets) {
    const std::vector<Node> targets = set.Children(Role::kTarget);
    if (targets.size() != 1 || !targets[0].Is(NodeKind::kColumnReference)) {
      Refuse(set, "this assignment");
      return false;
    }
    const std::string written = NamePartsOf(targets[0].Child(Role::kName)).back();
    const std::string name = result == nullptr ? written : ColumnBelow(*result, written);
    const catalog::Column* column = table.FindColumn(name);
    if (column == nullptr) {
      lowering_.Report(DiagnosticId::kUnknownColumn, targets[0], {name});
      return false;
    }
    ExprPtr value = lowering_.LowerExpr(set.Child(Role::kValue), scope_);
    const std::string op = JoinedTokens(set, Role::kOperator, "");
    if (op.size() > 1) {
      value = lowering_.Arithmetic(op.substr(0, op.size() - 1),
                                   lowering_.LowerExpr(targets[0], scope_), std::move(value), set);
    }
    AddValue(*column, std::move(value), sets);
    return true;
  }

  void AddValue(const catalog::Column& column, ExprPtr value, std::vector<Assignment>& sets) {
    const SqlType type = tsql::FromCatalogType(column.type);
    sets.push_back({column.name, AssignedValue(lowering_, std::move(value), type)});
  }

  // char(n) is filled with blanks when it is assigned.
  static ExprPtr AssignedValue(Lowering& lowering, ExprPtr value, const SqlType& type) {
    const bool pads = tsql::IsFixedString(type.id) && tsql::IsString(value->type.id) &&
                      value->kind != ExprKind::kNull;
    if (pads) return MakeCast(std::move(value), type, false);
    return lowering.Convert(std::move(value), type, true);
  }

  bool AddBranch(Node when, const catalog::Table& table, LoweredMerge& merge) {
    MergeBranch branch;
    const std::string words = JoinedTokens(when, Role::kMatched, " ");
    branch.matched = words == "MATCHED";
    branch.by_source = words.ends_with("SOURCE");
    if (const Node condition = when.Child(Role::kCondition))
      branch.condition = lowering_.LowerExpr(condition, scope_);
    const Node action = when.Child(Role::kAction);
    if (action.Is(NodeKind::kMergeDelete)) {
      branch.action = MergeBranch::Action::kDelete;
    } else if (action.Is(NodeKind::kMergeUpdate)) {
      for (const Node set : action.Children(Role::kSet)) {
        if (!AddAssignment(set, table, nullptr, branch.sets)) return false;
      }
    } else {
      branch.action = MergeBranch::Action::kInsert;
      if (!AddInsertedRow(action, table, branch)) return false;
    }
    merge.branches.push_back(std::move(branch));
    return true;
  }

  bool AddInsertedRow(Node action, const catalog::Table& table, MergeBranch& branch) {
    std::vector<std::string> names;
    for (const Node item : action.Child(Role::kColumns)
                               ? action.Child(Role::kColumns).Children(Role::kItem)
                               : std::vector<Node>{}) {
      const std::vector<const tsql::Token*> parts = item.TokensOf(Role::kPart);
      if (!parts.empty()) names.push_back(tsql::UnquoteName(item.tree().TextOf(*parts.back())));
    }
    if (names.empty()) {
      for (const catalog::Column& column : table.columns) {
        if (!column.identity && column.computed_expression.empty()) names.push_back(column.name);
      }
    }
    const Node source = action.Child(Role::kSource);
    const std::vector<Node> rows = source.Children(Role::kRow);
    if (rows.size() != 1) {
      Refuse(action, "this source of rows");
      return false;
    }
    const std::vector<Node> items = rows[0].Children(Role::kItem);
    if (items.size() != names.size()) {
      lowering_.Report(DiagnosticId::kColumnCountDiffers, action,
                       {"the row", std::to_string(items.size()), std::to_string(names.size())});
      return false;
    }
    for (size_t i = 0; i < items.size(); ++i) {
      const catalog::Column* column = table.FindColumn(names[i]);
      if (column == nullptr) {
        lowering_.Report(DiagnosticId::kUnknownColumn, action, {names[i]});
        return false;
      }
      AddValue(*column, lowering_.LowerExpr(items[i], scope_), branch.sets);
    }
    return true;
  }

  const catalog::CatalogIndex& catalog_;
  Lowering lowering_;
  std::string target_name_;
  Scope scope_;
};

LoweredModification LowerModification(const catalog::CatalogIndex& catalog, tsql::Node statement,
                                      Variables variables, const LoweringOptions& options,
                                      diagnostics::DiagnosticSink& sink) {
  return ModificationLowering(catalog, options, std::move(variables), sink).Modification(statement);
}

LoweredMerge LowerMerge(const catalog::CatalogIndex& catalog, tsql::Node statement,
                        Variables variables, const LoweringOptions& options,
                        diagnostics::DiagnosticSink& sink) {
  return ModificationLowering(catalog, options, std::move(variables), sink).Merge(statement);
}

}  // namespace datamigrate::relational
