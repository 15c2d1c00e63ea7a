// The statements of a routine, one after another.
#include "agent_engine/relational/routines/routine_runner.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/random_values.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {

namespace {

// Statements that may draw numbers of a sequence.
bool MayDraw(Node statement) {
  return statement.Is(NodeKind::kDeclareStatement) || statement.Is(NodeKind::kSetVariable) ||
         statement.Is(NodeKind::kSelectStatement) || statement.Is(NodeKind::kInsertStatement);
}

// Gives each column of the query a name of its own.
void NameApart(Query& query) {
  std::vector<std::string> taken;
  for (size_t i = 0; i < query.items.size() && i < query.fields.size(); ++i) {
    const std::string base = query.fields[i].name.empty() ? "value" : query.fields[i].name;
    std::string name = base;
    for (int n = 2; std::ranges::find(taken, FoldName(name)) != taken.end(); ++n)
      name = base + "_" + std::to_string(n);
    taken.push_back(FoldName(name));
    if (name == query.fields[i].name) continue;
    query.fields[i].name = name;
    query.items[i].alias = name;
  }
}

}  // namespace

template <typename Part>
void RoutineRunner::Settle(Part& part) const {
  if (turns_ != nullptr) NoteReads(part);
  Reader().Apply(part);
  if (!call_span_) return;
  ForEachPart(
      part, [](Source&) {}, [this](Expr& expr) { expr.span = *call_span_; });
}
template void RoutineRunner::Settle<Query>(Query&) const;
template void RoutineRunner::Settle<Expr>(Expr&) const;

// -- Reports

RoutineRunner::Flow RoutineRunner::Refuse(Node node, std::string what, std::string hint) {
  if (hint.empty()) hint = "rewrite it as one query, or keep it outside the warehouse";
  sink_->Report({DiagnosticId::kProceduralRoutine,
                 node ? node.span() : diagnostics::SourceSpan{},
                 {std::move(what)},
                 std::move(hint),
                 "",
                 "",
                 {}});
  return Flow::kRefused;
}

void RoutineRunner::Note(DiagnosticId id, Node node, std::vector<std::string> arguments) {
  for (const diagnostics::Diagnostic& known : sink_->diagnostics()) {
    if (known.id == id && known.span.begin == node.span().begin && known.arguments == arguments)
      return;
  }
  sink_->Report({id, node.span(), std::move(arguments), "", "", "", {}});
}

RoutineRunner::Flow RoutineRunner::Drop(Node node, std::string what) {
  if (what.empty()) what = std::string(NodeKindText(node.kind()));
  Note(DiagnosticId::kStatementDropped, node, {std::move(what)});
  return Flow::kGoesOn;
}

std::string RoutineRunner::FirstWords(Node node, size_t count) {
  std::string text;
  for (uint32_t i = node.first_token(); i < node.end_token() && i < node.first_token() + count;
       ++i) {
    if (!text.empty()) text += ' ';
    text += UpperText(node.tree().TextOf(node.tree().tokens[i]));
  }
  return text;
}

// "an UPDATE statement"; statements without a kind of their own are named by their first words.
std::string RoutineRunner::Described(Node node) {
  std::string text(NodeKindText(node.kind()));
  if (node.Is(NodeKind::kCommand)) text = FirstWords(node, 2) + " statement";
  const bool vowel = !text.empty() && std::string_view("AEIOU").find(static_cast<char>(
                                          std::toupper(static_cast<unsigned char>(text[0])))) !=
                                          std::string_view::npos;
  return (vowel ? "an " : "a ") + text;
}

// -- The routine

