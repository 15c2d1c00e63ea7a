// IF, loops over cursors, called procedures and constant dynamic SQL.
#include <algorithm>
#include <cctype>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/routines/known_values.h"
#include "agent_engine/relational/routines/routine_runner.h"

namespace datamigrate::relational {
namespace {

constexpr size_t kMaxSplits = 12;   // IFs that a RETURN makes two whole paths of.
constexpr size_t kMaxNesting = 16;  // Called procedures.

std::vector<Node> Branch(Node node) {
  if (!node) return {};
  return node.Is(NodeKind::kBlock) ? node.Children(Role::kStatement) : std::vector<Node>{node};
}

// Whether a statement of that kind is in the branch; definitions inside apart.
bool Holds(Node node, const std::vector<NodeKind>& kinds) {
  if (!node) return false;
  if (std::ranges::find(kinds, node.kind()) != kinds.end()) return true;
  return std::ranges::any_of(node.Children(), [&](Node child) { return Holds(child, kinds); });
}

bool RaisesError(Node branch) {
  return std::ranges::any_of(Branch(branch), [](Node statement) {
    if (statement.Is(NodeKind::kThrow)) return true;
    if (!statement.Is(NodeKind::kRaiseError)) return false;
    // Severities to 10 are messages: "RAISERROR (Transact-SQL)".
    const std::vector<Node> arguments = statement.Children(Role::kArgument);
    const std::string severity =
        arguments.size() > 1 ? std::string(arguments[1].Text()) : std::string("16");
    return !(severity.size() <= 2 &&
             std::ranges::all_of(severity, [](unsigned char c) { return std::isdigit(c) != 0; }) &&
             std::stoi(severity) <= 10);
  });
}

const std::vector<NodeKind>& Effects() {
  static const std::vector<NodeKind> kinds = {
      NodeKind::kInsertStatement, NodeKind::kUpdateStatement, NodeKind::kDeleteStatement,
      NodeKind::kMergeStatement,  NodeKind::kTruncateTable,   NodeKind::kExecuteStatement};
  return kinds;
}

std::string Compact(std::string_view text) {
  std::string compact;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      compact += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return compact;
}

// The text of a constant; false where it is not one.
bool ConstantText(const Expr& expr, std::string& text) {
  if (expr.kind == ExprKind::kString) {
    text += expr.text;
    return true;
  }
  const bool joins = expr.kind == ExprKind::kConcat ||
                     (expr.kind == ExprKind::kCast && tsql::IsString(expr.type.id));
  return joins && std::ranges::all_of(expr.arguments, [&](const ExprPtr& part) {
           return ConstantText(*part, text);
         });
}

bool SameShape(const Query& left, const Query& right) {
  return std::ranges::equal(
      left.fields, right.fields, [](const OutputField& a, const OutputField& b) {
        return FoldName(a.name) == FoldName(b.name) && a.type.id == b.type.id &&
               a.type.length == b.type.length && a.type.precision == b.type.precision &&
               a.type.scale == b.type.scale;
      });
}

QueryPtr Filtered(QueryPtr query, const Expr& condition, bool negated) {
  const std::vector<OutputField> fields = query->fields;
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->alias = "result";
  source->query = std::move(query);
  QueryPtr outer = SelectFrom(std::move(source), fields);
  outer->where = negated ? UnlessTrue(Clone(condition)) : Clone(condition);
  return outer;
}

QueryPtr UnionAll(QueryPtr left, QueryPtr right) {
  auto both = std::make_unique<Query>();
  both->kind = QueryKind::kUnionAll;
  both->fields = left->fields;
  for (size_t i = 0; i < both->fields.size(); ++i)
    both->fields[i].type.nullable = left->fields[i].type.nullable || right->fields[i].type.nullable;
  both->left = std::move(left);
  both->right = std::move(right);
  return both;
}

}  // namespace

// -- IF

RoutineRunner::Fork RoutineRunner::TakeFork() {
  return {Copy(state_.variables), state_.tables, state_.returned ? Clone(*state_.returned) : nullptr,
          effects_.results.size()};
}

void RoutineRunner::Restart(const Fork& fork) {
  state_.variables = Copy(fork.variables);
  state_.tables = fork.tables;
  state_.returned = fork.returned ? Clone(*fork.returned) : nullptr;
}

// Follows a branch and then everything after it, to the routine's end.
RoutineRunner::Flow RoutineRunner::RunToEnd(const std::vector<Node>& branch,
                                            const std::vector<Frame>& rest) {
  std::vector<Frame> kept = std::exchange(frames_, rest);
  Flow flow = RunList(branch, 0);
  for (size_t i = rest.size(); flow == Flow::kGoesOn && i > 0; --i) {
    frames_.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    flow = RunList(*rest[i - 1].statements, rest[i - 1].next);
  }
  frames_ = std::move(kept);
  return flow == Flow::kRefused ? flow : Flow::kEnds;
}

bool RoutineRunner::Merge(const Expr& condition, Fork then, std::vector<QueryPtr> then_results) {
  // Tables: of each branch the rows, where it was taken.
  std::set<std::string> keys;
  for (const auto& [key, state] : then.tables) keys.insert(key);
  for (const auto& [key, state] : state_.tables) keys.insert(key);
  TableStates merged;
  for (const std::string& key : keys) {
    const auto left = then.tables.find(key);
    const auto right = state_.tables.find(key);
    const bool same =
        left != then.tables.end() && right != state_.tables.end() && left->second == right->second;
    if (same) {
      merged[key] = left->second;
      continue;
    }
    catalog::ObjectName name;
    for (const catalog::ObjectName& written : written_) {
      if (StateKey(written) == key) name = written;
    }
    for (const catalog::Table& table : own_.tables) {
      if (StateKey(table.name) == key) name = table.name;
    }
    if (name.name.empty()) continue;
    QueryPtr taken = ReadState(name, then.tables);
    QueryPtr other = ReadState(name, state_.tables);
    taken->where = taken->where
                       ? MakeLogical(ExprKind::kAnd, std::move(taken->where), Clone(condition))
                       : Clone(condition);
    ExprPtr unless = UnlessTrue(Clone(condition));
    other->where = other->where
                       ? MakeLogical(ExprKind::kAnd, std::move(other->where), std::move(unless))
                       : std::move(unless);
    std::string step = name.name;
    while (step.starts_with('#') || step.starts_with('@')) step.erase(0, 1);
    merged[key] = {.is_empty = false,
                   .is_dropped = false,
                   .step = steps_.Add("new_" + step, UnionAll(std::move(taken), std::move(other)))};
  }
  state_.tables = std::move(merged);
  // Variables and what RETURN gives.
  const auto choose = [&](ExprPtr value, ExprPtr otherwise) {
    if (SameExpr(*value, *otherwise)) return value;
    auto choice = MakeExpr(ExprKind::kCase, CommonType(value->type, otherwise->type));
    if (value->kind == ExprKind::kNull || otherwise->kind == ExprKind::kNull)
      choice->type.nullable = true;
    choice->has_else = true;
    choice->arguments = ExprList(Clone(condition), std::move(value), std::move(otherwise));
    return choice;
  };
  Variables variables;
  for (auto& [name, value] : then.variables) {
    const auto other = state_.variables.find(name);
    if (other != state_.variables.end())
      variables[name] = choose(std::move(value), std::move(other->second));
  }
  state_.variables = std::move(variables);
  if (then.returned && state_.returned) {
    state_.returned = choose(std::move(then.returned), std::move(state_.returned));
  } else {
    state_.returned = nullptr;
  }
  // Results: pairs of one shape are one result, the rest stand alone.
  std::vector<QueryPtr> other_results;
  for (size_t i = then.first_result; i < effects_.results.size(); ++i)
    other_results.push_back(std::move(effects_.results[i]));
  effects_.results.resize(then.first_result);
  const size_t count = std::max(then_results.size(), other_results.size());
  bool stands_alone = false;
  for (size_t i = 0; i < count; ++i) {
    const bool has_then = i < then_results.size();
    const bool has_other = i < other_results.size();
    if (has_then && has_other && SameShape(*then_results[i], *other_results[i])) {
      effects_.results.push_back(UnionAll(Filtered(std::move(then_results[i]), condition, false),
                                          Filtered(std::move(other_results[i]), condition, true)));
      continue;
    }
    stands_alone = true;
    if (has_then)
      effects_.results.push_back(Filtered(std::move(then_results[i]), condition, false));
    if (has_other)
      effects_.results.push_back(Filtered(std::move(other_results[i]), condition, true));
  }
  row_count_ = nullptr;
  return stands_alone;
}

RoutineRunner::Flow RoutineRunner::RunIf(Node statement) {
  const Node then = statement.Child(Role::kThen);
  const Node otherwise = statement.Child(Role::kElse);
  // A guard: what it does is to stop the routine with an error.
  if (RaisesError(then) && !Holds(then, Effects())) {
    Note(DiagnosticId::kErrorNotRaised, then, {"this IF"});
    return otherwise ? RunList(Branch(otherwise), 0) : Flow::kGoesOn;
  }
  if (otherwise && RaisesError(otherwise) && !Holds(otherwise, Effects())) {
    Note(DiagnosticId::kErrorNotRaised, otherwise, {"this IF"});
    return RunList(Branch(then), 0);
  }
  ExprPtr condition = Evaluate(statement.Child(Role::kCondition));
  if (sink_->HasErrors()) return Flow::kRefused;
  if (const Truth truth = KnownTruth(*condition); truth != Truth::kOpen) {
    const Node taken = truth == Truth::kTrue ? then : otherwise;
    return taken ? RunList(Branch(taken), 0) : Flow::kGoesOn;
  }
  condition = FreezeCondition(std::move(condition));
  const std::vector<Node> then_list = Branch(then);
  const std::vector<Node> else_list = Branch(otherwise);
  const bool may_return =
      Holds(then, {NodeKind::kReturn}) || (otherwise && Holds(otherwise, {NodeKind::kReturn}));
  if (may_return && ++splits_ > kMaxSplits) return Refuse(statement, "too many ways to its end");
  const Fork before = TakeFork();
  const std::vector<Frame> rest = frames_;
  const Flow then_flow = may_return ? RunToEnd(then_list, rest) : RunList(then_list, 0);
  if (then_flow == Flow::kRefused) return then_flow;
  Fork after_then = TakeFork();
  after_then.first_result = before.first_result;
  std::vector<QueryPtr> then_results;
  for (size_t i = before.first_result; i < effects_.results.size(); ++i)
    then_results.push_back(std::move(effects_.results[i]));
  effects_.results.resize(before.first_result);
  Restart(before);
  const Flow else_flow = may_return ? RunToEnd(else_list, rest) : RunList(else_list, 0);
  if (else_flow == Flow::kRefused) return else_flow;
  if (Merge(*condition, std::move(after_then), std::move(then_results)))
    Note(DiagnosticId::kResultDependsOnParameter, statement);
  return may_return ? Flow::kEnds : Flow::kGoesOn;
}

// -- Loops

RoutineRunner::Flow RoutineRunner::RunWhile(Node statement) {
  const std::string condition = Compact(statement.Child(Role::kCondition).Text());
  const bool is_cursor_loop = condition == "@@FETCH_STATUS=0" ||
                              condition == "(@@FETCH_STATUS=0)" ||
                              condition == "@@FETCH_STATUS<>-1" || condition == "0=@@FETCH_STATUS";
  if (!is_cursor_loop) return Refuse(statement, "a WHILE loop");
  std::vector<Node> body = Branch(statement.Child(Role::kBody));
  std::erase_if(body, [](Node node) { return node.Is(NodeKind::kEmptyStatement); });
  if (body.empty() || FirstWords(body.back(), 1) != "FETCH" ||
      !body.back().Is(NodeKind::kCommand)) {
    return Refuse(statement, "a cursor loop that does not end with FETCH");
  }
  const Node fetch = body.back();
  body.pop_back();
  const auto cursor = cursors_.find(FoldName(tsql::UnquoteName(fetch.TokenText(Role::kName))));
  std::vector<std::string> targets;
  for (const Node target : fetch.Children(Role::kTarget))
    targets.push_back(FoldName(target.TokenText(Role::kValue)));
  if (cursor == cursors_.end() || cursor->second.targets != targets || targets.empty())
    return Refuse(statement, "a cursor loop whose FETCHes differ");
  return RunCursorLoop(statement, cursor->second, body);
}

// A loop that adds, for each row of its cursor, rows that depend on that row alone.
RoutineRunner::Flow RoutineRunner::RunCursorLoop(Node statement, Cursor& cursor,
                                                 const std::vector<Node>& body) {
  LoweredQuery lowered = LowerSelect(Index(), cursor.query, VisibleVariables(), options_, *sink_);
  if (!lowered.query || sink_->HasErrors()) return Flow::kRefused;
  if (lowered.query->fields.size() != cursor.targets.size())
    return Refuse(statement, "a FETCH into more or fewer variables than columns");
  Settle(*lowered.query);
  const std::string alias = "each_row";
  std::vector<OutputField> fields = lowered.query->fields;
  auto renamed = std::make_unique<Query>();
  renamed->from = std::make_unique<Source>();
  renamed->from->kind = SourceKind::kDerived;
  renamed->from->alias = "cursor_rows";
  const Fork before = TakeFork();
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string column = cursor.targets[i].substr(1);
    renamed->from->column_names.push_back(column);
    auto expr = MakeExpr(ExprKind::kColumn, fields[i].type);
    expr->text = column;
    expr->range = 0;
    const auto type = types_.find(cursor.targets[i]);
    if (type == types_.end()) return Refuse(statement, "a FETCH into an undeclared variable");
    ExprPtr value = ConvertTo(std::move(expr), type->second, *sink_);
    renamed->fields.push_back({column, value->type});
    renamed->items.push_back({std::move(value), column});
    auto variable = MakeExpr(ExprKind::kColumn, type->second);
    variable->text = column;
    variable->qualifier = alias;
    variable->range = -3 - static_cast<int32_t>(i);
    state_.variables[cursor.targets[i]] = std::move(variable);
  }
  renamed->from->query = std::move(lowered.query);
  const TableStates states_before = state_.tables;
  std::vector<std::string> assigned = cursor.targets;
  for (const Node node : body) {
    if (node.Is(NodeKind::kPrint) || node.Is(NodeKind::kSetOption)) {
      Drop(node);
      continue;
    }
    if (node.Is(NodeKind::kSetVariable)) {
      const std::string name = FoldName(node.TokenText(Role::kTarget));
      // A value that a variable carries from row to row makes the order count.
      if (std::ranges::find(assigned, name) == assigned.end()) state_.variables.erase(name);
      assigned.push_back(name);
      const size_t steps_before = steps_.count();
      if (RunSet(node) == Flow::kRefused) return Flow::kRefused;
      if (steps_.count() != steps_before) return Refuse(node, "a look-up for each row of a cursor");
      continue;
    }
    if (!node.Is(NodeKind::kInsertStatement)) return Refuse(node, "a loop with " + Described(node));
    if (RunLoopInsert(node, alias, *renamed, states_before) == Flow::kRefused)
      return Flow::kRefused;
  }
  for (const std::string& name : assigned) state_.variables.erase(name);
  row_count_ = nullptr;
  return Flow::kGoesOn;
}

