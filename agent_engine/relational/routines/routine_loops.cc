// WHILE, and loops over cursors: their turns as rows.
#include <algorithm>
#include <cctype>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/known_values.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {
namespace {

constexpr char kGoesOn[] = "@@goes_on";  // 0 where a turn ends with BREAK.
constexpr int kMaxUnrolled = 64;

std::string Compact(std::string_view text) {
  std::string compact;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      compact += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  while (compact.starts_with('(') && compact.ends_with(')')) {
    compact.pop_back();
    compact.erase(0, 1);
  }
  return compact;
}

// Tests of @@FETCH_STATUS that hold while there are rows, and those that hold when there are none.
bool TestsFetch(Node condition, bool has_row) {
  const std::string text = Compact(condition.Text());
  if (has_row)
    return text == "@@FETCH_STATUS=0" || text == "@@FETCH_STATUS<>-1" ||
           text == "@@FETCH_STATUS!=-1" || text == "0=@@FETCH_STATUS" ||
           text == "@@FETCH_STATUS>-1" || text == "@@FETCH_STATUS>=0";
  return text == "@@FETCH_STATUS<>0" || text == "@@FETCH_STATUS!=0" ||
         text == "@@FETCH_STATUS=-1" || text == "@@FETCH_STATUS<0";
}

bool UsesCurrent(Node node) {
  return node.Has(Role::kCurrentOf) || std::ranges::any_of(node.Children(), UsesCurrent);
}

// Whether the loop ends by a variable that counts on, or by the next of a table's values.
bool EndsByCounter(Node loop, const std::vector<Node>& body,
                   const std::vector<std::string>& assigned) {
  const Node condition = loop.Child(Role::kCondition);
  const std::function<bool(Node, const std::string&)> breaks_by = [&](Node node,
                                                                      const std::string& name) {
    if (!node || node.Is(NodeKind::kWhile)) return false;
    if (node.Is(NodeKind::kIf) && HoldsCommand(node, "BREAK") &&
        Mentions(node.Child(Role::kCondition), name)) {
      return true;
    }
    return std::ranges::any_of(node.Children(), [&](Node child) { return breaks_by(child, name); });
  };
  return std::ranges::any_of(assigned, [&](const std::string& name) {
    const bool ends = Mentions(condition, name) ||
                      std::ranges::any_of(body, [&](Node node) { return breaks_by(node, name); });
    if (ends && CountsOn(body, name)) return true;
    if (FoldName(Compact(condition.Text())) != name + "isnotnull") return false;
    return std::ranges::any_of(body, [&](Node node) {
      const std::string text = FoldName(Compact(node.Text()));
      return text.find(">" + name) != text.npos &&
             (text.find(name + "=min(") != text.npos || text.find("top(1)" + name) != text.npos ||
              text.find("top1" + name) != text.npos || text.find("selectmin(") != text.npos);
    });
  });
}

ExprPtr Typed(ExprPtr value, const SqlType& type) {
  return MakeCast(std::move(value), type, false);
}

void AddItem(Query& query, ExprPtr expr, const OutputField& field) {
  query.fields.push_back(field);
  query.items.push_back({std::move(expr), field.name});
}

}  // namespace

bool RoutineRunner::EndsTurn(Node node) {
  if (!node || node.Is(NodeKind::kWhile)) return false;
  if (node.Is(NodeKind::kReturn) || IsCommand(node, "BREAK") || IsCommand(node, "CONTINUE"))
    return true;
  return std::ranges::any_of(node.Children(), EndsTurn);
}