RoutineEffects RoutineRunner::Run(const catalog::Routine& routine, Node create,
                                  Variables parameters) {
  state_.variables = std::move(parameters);
  running_.push_back(FoldName(routine.name.ToString()));
  ReserveNames(create.tree());
  for (const catalog::Parameter& parameter : routine.parameters) {
    const std::string name = FoldName(parameter.name);
    types_[name] = tsql::FromCatalogType(parameter.type);
    if (parameter.output) outputs_.insert(name);
    const catalog::UserType* type = TableTypeOf(parameter);
    if (!parameter.read_only && type == nullptr) continue;
    const auto variable = state_.variables.find(name);
    if (type == nullptr || variable == state_.variables.end()) {
      Refuse(create, "the table-valued parameter " + parameter.name + " of an unknown type");
      return {};
    }
    AddInput(parameter, *type, variable->second->text);
    state_.variables.erase(name);
  }
  std::vector<Node> statements = create.Children(Role::kStatement);
  std::string result_table;
  if (create.Is(NodeKind::kCreateFunction)) {
    is_function_ = true;
    const Node body = create.Child(Role::kBody);
    const Node returns = create.Child(Role::kReturns);
    statements =
        body.Is(NodeKind::kBlock) ? body.Children(Role::kStatement) : std::vector<Node>{body};
    if (returns.Is(NodeKind::kTableReturn)) {
      result_table = std::string(returns.TokenText(Role::kName));
      DeclareTable({"dbo", result_table}, returns.Children(Role::kElement));
    } else {
      returns_ = tsql::FromCatalogType(routine.returns);
    }
  }
  if (RunList(statements, 0) == Flow::kRefused || sink_->HasErrors()) return {};
  if (!result_table.empty()) {
    effects_.results.clear();
    AddResult(ReadState({"dbo", result_table}, state_.tables));
  } else if (is_function_) {
    if (!state_.returned) {
      Refuse(create, "a path without RETURN");
      return {};
    }
    auto query = std::make_unique<Query>();
    query->fields.push_back({routine.name.name, state_.returned->type});
    query->items.push_back({std::move(state_.returned), routine.name.name});
    AddResult(std::move(query));
  }
  // Output parameters are a result of one row.
  auto outputs = std::make_unique<Query>();
  for (const catalog::Parameter& parameter : routine.parameters) {
    const auto value = state_.variables.find(FoldName(parameter.name));
    if (!parameter.output || value == state_.variables.end()) continue;
    const std::string name = parameter.name.substr(1);
    outputs->fields.push_back({name, value->second->type});
    outputs->items.push_back({Clone(*value->second), name});
  }
  if (!outputs->items.empty()) AddResult(std::move(outputs));
  for (const catalog::ObjectName& name : written_) {
    const auto state = state_.tables.find(StateKey(name));
    if (state == state_.tables.end() || !state->second.is_dropped) continue;
    Refuse(create, "DROP TABLE of " + name.ToString() + ", which it does not make again");
    return {};
  }
  if (SharesRandom()) {
    Refuse(create, "a random value that two of its results depend on");
    return {};
  }
  for (QueryPtr& result : effects_.results) result = steps_.Complete(std::move(result));
  for (const catalog::ObjectName& name : written_) {
    const std::string key = StateKey(name);
    if (!state_.tables.contains(key)) continue;
    QueryPtr after = ReadState(name, state_.tables);
    const TableState& state = state_.tables.at(key);
    if (!state.is_empty) after = Clone(steps_.QueryOf(state.step));
    effects_.tables.push_back({name, steps_.Complete(std::move(after)),
                               std::ranges::find(created_, key) != created_.end()});
  }
  if (effects_.results.empty() && effects_.tables.empty()) {
    Refuse(create, "no SELECT that returns rows and no write to a table");
    return {};
  }
  return std::move(effects_);
}

// Models are built one by one: what is random differs from one to the next. So no two of them may
// depend on the same draw.
bool RoutineRunner::SharesRandom() const {
  std::vector<QueryPtr> tables;
  std::vector<const Query*> queries;
  for (const QueryPtr& result : effects_.results) queries.push_back(result.get());
  for (const catalog::ObjectName& name : written_) {
    if (!state_.tables.contains(StateKey(name))) continue;
    tables.push_back(ReadState(name, state_.tables));
    queries.push_back(tables.back().get());
  }
  return ShareRandom(steps_, queries);
}

RoutineRunner::Flow RoutineRunner::RunList(const std::vector<Node>& statements, size_t first) {
  for (size_t i = first; i < statements.size(); ++i) {
    frames_.push_back({&statements, i + 1});
    const Flow flow = RunStatement(statements[i]);
    frames_.pop_back();
    if (sink_->HasErrors()) return Flow::kRefused;
    if (flow != Flow::kGoesOn) return flow;
  }
  return Flow::kGoesOn;
}

// Whether a statement reads a variable whose value a loop has left open; blocks apart.
bool RoutineRunner::ReadsLost(Node statement) {
  if (lost_.empty() || statement.Is(NodeKind::kBlock) || statement.Is(NodeKind::kTryCatch) ||
      statement.Is(NodeKind::kWhile)) {
    return false;
  }
  const Node read = statement.Is(NodeKind::kIf) ? statement.Child(Role::kCondition) : statement;
  for (const std::string& name : lost_) {
    if (state_.variables.contains(name)) continue;
    const VariableUse use = FirstUse({read}, name);
    if (use != VariableUse::kReads) continue;
    Refuse(statement, "a use of " + name + ", which a loop gives its value");
    return true;
  }
  return false;
}

