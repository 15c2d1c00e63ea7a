// The tables of a routine: what each holds, the ones that it makes and drops, and those that its
// caller hands over.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/routine_runner.h"

namespace datamigrate::relational {

// -- CREATE TABLE, DROP TABLE

RoutineRunner::Flow RoutineRunner::RunCreateTable(Node statement) {
  const catalog::ObjectName name = TableNameOf(statement.Child(Role::kName));
  if (statement.Has(Role::kQuery)) return Refuse(statement, "CREATE TABLE AS SELECT");
  if (turns_ != nullptr) return Refuse(statement, "CREATE TABLE inside a loop");
  if (!IsTemporary(name)) {
    if (TableExists(name)) return Refuse(statement, "CREATE TABLE of a table that exists");
    NoteCreated(name, statement);
  }
  DeclareTable(name, statement.Children(Role::kElement));
  return sink_->HasErrors() ? Flow::kRefused : Flow::kGoesOn;
}

// A table that is dropped and made again is the model; one that is gone afterwards has none.
RoutineRunner::Flow RoutineRunner::RunDrop(Node statement) {
  const std::string kind = UpperText(statement.TokenText(Role::kKind));
  if (kind == "INDEX" || kind == "STATISTICS") return Drop(statement);
  if (kind != "TABLE" || turns_ != nullptr) return Refuse(statement, Described(statement));
  for (const Node node : statement.Children(Role::kName)) {
    const catalog::ObjectName name = TableNameOf(node);
    if (!TableExists(name)) continue;
    state_.tables[StateKey(name)] = {.is_empty = true, .is_dropped = true, .step = 0};
    if (!IsTemporary(name) && std::ranges::find(written_, name) == written_.end())
      written_.push_back(name);
  }
  return Flow::kGoesOn;
}

catalog::ObjectName RoutineRunner::TableNameOf(Node name) {
  const std::vector<std::string> parts = NamePartsOf(name);
  const bool has_schema = parts.size() > 1 && !parts[parts.size() - 2].empty();
  if (parts.back().starts_with('#')) return {"dbo", parts.back()};
  return {has_schema ? parts[parts.size() - 2] : "dbo", parts.back()};
}

bool RoutineRunner::TableExists(const catalog::ObjectName& name) const {
  const auto state = state_.tables.find(StateKey(name));
  return (state == state_.tables.end() || !state->second.is_dropped) &&
         Index().FindTable(name.schema, name.name) != nullptr;
}

void RoutineRunner::NoteCreated(const catalog::ObjectName& name, Node at) {
  if (std::ranges::find(written_, name) == written_.end()) written_.push_back(name);
  const bool is_known = outer_.FindTable(name.schema, name.name) != nullptr;
  if (!is_known) created_.push_back(StateKey(name));
  Note(DiagnosticId::kTableBecomesModel, at, {name.ToString()});
}

// ALTER TABLE that leaves the rows as they are has nothing to do in a model.
RoutineRunner::Flow RoutineRunner::RunAlterTable(Node statement) {
  for (const Node action : statement.Children(Role::kAction)) {
    const std::string words = UpperText(action.Text());
    const bool keeps_rows =
        action.Is(NodeKind::kAlterTableCheck) ||
        (action.Is(NodeKind::kAlterTableOther) && !words.starts_with("SWITCH")) ||
        (action.Is(NodeKind::kAlterTableDrop) &&
         (words.starts_with("DROP CONSTRAINT") || words.starts_with("DROP PERIOD"))) ||
        (action.Is(NodeKind::kAlterTableAdd) &&
         std::ranges::none_of(action.Children(Role::kElement), [](Node element) {
           return element.Is(NodeKind::kColumnDefinition);
         }));
    if (!keeps_rows) return Refuse(action, "ALTER TABLE with " + FirstWords(action, 2));
  }
  return Drop(statement);
}

// -- Tables that the caller hands over

const catalog::UserType* RoutineRunner::TableTypeOf(const catalog::Parameter& parameter) const {
  const catalog::ObjectName& name = parameter.type.user_type;
  const catalog::UserType* type = outer_.FindUserType(name.schema, name.name);
  return type == nullptr || type->columns.empty() ? nullptr : type;
}

// A table-valued parameter reads the relation that a dbt variable names; without it, no rows.
void RoutineRunner::AddInput(const catalog::Parameter& parameter, const catalog::UserType& type,
                             const std::string& variable) {
  catalog::Table table;
  table.name = {"dbo", parameter.name};
  table.columns = type.columns;
  const catalog::ObjectName name = table.name;
  AddTable(std::move(table));
  const std::vector<OutputField> fields = FieldsOf(Index(), own_.tables.back(), options_);
  auto input = std::make_unique<Source>();
  input->kind = SourceKind::kInput;
  input->alias = "given_rows";
  input->name_parts = {variable};
  input->query = EmptyQuery(fields);
  PutState(name, SelectFrom(std::move(input), fields));
}

// Table variables of the caller, which a called routine does not see.
RoutineRunner::HiddenTables RoutineRunner::HideTableVariables() {
  HiddenTables hidden;
  std::erase_if(own_.tables, [&](const catalog::Table& table) {
    if (!table.name.name.starts_with('@')) return false;
    const auto state = state_.tables.find(StateKey(table.name));
    if (state != state_.tables.end()) {
      hidden.states.insert(*state);
      state_.tables.erase(state);
    }
    hidden.tables.push_back(table);
    return true;
  });
  index_ = std::make_unique<catalog::CatalogIndex>(outer_, own_);
  return hidden;
}

void RoutineRunner::RestoreTableVariables(HiddenTables hidden) {
  HideTableVariables();  // Those of the routine that was called go.
  for (catalog::Table& table : hidden.tables) own_.tables.push_back(std::move(table));
  state_.tables.merge(hidden.states);
  index_ = std::make_unique<catalog::CatalogIndex>(outer_, own_);
}

// -- What the server's functions say of a routine that is followed

ExprPtr RoutineRunner::KnownCall(const std::string& function, const std::vector<Node>& arguments) {
  // Outside a CATCH block there is no error: "ERROR_NUMBER (Transact-SQL)" and its family.
  if (function == "ERROR_NUMBER" || function == "ERROR_SEVERITY" || function == "ERROR_STATE" ||
      function == "ERROR_LINE") {
    return MakeNull(tsql::MakeType(TypeId::kInt));
  }
  if (function == "ERROR_MESSAGE" || function == "ERROR_PROCEDURE")
    return MakeNull(tsql::MakeSized(TypeId::kNVarChar, function == "ERROR_MESSAGE" ? 4000 : 128));
  if (function == "XACT_STATE" && arguments.empty()) return MakeInteger(0);
  if (function == "SCOPE_IDENTITY" && arguments.empty() && identity_) {
    auto value = MakeExpr(ExprKind::kSubquery, identity_->fields[0].type);
    value->query = Clone(*identity_);
    return value;
  }
  if (function == "OBJECT_ID" && !arguments.empty()) return ObjectId(arguments[0]);
  return nullptr;
}

// SCOPE_IDENTITY() after an INSERT: new rows number on from the largest value.
void RoutineRunner::NoteIdentity(const catalog::Table& table) {
  for (const catalog::Column& column : table.columns) {
    if (!column.identity) continue;
    const SqlType type = tsql::FromCatalogType(column.type);
    auto number = MakeExpr(ExprKind::kColumn, type);
    number->text = column.name;
    number->range = 0;
    identity_ = std::make_unique<Query>();
    identity_->from = StepSource(steps_.NameOf(state_.tables.at(StateKey(table.name)).step));
    identity_->fields = {{"identity_value", type}};
    const bool falls = column.identity_increment.starts_with('-');
    identity_->items.push_back(
        {MakeCall(falls ? "MIN" : "MAX", type, ExprList(std::move(number))), "identity_value"});
  }
}

// Whether an object exists, as a number or NULL; "OBJECT_ID (Transact-SQL)".
ExprPtr RoutineRunner::ObjectId(Node argument) {
  if (!argument.Is(NodeKind::kLiteral)) return nullptr;
  DiagnosticSink ignored;
  const ExprPtr text = LowerOverTable(outer_, nullptr, argument, {}, options_, ignored);
  if (text->kind != ExprKind::kString) return nullptr;
  std::vector<std::string> parts(1);
  for (const char c : text->text) {
    if (c == '.') parts.emplace_back();
    if (c != '.' && c != '[' && c != ']' && c != '"') parts.back() += c;
  }
  const bool is_here = parts.size() < 3 || FoldName(parts[0]) == "tempdb" ||
                       FoldName(parts[0]) == FoldName(outer_.catalog().database);
  if (!is_here || parts.back().empty()) return nullptr;
  const std::string schema =
      parts.size() > 1 && !parts.back().starts_with('#') ? parts[parts.size() - 2] : "";
  const catalog::ObjectName name{schema.empty() ? "dbo" : schema, parts.back()};
  const bool exists = TableExists(name) || outer_.FindView(name.schema, name.name) != nullptr ||
                      outer_.FindRoutine(name.schema, name.name) != nullptr;
  return exists ? MakeInteger(1) : MakeNull(tsql::MakeType(TypeId::kInt));
}

// -- What tables hold

bool RoutineRunner::IsTemporary(const catalog::ObjectName& name) const {
  return name.name.starts_with('#') || name.name.starts_with('@');
}

StateReader RoutineRunner::Reader() const {
  return {state_.tables, steps_,
          [this](const catalog::ObjectName& name) {
            const catalog::Table* table = Index().FindTable(name.schema, name.name);
            return table == nullptr ? std::vector<OutputField>{}
                                    : FieldsOf(Index(), *table, options_);
          },
          [this](const catalog::ObjectName& name) { return ExpandView(name, state_.tables); }};
}

QueryPtr RoutineRunner::ReadState(const catalog::ObjectName& name,
                                  const TableStates& states) const {
  const catalog::Table* table = Index().FindTable(name.schema, name.name);
  if (table == nullptr) return std::make_unique<Query>();
  const std::vector<OutputField> fields = FieldsOf(Index(), *table, options_);
  const auto state = states.find(StateKey(name));
  if (state == states.end()) {
    auto source = std::make_unique<Source>();
    source->relation = table->name;
    source->alias = table->name.name;
    return SelectFrom(std::move(source), fields);
  }
  if (state->second.is_empty) return EmptyQuery(fields);
  return SelectFrom(StepSource(steps_.NameOf(state->second.step)), fields);
}

void RoutineRunner::PutState(const catalog::ObjectName& table, QueryPtr after) {
  if (!IsTemporary(table) && std::ranges::find(written_, table) == written_.end())
    written_.push_back(table);
  std::string name = table.name;
  while (name.starts_with('#') || name.starts_with('@')) name.erase(0, 1);
  const size_t step = steps_.Add("new_" + name, std::move(after));
  state_.tables[StateKey(table)] = {.is_empty = false, .is_dropped = false, .step = step};
}

bool RoutineRunner::ReadsWritten(const catalog::View& view, const TableStates& states,
                                 int depth) const {
  if (depth > 32) return false;
  DiagnosticSink ignored;
  const tsql::ParseResult parsed = tsql::ParseBatch(view.definition, {}, ignored);
  const Node create = parsed.tree.Root().Child(Role::kStatement);
  if (!parsed.ok || !create.Is(NodeKind::kCreateView)) return false;
  const LoweredQuery lowered =
      LowerSelect(outer_, create.Child(Role::kQuery), {}, options_, ignored);
  return std::ranges::any_of(lowered.reads, [&](const catalog::ObjectName& name) {
    if (states.contains(StateKey(name))) return true;
    const catalog::View* below = outer_.FindView(name.schema, name.name);
    return below != nullptr && ReadsWritten(*below, states, depth + 1);
  });
}

// A view over a table that was written shows what is there now.
QueryPtr RoutineRunner::ExpandView(const catalog::ObjectName& name,
                                   const TableStates& states) const {
  if (written_.empty()) return nullptr;
  const catalog::View* view = outer_.FindView(name.schema, name.name);
  if (view == nullptr || !ReadsWritten(*view, states, 0)) return nullptr;
  DiagnosticSink ignored;
  const tsql::ParseResult parsed = tsql::ParseBatch(view->definition, {}, ignored);
  const Node create = parsed.tree.Root().Child(Role::kStatement);
  LoweredQuery lowered = LowerSelect(outer_, create.Child(Role::kQuery), {}, options_, ignored);
  if (!lowered.query || ignored.HasErrors()) return nullptr;
  ForEachPart(
      *lowered.query, [](Source&) {}, [](Expr& expr) { expr.span = {}; });
  if (const Node columns = create.Child(Role::kColumns)) {
    const std::vector<Node> names = columns.Children(Role::kItem);
    Query* first = lowered.query.get();  // The first branch names the columns.
    while (first->kind != QueryKind::kSelect) first = first->left.get();
    for (size_t i = 0; i < names.size() && i < first->items.size(); ++i) {
      const std::string column = tsql::UnquoteName(names[i].TokenText(Role::kPart));
      first->items[i].alias = column;
      lowered.query->fields[i].name = column;
    }
  }
  return std::move(lowered.query);
}

// -- Tables that the routine makes

void RoutineRunner::DeclareTable(const catalog::ObjectName& name,
                                 const std::vector<Node>& elements) {
  catalog::Table table;
  table.name = name;
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
  state_.tables[key] = {.is_empty = true, .is_dropped = false, .step = 0};
}

}  // namespace datamigrate::relational
