// UPDATE.
#include <algorithm>

#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/lowering/write_parts.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr char kChangeNumber[] = "change_number";

ExprPtr NumberWithin(std::vector<ExprPtr> partition) {
  auto call = MakeCall("ROW_NUMBER", MakeType(TypeId::kBigInt, false), {});
  call->window = std::make_unique<Window>();
  call->window->partition_by = std::move(partition);
  return call;
}

}  // namespace

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
  Scope scope;
  const Source* leaf = nullptr;
  SourcePtr from = LowerSources(statement, *holder, scope, leaf);
  if (from == nullptr) return false;
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
  std::vector<ExprPtr> addends;
  if (each_ != nullptr) {
    JoinEachRow(from, leaf, sets, condition);
    each_->adds_up = each_->builds_on_sets && !is_joined && !each_->finds_own_rows &&
                     !KeyColumns().empty() && AddsUp(sets, condition, addends);
    if (!each_->adds_up) addends.clear();
  }
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
  for (size_t i = 0; i < addends.size(); ++i) {
    if (addends[i]) sets[i].value = SumOfTurns(sets[i].field, *addends[i], partition, statement);
  }
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

}  // namespace datamigrate::relational
