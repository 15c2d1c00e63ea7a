// INSERT, UPDATE, DELETE and TRUNCATE TABLE as queries over the table that they write.
#include "agent_engine/relational/lowering/lower_write.h"

#include <algorithm>

#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/lowering/write_parts.h"

namespace datamigrate::relational {

using namespace tsql;

ExprPtr ChooseValue(const Expr& condition, ExprPtr value, ExprPtr otherwise) {
  SqlType type = otherwise->type;
  type.nullable = value->type.nullable || otherwise->type.nullable;
  auto expr = MakeExpr(ExprKind::kCase, type, condition.span);
  expr->has_else = true;
  expr->arguments = ExprList(Clone(condition), std::move(value), std::move(otherwise));
  return expr;
}

ExprPtr UnlessTrue(ExprPtr condition) {
  auto flag = MakeExpr(ExprKind::kCase, MakeType(TypeId::kInt, false), condition->span);
  flag->has_else = true;
  flag->arguments = ExprList(std::move(condition), MakeInteger(1), MakeInteger(0));
  return MakeCompare("=", std::move(flag), MakeInteger(0));
}

bool WriteLowering::Refuse(Node node, std::string what) {
  lowering_.Report(DiagnosticId::kUnsupportedConstruct, node,
                   {std::move(what), options_.target_name});
  return false;
}

LoweredWrite WriteLowering::Run(Node statement) {
  bool ok = false;
  switch (statement.kind()) {
    case NodeKind::kTruncateTable:
      ok = LowerTruncate(statement);
      break;
    case NodeKind::kDeleteStatement:
      ok = IsPlain(statement) && LowerDelete(statement);
      break;
    case NodeKind::kUpdateStatement:
      ok = IsPlain(statement) && LowerUpdate(statement);
      break;
    case NodeKind::kInsertStatement:
      ok = LowerInsert(statement);
      break;
    case NodeKind::kMergeStatement:
      ok = IsPlain(statement) && LowerMerge(statement);
      break;
    default:
      Refuse(statement, std::string(NodeKindText(statement.kind())));
  }
  if (!ok) return {};
  return std::move(result_);
}

bool WriteLowering::IsPlain(Node statement) {
  const bool takes_top = options_.takes_all || (!statement.Is(NodeKind::kMergeStatement) &&
                                                !statement.Has(Role::kFrom) && each_ == nullptr);
  if (statement.Has(Role::kTop) && !takes_top)
    return Refuse(statement.Child(Role::kTop), "TOP in a write with a join");
  if (statement.Has(Role::kCurrentOf) && (each_ == nullptr || each_->current.empty()))
    return Refuse(statement, "WHERE CURRENT OF");
  NoteOptions(statement);
  return true;
}

void WriteLowering::NoteOptions(Node statement) {
  if (const Node option = statement.Child(Role::kOption))
    lowering_.Report(DiagnosticId::kHintDropped, option, {"the OPTION clause"});
}

std::vector<OutputField> WriteLowering::Fields(const catalog::Table& table) {
  result_.table = &table;
  fields_.clear();
  columns_.clear();
  RangeVariable range = lowering_.TableRange(table);
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::Column& column = table.columns[i];
    if (!column.computed_expression.empty()) {
      diagnostics::DiagnosticSink ignored;
      const ParseResult parsed = ParseExpression(column.computed_expression, false, {}, ignored);
      if (parsed.ok) LowerComputed(catalog_, table, parsed.tree.Root(), options_, ignored);
      if (ignored.HasErrors()) continue;
    }
    fields_.push_back({column.name, range.columns[i].type});
    columns_.push_back(&column);
  }
  return fields_;
}

void WriteLowering::UseTable(const catalog::Table& table, int32_t range) {
  Fields(table);
  range_ = range;
}

bool WriteLowering::TakeTable(const Source& source, Node node) {
  const catalog::Table* table =
      source.kind == SourceKind::kRelation
          ? catalog_.FindTable(source.relation.schema, source.relation.name)
          : nullptr;
  if (table == nullptr) return Refuse(node, "a write to something that is not a table");
  Fields(*table);
  alias_ = source.alias;
  return true;
}