// What can be tried and taken back: a loop that is no set may still be short enough to write out.
RoutineRunner::Flow RoutineRunner::RunWhile(Node statement) {
  if (const Flow flow = RunCursorWhile(statement); flow != Flow::kBreaks) return flow;
  if (const Flow flow = RunLoopPattern(statement); flow != Flow::kBreaks) return flow;
  const Fork before = TakeFork();
  const catalog::Catalog own = own_;
  const std::vector<catalog::ObjectName> written = written_;
  DiagnosticSink attempt;
  DiagnosticSink* sink = std::exchange(sink_, &attempt);
  Turns* const outer = turns_;
  const Flow flow = RunTurns(statement);
  sink_ = sink;
  turns_ = outer;
  if (flow != Flow::kRefused || turns_ != nullptr) {
    for (diagnostics::Diagnostic& found : attempt.Take()) sink_->Report(std::move(found));
    return flow;
  }
  Restart(before);
  effects_.results.resize(before.first_result);
  own_ = own;
  index_ = std::make_unique<catalog::CatalogIndex>(outer_, own_);
  written_ = written;
  DiagnosticSink unrolled;
  sink = std::exchange(sink_, &unrolled);
  const Flow written_out = RunUnrolled(statement);
  sink_ = sink;
  // The reason that is told is why the loop is no set.
  DiagnosticSink& kept = written_out == Flow::kRefused ? attempt : unrolled;
  for (diagnostics::Diagnostic& found : kept.Take()) sink_->Report(std::move(found));
  return written_out;
}

// A loop whose conditions are known on every turn, statement after statement.
RoutineRunner::Flow RoutineRunner::RunUnrolled(Node statement) {
  const std::vector<Node> body = StatementsOf(statement.Child(Role::kBody));
  auto frames = std::exchange(frames_, {});
  unrolled_.push_back(running_.size());
  Flow flow = Flow::kGoesOn;
  for (int turn = 0; flow == Flow::kGoesOn || flow == Flow::kContinues; ++turn) {
    const ExprPtr condition = Evaluate(statement.Child(Role::kCondition));
    const Truth truth = sink_->HasErrors() ? Truth::kOpen : KnownTruth(*condition);
    if (truth == Truth::kOpen || turn > kMaxUnrolled) {
      flow = Refuse(statement, "a WHILE loop");
    } else if (truth != Truth::kTrue) {
      flow = Flow::kBreaks;
    } else {
      flow = RunList(body, 0);
    }
  }
  unrolled_.pop_back();
  frames_ = std::move(frames);
  return flow == Flow::kBreaks ? Flow::kGoesOn : flow;
}

// BREAK and CONTINUE.
RoutineRunner::Flow RoutineRunner::RunTurnEnd(Node statement) {
  const bool breaks = FirstWords(statement, 1) == "BREAK";
  if (turns_ != nullptr) {
    if (breaks && !turns_->may_break) return Refuse(statement, "BREAK in a loop over a cursor");
    if (breaks) state_.variables[kGoesOn] = MakeInteger(0);
    return Flow::kEnds;
  }
  if (IsUnrolled()) return breaks ? Flow::kBreaks : Flow::kContinues;
  return Refuse(statement, Described(statement));
}

// -- Turns that follow from the ones before

void RoutineRunner::Rebase(Expr& expr, const Turns& from, const Turns& to) {
  ForEachPart(
      expr, [](Source&) {},
      [&](Expr& part) {
        if (part.kind != ExprKind::kColumn || part.range != from.range) return;
        part.range = to.range;
        part.qualifier = to.alias;
      });
}

void RoutineRunner::BeginTurns(Turns& turns) {
  turns.outer = turns_;
  turns.range = next_range_++;
  turns.routine_depth = running_.size();
  turns.alias = "each_row";
  for (Turns* other = turns_; other != nullptr; other = other->outer) turns.alias += "_inside";
  if (turns.outer == nullptr) return;
  turns.fields = turns.outer->fields;
  for (auto& [name, value] : state_.variables) Rebase(*value, *turns.outer, turns);
}

// The columns of the turns around, which each of its turns has, too.
void RoutineRunner::AddOuterColumns(const Turns& turns, size_t count, const Turns& from,
                                    Query& query) {
  for (size_t i = 0; i < count; ++i)
    AddItem(query, TurnColumn(from, turns.fields[i]), turns.fields[i]);
}

// A variable that is read after the loop: by the statements that follow, or by the caller.
bool RoutineRunner::IsReadLater(const std::string& variable) const {
  if (outputs_.contains(variable)) return true;
  return std::ranges::any_of(frames_, [&](const Frame& frame) {
    for (size_t i = frame.next; i < frame.statements->size(); ++i) {
      if (Mentions((*frame.statements)[i], variable)) return true;
    }
    return false;
  });
}

