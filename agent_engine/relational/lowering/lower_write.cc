// INSERT, UPDATE, DELETE and TRUNCATE TABLE as queries over the table that they write.
#include "agent_engine/relational/lowering/lower_write.h"

#include <algorithm>
#include <cstdlib>

#include "agent_engine/relational/lowering/write_lowering.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr char kChangeNumber[] = "change_number";

bool Contains(const Source& source, const Source* leaf) {
  if (&source == leaf) return true;
  return source.kind == SourceKind::kJoin &&
         (Contains(*source.left, leaf) || Contains(*source.right, leaf));
}

void CollectLeaves(const Source& source, std::vector<const Source*>& leaves) {
  if (source.kind == SourceKind::kJoin) {
    CollectLeaves(*source.left, leaves);
    CollectLeaves(*source.right, leaves);
  } else {
    leaves.push_back(&source);
  }
}

// Takes `leaf` out of inner joins; their conditions go to `conditions`. False where an outer join
// is in the way; then the tree must not be used.
bool TakeLeaf(SourcePtr& node, const Source* leaf, std::vector<ExprPtr>& conditions) {
  if (node.get() == leaf) {
    node = nullptr;
    return true;
  }
  if (node->join != JoinKind::kInner && node->join != JoinKind::kCross) return false;
  const bool is_left = Contains(*node->left, leaf);
  SourcePtr& side = is_left ? node->left : node->right;
  if (!TakeLeaf(side, leaf, conditions)) return false;
  if (side != nullptr) {
    if (node->condition && !is_left) conditions.push_back(std::move(node->condition));
    if (node->condition && is_left) conditions.push_back(std::move(node->condition));
    node->condition = nullptr;
    node->join = JoinKind::kCross;
    return true;
  }
  if (node->condition) conditions.push_back(std::move(node->condition));
  SourcePtr other = std::move(is_left ? node->right : node->left);
  other->lateral = false;
  node = std::move(other);
  return true;
}

ExprPtr NumberWithin(std::vector<ExprPtr> partition) {
  auto call = MakeCall("ROW_NUMBER", MakeType(TypeId::kBigInt, false), {});
  call->window = std::make_unique<Window>();
  call->window->partition_by = std::move(partition);
  return call;
}

void AddItem(Query& query, ExprPtr expr, std::string name) {
  query.fields.push_back({name, expr->type});
  query.items.push_back({std::move(expr), std::move(name)});
}

SourcePtr Derived(QueryPtr query, std::string alias) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->query = std::move(query);
  source->alias = std::move(alias);
  return source;
}

std::vector<CommonTable> CloneTables(const std::vector<CommonTable>& tables) {
  std::vector<CommonTable> copies;
  for (const CommonTable& table : tables)
    copies.push_back({table.name, table.column_names, Clone(*table.query)});
  return copies;
}

ExprPtr And(ExprPtr left, ExprPtr right) {
  if (!left) return right;
  if (!right) return left;
  return MakeLogical(ExprKind::kAnd, std::move(left), std::move(right));
}

}  // namespace

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
      if (parsed.ok) LowerOverTable(catalog_, &table, parsed.tree.Root(), {}, options_, ignored);
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
      value = LowerOverTable(catalog_, result_.table, parsed.tree.Root(), {}, options_, known);
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

bool WriteLowering::LowerDelete(Node statement) {
  auto holder = std::make_unique<Query>();
  const size_t known_ctes = lowering_.ctes_.size();
  if (const Node with = statement.Child(Role::kWith)) lowering_.LowerWith(with, *holder, nullptr);
  Scope scope;
  const Source* leaf = nullptr;
  SourcePtr from = statement.Has(Role::kFrom)
                       ? LowerTargetAndFrom(statement, scope, leaf)
                       : LowerTargetOnly(statement.Child(Role::kTarget), scope);
  if (from == nullptr) return false;
  if (leaf == nullptr) leaf = from.get();
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

// -- One statement for the rows of a loop

void WriteLowering::NoteEachRead(Source& source) {
  if (source.kind == SourceKind::kRelation) each_->reads.push_back(source.relation);
}

// Columns of the source that the condition sets equal to columns of the target.
void WriteLowering::CollectEqualColumns(const Expr& condition,
                                        std::vector<std::string>& columns) const {
  if (condition.kind == ExprKind::kAnd) {
    for (const ExprPtr& part : condition.arguments) CollectEqualColumns(*part, columns);
  }
  if (condition.kind != ExprKind::kCompare || condition.text != "=") return;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    const Expr& own = *condition.arguments[side];
    const Expr& other = *condition.arguments[1 - side];
    if (own.kind == ExprKind::kColumn && own.range == range_ && other.kind == ExprKind::kColumn &&
        other.range == each_->source->range) {
      columns.push_back(FoldName(other.text));
      if (each_->key.size() == 1 && columns.back() == each_->key[0])
        each_->own_column = FoldName(own.text);
    }
  }
}