RoutineRunner::Flow RoutineRunner::RunStatement(Node statement) {
  if (ReadsLost(statement)) return Flow::kRefused;
  std::vector<Node> draws;
  if (MayDraw(statement) && !BeginDraws(statement, draws)) return Flow::kRefused;
  const Flow flow = RunKind(statement);
  if (flow == Flow::kGoesOn && !EndDraws(statement, draws)) return Flow::kRefused;
  NoteRowCount(statement);
  return flow;
}

// Options, messages and transactions set it to 0, simple assignments to 1: "@@ROWCOUNT
// (Transact-SQL)". Writes have set it themselves.
void RoutineRunner::NoteRowCount(Node statement) {
  switch (statement.kind()) {
    case NodeKind::kPrint:
    case NodeKind::kSetOption:
    case NodeKind::kRaiseError:
    case NodeKind::kCommand:
      row_count_ = MakeInteger(0);
      break;
    case NodeKind::kSetVariable:
      row_count_ = MakeInteger(1);
      break;
    case NodeKind::kSelectStatement:
      if (statement.Child(Role::kQuery).Child(Role::kBody).Has(Role::kInto)) break;
      row_count_ = nullptr;
      break;
    case NodeKind::kIf:
    case NodeKind::kExecuteStatement:
      row_count_ = nullptr;
      break;
    default:
      break;
  }
}

RoutineRunner::Flow RoutineRunner::RunKind(Node statement) {
  switch (statement.kind()) {
    case NodeKind::kEmptyStatement:
      return Flow::kGoesOn;
    case NodeKind::kBlock:
      return RunList(statement.Children(Role::kStatement), 0);
    case NodeKind::kPrint:
    case NodeKind::kCreateIndex:
    case NodeKind::kUse:
      return Drop(statement);
    case NodeKind::kSetOption:
      return RunOption(statement);
    case NodeKind::kDeclareStatement:
      return RunDeclare(statement);
    case NodeKind::kSetVariable:
      return RunSet(statement);
    case NodeKind::kIf:
      return RunIf(statement);
    case NodeKind::kWhile:
      return RunWhile(statement);
    case NodeKind::kTryCatch:
      Note(DiagnosticId::kErrorPathLeftOut, statement.Child(Role::kCatch));
      return RunList(statement.Child(Role::kTry).Children(Role::kStatement), 0);
    case NodeKind::kReturn:
      return RunReturn(statement);
    case NodeKind::kSelectStatement:
      return RunSelect(statement);
    case NodeKind::kInsertStatement:
      if (statement.Child(Role::kSource).Is(NodeKind::kExecuteStatement))
        return RunInsertExecute(statement);
      return RunWrite(statement);
    case NodeKind::kUpdateStatement:
    case NodeKind::kDeleteStatement:
    case NodeKind::kMergeStatement:
    case NodeKind::kTruncateTable:
      return RunWrite(statement);
    case NodeKind::kCreateTable:
      return RunCreateTable(statement);
    case NodeKind::kDropStatement:
      return RunDrop(statement);
    case NodeKind::kAlterTable:
      return RunAlterTable(statement);
    case NodeKind::kExecuteStatement:
      return RunExecute(statement);
    case NodeKind::kDeclareCursor:
      cursors_[FoldName(tsql::UnquoteName(statement.TokenText(Role::kName)))] = {
          statement.Child(Role::kQuery), {}};
      return Flow::kGoesOn;
    case NodeKind::kRaiseError:
      return Refuse(statement, "an error that is always raised");
    case NodeKind::kCommand:
      return RunCommand(statement);
    default:
      return Refuse(statement, Described(statement));
  }
}