RoutineRunner::Flow RoutineRunner::RunLoopInsert(Node insert, const std::string& alias,
                                                 const Query& rows, const TableStates& before) {
  DiagnosticSink own;
  LoweredWrite write = LowerWrite(Index(), insert, VisibleVariables(), options_, own);
  bool numbers = false;
  for (const diagnostics::Diagnostic& found : own.diagnostics()) {
    numbers = numbers || found.id == DiagnosticId::kNumbersDrawn;
    sink_->Report(found);
  }
  if (write.table == nullptr || sink_->HasErrors()) return Flow::kRefused;
  if (numbers || write.output) return Refuse(insert, "a loop that numbers the rows it adds");
  // What a turn adds must not depend on what earlier turns wrote.
  bool reads_written = false;
  const std::string target = StateKey(write.table->name);
  ForEachPart(
      *write.added,
      [&](Source& source) {
        if (source.kind != SourceKind::kRelation) return;
        const std::string key = StateKey(source.relation);
        const auto now = state_.tables.find(key);
        const auto then = before.find(key);
        const bool changed = (now == state_.tables.end()) != (then == before.end()) ||
                             (now != state_.tables.end() && !(now->second == then->second));
        reads_written = reads_written || changed || key == target;
      },
      [](Expr&) {});
  if (reads_written) return Refuse(insert, "a loop that reads what it writes");
  auto each = std::make_unique<Source>();
  each->kind = SourceKind::kDerived;
  each->alias = alias;
  each->query = Clone(rows);
  QueryPtr added = std::move(write.added);
  if (added->kind == QueryKind::kSelect && !added->from && added->ctes.empty()) {
    Settle(*added);
    added->from = std::move(each);
  } else {
    Settle(*added);
    const std::vector<OutputField> fields = added->fields;
    auto lateral = std::make_unique<Source>();
    lateral->kind = SourceKind::kDerived;
    lateral->alias = "added_rows";
    lateral->lateral = true;
    lateral->query = std::move(added);
    auto join = std::make_unique<Source>();
    join->kind = SourceKind::kJoin;
    join->join = JoinKind::kCross;
    join->left = std::move(each);
    join->right = std::move(lateral);
    added = SelectFrom(std::move(join), fields);
    for (SelectItem& item : added->items) item.expr->qualifier = "added_rows";
  }
  const auto state = state_.tables.find(target);
  const bool was_empty = state != state_.tables.end() && state->second.is_empty;
  if (!was_empty) added = UnionAll(ReadState(write.table->name, state_.tables), std::move(added));
  if (!IsTemporary(write.table->name)) {
    NoteTriggers(*write.table, insert);
    Note(DiagnosticId::kTableBecomesModel, insert, {write.table->name.ToString()});
  }
  PutState(write.table->name, std::move(added));
  return Flow::kGoesOn;
}