void WriteLowering::JoinEachRow(SourcePtr& from, const Source* leaf,
                                const std::vector<SetColumn>& sets, ExprPtr& condition) {
  const auto visit = [&](Expr& expr) {
    ForEachPart(
        expr, [this](Source& source) { NoteEachRead(source); },
        [&](Expr& part) {
          if (part.kind != ExprKind::kColumn || part.range != range_) return;
          each_->builds_on_sets =
              each_->builds_on_sets || std::ranges::any_of(sets, [&](const SetColumn& set) {
                return fields_[set.field].name == part.text;
              });
        });
  };
  for (const SetColumn& set : sets) visit(*set.value);
  for (auto& [column, value] : each_->current) {
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (FoldName(fields_[i].name) != FoldName(column)) continue;
      condition = And(std::move(condition), MakeCompare("=", FieldOf(i, alias_), std::move(value)));
    }
  }
  std::vector<std::string> equal;
  if (condition) {
    visit(*condition);
    CollectEqualColumns(*condition, equal);
  }
  std::vector<const Source*> leaves;
  CollectLeaves(*from, leaves);
  for (const Source* source : leaves) {
    if (source == leaf) continue;
    if (source->kind == SourceKind::kRelation) each_->reads.push_back(source->relation);
    if (source->query) {
      const QueryPtr copy = relational::Clone(*source->query);
      ForEachPart(
          *copy, [this](Source& below) { NoteEachRead(below); }, [](Expr&) {});
    }
  }
  each_->finds_own_rows =
      !each_->key.empty() && std::ranges::all_of(each_->key, [&](const std::string& column) {
        return std::ranges::find(equal, column) != equal.end();
      });
  if (leaves.size() == 1) {
    auto touched = SelectFields(alias_);
    touched->from = TableSource();
    touched->from->range = range_;
    if (condition) touched->where = Clone(*condition);
    each_->count = CountOf(std::move(touched));
  }
  auto join = std::make_unique<Source>();
  join->kind = SourceKind::kJoin;
  join->join = JoinKind::kCross;
  join->left = std::move(from);
  join->right = std::move(each_->source);
  from = std::move(join);
  if (each_->condition) condition = And(std::move(condition), std::move(each_->condition));
}

// -- UPDATE

// The columns of a key that no row leaves NULL; none when the table has no such key.
std::vector<std::string> WriteLowering::KeyColumns() const {
  const catalog::Table& table = *result_.table;
  std::vector<const catalog::KeyConstraint*> keys;
  if (table.PrimaryKey() != nullptr) keys.push_back(table.PrimaryKey());
  for (const catalog::KeyConstraint& key : table.keys) keys.push_back(&key);
  for (const catalog::KeyConstraint* key : keys) {
    std::vector<std::string> names;
    bool fits = !key->columns.empty();
    for (const catalog::IndexColumn& part : key->columns) {
      const catalog::Column* column = table.FindColumn(part.name);
      fits = fits && column != nullptr && (key->primary || !column->nullable) &&
             column->computed_expression.empty();
      if (fits) names.push_back(column->name);
    }
    if (fits) return names;
  }
  return {};
}

ExprPtr WriteLowering::LowerNewValue(Node value, const catalog::Column& column, Scope& scope) {
  if (value.Is(NodeKind::kLiteral) && UpperText(value.Text()) == "DEFAULT")
    return DefaultOf(column, value);
  return lowering_.LowerExpr(value, scope);
}

ExprPtr WriteLowering::DefaultOf(const catalog::Column& column, Node at) {
  const SqlType type = FromCatalogType(column.type);
  if (column.default_expression.empty()) return MakeNull(type);
  const ParseResult parsed = ParseExpression(column.default_expression, false, {}, lowering_.sink_);
  if (!parsed.ok) return MakeNull(type);
  Scope empty;
  const auto span = std::exchange(lowering_.span_override_, lowering_.SpanOf(at));
  ExprPtr value = lowering_.LowerExpr(parsed.tree.Root(), empty);
  value = lowering_.Convert(std::move(value), type, true);
  lowering_.span_override_ = span;
  value->span = lowering_.SpanOf(at);
  return value;
}