// Options that change what a query returns are not dropped: "SET Statements (Transact-SQL)".
RoutineRunner::Flow RoutineRunner::RunOption(Node statement) {
  std::vector<std::string> words;
  for (const tsql::Token* token : statement.TokensOf(Role::kItem))
    words.push_back(UpperText(statement.tree().TextOf(*token)));
  if (!words.empty() && words[0] == "ROWCOUNT") return RunRowCount(statement);
  static constexpr auto kMeaningful = std::to_array<std::string_view>(
      {"ANSI_NULLS", "ANSI_NULL_DFLT_ON", "ANSI_DEFAULTS", "CONCAT_NULL_YIELDS_NULL", "DATEFIRST",
       "DATEFORMAT", "LANGUAGE", "QUOTED_IDENTIFIER", "TEXTSIZE"});
  const bool is_meaningful = std::ranges::any_of(words, [](const std::string& word) {
    return std::ranges::find(kMeaningful, std::string_view(word)) != kMeaningful.end();
  });
  std::string text = UpperText(statement.Text());
  while (!text.empty() &&
         (text.back() == ';' || std::isspace(static_cast<unsigned char>(text.back())) != 0))
    text.pop_back();
  const bool is_default = text.ends_with(" ON") || text.ends_with("DATEFIRST 7") ||
                          text.ends_with("LANGUAGE US_ENGLISH");
  if (is_meaningful && !is_default) return Refuse(statement, "the option SET " + words[0]);
  return Drop(statement);
}

// SET ROWCOUNT n is a TOP (n) of the queries that follow; 0 takes it back.
RoutineRunner::Flow RoutineRunner::RunRowCount(Node statement) {
  const Node value = statement.Child(Role::kValue);
  const std::string text =
      value ? std::string(value.Text()) : std::string(statement.TokenText(Role::kValue));
  const bool is_number = !text.empty() && text.size() < 10 &&
                         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
  if (!is_number) return Refuse(statement, "SET ROWCOUNT with a value that is not a constant");
  row_limit_ = std::strtoll(text.c_str(), nullptr, 10);
  return Flow::kGoesOn;
}

RoutineRunner::Flow RoutineRunner::RunCommand(Node statement) {
  const std::string verb = UpperText(statement.TokenText(Role::kVerb));
  if (verb == "BEGIN" || verb == "COMMIT" || verb == "SAVE")
    return Drop(statement, "transaction statement");
  const std::string first = FirstWords(statement, 1);
  if (first == "BREAK" || first == "CONTINUE") return RunTurnEnd(statement);
  if (first == "OPEN" || first == "CLOSE" || first == "DEALLOCATE") {
    if (cursors_.contains(FoldName(tsql::UnquoteName(statement.TokenText(Role::kName)))))
      return Flow::kGoesOn;
  }
  if (first == "FETCH") {
    const auto cursor =
        cursors_.find(FoldName(tsql::UnquoteName(statement.TokenText(Role::kName))));
    if (cursor != cursors_.end()) {
      for (const Node target : statement.Children(Role::kTarget)) {
        const std::string name = FoldName(target.TokenText(Role::kValue));
        cursor->second.targets.push_back(name);
        state_.variables.erase(name);
      }
      return Flow::kGoesOn;
    }
  }
  if (first == "WAITFOR" || first == "CHECKPOINT") return Drop(statement, first + " statement");
  return Refuse(statement, Described(statement));
}

RoutineRunner::Flow RoutineRunner::RunReturn(Node statement) {
  if (turns_ != nullptr && turns_->routine_depth == running_.size()) {
    // Behind the loop there is nothing: it ends here, as by BREAK.
    if (!turns_->ends_routine || statement.Child(Role::kValue))
      return Refuse(statement, "RETURN inside a loop");
    state_.variables[kGoesOn] = MakeInteger(0);
    return Flow::kEnds;
  }
  const Node value = statement.Child(Role::kValue);
  if (value) {
    ExprPtr returned = Evaluate(value);
    if (sink_->HasErrors()) return Flow::kRefused;
    if (is_function_) returned = ConvertTo(std::move(returned), returns_, *sink_);
    state_.returned = std::move(returned);
  }
  return Flow::kEnds;
}

void RoutineRunner::AddResult(QueryPtr query) {
  if (query->fields.empty()) return;
  effects_.results.push_back(std::move(query));
}

