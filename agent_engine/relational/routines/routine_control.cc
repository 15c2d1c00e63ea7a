// IF and called procedures.
#include <algorithm>
#include <cctype>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/routines/administration.h"
#include "agent_engine/relational/routines/known_values.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"
#include "agent_engine/relational/same_value.h"

namespace datamigrate::relational {
namespace {

constexpr size_t kMaxNesting = 16;  // Called procedures.

// Whether a statement of that kind is in the branch; definitions inside apart.
bool Holds(Node node, const std::vector<NodeKind>& kinds) {
  if (!node) return false;
  if (std::ranges::find(kinds, node.kind()) != kinds.end()) return true;
  return std::ranges::any_of(node.Children(), [&](Node child) { return Holds(child, kinds); });
}

bool RaisesError(Node branch) {
  return std::ranges::any_of(StatementsOf(branch), [](Node statement) {
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
  return {Copy(state_.variables), state_.tables,
          state_.returned ? Clone(*state_.returned) : nullptr, effects_.results.size()};
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

// Variables and what RETURN gives: `then_variables` hold where the condition does, the state's own
// elsewhere. One that only one side knows is not known afterwards.
void RoutineRunner::MergeVariables(const Expr& condition, Variables then_variables,
                                   ExprPtr then_returned) {
  const auto choose = [&](ExprPtr value, ExprPtr otherwise) {
    if (SameValue(*value, *otherwise)) return value;
    auto choice = MakeExpr(ExprKind::kCase, CommonType(value->type, otherwise->type));
    if (value->kind == ExprKind::kNull || otherwise->kind == ExprKind::kNull)
      choice->type.nullable = true;
    choice->has_else = true;
    choice->arguments = ExprList(Clone(condition), std::move(value), std::move(otherwise));
    return choice;
  };
  Variables variables;
  // Who draws on one side only has drawn nothing on the other.
  for (const auto& [name, sequence] : draws_) {
    if (then_variables.contains(name) == state_.variables.contains(name)) continue;
    then_variables.try_emplace(name, NothingDrawn(*sequence));
    state_.variables.try_emplace(name, NothingDrawn(*sequence));
  }
  for (auto& [name, value] : then_variables) {
    const auto other = state_.variables.find(name);
    if (other != state_.variables.end())
      variables[name] = choose(std::move(value), std::move(other->second));
  }
  state_.variables = std::move(variables);
  if (then_returned && state_.returned) {
    state_.returned = choose(std::move(then_returned), std::move(state_.returned));
  } else {
    state_.returned = nullptr;
  }
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
  MergeVariables(condition, std::move(then.variables), std::move(then.returned));
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
    return otherwise ? RunList(StatementsOf(otherwise), 0) : Flow::kGoesOn;
  }
  if (otherwise && RaisesError(otherwise) && !Holds(otherwise, Effects())) {
    Note(DiagnosticId::kErrorNotRaised, otherwise, {"this IF"});
    return RunList(StatementsOf(then), 0);
  }
  ExprPtr condition = Evaluate(statement.Child(Role::kCondition));
  if (sink_->HasErrors()) return Flow::kRefused;
  row_count_ = nullptr;
  if (const Truth truth = KnownTruth(*condition); truth != Truth::kOpen) {
    const Node taken = truth == Truth::kTrue ? then : otherwise;
    return taken ? RunList(StatementsOf(taken), 0) : Flow::kGoesOn;
  }
  condition = FreezeCondition(std::move(condition));
  if (turns_ != nullptr) return RunIfInTurns(statement, std::move(condition));
  const std::vector<Node> then_list = StatementsOf(then);
  const std::vector<Node> else_list = StatementsOf(otherwise);
  const bool may_return =
      Holds(then, {NodeKind::kReturn}) || (otherwise && Holds(otherwise, {NodeKind::kReturn}));
  if (may_return && IsUnrolled()) return Refuse(statement, "RETURN inside a loop");
  if (may_return && ++splits_ > kMaxSplits) return Refuse(statement, "too many ways to its end");
  const std::vector<Frame> rest = frames_;
  const auto run = [&](const std::vector<Node>& branch) {
    return may_return ? RunToEnd(branch, rest) : RunList(branch, 0);
  };
  const Flow flow = RunChoice(
      statement, *condition, [&] { return run(then_list); }, [&] { return run(else_list); });
  if (flow == Flow::kRefused) return flow;
  return may_return ? Flow::kEnds : Flow::kGoesOn;
}

// Follows both ways from here, and joins what they leave.
RoutineRunner::Flow RoutineRunner::RunChoice(Node at, const Expr& condition,
                                             const std::function<Flow()>& then,
                                             const std::function<Flow()>& otherwise) {
  const auto is_open = [&](Flow flow) { return flow == Flow::kBreaks || flow == Flow::kContinues; };
  const Fork before = TakeFork();
  const Flow then_flow = then();
  if (then_flow == Flow::kRefused) return then_flow;
  Fork after_then = TakeFork();
  after_then.first_result = before.first_result;
  std::vector<QueryPtr> then_results;
  for (size_t i = before.first_result; i < effects_.results.size(); ++i)
    then_results.push_back(std::move(effects_.results[i]));
  effects_.results.resize(before.first_result);
  Restart(before);
  const Flow else_flow = otherwise();
  if (else_flow == Flow::kRefused) return else_flow;
  if (is_open(then_flow) || is_open(else_flow))
    return Refuse(at, "a loop that ends where the data says");
  if (Merge(condition, std::move(after_then), std::move(then_results)))
    Note(DiagnosticId::kResultDependsOnParameter, at);
  return Flow::kGoesOn;
}

// -- EXECUTE

bool RoutineRunner::BindArguments(Node statement, const catalog::Routine& routine, Variables& bound,
                                  std::vector<std::pair<std::string, std::string>>& outputs,
                                  std::map<std::string, std::string>& tables,
                                  const std::vector<Node>& statements) {
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
      const bool is_open = given.Has(Role::kOutput) &&
                           expression.Is(NodeKind::kVariableReference) &&
                           !state_.variables.contains(FoldName(expression.TokenText(Role::kValue)));
      // An output whose value on the way in nobody reads.
      const bool is_unread =
          is_open && FirstUse(statements, FoldName(parameter.name)) != VariableUse::kReads;
      value = is_unread ? MakeNull(tsql::FromCatalogType(parameter.type)) : Evaluate(expression);
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
  if (!AdministrationOf(outer_, create).empty()) {
    if (const tsql::Token* target = statement.TokenOf(Role::kReturnTarget))
      Assign(FoldName(statement.tree().TextOf(*target)), MakeInteger(0), statement);
    return Drop(statement, "call of " + routine.name.ToString() + ", which looks after the server");
  }
  Variables bound;
  std::vector<std::pair<std::string, std::string>> outputs;
  std::map<std::string, std::string> tables;
  const std::vector<Node> statements = create.Children(Role::kStatement);
  if (!BindArguments(statement, routine, bound, outputs, tables, statements)) return Flow::kRefused;
  const diagnostics::SourceSpan span = call_span_.value_or(statement.span());
  // The called text has its own variables, cursors and places.
  Variables variables = std::exchange(state_.variables, std::move(bound));
  MoveDraws(variables, state_.variables);
  ExprPtr returned = std::exchange(state_.returned, nullptr);
  auto types = std::exchange(types_, {});
  auto cursors = std::exchange(cursors_, {});
  auto frames = std::exchange(frames_, {});
  auto lost = std::exchange(lost_, {});
  auto called_outputs = std::exchange(outputs_, {});
  for (const auto& [parameter, variable] : outputs) outputs_.insert(parameter);
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
  MoveDraws(after, state_.variables);
  ExprPtr result = std::exchange(state_.returned, std::move(returned));
  types_ = std::move(types);
  cursors_ = std::move(cursors);
  frames_ = std::move(frames);
  lost_ = std::move(lost);
  outputs_ = std::move(called_outputs);
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

}  // namespace datamigrate::relational