std::vector<SetColumn> WriteLowering::LowerSets(const std::vector<Node>& clauses, Scope& scope,
                                                bool& ok) {
  std::vector<SetColumn> sets;
  for (const Node clause : clauses) {
    const std::vector<Node> targets = clause.Children(Role::kTarget);
    if (clause.Has(Role::kCall) || targets.size() != 1 ||
        !targets[0].Is(NodeKind::kColumnReference)) {
      ok = Refuse(clause, "SET of something other than a column");
      continue;
    }
    const std::string name = NamePartsOf(targets[0].Child(Role::kName)).back();
    const auto field = std::ranges::find_if(
        fields_, [&](const OutputField& f) { return FoldName(f.name) == FoldName(name); });
    if (field == fields_.end()) {
      lowering_.Report(DiagnosticId::kUnknownColumn, targets[0], {name});
      ok = false;
      continue;
    }
    SetColumn set{static_cast<size_t>(field - fields_.begin()), nullptr};
    set.value = LowerNewValue(clause.Child(Role::kValue), *columns_[set.field], scope);
    const std::string op = JoinedTokens(clause, Role::kOperator, "");
    if (op != "=") {
      ExprPtr old = FieldOf(set.field, scope.qualify || scope.ranges.size() > 1 ? alias_ : "");
      set.value = lowering_.Arithmetic(op.substr(0, op.size() - 1), std::move(old),
                                       std::move(set.value), clause);
    }
    set.value = lowering_.Convert(std::move(set.value), fields_[set.field].type, true);
    sets.push_back(std::move(set));
  }
  return sets;
}

// Changed rows of a temporal table begin a new period: "Temporal tables", how does it work.
void WriteLowering::TouchPeriod(std::vector<SetColumn>& sets, Node at) {
  if (!result_.table->temporal) return;
  lowering_.Report(DiagnosticId::kHistoryNotWritten, at, {result_.table->name.ToString()});
  for (size_t i = 0; i < columns_.size(); ++i) {
    const bool is_set = std::ranges::any_of(sets, [&](const SetColumn& s) { return s.field == i; });
    if (columns_[i]->period_role != catalog::PeriodRole::kRowStart || is_set) continue;
    ExprPtr now = MakeCall("SYSUTCDATETIME", MakeType(TypeId::kDateTime2, false), {});
    now->type.scale = 7;
    now->span = lowering_.SpanOf(at);
    lowering_.Report(DiagnosticId::kClockDependent, at, {"SYSUTCDATETIME"});
    sets.push_back({i, lowering_.Convert(std::move(now), fields_[i].type, true)});
  }
}