// WHILE as a recursive common table: a row for each turn, with the values that its variables have
// when it begins, and a last one with those that they have in the end.
RoutineRunner::Flow RoutineRunner::RunTurns(Node statement) {
  const std::vector<Node> body = StatementsOf(statement.Child(Role::kBody));
  std::vector<std::string> assigned;
  for (const Node node : body) CollectAssigned(node, assigned);
  const bool breaks = HoldsCommand(statement.Child(Role::kBody), "BREAK");
  std::vector<std::string> carried;
  for (const std::string& name : assigned) {
    const VariableUse use = FirstUse(body, name);
    const bool goes_on = use == VariableUse::kReads || use == VariableUse::kFinds;
    if (!goes_on && !Mentions(statement.Child(Role::kCondition), name) && !IsReadLater(name))
      continue;
    if (types_.contains(name) && state_.variables.contains(name)) {
      carried.push_back(name);
    } else if (goes_on) {
      return Refuse(statement, "a loop that carries on what it declares, " + name);
    }
  }
  Variables before = Copy(state_.variables);
  Turns turns;
  turns.may_break = true;
  BeginTurns(turns);
  const size_t outer_count = turns.fields.size();
  auto first = std::make_unique<Query>();
  if (turns.outer != nullptr) AddOuterColumns(turns, outer_count, *turns.outer, *first);
  const auto add_state = [&](const std::string& wish, const SqlType& type, ExprPtr value) {
    OutputField field{NameTurnColumn(turns, wish), type};
    field.type.nullable = true;
    AddItem(*first, Typed(std::move(value), field.type), field);
    turns.fields.push_back(field);
    return TurnColumn(turns, field);
  };
  const ExprPtr turn_number =
      add_state("turn", tsql::MakeType(TypeId::kInt, false), MakeInteger(1));
  ExprPtr goes_on;
  if (breaks) goes_on = add_state("goes_on", tsql::MakeType(TypeId::kInt, false), MakeInteger(1));
  std::vector<OutputField> carried_fields;
  for (const std::string& name : carried) {
    state_.variables[name] = add_state(name, types_[name], Clone(*before[name]));
    carried_fields.push_back(turns.fields.back());
    if (turns.key.empty() && turns.outer == nullptr && CountsOn(body, name))
      turns.key = {FoldName(turns.fields.back().name)};
  }
  if (turns.outer != nullptr) {
    first->from = TurnSource(*turns.outer);
    first->where = PathCondition(*turns.outer);
  }
  turns.step = steps_.Add("turns", std::make_unique<Query>());
  turns_ = &turns;
  for (const std::string& name : assigned) {
    if (std::ranges::find(carried, name) == carried.end()) state_.variables.erase(name);
  }
  turns.is_turn = Evaluate(statement.Child(Role::kCondition));
  if (sink_->HasErrors()) return Flow::kRefused;
  if (KnownTruth(*turns.is_turn) == Truth::kTrue) turns.is_turn = nullptr;
  if (turns.is_turn) turns.is_turn = FreezeCondition(std::move(turns.is_turn));
  if (breaks) {
    ExprPtr test = MakeCompare("=", std::move(goes_on), MakeInteger(1));
    turns.is_turn = turns.is_turn
                        ? MakeLogical(ExprKind::kAnd, std::move(test), std::move(turns.is_turn))
                        : std::move(test);
    state_.variables[kGoesOn] = MakeInteger(1);
  }
  if (!turns.is_turn) return Refuse(statement, "a loop without an end");
  auto frames = std::exchange(frames_, {});
  const Flow flow = RunList(body, 0);
  frames_ = std::move(frames);
  turns_ = turns.outer;
  if (flow == Flow::kRefused || sink_->HasErrors()) return Flow::kRefused;
  if (!LoopIsSet(turns, statement)) return Flow::kRefused;
  // Over tables without the rows that it waits for, such a query would run for ever.
  if (ReadsTables(turns) && !EndsByCounter(statement, body, assigned))
    return Refuse(statement, "a loop that ends when it has found something");

  // The next turn's values, from this one's.
  auto next = std::make_unique<Query>();
  AddOuterColumns(turns, outer_count, turns, *next);
  size_t column = outer_count;
  const auto add_next = [&](ExprPtr value) {
    const OutputField& field = turns.fields[column++];
    AddItem(*next, Typed(std::move(value), field.type), field);
  };
  auto more = MakeExpr(ExprKind::kArithmetic, turn_number->type);
  more->text = "+";
  more->arguments = ExprList(Clone(*turn_number), MakeInteger(1));
  add_next(std::move(more));
  if (breaks) add_next(Clone(*state_.variables[kGoesOn]));
  for (const std::string& name : carried) {
    const auto value = state_.variables.find(name);
    if (value == state_.variables.end())
      return Refuse(statement, "a loop with one inside it that carries " + name + " on");
    add_next(Clone(*value->second));
  }
  next->from = TurnSource(turns);
  next->where = Clone(*turns.is_turn);
  auto all = std::make_unique<Query>();
  all->kind = QueryKind::kUnionAll;
  all->fields = turns.fields;
  all->left = WithLookUps(turns, std::move(first));
  all->right = WithLookUps(turns, std::move(next));
  steps_.Put(turns.step, std::move(all), /*reads_itself=*/true);
  return LeaveTurns(turns, assigned, carried, carried_fields, std::move(before));
}

