// Loops that are a single statement spelt out: a write in batches, a table that is worked off row
// by row, a tree that is walked level by level.
#include <algorithm>
#include <cctype>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/expr_parts.h"
#include "agent_engine/relational/routines/known_values.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {
namespace {

std::string Compact(Node node) {
  std::string compact;
  for (const char c : node ? node.Text() : std::string_view()) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      compact += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  while (compact.starts_with('(') && compact.ends_with(')') &&
         compact.find(')') == compact.size() - 1) {
    compact.pop_back();
    compact.erase(0, 1);
  }
  if (compact.ends_with(';')) compact.pop_back();
  return compact;
}

bool IsNoise(Node node) {
  if (node.Is(NodeKind::kEmptyStatement) || node.Is(NodeKind::kPrint) ||
      node.Is(NodeKind::kSetOption)) {
    return true;
  }
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"BEGIN", "COMMIT", "SAVE", "WAITFOR", "CHECKPOINT"},
      [&](std::string_view word) { return IsCommand(node, word); });
}

// The variable that the statement sets to @@ROWCOUNT; empty for others.
std::string CountVariable(Node node) {
  std::vector<std::string> assigned;
  CollectAssigned(node, assigned);
  if (assigned.size() != 1) return "";
  std::string text = Compact(node);
  for (const std::string_view word : {"SET", "SELECT"}) {
    if (text.starts_with(word)) text.erase(0, word.size());
  }
  return FoldName(text) == assigned[0] + "=@@rowcount" ? assigned[0] : "";
}

// A test of @@ROWCOUNT, or of a variable that has it, that holds when the write touched rows (or,
// `ends`, when it touched none or too few).
bool TestsCount(Node condition, const std::string& variable, bool ends) {
  std::string text = FoldName(Compact(condition));
  for (const std::string& name : {std::string("@@rowcount"), variable}) {
    if (name.empty() || !text.starts_with(name)) continue;
    const std::string test = text.substr(name.size());
    const bool is_number = test.size() > 1 && std::isdigit(static_cast<unsigned char>(test.back()));
    if (ends) return test == "=0" || test == "<1" || (test.starts_with("<") && is_number);
    return test == ">0" || test == "<>0" || test == "!=0" || test == ">=1" ||
           (test.starts_with("=") && is_number && test != "=0");
  }
  return false;
}

// `IF @@ROWCOUNT = 0 BREAK`.
bool IsExit(Node node, const std::string& variable) {
  if (!node.Is(NodeKind::kIf) || node.Has(Role::kElse)) return false;
  const std::vector<Node> then = StatementsOf(node.Child(Role::kThen));
  return then.size() == 1 && IsCommand(then[0], "BREAK") &&
         TestsCount(node.Child(Role::kCondition), variable, true);
}

// Whether a SET value reads a column that the UPDATE sets: repeating it goes on changing the row.
bool BuildsOnItself(Node update) {
  std::vector<std::string> sets;
  const auto last_part = [](Node reference) {
    return FoldName(NamePartsOf(reference.Child(Role::kName)).back());
  };
  for (const Node clause : update.Children(Role::kSet)) {
    if (JoinedTokens(clause, Role::kOperator, "") != "=") return true;
    for (const Node target : clause.Children(Role::kTarget)) {
      if (target.Is(NodeKind::kColumnReference)) sets.push_back(last_part(target));
    }
  }
  const std::function<bool(Node)> reads = [&](Node node) {
    if (!node) return false;
    if (node.Is(NodeKind::kColumnReference) &&
        std::ranges::find(sets, last_part(node)) != sets.end()) {
      return true;
    }
    return std::ranges::any_of(node.Children(), reads);
  };
  return std::ranges::any_of(update.Children(Role::kSet),
                             [&](Node clause) { return reads(clause.Child(Role::kValue)); });
}