bool WriteLowering::LowerUpdate(Node statement) {
  auto holder = std::make_unique<Query>();
  const size_t known_ctes = lowering_.ctes_.size();
  if (const Node with = statement.Child(Role::kWith)) lowering_.LowerWith(with, *holder, nullptr);
  Scope scope;
  const Source* leaf = nullptr;
  SourcePtr from = statement.Has(Role::kFrom)
                       ? LowerTargetAndFrom(statement, scope, leaf)
                       : LowerTargetOnly(statement.Child(Role::kTarget), scope);
  if (from == nullptr) return false;
  if (leaf == nullptr) leaf = from.get();
  const bool is_joined = from->kind == SourceKind::kJoin;
  const bool is_alone = !is_joined && each_ == nullptr;
  if (!is_alone || statement.Has(Role::kOutput)) scope.qualify = true;
  bool ok = true;
  std::vector<SetColumn> sets = LowerSets(statement.Children(Role::kSet), scope, ok);
  ExprPtr condition;
  if (const Node where = statement.Child(Role::kWhere))
    condition = lowering_.LowerExpr(where, scope);
  lowering_.ctes_.resize(known_ctes);
  if (!ok) return false;
  TouchPeriod(sets, statement);
  if (each_ != nullptr) JoinEachRow(from, leaf, sets, condition);
  if (!TakeTop(statement, condition)) return false;
  const auto new_value = [&](size_t field) {
    const auto set = std::ranges::find(sets, field, &SetColumn::field);
    return set == sets.end() ? FieldOf(field, alias_) : Clone(*set->value);
  };
  const auto old_value = [&](size_t field) { return FieldOf(field, alias_); };
  if (is_alone) {
    QueryPtr changed = ChangedRows(old_value, new_value, nullptr);
    changed->from = TableSource();
    if (condition) changed->where = Clone(*condition);
    changed->ctes = CloneTables(holder->ctes);
    changed->recursive = holder->recursive;
    if (!LowerChangeOutput(statement, std::move(changed))) return false;
    auto query = SelectFields("");
    query->from = TableSource();
    QueryPtr touched = SelectFields("");
    touched->from = TableSource();
    if (condition) touched->where = Clone(*condition);
    touched->ctes = CloneTables(holder->ctes);
    ApplySets(*query, std::move(sets), condition.get());
    query->recursive = holder->recursive;
    query->ctes = std::move(holder->ctes);
    result_.after = Recompute(std::move(query));
    result_.row_count = CountOf(std::move(touched));
    return true;
  }
  if (is_joined || (!each_->finds_own_rows && !each_->order))
    lowering_.Report(DiagnosticId::kSeveralRowsMatch, statement, {result_.table->name.ToString()});
  // The rows that change, each with its new values; where several match, one of them.
  auto changes = std::make_unique<Query>();
  const std::vector<std::string> key = KeyColumns();
  const bool by_key = !key.empty();
  std::vector<size_t> key_fields;
  std::vector<ExprPtr> partition;
  for (const std::string& name : key) {
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].name != name) continue;
      key_fields.push_back(i);
      partition.push_back(FieldOf(i, alias_));
      AddItem(*changes, FieldOf(i, alias_), "key_" + std::to_string(key_fields.size()));
    }
  }
  std::vector<size_t> set_fields;
  for (SetColumn& set : sets) {
    set_fields.push_back(set.field);
    AddItem(*changes, std::move(set.value), "new_" + std::to_string(set_fields.size()));
  }
  if (by_key) {
    ExprPtr number = NumberWithin(std::move(partition));
    if (each_ != nullptr && each_->order)
      number->window->order_by.push_back({Clone(*each_->order), true});
    AddItem(*changes, std::move(number), kChangeNumber);
    changes->from = std::move(from);
    changes->where = std::move(condition);
  } else {
    std::vector<ExprPtr> conditions;
    if (condition) conditions.push_back(std::move(condition));
    if (!TakeLeaf(from, leaf, conditions))
      return Refuse(statement, "UPDATE over an outer join, of a table without a key");
    for (ExprPtr& part : conditions)
      changes->where = And(std::move(changes->where), std::move(part));
    AddItem(*changes, MakeInteger(1), kChangeNumber);
    changes->from = std::move(from);
    if (each_ != nullptr && each_->order) changes->order_by.push_back({Clone(*each_->order), true});
    changes->limit = MakeInteger(1);
  }
  const int32_t changes_range = lowering_.next_range_ + 1;
  lowering_.next_range_ += 2;
  const std::string changes_alias = FoldName(alias_) == "changes" ? "new_values" : "changes";
  const auto column = [&](const std::string& name, const SqlType& type) {
    auto expr = MakeExpr(ExprKind::kColumn, type);
    expr->text = name;
    expr->qualifier = changes_alias;
    expr->range = changes_range;
    return expr;
  };
  const ExprPtr is_changed =
      MakeCompare("=", column(kChangeNumber, MakeType(TypeId::kBigInt)), MakeInteger(1));
  auto join = std::make_unique<Source>();
  join->kind = SourceKind::kJoin;
  join->join = JoinKind::kLeft;
  join->left = TableSource();
  for (size_t i = 0; i < key_fields.size(); ++i) {
    join->condition =
        And(std::move(join->condition),
            MakeCompare("=", column("key_" + std::to_string(i + 1), fields_[key_fields[i]].type),
                        FieldOf(key_fields[i], alias_)));
  }
  if (by_key) join->condition = And(std::move(join->condition), Clone(*is_changed));
  if (statement.Has(Role::kOutput)) {
    if (!by_key)
      return Refuse(statement.Child(Role::kOutput),
                    "OUTPUT of an UPDATE with a join, of a table without a key");
    QueryPtr changed = ChangedRows(
        old_value,
        [&](size_t field) {
          const auto set = std::ranges::find(set_fields, field);
          if (set == set_fields.end()) return FieldOf(field, alias_);
          const auto index = static_cast<size_t>(set - set_fields.begin());
          return column("new_" + std::to_string(index + 1),
                        changes->fields[key_fields.size() + index].type);
        },
        nullptr);
    changed->from = std::make_unique<Source>();
    changed->from->kind = SourceKind::kJoin;
    changed->from->join = JoinKind::kInner;
    changed->from->left = TableSource();
    changed->from->right = Derived(relational::Clone(*changes), changes_alias);
    changed->from->condition = Clone(*join->condition);
    changed->ctes = CloneTables(holder->ctes);
    changed->recursive = holder->recursive;
    if (!LowerChangeOutput(statement, std::move(changed))) return false;
  }
  auto query = SelectFields(alias_);
  std::vector<SetColumn> from_changes;
  for (size_t i = 0; i < set_fields.size(); ++i)
    from_changes.push_back({set_fields[i], column("new_" + std::to_string(i + 1),
                                                  changes->fields[key_fields.size() + i].type)});
  ApplySets(*query, std::move(from_changes), is_changed.get());
  join->right = Derived(std::move(changes), changes_alias);
  join->right->range = changes_range;
  join->right->lateral = !by_key;
  query->from = std::move(join);
  query->recursive = holder->recursive;
  query->ctes = std::move(holder->ctes);
  result_.after = Recompute(std::move(query));
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