RoutineRunner::Flow RoutineRunner::RunSelect(Node statement) {
  const Node body = statement.Child(Role::kQuery).Child(Role::kBody);
  if (body.Is(NodeKind::kQuerySpecification)) {
    const std::vector<Node> items = body.Child(Role::kSelectList).Children(Role::kItem);
    const bool assigns =
        std::ranges::any_of(items, [](Node item) { return item.Is(NodeKind::kSelectAssignment); });
    if (assigns) return RunSelectAssignment(statement, body);
    if (const Node into = body.Child(Role::kInto)) return RunSelectInto(statement, into);
  }
  if (turns_ != nullptr) return Refuse(statement, "a result for each turn of a loop");
  LoweringOptions options = options_;
  options.gives_names = true;
  options.keep_order = row_limit_ > 0;
  LoweredQuery lowered = LowerSelect(Index(), statement, VisibleVariables(), options, *sink_);
  if (!lowered.query || sink_->HasErrors()) return Flow::kRefused;
  if (row_limit_ > 0 && !lowered.query->limit) lowered.query->limit = MakeInteger(row_limit_);
  Settle(*lowered.query);
  AddResult(std::move(lowered.query));
  return Flow::kGoesOn;
}

RoutineRunner::Flow RoutineRunner::RunSelectInto(Node statement, Node into) {
  if (turns_ != nullptr) return Refuse(statement, "SELECT INTO inside a loop");
  LoweringOptions options = options_;
  options.require_names = true;
  options.allows_into = true;
  LoweredQuery lowered = LowerSelect(Index(), statement, VisibleVariables(), options, *sink_);
  if (!lowered.query || sink_->HasErrors()) return Flow::kRefused;
  catalog::Table table;
  table.name = TableNameOf(into);
  if (!IsTemporary(table.name) && TableExists(table.name))
    return Refuse(into, "SELECT INTO a table that exists");
  for (const OutputField& field : lowered.query->fields) {
    catalog::Column column;
    column.name = field.name;
    column.type = tsql::ToCatalogType(field.type);
    column.nullable = field.type.nullable;
    column.collation = field.type.collation;
    if (column.type.name.empty()) return Refuse(into, "SELECT INTO with a column of no known type");
    table.columns.push_back(std::move(column));
  }
  Settle(*lowered.query);
  const catalog::ObjectName name = table.name;
  AddTable(std::move(table));
  if (!IsTemporary(name)) NoteCreated(name, into);
  PutState(name, std::move(lowered.query));
  auto count = std::make_unique<Query>();
  const OutputField field{"row_count", tsql::MakeType(TypeId::kInt, false)};
  count->fields.push_back(field);
  count->items.push_back(
      {MakeCall("COUNT", field.type, ExprList(MakeExpr(ExprKind::kStar, SqlType{}))), field.name});
  count->from = StepSource(steps_.NameOf(state_.tables.at(StateKey(name)).step));
  row_count_ = ReadOne(steps_.NameOf(steps_.Add("row_count", std::move(count))), field);
  return Flow::kGoesOn;
}

// -- Writes

void RoutineRunner::NoteTriggers(const catalog::Table& table, Node statement) {
  for (const catalog::Trigger& trigger : outer_.catalog().triggers) {
    if (StateKey(trigger.table) != StateKey(table.name)) continue;
    std::string event = UpperText(trigger.events);
    const std::string verb = FirstWords(statement, 1) == "WITH" ? "" : FirstWords(statement, 1);
    if (verb == "TRUNCATE" ||
        (!verb.empty() && verb != "MERGE" && event.find(verb) == std::string::npos)) {
      continue;
    }
    Note(DiagnosticId::kTriggerNotRun, statement, {trigger.name.ToString(), table.name.ToString()});
  }
}

RoutineRunner::Flow RoutineRunner::RunWrite(Node statement) {
  if (row_limit_ > 0) return Refuse(statement, "a write under SET ROWCOUNT");
  if (turns_ != nullptr) return RunWriteInTurns(statement);
  return StoreWrite(LowerWrite(Index(), statement, VisibleVariables(), options_, *sink_),
                    statement);
}