SourcePtr WriteLowering::TableSource() {
  auto source = std::make_unique<Source>();
  if (top_rows_) {
    source->kind = SourceKind::kDerived;
    source->query = relational::Clone(*top_rows_);
  } else {
    source->relation = result_.table->name;
  }
  source->alias = alias_.empty() ? result_.table->name.name : alias_;
  return source;
}

ExprPtr WriteLowering::FieldOf(size_t field, const std::string& qualifier) const {
  auto expr = MakeExpr(ExprKind::kColumn, fields_[field].type);
  expr->text = fields_[field].name;
  expr->qualifier = qualifier;
  expr->range = range_;
  return expr;
}

QueryPtr WriteLowering::SelectFields(const std::string& qualifier) const {
  auto query = std::make_unique<Query>();
  for (size_t i = 0; i < fields_.size(); ++i)
    AddItem(*query, FieldOf(i, qualifier), fields_[i].name);
  return query;
}

QueryPtr WriteLowering::CountOf(QueryPtr rows) {
  auto query = std::make_unique<Query>();
  query->ctes = std::move(rows->ctes);
  rows->items.clear();
  rows->fields.clear();
  AddItem(*rows, MakeInteger(1), "one");
  query->from = Derived(std::move(rows), "touched");
  auto star = MakeExpr(ExprKind::kStar, SqlType{});
  AddItem(*query, MakeCall("COUNT", MakeType(TypeId::kInt, false), ExprList(std::move(star))),
          "row_count");
  return query;
}

// Columns that the table computes follow their inputs.
QueryPtr WriteLowering::Recompute(QueryPtr base) {
  const bool computes = std::ranges::any_of(
      columns_, [](const catalog::Column* c) { return !c->computed_expression.empty(); });
  if (!computes) return base;
  auto query = std::make_unique<Query>();
  query->ctes = std::move(base->ctes);
  base->ctes.clear();
  query->recursive = std::exchange(base->recursive, false);
  for (size_t i = 0; i < fields_.size(); ++i) {
    ExprPtr value = FieldOf(i, "");
    if (!columns_[i]->computed_expression.empty()) {
      const ParseResult parsed =
          ParseExpression(columns_[i]->computed_expression, false, {}, lowering_.sink_);
      diagnostics::DiagnosticSink known;  // Fields() has seen that it has a translation.
      value = LowerComputed(catalog_, *result_.table, parsed.tree.Root(), options_, known);
      value->span = {};
      value = lowering_.Convert(std::move(value), fields_[i].type, true);
    }
    AddItem(*query, std::move(value), fields_[i].name);
  }
  query->from = Derived(std::move(base), result_.table->name.name);
  return query;
}

void WriteLowering::ApplySets(Query& query, std::vector<SetColumn> sets, const Expr* changed) {
  for (SetColumn& set : sets) {
    ExprPtr& item = query.items[set.field].expr;
    item = changed == nullptr ? std::move(set.value)
                              : ChooseValue(*changed, std::move(set.value), std::move(item));
    query.fields[set.field].type.nullable = item->type.nullable;
  }
}

// -- TRUNCATE TABLE, DELETE

bool WriteLowering::LowerTruncate(Node statement) {
  const std::vector<std::string> parts = NamePartsOf(statement.Child(Role::kName));
  Scope scope;
  const SourcePtr source = lowering_.LowerNamed(parts, statement, scope, 0);
  if (!TakeTable(*source, statement)) return false;
  result_.empties = true;
  return true;
}

SourcePtr WriteLowering::LowerTargetOnly(Node target, Scope& scope) {
  if (!target.Is(NodeKind::kTableReference) && !target.Is(NodeKind::kVariableTable)) {
    Refuse(target, "a write to something that is not a table");
    return nullptr;
  }
  SourcePtr source = lowering_.LowerSource(target, scope);
  if (!TakeTable(*source, target)) return nullptr;
  range_ = scope.ranges.back().id;
  return source;
}