// The only table of `EXISTS (SELECT ... FROM t)` or `(SELECT COUNT(*) FROM t) > 0`; null otherwise.
Node TableThatIsLeft(Node condition) {
  while (condition.Is(NodeKind::kParenthesized)) condition = condition.Child(Role::kOperand);
  Node query;
  const std::string text = Compact(condition);
  if (condition.Is(NodeKind::kExists)) {
    query = condition.Child(Role::kQuery);
  } else if (text.find("COUNT(*)FROM") != text.npos && text.ends_with(">0")) {
    const std::function<Node(Node)> find = [&](Node node) {
      if (!node || node.Is(NodeKind::kQuery)) return node;
      for (const Node child : node.Children()) {
        if (const Node found = find(child)) return found;
      }
      return Node();
    };
    query = find(condition);
  }
  const Node body = query ? query.Child(Role::kBody) : Node();
  if (!body || !body.Is(NodeKind::kQuerySpecification) || body.Has(Role::kWhere) ||
      body.Has(Role::kGroupBy)) {
    return Node();
  }
  const std::vector<Node> sources = body.Child(Role::kFrom).Children(Role::kSource);
  return sources.size() == 1 ? sources[0] : Node();
}

std::string NameOf(Node table) {
  if (!table) return "";
  if (table.Is(NodeKind::kVariableTable)) return FoldName(table.TokenText(Role::kValue));
  return table.Is(NodeKind::kTableReference)
             ? FoldName(NamePartsOf(table.Child(Role::kName)).back())
             : "";
}

bool NamesTable(Node node, const std::string& name) {
  if (!node) return false;
  if (NameOf(node) == name) return true;
  return std::ranges::any_of(node.Children(), [&](Node child) { return NamesTable(child, name); });
}

void TakeConjuncts(ExprPtr& condition, std::vector<ExprPtr>& parts) {
  if (!condition) return;
  if (condition->kind != ExprKind::kAnd) {
    parts.push_back(std::move(condition));
    return;
  }
  for (ExprPtr& part : condition->arguments) TakeConjuncts(part, parts);
  condition = nullptr;
}

ExprPtr Joined(std::vector<ExprPtr> parts) {
  ExprPtr all;
  for (ExprPtr& part : parts)
    all = all ? MakeLogical(ExprKind::kAnd, std::move(all), std::move(part)) : std::move(part);
  return all;
}

constexpr int32_t kLevelRange = -77;  // Of the stand-in for the level's variable.

bool IsLevel(const Expr& expr) {
  const Expr& bare = Bare(expr);
  return bare.kind == ExprKind::kColumn && bare.range == kLevelRange;
}

// @level + step.
bool IsLevelAnd(const Expr& expr, std::string_view op) {
  const Expr& bare = Bare(expr);
  return bare.kind == ExprKind::kArithmetic && bare.text == op && IsLevel(*bare.arguments[0]) &&
         Bare(*bare.arguments[1]).kind == ExprKind::kNumber && Bare(*bare.arguments[1]).text == "1";
}

// The one source of a FROM clause that is the table; null where there is none, or another.
Source* OnlySource(Source* source, const catalog::ObjectName& table, int& count) {
  if (source == nullptr) return nullptr;
  if (source->kind == SourceKind::kJoin) {
    Source* left = OnlySource(source->left.get(), table, count);
    Source* right = OnlySource(source->right.get(), table, count);
    if (source->join != JoinKind::kInner && source->join != JoinKind::kCross &&
        (left != nullptr || right != nullptr)) {
      ++count;  // Recursion does not go through outer joins.
    }
    return left != nullptr ? left : right;
  }
  if (source->kind != SourceKind::kRelation || StateKey(source->relation) != StateKey(table))
    return nullptr;
  ++count;
  return source;
}

}  // namespace

// kBreaks: none of these.
RoutineRunner::Flow RoutineRunner::RunLoopPattern(Node statement) {
  if (turns_ != nullptr) return Flow::kBreaks;
  std::vector<Node> body = StatementsOf(statement.Child(Role::kBody));
  std::erase_if(body, IsNoise);
  if (const Flow flow = RunBatches(statement, body); flow != Flow::kBreaks) return flow;
  if (const Flow flow = RunQueue(statement, body); flow != Flow::kBreaks) return flow;
  if (const Flow flow = RunTaking(statement, body); flow != Flow::kBreaks) return flow;
  return RunLevels(statement, body);
}