// -- EXECUTE

bool RoutineRunner::BindArguments(Node statement, const catalog::Routine& routine, Variables& bound,
                                  std::vector<std::pair<std::string, std::string>>& outputs,
                                  std::map<std::string, std::string>& tables) {
  const std::vector<Node> arguments = statement.Children(Role::kArgument);
  for (size_t i = 0; i < routine.parameters.size(); ++i) {
    const catalog::Parameter& parameter = routine.parameters[i];
    Node given;
    for (size_t j = 0; j < arguments.size(); ++j) {
      const std::string_view name = arguments[j].TokenText(Role::kName);
      const bool fits = name.empty() ? j == i : FoldName(name) == FoldName(parameter.name);
      if (fits) given = arguments[j];
    }
    ExprPtr value;
    const Node expression = given ? given.Child(Role::kValue) : Node();
    if (TableTypeOf(parameter) != nullptr) {
      tables[parameter.name] = expression ? std::string(expression.Text()) : "";
      continue;
    }
    const bool is_default = !expression || UpperText(expression.Text()) == "DEFAULT";
    if (is_default) {
      const std::string text =
          parameter.default_expression.empty() ? "NULL" : parameter.default_expression;
      texts_.push_back(text);
      DiagnosticSink ignored;
      parsed_.push_back(std::make_unique<tsql::ParseResult>(
          tsql::ParseExpression(texts_.back(), false, {}, ignored)));
      if (!parsed_.back()->ok) return false;
      value = LowerOverTable(outer_, nullptr, parsed_.back()->tree.Root(), {}, options_, *sink_);
      value->span = statement.span();
    } else {
      value = Evaluate(expression);
      if (given.Has(Role::kOutput) && expression.Is(NodeKind::kVariableReference)) {
        outputs.emplace_back(FoldName(parameter.name),
                             FoldName(expression.TokenText(Role::kValue)));
      }
    }
    if (sink_->HasErrors()) return false;
    bound[FoldName(parameter.name)] =
        ConvertTo(std::move(value), tsql::FromCatalogType(parameter.type), *sink_);
  }
  return !sink_->HasErrors();
}