// FROM names the target by its alias or as the table that it is; where it does not, the target
// joins what it says: "UPDATE (Transact-SQL)", FROM.
SourcePtr WriteLowering::LowerTargetAndFrom(Node statement, Scope& scope, const Source*& leaf) {
  const Node target = statement.Child(Role::kTarget);
  SourcePtr from = lowering_.LowerFrom(statement.Child(Role::kFrom), scope);
  std::vector<const Source*> leaves;
  CollectLeaves(*from, leaves);
  const std::vector<std::string> parts =
      target.Is(NodeKind::kVariableTable)
          ? std::vector<std::string>{std::string(target.TokenText(Role::kValue))}
          : NamePartsOf(target.Child(Role::kName));
  leaf = nullptr;
  if (parts.size() == 1) {
    for (const Source* source : leaves) {
      if (FoldName(source->alias) == FoldName(parts[0])) leaf = source;
    }
  }
  if (leaf == nullptr) {
    Scope own;
    const SourcePtr named = lowering_.LowerSource(target, own);
    int count = 0;
    for (const Source* source : leaves) {
      if (source->kind != SourceKind::kRelation || named->kind != SourceKind::kRelation ||
          source->relation != named->relation) {
        continue;
      }
      leaf = source;
      ++count;
    }
    if (count > 1) {
      Refuse(target, "a target that FROM names twice");
      return nullptr;
    }
    if (leaf == nullptr) {
      auto join = std::make_unique<Source>();
      join->kind = SourceKind::kJoin;
      join->join = JoinKind::kCross;
      join->left = lowering_.LowerSource(target, scope);
      leaf = join->left.get();
      join->right = std::move(from);
      from = std::move(join);
    }
  }
  if (!TakeTable(*leaf, target)) return nullptr;
  for (const RangeVariable& range : scope.ranges) {
    if (range.printed == leaf->alias) range_ = range.id;
  }
  return from;
}

SourcePtr WriteLowering::LowerSources(Node statement, Query& holder, Scope& scope,
                                      const Source*& leaf) {
  if (const Node with = statement.Child(Role::kWith)) lowering_.LowerWith(with, holder, nullptr);
  SourcePtr from = statement.Has(Role::kFrom)
                       ? LowerTargetAndFrom(statement, scope, leaf)
                       : LowerTargetOnly(statement.Child(Role::kTarget), scope);
  if (leaf == nullptr) leaf = from.get();
  return from;
}

bool WriteLowering::LowerDelete(Node statement) {
  auto holder = std::make_unique<Query>();
  const size_t known_ctes = lowering_.ctes_.size();
  Scope scope;
  const Source* leaf = nullptr;
  SourcePtr from = LowerSources(statement, *holder, scope, leaf);
  if (from == nullptr) return false;
  const bool is_alone = from->kind != SourceKind::kJoin && each_ == nullptr;
  if (!is_alone) scope.qualify = true;
  ExprPtr condition;
  if (const Node where = statement.Child(Role::kWhere)) {
    if (statement.Has(Role::kOutput)) scope.qualify = true;
    condition = lowering_.LowerExpr(where, scope);
  }
  lowering_.ctes_.resize(known_ctes);
  if (each_ != nullptr) JoinEachRow(from, leaf, {}, condition);
  if (!TakeTop(statement, condition)) return false;
  QueryPtr deleted = SelectFields(is_alone ? "" : alias_);
  if (is_alone) {
    const bool stands_alone = holder->ctes.empty();
    if (!condition && stands_alone) result_.empties = true;
    result_.after = SelectFields("");
    result_.after->ctes = std::move(holder->ctes);
    result_.after->from = TableSource();
    result_.after->where = condition ? UnlessTrue(Clone(*condition))
                                     : MakeCompare("=", MakeInteger(1), MakeInteger(0));
    deleted->from = TableSource();
    deleted->where = std::move(condition);
    if (!LowerOutput(statement, nullptr, deleted.get())) return false;
    if (stands_alone) result_.row_count = CountOf(std::move(deleted));
    return true;
  }
  // DELETE ... FROM with a join: rows that have a match there.
  std::vector<ExprPtr> conditions;
  if (condition) conditions.push_back(std::move(condition));
  if (!TakeLeaf(from, leaf, conditions) && !MatchByKey(from, conditions))
    return Refuse(statement, "DELETE over an outer join, of a table without a key");
  auto match = std::make_unique<Query>();
  AddItem(*match, MakeInteger(1), "one");
  match->from = std::move(from);
  for (ExprPtr& part : conditions) match->where = And(std::move(match->where), std::move(part));
  auto exists = MakeExpr(ExprKind::kExists, MakeType(TypeId::kBit, false));
  exists->query = std::move(match);
  deleted->ctes = CloneTables(holder->ctes);
  deleted->recursive = holder->recursive;
  deleted->from = TableSource();
  deleted->where = Clone(*exists);
  if (!LowerOutput(statement, nullptr, deleted.get())) return false;
  result_.row_count = CountOf(std::move(deleted));
  exists->negated = true;
  result_.after = SelectFields(alias_);
  result_.after->recursive = holder->recursive;
  result_.after->ctes = std::move(holder->ctes);
  result_.after->from = TableSource();
  result_.after->where = std::move(exists);
  return true;
}