// WHILE ... DELETE TOP (n) ... until no row is left: the statement without TOP.
RoutineRunner::Flow RoutineRunner::RunBatches(Node statement, const std::vector<Node>& body) {
  Node write;
  std::string count;
  bool has_exit = false;
  for (const Node node : body) {
    const bool is_write =
        node.Is(NodeKind::kDeleteStatement) || node.Is(NodeKind::kUpdateStatement);
    if (is_write && !write && node.Has(Role::kTop) && !node.Has(Role::kOutput)) {
      write = node;
    } else if (const std::string variable = CountVariable(node); !variable.empty()) {
      count = variable;
    } else if (IsExit(node, count)) {
      has_exit = true;
    } else {
      return Flow::kBreaks;
    }
  }
  if (!write || (write.Is(NodeKind::kUpdateStatement) && BuildsOnItself(write)))
    return Flow::kBreaks;
  const Node condition = statement.Child(Role::kCondition);
  const bool is_endless = Compact(condition) == "1=1" && has_exit;
  const bool tests_count = TestsCount(condition, count, false);
  if (!is_endless && !tests_count) return Flow::kBreaks;
  const auto run = [&] {
    LoweringOptions options = options_;
    options.takes_all = true;
    return StoreWrite(LowerWrite(Index(), write, VisibleVariables(), options, *sink_), write);
  };
  Flow flow = Flow::kGoesOn;
  if (is_endless) {
    flow = run();
  } else {
    ExprPtr begins = Evaluate(condition);
    if (sink_->HasErrors()) return Flow::kRefused;
    const Truth truth = KnownTruth(*begins);
    if (truth == Truth::kOpen) {
      begins = FreezeCondition(std::move(begins));
      flow = RunChoice(statement, *begins, run, [] { return Flow::kGoesOn; });
    } else if (truth == Truth::kTrue) {
      flow = run();
    }
  }
  row_count_ = nullptr;
  if (!count.empty()) {
    state_.variables.erase(count);
    lost_.insert(count);
  }
  return flow;
}

// WHILE EXISTS (SELECT * FROM #t) ... SELECT TOP (1) @a = ... FROM #t ...; DELETE #t WHERE k = @a:
// a loop over the rows of #t, which leaves none.
RoutineRunner::Flow RoutineRunner::RunQueue(Node statement, const std::vector<Node>& body) {
  const Node left = TableThatIsLeft(statement.Child(Role::kCondition));
  const std::string name = NameOf(left);
  if (name.empty() || body.size() < 2) return Flow::kBreaks;
  const Node first = body[0];
  if (!first.Is(NodeKind::kSelectStatement)) return Flow::kBreaks;
  const Node select = first.Child(Role::kQuery).Child(Role::kBody);
  const std::vector<Node> items = select.Child(Role::kSelectList).Children(Role::kItem);
  const Node top = select.Child(Role::kTop);
  const bool takes_one = top && Compact(top.Child(Role::kValue)) == "1" &&
                         !select.Has(Role::kWhere) && std::ranges::all_of(items, [](Node item) {
                           return item.Is(NodeKind::kSelectAssignment) &&
                                  JoinedTokens(item, Role::kOperator, "") == "=";
                         });
  const std::vector<Node> sources = select.Child(Role::kFrom).Children(Role::kSource);
  if (!takes_one || sources.size() != 1 || NameOf(sources[0]) != name) return Flow::kBreaks;
  std::vector<Node> rest;
  Node removal;
  for (const Node node : body) {
    if (node == first) continue;
    const bool removes = node.Is(NodeKind::kDeleteStatement) && !removal &&
                         NameOf(node.Child(Role::kTarget)) == name;
    if (removes) {
      removal = node;
    } else if (NamesTable(node, name) || HoldsCommand(node, "BREAK")) {
      return Flow::kBreaks;
    } else {
      rest.push_back(node);
    }
  }
  if (!removal || removal.Has(Role::kFrom) || removal.Has(Role::kTop) || removal.Has(Role::kOutput))
    return Flow::kBreaks;
  // The row goes by a column that the turn has read.
  const std::string where = FoldName(Compact(removal.Child(Role::kWhere)));
  std::vector<std::string> targets;
  std::string key;
  for (const Node item : items) {
    targets.push_back(FoldName(item.TokenText(Role::kTarget)));
    std::string column = FoldName(Compact(item.Child(Role::kValue)));
    if (where == column + "=" + targets.back()) key = column;
  }
  std::erase_if(key, [](char c) { return c == '[' || c == ']'; });
  const catalog::Table* table = Index().FindTable("", name);
  if (key.empty() || table == nullptr) return Flow::kBreaks;
  std::vector<std::string> changed;  // The row that goes is the one that was read.
  for (const Node node : rest) CollectAssigned(node, changed);
  for (const std::string& target : targets) {
    if (std::ranges::find(changed, target) != changed.end()) return Flow::kBreaks;
  }
  const bool is_unique = std::ranges::any_of(table->keys, [&](const catalog::KeyConstraint& known) {
    return known.columns.size() == 1 && FoldName(known.columns[0].name) == key;
  });
  if (!is_unique && items.size() > 1) return Flow::kBreaks;
  LoweringOptions options = options_;
  options.assigns_variables = true;
  LoweredQuery lowered = LowerSelect(Index(), first, VisibleVariables(), options, *sink_);
  if (!lowered.query || sink_->HasErrors()) return Flow::kRefused;
  lowered.query->limit = nullptr;
  lowered.query->order_by.clear();
  lowered.query->distinct = !is_unique;
  const catalog::ObjectName worked_off = table->name;
  const Flow flow = RunRowLoop(statement, std::move(lowered.query), targets, rest);
  if (flow != Flow::kGoesOn) return flow;
  if (!IsTemporary(worked_off) && std::ranges::find(written_, worked_off) == written_.end())
    written_.push_back(worked_off);
  state_.tables[StateKey(worked_off)] = {.is_empty = true, .is_dropped = false, .step = 0};
  return flow;
}

