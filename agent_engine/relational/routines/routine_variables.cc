// Variables of a routine.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/known_values.h"
#include "agent_engine/relational/routines/random_values.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {
namespace {

bool ReadsAnyTable(Expr& expr) {
  bool reads = false;
  ForEachPart(
      expr, [&](Source&) { reads = true; }, [](Expr&) {});
  return reads;
}

// Texts of these repeat what they change: one in another grows without bound.
bool RepeatsItself(const Expr& expr) {
  int modifies = 0;
  const ExprPtr copy = Clone(expr);
  ForEachPart(
      *copy, [](Source&) {},
      [&](Expr& part) {
        modifies += part.kind == ExprKind::kCall && part.text.starts_with("JSON_MODIFY");
      });
  return modifies > 1;
}

bool IsOne(const Expr* limit) {
  return limit != nullptr && limit->kind == ExprKind::kNumber && limit->text == "1";
}

// The columns of the range variable that the condition sets equal to something of elsewhere.
void CollectFixed(const Expr& condition, int32_t range, std::vector<std::string>& columns) {
  if (condition.kind == ExprKind::kAnd) {
    for (const ExprPtr& part : condition.arguments) CollectFixed(*part, range, columns);
  }
  if (condition.kind != ExprKind::kCompare || condition.text != "=") return;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    const Expr& column = *condition.arguments[side];
    bool is_elsewhere = true;
    const ExprPtr value = Clone(*condition.arguments[1 - side]);
    ForEachPart(
        *value, [&](Source&) { is_elsewhere = false; },
        [&](Expr& part) {
          is_elsewhere = is_elsewhere && (part.kind != ExprKind::kColumn || part.range != range);
        });
    if (column.kind == ExprKind::kColumn && column.range == range && is_elsewhere)
      columns.push_back(FoldName(column.text));
  }
}

// Whether a key of its only table holds the query to one row.
bool FindsOneRow(const catalog::CatalogIndex& catalog, const Query& query) {
  if (query.kind != QueryKind::kSelect || query.is_grouped || !query.from || !query.where ||
      query.from->kind != SourceKind::kRelation) {
    return false;
  }
  const catalog::Table* table =
      catalog.FindTable(query.from->relation.schema, query.from->relation.name);
  if (table == nullptr) return false;
  std::vector<std::string> fixed;
  CollectFixed(*query.where, query.from->range, fixed);
  return std::ranges::any_of(table->keys, [&](const catalog::KeyConstraint& key) {
    return !key.columns.empty() &&
           std::ranges::all_of(key.columns, [&](const catalog::IndexColumn& column) {
             return std::ranges::find(fixed, FoldName(column.name)) != fixed.end();
           });
  });
}

}  // namespace

ExprPtr RoutineRunner::ReadOne(const std::string& step, const OutputField& field) {
  auto query = std::make_unique<Query>();
  auto column = MakeExpr(ExprKind::kColumn, field.type);
  column->text = field.name;
  column->range = 0;
  query->fields.push_back(field);
  query->items.push_back({std::move(column), ""});
  query->from = StepSource(step);
  auto value = MakeExpr(ExprKind::kSubquery, field.type);
  value->type.nullable = true;
  value->query = std::move(query);
  return value;
}

Variables RoutineRunner::Copy(const Variables& variables) {
  Variables copy;
  for (const auto& [name, value] : variables) copy[name] = Clone(*value);
  return copy;
}

Variables RoutineRunner::VisibleVariables() const {
  Variables variables = Copy(state_.variables);
  const auto add = [&](const char* name, const QueryPtr& query) {
    if (!query) return;
    auto value = MakeExpr(ExprKind::kSubquery, query->fields[0].type);
    value->query = Clone(*query);
    variables[name] = std::move(value);
  };
  if (row_count_) variables["@@rowcount"] = Clone(*row_count_);
  add("@@identity", identity_);
  variables["@@error"] = MakeInteger(0);
  variables["@@trancount"] = MakeInteger(0);
  return variables;
}

ExprPtr RoutineRunner::Evaluate(Node expression) {
  ExprPtr value =
      LowerOverTable(Index(), nullptr, expression, VisibleVariables(), options_, *sink_);
  Settle(*value);
  return value;
}

ExprPtr RoutineRunner::Freeze(ExprPtr value, const std::string& name) {
  if (!ReadsAnyTable(*value) && !HoldsRandom(*value) && !RepeatsItself(*value)) return value;
  const bool is_condition = value->kind == ExprKind::kSubquery && value->query->from &&
                            value->query->from->kind == SourceKind::kNamed &&
                            value->query->items.size() == 1 && !value->query->where &&
                            value->query->from->alias == value->query->from->name_parts[0];
  if (is_condition) return value;  // It reads a step already.
  if (turns_ != nullptr) return AddLookUp(std::move(value), name);
  auto query = std::make_unique<Query>();
  OutputField field{"value", value->type};
  query->fields.push_back(field);
  query->items.push_back({std::move(value), "value"});
  const size_t step = steps_.Add(name, std::move(query));
  return ReadOne(steps_.NameOf(step), field);
}