// In place of a join that holds the table itself: the keys of its rows that the join gives. False,
// and nothing changed, where it has no key.
bool WriteLowering::MatchByKey(SourcePtr& from, std::vector<ExprPtr>& conditions) {
  const std::vector<std::string> key = KeyColumns();
  if (key.empty()) return false;
  auto rows = std::make_unique<Query>();
  rows->from = std::move(from);
  for (ExprPtr& part : conditions) rows->where = And(std::move(rows->where), std::move(part));
  conditions.clear();
  const std::string alias = FoldName(alias_) == "hits" ? "matches" : "hits";
  const int32_t range = lowering_.next_range_++;
  for (const std::string& name : key) {
    const auto field =
        static_cast<size_t>(std::ranges::find(fields_, name, &OutputField::name) - fields_.begin());
    AddItem(*rows, FieldOf(field, alias_), "key_" + std::to_string(conditions.size() + 1));
    auto column = MakeExpr(ExprKind::kColumn, fields_[field].type);
    column->text = rows->fields.back().name;
    column->qualifier = alias;
    column->range = range;
    conditions.push_back(MakeCompare("=", std::move(column), FieldOf(field, alias_)));
  }
  from = Derived(std::move(rows), alias);
  from->range = range;
  return true;
}

// -- Entry points

LoweredWrite LowerWrite(const catalog::CatalogIndex& catalog, Node statement, Variables variables,
                        const LoweringOptions& options, diagnostics::DiagnosticSink& sink,
                        EachRow* each) {
  Lowering lowering(catalog, options, std::move(variables), std::make_shared<ViewsInProgress>(),
                    sink);
  return WriteLowering(lowering, catalog, options, each).Run(statement);
}

InsertedRows LowerInsertedRows(const catalog::CatalogIndex& catalog, Node statement,
                               Variables variables, const LoweringOptions& options,
                               diagnostics::DiagnosticSink& sink) {
  Lowering lowering(catalog, options, std::move(variables), std::make_shared<ViewsInProgress>(),
                    sink);
  return WriteLowering(lowering, catalog, options).RowsOfInsert(statement);
}

LoweredWrite LowerAddedRows(const catalog::CatalogIndex& catalog, const catalog::Table& table,
                            const std::vector<std::string>& columns, QueryPtr source, Node at,
                            const LoweringOptions& options, diagnostics::DiagnosticSink& sink) {
  Lowering lowering(catalog, options, {}, std::make_shared<ViewsInProgress>(), sink);
  return WriteLowering(lowering, catalog, options).AddRows(table, columns, std::move(source), at);
}

std::vector<OutputField> FieldsOf(const catalog::CatalogIndex& catalog, const catalog::Table& table,
                                  const LoweringOptions& options) {
  diagnostics::DiagnosticSink ignored;
  Lowering lowering(catalog, options, {}, std::make_shared<ViewsInProgress>(), ignored);
  return WriteLowering(lowering, catalog, options).Fields(table);
}

}  // namespace datamigrate::relational