RoutineRunner::Flow RoutineRunner::RunExecute(Node statement) {
  const Node name = statement.Child(Role::kName);
  if (!name) return RunConstantSql(statement);
  const std::vector<std::string> parts = NamePartsOf(name);
  const std::string folded = FoldName(parts.back());
  if (folded == "sp_executesql") return RunConstantSql(statement);
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  const catalog::Routine* routine =
      parts.size() <= 2 ? outer_.FindRoutine(schema, parts.back()) : nullptr;
  if (routine == nullptr || routine->kind != catalog::RoutineKind::kProcedure)
    return Refuse(statement, "a call of " + std::string(name.Text()));
  return RunProcedure(statement, *routine);
}

RoutineRunner::Flow RoutineRunner::RunProcedure(Node statement, const catalog::Routine& routine) {
  const std::string key = FoldName(routine.name.ToString());
  if (std::ranges::find(running_, key) != running_.end() || running_.size() > kMaxNesting)
    return Refuse(statement, "a call of " + routine.name.ToString() + ", which calls itself");
  const tsql::ParseResult* parsed = Parse(routine.definition);
  if (parsed == nullptr) return Refuse(statement, "a call of " + routine.name.ToString());
  const Node create = parsed->tree.Root().Child(Role::kStatement);
  Variables bound;
  std::vector<std::pair<std::string, std::string>> outputs;
  std::map<std::string, std::string> tables;
  if (!BindArguments(statement, routine, bound, outputs, tables)) return Flow::kRefused;
  const diagnostics::SourceSpan span = call_span_.value_or(statement.span());
  // The called text has its own variables, cursors and places.
  Variables variables = std::exchange(state_.variables, std::move(bound));
  ExprPtr returned = std::exchange(state_.returned, nullptr);
  auto types = std::exchange(types_, {});
  auto cursors = std::exchange(cursors_, {});
  auto frames = std::exchange(frames_, {});
  const auto outer_span = std::exchange(call_span_, span);
  for (const catalog::Parameter& parameter : routine.parameters)
    types_[FoldName(parameter.name)] = tsql::FromCatalogType(parameter.type);
  HiddenTables hidden = HideTableVariables();
  for (const catalog::Parameter& parameter : routine.parameters) {
    const catalog::UserType* type = TableTypeOf(parameter);
    if (type == nullptr) continue;
    const auto given = hidden.states.find(StateKey({"dbo", tables[parameter.name]}));
    catalog::Table table;
    table.name = {"dbo", parameter.name};
    table.columns = type->columns;
    AddTable(std::move(table));
    if (given != hidden.states.end())
      state_.tables[StateKey({"dbo", parameter.name})] = given->second;
  }
  DiagnosticSink own;
  DiagnosticSink* sink = std::exchange(sink_, &own);
  running_.push_back(key);
  const std::vector<Node> statements = create.Children(Role::kStatement);
  const Flow flow = RunList(statements, 0);
  running_.pop_back();
  RestoreTableVariables(std::move(hidden));
  sink_ = sink;
  for (diagnostics::Diagnostic& found : own.Take()) {
    found.span = span;
    const bool known = std::ranges::any_of(sink_->diagnostics(), [&](const auto& other) {
      return other.id == found.id && other.span.begin == span.begin &&
             other.arguments == found.arguments;
    });
    if (!known) sink_->Report(std::move(found));
  }
  Variables after = std::exchange(state_.variables, std::move(variables));
  ExprPtr result = std::exchange(state_.returned, std::move(returned));
  types_ = std::move(types);
  cursors_ = std::move(cursors);
  frames_ = std::move(frames);
  call_span_ = outer_span;
  if (flow == Flow::kRefused || sink_->HasErrors()) return Flow::kRefused;
  for (const auto& [parameter, variable] : outputs) {
    const auto value = after.find(parameter);
    if (value == after.end()) return Refuse(statement, "an output parameter without a value");
    if (Assign(variable, std::move(value->second), statement) == Flow::kRefused)
      return Flow::kRefused;
  }
  if (const tsql::Token* target = statement.TokenOf(Role::kReturnTarget)) {
    const std::string variable = FoldName(statement.tree().TextOf(*target));
    return Assign(variable, result ? std::move(result) : MakeInteger(0), statement);
  }
  return Flow::kGoesOn;
}