bool RoutineRunner::ReadsTables(const Turns& turns) {
  bool reads = false;
  for (const LookUp& look_up : turns.look_ups) {
    QueryPtr row = look_up.row ? Clone(*look_up.row) : nullptr;
    ExprPtr value = look_up.value ? Clone(*look_up.value) : nullptr;
    const auto visit = [&](Source&) { reads = true; };
    if (row) ForEachPart(*row, visit, [](Expr&) {});
    if (value) ForEachPart(*value, visit, [](Expr&) {});
  }
  return reads;
}

// What variables hold after the loop.
RoutineRunner::Flow RoutineRunner::LeaveTurns(const Turns& turns,
                                              const std::vector<std::string>& assigned,
                                              const std::vector<std::string>& carried,
                                              const std::vector<OutputField>& carried_fields,
                                              Variables before) {
  state_.variables = std::move(before);
  row_count_ = nullptr;
  identity_ = nullptr;
  for (const std::string& name : assigned) state_.variables.erase(name);
  if (turns.outer != nullptr) {
    for (const std::string& name : assigned) lost_.insert(name);
    return Flow::kGoesOn;
  }
  std::vector<OutputField> last;
  std::vector<std::string> names;
  for (size_t i = 0; i < carried.size(); ++i) {
    if (!IsReadLater(carried[i])) continue;
    last.push_back(carried_fields[i]);
    names.push_back(carried[i]);
  }
  for (const std::string& name : assigned) {
    if (std::ranges::find(names, name) == names.end()) lost_.insert(name);
  }
  if (last.empty()) return Flow::kGoesOn;
  QueryPtr query = SelectFrom(StepSource(steps_.NameOf(turns.step)), last);
  auto turn = MakeExpr(ExprKind::kColumn, tsql::MakeType(TypeId::kInt));
  turn->text = "turn";
  turn->range = 0;
  query->order_by.push_back({std::move(turn), true});
  query->limit = MakeInteger(1);
  const size_t step = steps_.Add("after_" + steps_.NameOf(turns.step), std::move(query));
  for (size_t i = 0; i < last.size(); ++i)
    state_.variables[names[i]] = ReadOne(steps_.NameOf(step), last[i]);
  return Flow::kGoesOn;
}

// -- Cursors