// WHILE @@ROWCOUNT > 0 BEGIN SET @level += 1; INSERT @t SELECT ..., @level FROM ... JOIN @t ON ...
// level = @level - 1; END: a recursive common table.
RoutineRunner::Flow RoutineRunner::RunLevels(Node statement, const std::vector<Node>& body) {
  Node insert, counter;
  std::string count;
  bool counts_first = false;
  for (const Node node : body) {
    if (node.Is(NodeKind::kInsertStatement) && !insert && !node.Has(Role::kOutput)) {
      insert = node;
    } else if (const std::string variable = CountVariable(node); !variable.empty()) {
      count = variable;
    } else if (node.Is(NodeKind::kSetVariable) && !counter &&
               CountsOn(body, FoldName(node.TokenText(Role::kTarget)))) {
      counter = node;
      counts_first = !insert;
    } else {
      return Flow::kBreaks;
    }
  }
  if (!insert || !counter || !TestsCount(statement.Child(Role::kCondition), count, false))
    return Flow::kBreaks;
  const std::string level = FoldName(counter.TokenText(Role::kTarget));
  const std::string counted = FoldName(Compact(counter));
  if (!counted.ends_with("+1") && !counted.ends_with("+=1")) return Flow::kBreaks;
  const auto begins = state_.variables.find(level);
  if (begins == state_.variables.end() || !types_.contains(level)) return Flow::kBreaks;
  Variables variables = VisibleVariables();
  auto stand_in = MakeExpr(ExprKind::kColumn, types_[level]);
  stand_in->text = level;
  stand_in->range = kLevelRange;
  variables[level] = std::move(stand_in);
  InsertedRows inserted =
      LowerInsertedRows(Index(), insert, std::move(variables), options_, *sink_);
  if (inserted.table == nullptr || sink_->HasErrors()) return Flow::kRefused;
  const catalog::ObjectName name = inserted.table->name;
  Query& rows = *inserted.rows;
  int uses = 0;
  ForEachPart(
      rows,
      [&](Source& source) {
        uses += source.kind == SourceKind::kRelation && StateKey(source.relation) == StateKey(name);
      },
      [](Expr&) {});
  int count_of_sources = 0;
  Source* previous = OnlySource(rows.from.get(), name, count_of_sources);
  const bool is_plain = rows.kind == QueryKind::kSelect && !rows.is_grouped && !rows.distinct &&
                        !rows.limit && rows.ctes.empty();
  if (previous == nullptr || uses != 1 || count_of_sources != 1 || !is_plain) return Flow::kBreaks;
  // The condition that holds it to the rows of the turn before.
  std::string column;
  const int32_t range = previous->range;
  const auto take = [&](ExprPtr& condition) {
    std::vector<ExprPtr> parts;
    TakeConjuncts(condition, parts);
    std::erase_if(parts, [&](const ExprPtr& part) {
      if (part->kind != ExprKind::kCompare || part->text != "=" || !column.empty()) return false;
      for (const size_t side : {size_t{0}, size_t{1}}) {
        const Expr& own = Bare(*part->arguments[side]);
        const Expr& other = *part->arguments[1 - side];
        const bool is_before = counts_first ? IsLevelAnd(other, "-") : IsLevel(other);
        if (own.kind == ExprKind::kColumn && own.range == range && is_before) column = own.text;
      }
      return !column.empty();
    });
    condition = Joined(std::move(parts));
  };
  take(rows.where);
  const std::function<void(Source*)> visit = [&](Source* source) {
    if (source == nullptr || source->kind != SourceKind::kJoin) return;
    visit(source->left.get());
    visit(source->right.get());
    if (source->condition) take(source->condition);
    if (!source->condition && source->join == JoinKind::kInner) source->join = JoinKind::kCross;
  };
  visit(rows.from.get());
  const auto place = std::ranges::find_if(inserted.columns, [&](const std::string& candidate) {
    return FoldName(candidate) == FoldName(column);
  });
  if (column.empty() || place == inserted.columns.end()) return Flow::kBreaks;
  const Expr& written = *rows.items[static_cast<size_t>(place - inserted.columns.begin())].expr;
  if (counts_first ? !IsLevel(written) : !IsLevelAnd(written, "+")) return Flow::kBreaks;
  // All rows so far are of the level that the variable begins with.
  const auto state = state_.tables.find(StateKey(name));
  if (state == state_.tables.end() || state->second.is_empty) return Flow::kBreaks;
  const Query& before = steps_.QueryOf(state->second.step);
  const auto item = std::ranges::find_if(before.items, [&](const SelectItem& candidate) {
    return FoldName(candidate.alias) == FoldName(column);
  });
  const bool has_one_level = before.kind == QueryKind::kSelect && item != before.items.end() &&
                             begins->second->kind == ExprKind::kNumber &&
                             Bare(*item->expr).kind == ExprKind::kNumber &&
                             Bare(*item->expr).text == begins->second->text;
  if (!has_one_level) return Flow::kBreaks;
  const std::string alias = previous->alias;
  ForEachPart(
      rows, [](Source&) {},
      [&](Expr& part) {
        if (part.kind != ExprKind::kColumn || part.range != kLevelRange) return;
        auto own = MakeExpr(ExprKind::kColumn, part.type);
        own->text = column;
        own->qualifier = alias;
        own->range = range;
        if (!counts_first) {
          part.text = own->text;
          part.qualifier = own->qualifier;
          part.range = own->range;
          return;
        }
        part.kind = ExprKind::kArithmetic;
        part.text = "+";
        part.range = -1;
        part.arguments = ExprList(std::move(own), MakeInteger(1));
      });
  LoweredWrite write = LowerAddedRows(Index(), *inserted.table, inserted.columns,
                                      std::move(inserted.rows), insert, options_, *sink_);
  if (write.table == nullptr || sink_->HasErrors()) return Flow::kRefused;
  QueryPtr added = std::move(write.added);
  if (added->from == nullptr) return Flow::kBreaks;
  const size_t step =
      steps_.Add("all_" + steps_.NameOf(state->second.step), std::make_unique<Query>());
  QueryPtr first = ReadState(name, state_.tables);
  state_.tables[StateKey(name)].step = step;
  Reader().Apply(*added);
  for (Query* side : {first.get(), added.get()}) {
    for (size_t i = 0; i < side->items.size(); ++i)
      side->items[i].expr = MakeCast(std::move(side->items[i].expr), side->fields[i].type, false);
  }
  auto all = std::make_unique<Query>();
  all->kind = QueryKind::kUnionAll;
  all->fields = first->fields;
  all->left = std::move(first);
  all->right = std::move(added);
  steps_.Put(step, std::move(all), /*reads_itself=*/true);
  row_count_ = nullptr;
  for (const std::string& variable : {level, count}) {
    if (variable.empty()) continue;
    state_.variables.erase(variable);
    lost_.insert(variable);
  }
  return Flow::kGoesOn;
}

}  // namespace datamigrate::relational