// EXEC ('...') and sp_executesql N'...': a text that is known is what stands there.
RoutineRunner::Flow RoutineRunner::RunConstantSql(Node statement) {
  const std::vector<Node> arguments = statement.Children(Role::kArgument);
  const Node first = statement.Has(Role::kName)
                         ? (arguments.empty() ? Node() : arguments[0].Child(Role::kValue))
                         : statement.Child(Role::kValue);
  if (!first || statement.Has(Role::kTarget)) return Refuse(statement, "dynamic SQL");
  const bool calls_variable = !statement.Has(Role::kName) &&
                              first.Is(NodeKind::kVariableReference) &&
                              FirstWords(statement, 2).find('(') == std::string::npos;
  if (calls_variable) return Refuse(statement, "a call of a procedure that a variable names");
  if (statement.Has(Role::kName) && arguments.size() > 1)
    return Refuse(statement, "dynamic SQL with parameters");
  const ExprPtr value = Evaluate(first);
  if (sink_->HasErrors()) return Flow::kRefused;
  std::string text;
  if (!ConstantText(*value, text)) return Refuse(statement, "dynamic SQL that is not constant");
  return RunText(text, statement);
}

RoutineRunner::Flow RoutineRunner::RunText(const std::string& text, Node at) {
  const tsql::ParseResult* parsed = Parse(text);
  if (parsed == nullptr) return Refuse(at, "dynamic SQL that could not be parsed");
  const diagnostics::SourceSpan span = call_span_.value_or(at.span());
  // Variables of the caller are not known in the text.
  Variables variables = std::exchange(state_.variables, {});
  auto types = std::exchange(types_, {});
  auto frames = std::exchange(frames_, {});
  const auto outer_span = std::exchange(call_span_, span);
  DiagnosticSink own;
  DiagnosticSink* sink = std::exchange(sink_, &own);
  const std::vector<Node> statements = parsed->tree.Root().Children(Role::kStatement);
  const Flow flow = RunList(statements, 0);
  sink_ = sink;
  for (diagnostics::Diagnostic& found : own.Take()) {
    found.span = span;
    sink_->Report(std::move(found));
  }
  state_.variables = std::move(variables);
  types_ = std::move(types);
  frames_ = std::move(frames);
  call_span_ = outer_span;
  return flow == Flow::kRefused || sink_->HasErrors() ? Flow::kRefused : Flow::kGoesOn;
}

}  // namespace datamigrate::relational
