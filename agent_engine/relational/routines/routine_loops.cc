// WHILE: its turns as rows.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/sequence_names.h"
#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/routines/known_values.h"
#include "agent_engine/relational/routines/random_values.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {
namespace {

constexpr char kPlace[] = "@@place";  // 1 where the loop inside begins a turn; 0: the loop.
constexpr int kMaxUnrolled = 64;

bool HoldsReturn(Node node) {
  return node.Is(NodeKind::kReturn) || std::ranges::any_of(node.Children(), HoldsReturn);
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
    if (PlainText(condition) != name + "isnotnull") return false;
    return std::ranges::any_of(body, [&](Node node) {
      const std::string text = PlainText(node);
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
  Turns* const outer = turns_;
  carries_through_ = false;
  ends_at_once_ = false;
  const auto attempt = [&](DiagnosticSink& findings, const std::function<Flow()>& run) {
    DiagnosticSink* const sink = std::exchange(sink_, &findings);
    const Flow flow = run();
    sink_ = sink;
    turns_ = outer;
    return flow;
  };
  const auto keep = [&](DiagnosticSink& findings) {
    for (diagnostics::Diagnostic& found : findings.Take()) sink_->Report(std::move(found));
  };
  DiagnosticSink as_set;
  const Flow flow = attempt(as_set, [&] { return RunTurns(statement); });
  if (flow != Flow::kRefused || turns_ != nullptr) {
    keep(as_set);
    return flow;
  }
  const Node inner = OnlyLoopOf(StatementsOf(statement.Child(Role::kBody)));
  std::vector<std::function<Flow()>> others;
  if (carries_through_) others.push_back([&] { return RunTurns(statement, inner); });
  if (ends_at_once_) others.push_back([&] { return RunOnce(statement); });
  others.push_back([&] { return RunUnrolled(statement); });
  for (const std::function<Flow()>& run : others) {
    Restart(before);
    effects_.results.resize(before.first_result);
    own_ = own;
    index_ = std::make_unique<catalog::CatalogIndex>(outer_, own_);
    written_ = written;
    DiagnosticSink findings;
    if (const Flow other = attempt(findings, run); other != Flow::kRefused) {
      keep(findings);
      return other;
    }
  }
  keep(as_set);  // The reason that is told is why the loop is no set.
  return Flow::kRefused;
}

// The one loop among the statements, all of which end where they end; absent: none, or several.
Node RoutineRunner::OnlyLoopOf(const std::vector<Node>& body) {
  Node loop;
  const std::function<bool(Node)> holds_loop = [&](Node node) {
    return node.Is(NodeKind::kWhile) || std::ranges::any_of(node.Children(), holds_loop);
  };
  for (const Node node : body) {
    const bool is_loop = node.Is(NodeKind::kWhile);
    if (EndsTurn(node) || (!is_loop && holds_loop(node)) || (is_loop && loop)) return {};
    if (is_loop) loop = node;
  }
  for (const Node node : StatementsOf(loop.Child(Role::kBody))) {
    if (EndsTurn(node) || holds_loop(node)) return {};
  }
  return loop;
}

// A loop in a loop as one: a turn is either the statements before the inner loop, a turn of that
// one, or the statements behind it.
RoutineRunner::Flow RoutineRunner::RunPlaces(Turns& turns, const std::vector<Node>& body,
                                             Node inner) {
  const auto loop = std::ranges::find(body, inner);
  const std::vector<Node> first(body.begin(), loop);
  const std::vector<Node> last(loop + 1, body.end());
  const ExprPtr place = Clone(*state_.variables.at(kPlace));
  const ExprPtr is_first = MakeCompare("=", Clone(*place), MakeInteger(0));
  ExprPtr goes_on = Evaluate(inner.Child(Role::kCondition));
  if (sink_->HasErrors()) return Flow::kRefused;
  goes_on = FreezeCondition(std::move(goes_on));
  const auto inside = [&](ExprPtr condition) {
    return MakeLogical(ExprKind::kAnd, MakeCompare("=", Clone(*place), MakeInteger(1)),
                       std::move(condition));
  };
  const Variables before = Copy(state_.variables);
  const auto run = [&](const std::vector<Node>& statements, ExprPtr taken, int next) {
    state_.variables = Copy(before);
    state_.variables[kPlace] = MakeInteger(next);
    turns.path.push_back(std::move(taken));
    const Flow flow = RunList(statements, 0);
    turns.path.pop_back();
    return flow;
  };
  if (run(first, Clone(*is_first), 1) == Flow::kRefused) return Flow::kRefused;
  Variables after_first = std::move(state_.variables);
  if (run(StatementsOf(inner.Child(Role::kBody)), inside(Clone(*goes_on)), 1) == Flow::kRefused)
    return Flow::kRefused;
  Variables after_turn = std::move(state_.variables);
  if (run(last, inside(UnlessTrue(Clone(*goes_on))), 0) == Flow::kRefused) return Flow::kRefused;
  MergeVariables(*goes_on, std::move(after_turn), nullptr);
  MergeVariables(*is_first, std::move(after_first), nullptr);
  return Flow::kGoesOn;
}

// Whether every turn does and finds the same as the first one: nothing is written or carried on.
bool RoutineRunner::TurnsAreAlike(const Turns& turns, Node statement, const std::vector<Node>& body,
                                  const std::vector<std::string>& assigned) const {
  const bool carries = std::ranges::any_of(assigned, [&](const std::string& name) {
    return FirstUse(body, name) == VariableUse::kReads;
  });
  // What waits is ended by others.
  const bool ends_itself =
      std::ranges::any_of(assigned,
                          [&](const std::string& name) {
                            return Mentions(statement.Child(Role::kCondition), name);
                          }) &&
      !HoldsCommand(statement.Child(Role::kBody), "WAITFOR");
  return turns.outer == nullptr && turns.inserted.empty() && turns.changed.empty() && !carries &&
         ends_itself && !EndsTurn(statement.Child(Role::kBody));
}

// WHILE @v IS NULL SELECT @v = x ... FROM: whether x is never NULL.
bool RoutineRunner::FindsKnownValue(Node statement, const std::vector<Node>& body) {
  Node condition = statement.Child(Role::kCondition);
  while (condition.Is(NodeKind::kParenthesized)) condition = condition.Child(Role::kOperand);
  const Node operand = condition.Child(Role::kOperand);
  if (!condition.Is(NodeKind::kIsNull) || condition.Has(Role::kNegation) ||
      !operand.Is(NodeKind::kVariableReference) || body.size() != 1 ||
      !body[0].Is(NodeKind::kSelectStatement)) {
    return false;
  }
  const std::string name = FoldName(operand.TokenText(Role::kValue));
  const Node select = body[0].Child(Role::kQuery).Child(Role::kBody);
  const std::vector<Node> items = select.Child(Role::kSelectList).Children(Role::kItem);
  LoweringOptions options = options_;
  options.assigns_variables = true;
  DiagnosticSink ignored;
  const LoweredQuery lowered = LowerSelect(Index(), body[0], VisibleVariables(), options, ignored);
  if (!lowered.query || ignored.HasErrors()) return false;
  for (size_t i = 0; i < items.size() && i < lowered.query->fields.size(); ++i) {
    if (items[i].Is(NodeKind::kSelectAssignment) &&
        FoldName(items[i].TokenText(Role::kTarget)) == name) {
      return !lowered.query->fields[i].type.nullable;
    }
  }
  return false;
}

// A loop whose turns are all alike ends after the first one, or never.
RoutineRunner::Flow RoutineRunner::RunOnce(Node statement) {
  const std::vector<Node> body = StatementsOf(statement.Child(Role::kBody));
  ExprPtr condition = Evaluate(statement.Child(Role::kCondition));
  if (sink_->HasErrors()) return Flow::kRefused;
  const size_t known_steps = steps_.count();
  const bool is_known = FindsKnownValue(statement, body);
  const auto run = [&] { return RunList(body, 0); };
  const Truth truth = KnownTruth(*condition);
  Flow flow = Flow::kGoesOn;
  if (truth == Truth::kOpen) {
    condition = FreezeCondition(std::move(condition));
    flow = RunChoice(statement, *condition, run, [] { return Flow::kGoesOn; });
  } else if (truth == Truth::kTrue) {
    flow = run();
  }
  if (flow == Flow::kRefused) return flow;
  for (size_t step = known_steps; step < steps_.count() && !is_known; ++step) {
    if (HoldsRandom(steps_.QueryOf(step)))
      return Refuse(statement, "a loop that draws until it has found something");
  }
  Note(DiagnosticId::kLoopEndsAtOnce, statement);
  return flow;
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
RoutineRunner::Flow RoutineRunner::RunTurns(Node statement, Node inner) {
  const std::vector<Node> body = StatementsOf(statement.Child(Role::kBody));
  std::vector<std::string> assigned;
  for (const Node node : body) CollectAssigned(node, assigned);
  const bool ends_routine =
      turns_ == nullptr && outputs_.empty() && std::ranges::all_of(frames_, [](const Frame& frame) {
        return frame.next >= frame.statements->size();
      });
  const bool breaks = HoldsCommand(statement.Child(Role::kBody), "BREAK") ||
                      (ends_routine && HoldsReturn(statement.Child(Role::kBody)));
  if (turns_ == nullptr && !PrepareDraws(statement)) return Flow::kRefused;
  std::vector<std::string> carried;
  for (const std::string& name : assigned) {
    const VariableUse use = FirstUse(body, name);
    const bool goes_on = use == VariableUse::kReads || use == VariableUse::kFinds ||
                         (inner && use != VariableUse::kNone);
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
  turns.ends_routine = ends_routine;
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
  turns.number = turns.fields.back();
  ExprPtr place;
  if (inner) place = add_state("place", tsql::MakeType(TypeId::kInt, false), MakeInteger(0));
  ExprPtr goes_on;
  if (breaks) goes_on = add_state("goes_on", tsql::MakeType(TypeId::kInt, false), MakeInteger(1));
  std::vector<OutputField> carried_fields;
  for (const std::string& name : carried) {
    state_.variables[name] = add_state(name, types_[name], Clone(*before[name]));
    carried_fields.push_back(turns.fields.back());
    if (IsLastNumberVariable(name)) turns.draws.insert(name);
    if (turns.key.empty() && turns.outer == nullptr && !inner && CountsOn(body, name))
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
  if (inner) {
    turns.is_turn = MakeLogical(ExprKind::kOr, MakeCompare("=", Clone(*place), MakeInteger(1)),
                                std::move(turns.is_turn));
    state_.variables[kPlace] = std::move(place);
  }
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
  const Flow flow = inner ? RunPlaces(turns, body, inner) : RunList(body, 0);
  frames_ = std::move(frames);
  turns_ = turns.outer;
  if (flow == Flow::kRefused || sink_->HasErrors()) return Flow::kRefused;
  if (!LoopIsSet(turns, statement)) return Flow::kRefused;
  // Over tables without the rows that it waits for, such a query would run for ever.
  const bool ends =
      EndsByCounter(statement, body, assigned) &&
      (!inner || EndsByCounter(inner, StatementsOf(inner.Child(Role::kBody)), assigned));
  if (ReadsTables(turns) && !ends) {
    ends_at_once_ = TurnsAreAlike(turns, statement, body, assigned);
    return Refuse(statement, "a loop that ends when it has found something");
  }

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
  if (inner) add_next(Clone(*state_.variables[kPlace]));
  if (breaks) add_next(Clone(*state_.variables[kGoesOn]));
  for (const std::string& name : carried) {
    const auto value = state_.variables.find(name);
    if (value == state_.variables.end()) {
      carries_through_ = turns.outer == nullptr && OnlyLoopOf(body);
      return Refuse(statement, "a loop with one inside it that carries " + name + " on");
    }
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
  turn->text = turns.number.name;
  turn->range = 0;
  query->order_by.push_back({std::move(turn), true});
  query->limit = MakeInteger(1);
  const size_t step = steps_.Add("after_" + steps_.NameOf(turns.step), std::move(query));
  for (size_t i = 0; i < last.size(); ++i)
    state_.variables[names[i]] = ReadOne(steps_.NameOf(step), last[i]);
  return Flow::kGoesOn;
}

}  // namespace datamigrate::relational
