// Variables, table variables and temporary tables of a routine.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/routine_runner.h"

namespace datamigrate::relational {
namespace {

bool ReadsTables(Expr& expr) {
  bool reads = false;
  ForEachPart(
      expr, [&](Source&) { reads = true; }, [](Expr&) {});
  return reads;
}

bool IsRandom(Expr& expr) {
  bool random = false;
  ForEachPart(
      expr, [](Source&) {},
      [&](Expr& part) {
        random = random ||
                 (part.kind == ExprKind::kCall && (part.text == "NEWID" || part.text == "RAND"));
      });
  return random;
}

ExprPtr ReadOne(const std::string& step, const OutputField& field) {
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

}  // namespace

Variables RoutineRunner::Copy(const Variables& variables) {
  Variables copy;
  for (const auto& [name, value] : variables) copy[name] = Clone(*value);
  return copy;
}

ExprPtr RoutineRunner::Evaluate(Node expression) {
  Variables variables = CopyVariables();
  if (row_count_) {
    auto count = MakeExpr(ExprKind::kSubquery, row_count_->fields[0].type);
    count->query = Clone(*row_count_);
    variables["@@rowcount"] = std::move(count);
  }
  variables["@@error"] = MakeInteger(0);
  variables["@@trancount"] = MakeInteger(0);
  ExprPtr value =
      LowerOverTable(Index(), nullptr, expression, std::move(variables), options_, *sink_);
  Settle(*value);
  return value;
}

ExprPtr RoutineRunner::Freeze(ExprPtr value, const std::string& name) {
  if (!ReadsTables(*value) && !IsRandom(*value)) return value;
  const bool is_condition = value->kind == ExprKind::kSubquery && value->query->from &&
                            value->query->from->kind == SourceKind::kNamed &&
                            value->query->items.size() == 1 && !value->query->where &&
                            value->query->from->alias == value->query->from->name_parts[0];
  if (is_condition) return value;  // It reads a step already.
  auto query = std::make_unique<Query>();
  OutputField field{"value", value->type};
  query->fields.push_back(field);
  query->items.push_back({std::move(value), "value"});
  const size_t step = steps_.Add(name, std::move(query));
  return ReadOne(steps_.NameOf(step), field);
}

ExprPtr RoutineRunner::FreezeCondition(ExprPtr condition) {
  if (!ReadsTables(*condition)) return condition;
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
  value = ConvertTo(std::move(value), type->second, *sink_);
  std::string step = name;
  while (step.starts_with('@')) step.erase(0, 1);
  state_.variables[name] = Freeze(std::move(value), step);
  return sink_->HasErrors() ? Flow::kRefused : Flow::kGoesOn;
}

RoutineRunner::Flow RoutineRunner::RunDeclare(Node statement) {
  for (const Node item : statement.Children(Role::kItem)) {
    const std::string name = FoldName(item.TokenText(Role::kName));
    if (item.Is(NodeKind::kTableVariableDeclaration)) {
      DeclareTable(std::string(item.TokenText(Role::kName)), item.Children(Role::kElement));
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
    } else {
      state_.variables[name] = MakeNull(types_[name]);
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
  Variables variables = CopyVariables();
  for (const Node item : items) {
    // A value that goes on from row to row is a loop.
    variables.erase(FoldName(item.TokenText(Role::kTarget)));
    if (JoinedTokens(item, Role::kOperator, "") != "=")
      return Refuse(item, "a variable that gathers the rows of a SELECT");
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
  if (!has_one_row && !query.limit) {
    if (statement.Child(Role::kQuery).Has(Role::kOrderBy))
      return Refuse(statement, "a SELECT that assigns the last row of an order",
                    "say TOP (1) and turn the order round");
    Note(DiagnosticId::kSeveralRowsMatch, statement,
         {"the SELECT that assigns " + std::string(items[0].TokenText(Role::kTarget))});
    query.limit = MakeInteger(1);
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
    ExprPtr value = ConvertTo(ReadOne(steps_.NameOf(step), fields[i]), type->second, *sink_);
    const auto old = state_.variables.find(name);
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

// -- Tables

void RoutineRunner::DeclareTable(const std::string& name, const std::vector<Node>& elements) {
  catalog::Table table;
  table.name = {"dbo", name};
  for (const Node element : elements) {
    if (element.Is(NodeKind::kPrimaryKey) || element.Is(NodeKind::kUnique)) {
      catalog::KeyConstraint key;
      key.primary = element.Is(NodeKind::kPrimaryKey);
      for (const Node column : element.Child(Role::kColumns).Children(Role::kItem))
        key.columns.push_back({tsql::UnquoteName(column.TokenText(Role::kName)), false});
      table.keys.push_back(std::move(key));
    }
    if (!element.Is(NodeKind::kColumnDefinition)) continue;
    catalog::Column column;
    column.name = tsql::UnquoteName(element.TokenText(Role::kName));
    if (const Node computed = element.Child(Role::kComputed)) {
      column.computed_expression = std::string(computed.Text());
    } else {
      column.type = tsql::ToCatalogType(LowerType(outer_, element.Child(Role::kType), 1, *sink_));
    }
    column.collation = std::string(element.TokenText(Role::kCollation));
    if (const Node nullability = element.Child(Role::kNullability))
      column.nullable = !nullability.Has(Role::kNegation);
    if (const Node identity = element.Child(Role::kIdentity)) {
      column.identity = true;
      column.nullable = false;
      column.identity_seed = std::string(identity.TokenText(Role::kSeed));
      column.identity_increment = std::string(identity.TokenText(Role::kIncrement));
      if (const Node seed = identity.Child(Role::kSeed))
        column.identity_seed = std::string(seed.Text());
      if (const Node step = identity.Child(Role::kIncrement))
        column.identity_increment = std::string(step.Text());
    }
    for (const Node constraint : element.Children(Role::kConstraint)) {
      if (constraint.Is(NodeKind::kDefault))
        column.default_expression = std::string(constraint.Child(Role::kValue).Text());
      if (constraint.Is(NodeKind::kPrimaryKey) || constraint.Is(NodeKind::kUnique)) {
        catalog::KeyConstraint key;
        key.primary = constraint.Is(NodeKind::kPrimaryKey);
        key.columns.push_back({column.name, false});
        if (key.primary) column.nullable = false;
        table.keys.push_back(std::move(key));
      }
    }
    table.columns.push_back(std::move(column));
  }
  AddTable(std::move(table));
}

// Tables that a routine makes start empty.
void RoutineRunner::AddTable(catalog::Table table) {
  const std::string key = StateKey(table.name);
  std::erase_if(own_.tables,
                [&](const catalog::Table& known) { return StateKey(known.name) == key; });
  own_.tables.push_back(std::move(table));
  index_ = std::make_unique<catalog::CatalogIndex>(outer_, own_);
  state_.tables[key] = {.is_empty = true, .step = 0};
}

}  // namespace datamigrate::relational