// Loops that FETCH; kBreaks where the loop is none.
RoutineRunner::Flow RoutineRunner::RunCursorWhile(Node statement) {
  std::vector<Node> body = StatementsOf(statement.Child(Role::kBody));
  std::erase_if(body, [](Node node) { return node.Is(NodeKind::kEmptyStatement); });
  Node fetch;
  const bool fetches_last = TestsFetch(statement.Child(Role::kCondition), true);
  if (fetches_last) {
    if (body.empty() || !IsCommand(body.back(), "FETCH"))
      return Refuse(statement, "a cursor loop that does not end with FETCH");
    fetch = body.back();
    body.pop_back();
  } else {
    // WHILE 1 = 1 BEGIN FETCH ...; IF @@FETCH_STATUS <> 0 BREAK; ... END
    const bool fetches_first = body.size() > 1 && IsCommand(body[0], "FETCH") &&
                               body[1].Is(NodeKind::kIf) && !body[1].Has(Role::kElse) &&
                               TestsFetch(body[1].Child(Role::kCondition), false) &&
                               StatementsOf(body[1].Child(Role::kThen)).size() == 1 &&
                               IsCommand(StatementsOf(body[1].Child(Role::kThen))[0], "BREAK") &&
                               Compact(statement.Child(Role::kCondition).Text()) == "1=1";
    if (!fetches_first) return Flow::kBreaks;
    fetch = body[0];
    body.erase(body.begin(), body.begin() + 2);
  }
  const auto cursor = cursors_.find(FoldName(tsql::UnquoteName(fetch.TokenText(Role::kName))));
  std::vector<std::string> targets;
  for (const Node target : fetch.Children(Role::kTarget))
    targets.push_back(FoldName(target.TokenText(Role::kValue)));
  if (cursor == cursors_.end() || targets.empty() ||
      (fetches_last && cursor->second.targets != targets)) {
    return Refuse(statement, "a cursor loop whose FETCHes differ");
  }
  cursor->second.targets.clear();  // It may be opened again.
  for (const Node node : body) {
    if (HoldsCommand(node, "FETCH")) return Refuse(node, "a second FETCH in a loop");
  }
  LoweredQuery lowered =
      LowerSelect(Index(), cursor->second.query, VisibleVariables(), options_, *sink_);
  if (!lowered.query || sink_->HasErrors()) return Flow::kRefused;
  if (lowered.query->fields.size() != targets.size())
    return Refuse(statement, "a FETCH into more or fewer variables than columns");
  if (std::ranges::any_of(body, UsesCurrent)) AddCurrentRow(*lowered.query);
  return RunRowLoop(statement, std::move(lowered.query), targets, body);
}

// The key of the cursor's only table, beside the columns that are fetched.
void RoutineRunner::AddCurrentRow(Query& query) const {
  if (query.kind != QueryKind::kSelect || query.is_grouped || query.distinct || !query.from ||
      query.from->kind != SourceKind::kRelation) {
    return;
  }
  const catalog::Table* table =
      Index().FindTable(query.from->relation.schema, query.from->relation.name);
  if (table == nullptr || table->PrimaryKey() == nullptr) return;
  for (const catalog::IndexColumn& part : table->PrimaryKey()->columns) {
    const catalog::Column* column = table->FindColumn(part.name);
    if (column == nullptr) return;
    auto expr = MakeExpr(ExprKind::kColumn, tsql::FromCatalogType(column->type));
    expr->text = column->name;
    expr->range = query.from->range;
    query.fields.push_back({"current_" + column->name, expr->type});
    query.items.push_back({std::move(expr), query.fields.back().name});
  }
}