RoutineRunner::Flow RoutineRunner::StoreWrite(LoweredWrite write, Node statement) {
  if (write.table == nullptr || sink_->HasErrors()) return Flow::kRefused;
  const catalog::ObjectName name = write.table->name;
  if (!IsTemporary(name)) {
    NoteTriggers(*write.table, statement);
    if (std::ranges::find(written_, name) == written_.end())
      Note(DiagnosticId::kTableBecomesModel, statement, {name.ToString()});
  }
  row_count_ = nullptr;
  identity_ = nullptr;
  if (write.row_count) {
    // Worked out here: later the table holds other rows.
    Settle(*write.row_count);
    const OutputField field = write.row_count->fields[0];
    row_count_ = ReadOne(steps_.NameOf(steps_.Add("row_count", std::move(write.row_count))), field);
  }
  QueryPtr output = std::move(write.output);
  if (output) Settle(*output);
  if (output && write.output_into) {
    // The rows as they are now: what goes on reads the table as it is then.
    NameApart(*output);
    const std::vector<OutputField> fields = output->fields;
    output = SelectFrom(StepSource(steps_.NameOf(steps_.Add("output", std::move(output)))), fields);
  }
  const auto state = state_.tables.find(StateKey(name));
  const bool was_empty = state != state_.tables.end() && state->second.is_empty;
  if (write.empties) {
    if (!IsTemporary(name) && std::ranges::find(written_, name) == written_.end())
      written_.push_back(name);
    state_.tables[StateKey(name)] = {.is_empty = true, .is_dropped = false, .step = 0};
  } else {
    QueryPtr after = was_empty && write.added ? std::move(write.added) : std::move(write.after);
    Settle(*after);
    PutState(name, std::move(after));
    if (statement.Is(NodeKind::kInsertStatement)) NoteIdentity(*write.table);
  }
  if (!output) return Flow::kGoesOn;
  if (!write.output_into) {
    AddResult(std::move(output));
    return Flow::kGoesOn;
  }
  const Node into = write.output_into;
  const std::vector<std::string> parts =
      into.Is(NodeKind::kVariableTable)
          ? std::vector<std::string>{std::string(into.TokenText(Role::kValue))}
          : NamePartsOf(into.Child(Role::kName));
  const catalog::Table* table =
      Index().FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
  if (table == nullptr) return Refuse(into, "OUTPUT INTO a table that is not known");
  std::vector<std::string> columns;
  for (const Node item : write.output_columns.Children(Role::kItem))
    columns.push_back(tsql::UnquoteName(item.TokenText(Role::kPart)));
  LoweredWrite added =
      LowerAddedRows(Index(), *table, columns, std::move(output), into, options_, *sink_);
  return StoreWrite(std::move(added), into);
}

RoutineRunner::Flow RoutineRunner::RunInsertExecute(Node statement) {
  if (turns_ != nullptr) return Refuse(statement, "INSERT from a routine inside a loop");
  const Node target = statement.Child(Role::kTarget);
  const std::vector<std::string> parts =
      target.Is(NodeKind::kVariableTable)
          ? std::vector<std::string>{std::string(target.TokenText(Role::kValue))}
          : NamePartsOf(target.Child(Role::kName));
  const catalog::Table* table =
      Index().FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
  if (table == nullptr) return Refuse(target, "INSERT into a table that is not known");
  std::vector<std::string> columns;
  if (const Node list = statement.Child(Role::kColumns)) {
    for (const Node item : list.Children(Role::kItem))
      columns.push_back(tsql::UnquoteName(item.TokenText(Role::kPart)));
  }
  const size_t first = effects_.results.size();
  const Flow flow = RunExecute(statement.Child(Role::kSource));
  if (flow == Flow::kRefused) return flow;
  if (effects_.results.size() != first + 1)
    return Refuse(statement, "INSERT from a routine that has not exactly one result");
  QueryPtr rows = std::move(effects_.results.back());
  effects_.results.pop_back();
  LoweredWrite added =
      LowerAddedRows(Index(), *table, columns, std::move(rows), statement, options_, *sink_);
  return StoreWrite(std::move(added), statement);
}

void RoutineRunner::ReserveNames(const tsql::SyntaxTree& tree) {
  for (uint32_t i = 0; i < tree.nodes.size(); ++i) {
    const Node node(&tree, i);
    if (node.Is(NodeKind::kCommonTableExpression))
      steps_.Reserve(tsql::UnquoteName(node.TokenText(Role::kAlias)));
  }
}

const tsql::ParseResult* RoutineRunner::Parse(std::string text) {
  texts_.push_back(std::move(text));
  DiagnosticSink findings;
  parsed_.push_back(
      std::make_unique<tsql::ParseResult>(tsql::ParseBatch(texts_.back(), {}, findings)));
  if (!parsed_.back()->ok) return nullptr;
  ReserveNames(parsed_.back()->tree);
  return parsed_.back().get();
}

RoutineEffects FollowRoutine(const catalog::CatalogIndex& catalog, const catalog::Routine& routine,
                             Node create, Variables parameters, const LoweringOptions& options,
                             DiagnosticSink& sink) {
  return RoutineRunner(catalog, options, sink).Run(routine, create, std::move(parameters));
}

}  // namespace datamigrate::relational