ExprPtr RoutineRunner::FreezeCondition(ExprPtr condition) {
  if (!ReadsAnyTable(*condition)) return condition;
  auto flag = MakeExpr(ExprKind::kCase, tsql::MakeType(TypeId::kInt, false), condition->span);
  flag->has_else = true;
  flag->arguments = ExprList(std::move(condition), MakeInteger(1), MakeInteger(0));
  return MakeCompare("=", Freeze(std::move(flag), "condition"), MakeInteger(1));
}

RoutineRunner::Flow RoutineRunner::Assign(const std::string& name, ExprPtr value, Node at) {
  if (sink_->HasErrors()) return Flow::kRefused;
  const auto type = types_.find(name);
  if (type == types_.end()) {
    sink_->Report({DiagnosticId::kUndeclaredVariable, at.span(), {name}, "", "", "", {}});
    return Flow::kRefused;
  }
  value = FoldWhole(ConvertTo(std::move(value), type->second, *sink_));
  lost_.erase(name);
  std::string step = name;
  while (step.starts_with('@')) step.erase(0, 1);
  state_.variables[name] = Freeze(std::move(value), step);
  return sink_->HasErrors() ? Flow::kRefused : Flow::kGoesOn;
}

RoutineRunner::Flow RoutineRunner::RunDeclare(Node statement) {
  for (const Node item : statement.Children(Role::kItem)) {
    const std::string name = FoldName(item.TokenText(Role::kName));
    if (item.Is(NodeKind::kTableVariableDeclaration)) {
      if (turns_ != nullptr) return Refuse(item, "a table variable declared inside a loop");
      DeclareTable({"dbo", std::string(item.TokenText(Role::kName))},
                   item.Children(Role::kElement));
      continue;
    }
    if (!item.Is(NodeKind::kVariableDeclaration)) return Refuse(item, Described(item));
    const std::vector<std::string> parts = NamePartsOf(item.Child(Role::kType).Child(Role::kName));
    if (FoldName(parts.back()) == "cursor") continue;
    const catalog::UserType* type =
        outer_.FindUserType(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
    if (type != nullptr && !type->columns.empty()) {
      catalog::Table table;
      table.name = {"dbo", std::string(item.TokenText(Role::kName))};
      table.columns = type->columns;
      AddTable(std::move(table));
      continue;
    }
    types_[name] = LowerType(outer_, item.Child(Role::kType), 1, *sink_);
    if (const Node value = item.Child(Role::kValue)) {
      if (Assign(name, Evaluate(value), item) == Flow::kRefused) return Flow::kRefused;
    } else if (turns_ == nullptr || !state_.variables.contains(name)) {
      state_.variables[name] = MakeNull(types_[name]);  // Not again on each turn.
    }
  }
  return sink_->HasErrors() ? Flow::kRefused : Flow::kGoesOn;
}

RoutineRunner::Flow RoutineRunner::RunSet(Node statement) {
  const std::string name = FoldName(statement.TokenText(Role::kTarget));
  const Node value = statement.Child(Role::kValue);
  if (!value || name.empty()) {
    const Node cursor = statement.Children().empty() ? Node() : statement.Children().back();
    if (cursor.Is(NodeKind::kCursorDefinition)) {
      cursors_[name] = {cursor.Child(Role::kQuery), {}};
      return Flow::kGoesOn;
    }
    return Refuse(statement, "an assignment to something other than a variable");
  }
  if (value.Is(NodeKind::kCursorDefinition)) {
    cursors_[name] = {value.Child(Role::kQuery), {}};
    return Flow::kGoesOn;
  }
  ExprPtr result = Evaluate(value);
  const std::string op = JoinedTokens(statement, Role::kOperator, "");
  if (op != "=") {
    const auto old = state_.variables.find(name);
    if (old == state_.variables.end())
      return Refuse(statement, "an assignment to an unknown value");
    result = Combine(op.substr(0, op.size() - 1), Clone(*old->second), std::move(result), statement,
                     options_, *sink_);
  }
  return Assign(name, std::move(result), statement);
}

// SELECT @a = x, @b = y FROM ...: the values of one row. Without a row the variables keep theirs:
// "SELECT @local_variable (Transact-SQL)".
// Whether every variable that the items assign is NULL so far.
bool RoutineRunner::AllNull(const std::vector<Node>& items) const {
  return std::ranges::all_of(items, [&](Node item) {
    const auto old = state_.variables.find(FoldName(item.TokenText(Role::kTarget)));
    return old != state_.variables.end() && old->second->kind == ExprKind::kNull &&
           !turns_->finds.contains(old->first);
  });
}

RoutineRunner::Flow RoutineRunner::RunSelectAssignment(Node statement, Node body) {
  const std::vector<Node> items = body.Child(Role::kSelectList).Children(Role::kItem);
  for (const Node item : items) {
    if (!item.Is(NodeKind::kSelectAssignment))
      return Refuse(item, "a SELECT that assigns and returns");
  }
  if (!body.Has(Role::kFrom) && !body.Has(Role::kWhere)) {
    for (const Node item : items) {
      const std::string name = FoldName(item.TokenText(Role::kTarget));
      ExprPtr value = Evaluate(item.Child(Role::kValue));
      const std::string op = JoinedTokens(item, Role::kOperator, "");
      const auto old = state_.variables.find(name);
      if (op != "=" && old == state_.variables.end())
        return Refuse(item, "an assignment to an unknown value");
      if (op != "=") {
        value = Combine(op.substr(0, op.size() - 1), Clone(*old->second), std::move(value), item,
                        options_, *sink_);
      }
      if (Assign(name, std::move(value), item) == Flow::kRefused) return Flow::kRefused;
    }
    return Flow::kGoesOn;
  }
  Variables variables = VisibleVariables();
  // A value that goes on from row to row is a loop; with one row it is the value from before.
  bool goes_on = false;
  for (const Node item : items) {
    goes_on = goes_on || JoinedTokens(item, Role::kOperator, "") != "=";
    for (const Node other : items)
      goes_on =
          goes_on || Mentions(other.Child(Role::kValue), FoldName(item.TokenText(Role::kTarget)));
  }
  LoweringOptions options = options_;
  options.assigns_variables = true;
  LoweredQuery lowered = LowerSelect(Index(), statement, std::move(variables), options, *sink_);
  if (!lowered.query || sink_->HasErrors()) return Flow::kRefused;
  Query& query = *lowered.query;
  const bool has_one_row = query.kind == QueryKind::kSelect && !query.is_grouped && !query.having &&
                           std::ranges::any_of(query.items, [](const SelectItem& item) {
                             return ContainsAggregate(*item.expr);
                           });
  const bool has_key = FindsOneRow(Index(), query);
  if (goes_on && !has_one_row && !has_key && !IsOne(query.limit.get())) {
    if (items.size() == 1) return RunGathering(statement, items[0]);
    return Refuse(statement, "variables that gather the rows of a SELECT");
  }
  if (!has_one_row && !has_key && !query.limit) {
    if (statement.Child(Role::kQuery).Has(Role::kOrderBy))
      return Refuse(statement, "a SELECT that assigns the last row of an order",
                    "say TOP (1) and turn the order round");
    Note(DiagnosticId::kSeveralRowsMatch, statement,
         {"the SELECT that assigns " + std::string(items[0].TokenText(Role::kTarget))});
    query.limit = MakeInteger(1);
  }
  if (turns_ != nullptr) {
    const bool is_value = has_one_row || (has_key && !goes_on && AllNull(items));
    return AssignInTurns(items, std::move(lowered.query), is_value);
  }
  Settle(query);
  std::vector<OutputField> fields = query.fields;
  std::string wish = fields.empty() ? "values" : fields[0].name;
  const size_t step = steps_.Add(wish, std::move(lowered.query));
  for (size_t i = 0; i < items.size() && i < fields.size(); ++i) {
    const std::string name = FoldName(items[i].TokenText(Role::kTarget));
    const auto type = types_.find(name);
    if (type == types_.end()) {
      sink_->Report({DiagnosticId::kUndeclaredVariable, items[i].span(), {name}, "", "", "", {}});
      return Flow::kRefused;
    }
    ExprPtr value = ReadOne(steps_.NameOf(step), fields[i]);
    const auto old = state_.variables.find(name);
    const std::string op = JoinedTokens(items[i], Role::kOperator, "");
    if (op != "=") {
      if (old == state_.variables.end())
        return Refuse(items[i], "an assignment to an unknown value");
      value = Combine(op.substr(0, op.size() - 1), Clone(*old->second), std::move(value), items[i],
                      options_, *sink_);
    }
    value = ConvertTo(std::move(value), type->second, *sink_);
    const bool was_null = old != state_.variables.end() && old->second->kind == ExprKind::kNull;
    if (!has_one_row && !was_null) {
      if (old == state_.variables.end())
        return Refuse(items[i], "an assignment to an unknown value");
      auto exists = MakeExpr(ExprKind::kExists, tsql::MakeType(TypeId::kBit, false));
      exists->query = SelectFrom(StepSource(steps_.NameOf(step)), {fields[i]});
      auto choice = MakeExpr(ExprKind::kCase, type->second);
      choice->has_else = true;
      choice->arguments = ExprList(std::move(exists), std::move(value), Clone(*old->second));
      value = std::move(choice);
    }
    state_.variables[name] = std::move(value);
  }
  return sink_->HasErrors() ? Flow::kRefused : Flow::kGoesOn;
}

}  // namespace datamigrate::relational