RoutineRunner::Flow RoutineRunner::RunRowLoop(Node statement, QueryPtr query,
                                              const std::vector<std::string>& targets,
                                              const std::vector<Node>& body) {
  std::vector<std::string> assigned = targets;
  for (const Node node : body) CollectAssigned(node, assigned);
  Variables before = Copy(state_.variables);
  Turns turns;
  BeginTurns(turns);
  const size_t outer_count = turns.fields.size();
  const std::vector<std::string> key = KeyOfRows(*query, targets);
  bool keeps_key = !key.empty();
  Settle(*query);
  auto rows = std::make_unique<Query>();
  if (turns.outer != nullptr) AddOuterColumns(turns, outer_count, *turns.outer, *rows);
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->alias = "cursor_rows";
  source->range = next_range_++;
  for (size_t i = 0; i < targets.size(); ++i) {
    const auto type = types_.find(targets[i]);
    if (type == types_.end()) return Refuse(statement, "a FETCH into an undeclared variable");
    OutputField field{NameTurnColumn(turns, targets[i]), type->second};
    source->column_names.push_back(field.name);
    auto expr = MakeExpr(ExprKind::kColumn, query->fields[i].type);
    expr->text = field.name;
    expr->qualifier = turns.outer != nullptr ? source->alias : "";
    expr->range = source->range;
    ExprPtr value = ConvertTo(std::move(expr), type->second, *sink_);
    field.type.nullable = value->type.nullable;
    AddItem(*rows, std::move(value), field);
    turns.fields.push_back(field);
    state_.variables[targets[i]] = TurnColumn(turns, field);
    if (std::ranges::find(key, targets[i]) == key.end()) continue;
    // Two keys could become one in a narrower variable.
    const SqlType& own = query->fields[i].type;
    keeps_key = keeps_key && own.id == type->second.id && own.scale <= type->second.scale &&
                (type->second.length == SqlType::kMax || own.length <= type->second.length);
    turns.key.push_back(FoldName(field.name));
  }
  if (!keeps_key) turns.key.clear();
  for (size_t i = targets.size(); i < query->fields.size(); ++i) {
    OutputField field{NameTurnColumn(turns, query->fields[i].name), query->fields[i].type};
    source->column_names.push_back(field.name);
    auto expr = MakeExpr(ExprKind::kColumn, field.type);
    expr->text = field.name;
    expr->qualifier = turns.outer != nullptr ? source->alias : "";
    expr->range = source->range;
    AddItem(*rows, std::move(expr), field);
    turns.fields.push_back(field);
    turns.current.emplace_back(query->items[i].expr->text, field);
  }
  if (turns.key.empty()) {
    for (const auto& [column, field] : turns.current) turns.key.push_back(FoldName(field.name));
  }
  source->query = std::move(query);
  if (turns.outer == nullptr) {
    rows->from = std::move(source);
  } else {
    source->lateral = true;
    rows->from = std::make_unique<Source>();
    rows->from->kind = SourceKind::kJoin;
    rows->from->join = JoinKind::kCross;
    rows->from->left = TurnSource(*turns.outer);
    rows->from->right = std::move(source);
    rows->where = PathCondition(*turns.outer);
  }
  for (const std::string& name : assigned) {
    const bool is_target = std::ranges::find(targets, name) != targets.end();
    // A value that a variable carries from row to row makes the order count.
    if (is_target) continue;
    const VariableUse use = FirstUse(body, name);
    if (use == VariableUse::kReads)
      return Refuse(statement, "a loop over a cursor that carries " + name + " on");
    if (use == VariableUse::kFinds) turns.finds.insert(name);
    if (types_.contains(name)) state_.variables[name] = MakeNull(types_[name]);
  }
  turns.step = steps_.Add("each_" + (targets[0].substr(1)), std::make_unique<Query>());
  turns_ = &turns;
  auto frames = std::exchange(frames_, {});
  const Flow flow = RunList(body, 0);
  frames_ = std::move(frames);
  turns_ = turns.outer;
  if (flow == Flow::kRefused || sink_->HasErrors()) return Flow::kRefused;
  if (!LoopIsSet(turns, statement)) return Flow::kRefused;
  steps_.Put(turns.step, WithLookUps(turns, std::move(rows)), /*reads_itself=*/false);
  return LeaveTurns(turns, assigned, {}, {}, std::move(before));
}

// The variables that together differ from row to row: a key of the query's only table among them,
// or what it groups by.
std::vector<std::string> RoutineRunner::KeyOfRows(const Query& query,
                                                  const std::vector<std::string>& targets) const {
  std::vector<std::string> key;
  const auto column_of = [&](const std::string& name) -> std::string {
    for (size_t i = 0; i < query.items.size() && i < targets.size(); ++i) {
      const Expr& expr = *query.items[i].expr;
      if (expr.kind == ExprKind::kColumn && FoldName(expr.text) == FoldName(name))
        return targets[i];
    }
    return "";
  };
  if (query.kind != QueryKind::kSelect) return key;
  if (query.distinct) return targets;
  if (query.is_grouped || !query.from || query.from->kind != SourceKind::kRelation) return key;
  const catalog::Table* table =
      Index().FindTable(query.from->relation.schema, query.from->relation.name);
  if (table == nullptr) return key;
  for (const catalog::KeyConstraint& candidate : table->keys) {
    key.clear();
    for (const catalog::IndexColumn& column : candidate.columns)
      key.push_back(column_of(column.name));
    if (!key.empty() && std::ranges::find(key, "") == key.end()) return key;
  }
  return {};
}

}  // namespace datamigrate::relational
