// A loop that takes one row after another from a table and marks it: SELECT TOP (1) @id = Id FROM q
// WHERE Done = 0; ...; UPDATE q SET Done = 1 WHERE Id = @id. Its turns are the rows that are not
// marked yet.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/expr_parts.h"
#include "agent_engine/relational/routines/known_values.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {
namespace {

Node Bare(Node node) {
  while (node.Is(NodeKind::kParenthesized)) node = node.Child(Role::kOperand);
  return node;
}

bool NamesTable(Node node, const std::string& name) {
  if (!node) return false;
  if (node.Is(NodeKind::kTableReference) &&
      FoldName(NamePartsOf(node.Child(Role::kName)).back()) == name) {
    return true;
  }
  if (node.Is(NodeKind::kVariableTable) && FoldName(node.TokenText(Role::kValue)) == name)
    return true;
  return std::ranges::any_of(node.Children(), [&](Node child) { return NamesTable(child, name); });
}

std::string TableOf(Node source) {
  if (source.Is(NodeKind::kVariableTable)) return FoldName(source.TokenText(Role::kValue));
  return source.Is(NodeKind::kTableReference)
             ? FoldName(NamePartsOf(source.Child(Role::kName)).back())
             : "";
}

// The query below EXISTS (SELECT ...).
Node QueryOfExists(Node condition) {
  condition = Bare(condition);
  return condition.Is(NodeKind::kExists) ? condition.Child(Role::kQuery).Child(Role::kBody)
                                         : Node();
}

bool IsNoRowExit(Node node) {
  if (!node.Is(NodeKind::kIf) || node.Has(Role::kElse)) return false;
  const std::vector<Node> then = StatementsOf(node.Child(Role::kThen));
  const std::string test = PlainText(node.Child(Role::kCondition));
  return then.size() == 1 && IsCommand(then[0], "BREAK") &&
         (test == "@@rowcount=0" || test == "@@rowcount<1");
}

bool HoldsColumn(Node node) {
  return node.Is(NodeKind::kColumnReference) || std::ranges::any_of(node.Children(), HoldsColumn);
}

// An UPDATE that may be repeated: what it sets does not depend on the row.
bool SetsTheSameAgain(Node update) {
  return update.Is(NodeKind::kUpdateStatement) &&
         std::ranges::none_of(update.Children(Role::kSet),
                              [](Node clause) { return HoldsColumn(clause.Child(Role::kValue)); });
}

void TakeConjuncts(const Expr& condition, std::vector<const Expr*>& parts) {
  if (condition.kind != ExprKind::kAnd) {
    parts.push_back(&condition);
    return;
  }
  for (const ExprPtr& part : condition.arguments) TakeConjuncts(*part, parts);
}

// Whether a row with that value of the column is none of those that the condition finds.
bool LeavesRows(const Expr& condition, const std::string& column, const Expr& value) {
  std::vector<const Expr*> parts;
  TakeConjuncts(condition, parts);
  return std::ranges::any_of(parts, [&](const Expr* part) {
    const auto is_column = [&](const Expr& expr) {
      return Bare(expr).kind == ExprKind::kColumn && FoldName(Bare(expr).text) == column;
    };
    if (part->kind == ExprKind::kIsNull && !part->negated && is_column(*part->arguments[0]))
      return value.kind != ExprKind::kNull && !value.type.nullable;
    if (part->kind != ExprKind::kCompare || part->text != "=") return false;
    for (const size_t side : {size_t{0}, size_t{1}}) {
      const Expr& other = Bare(*part->arguments[1 - side]);
      if (!is_column(*part->arguments[side])) continue;
      if (other.kind == ExprKind::kString && Bare(value).kind == ExprKind::kString) {
        const auto trimmed = [](std::string text) {
          while (text.ends_with(' ')) text.pop_back();
          return FoldName(text);
        };
        return trimmed(other.text) != trimmed(Bare(value).text);
      }
      return KnownTruth(*MakeCompare("=", Clone(other), Clone(Bare(value)))) == Truth::kFalse;
    }
    return false;
  });
}

}  // namespace

// The UPDATE or DELETE of the body that takes the row out of what the SELECT finds: it goes by a
// unique column that the SELECT has read. Absent where there is none.
Node RoutineRunner::FindsRemoval(const std::vector<Node>& rest, const catalog::Table& table,
                                 const std::vector<Node>& items, const Expr& condition) {
  std::string key;
  std::string target;
  for (const Node item : items) {
    const Node value = item.Child(Role::kValue);
    if (!value.Is(NodeKind::kColumnReference)) continue;
    const std::string column = FoldName(NamePartsOf(value.Child(Role::kName)).back());
    const bool is_key = std::ranges::any_of(table.keys, [&](const catalog::KeyConstraint& known) {
      return known.columns.size() == 1 && FoldName(known.columns[0].name) == column;
    });
    if (!is_key) continue;
    key = column;
    target = FoldName(item.TokenText(Role::kTarget));
  }
  if (key.empty()) return {};
  const std::string wanted = key + "=" + target;
  for (const Node node : rest) {
    const bool is_write =
        node.Is(NodeKind::kUpdateStatement) || node.Is(NodeKind::kDeleteStatement);
    if (!is_write || TableOf(node.Child(Role::kTarget)) != FoldName(table.name.name) ||
        node.Has(Role::kFrom) || node.Has(Role::kTop) || node.Has(Role::kOutput) ||
        PlainText(node.Child(Role::kWhere)) != wanted) {
      continue;
    }
    if (node.Is(NodeKind::kDeleteStatement)) return node;
    for (const Node clause : node.Children(Role::kSet)) {
      const std::vector<Node> targets = clause.Children(Role::kTarget);
      if (targets.size() != 1 || !targets[0].Is(NodeKind::kColumnReference) ||
          JoinedTokens(clause, Role::kOperator, "") != "=") {
        continue;
      }
      const std::string column = FoldName(NamePartsOf(targets[0].Child(Role::kName)).back());
      DiagnosticSink ignored;
      const ExprPtr value = LowerOverTable(Index(), &table, clause.Child(Role::kValue),
                                           VisibleVariables(), options_, ignored);
      if (!ignored.HasErrors() && LeavesRows(condition, column, *value)) return node;
    }
  }
  return {};
}

// How many turns `WHILE @i < n` has, where `SET @i += 1` is in the body; null for other conditions.
ExprPtr RoutineRunner::CountOfTurns(Node statement, const std::vector<Node>& body, Node& counter) {
  const Node condition = Bare(statement.Child(Role::kCondition));
  const std::string op = JoinedTokens(condition, Role::kOperator, "");
  const Node left = condition.Child(Role::kLeft);
  if (!condition.Is(NodeKind::kComparison) || (op != "<" && op != "<=") ||
      !left.Is(NodeKind::kVariableReference)) {
    return nullptr;
  }
  const std::string name = FoldName(left.TokenText(Role::kValue));
  const auto counts = std::ranges::find_if(body, [&](Node node) {
    const std::string text = PlainText(node);
    return node.Is(NodeKind::kSetVariable) && FoldName(node.TokenText(Role::kTarget)) == name &&
           (text.ends_with("+=1") || text.ends_with(name + "+1"));
  });
  std::vector<std::string> assigned;
  for (const Node node : body) CollectAssigned(node, assigned);
  const Node end = condition.Child(Role::kRight);
  const bool is_open =
      std::ranges::any_of(assigned, [&](const std::string& other) { return Mentions(end, other); });
  const auto begins = state_.variables.find(name);
  if (counts == body.end() || !CountsOn(body, name) || is_open || begins == state_.variables.end())
    return nullptr;
  counter = *counts;
  ExprPtr count = Combine("-", Evaluate(end), Clone(*begins->second), condition, options_, *sink_);
  if (op == "<=")
    count = Combine("+", std::move(count), MakeInteger(1), condition, options_, *sink_);
  count = Freeze(std::move(count), "turns_to_take");
  const ExprPtr is_any = MakeCompare(">", Clone(*count), MakeInteger(0));
  auto choice = MakeExpr(ExprKind::kCase, tsql::MakeType(TypeId::kBigInt, false));
  choice->has_else = true;
  choice->arguments = ExprList(Clone(*is_any), std::move(count), MakeInteger(0));
  return choice;
}

RoutineRunner::Flow RoutineRunner::RunTaking(Node statement, const std::vector<Node>& body) {
  if (body.size() < 2 || !body[0].Is(NodeKind::kSelectStatement)) return Flow::kBreaks;
  const Node select = body[0].Child(Role::kQuery).Child(Role::kBody);
  const std::vector<Node> items = select.Child(Role::kSelectList).Children(Role::kItem);
  const std::vector<Node> sources = select.Child(Role::kFrom).Children(Role::kSource);
  const bool takes_one = select.Has(Role::kTop) && select.Has(Role::kWhere) &&
                         !select.Has(Role::kGroupBy) &&
                         PlainText(select.Child(Role::kTop).Child(Role::kValue)) == "1" &&
                         sources.size() == 1 && std::ranges::all_of(items, [](Node item) {
                           return item.Is(NodeKind::kSelectAssignment) &&
                                  JoinedTokens(item, Role::kOperator, "") == "=";
                         });
  const std::string name = takes_one ? TableOf(sources[0]) : "";
  if (name.empty()) return Flow::kBreaks;
  const catalog::ObjectName written = TableNameOf(sources[0].Child(Role::kName));
  const catalog::Table* table = sources[0].Is(NodeKind::kVariableTable)
                                    ? Index().FindTable("", name)
                                    : Index().FindTable(written.schema, written.name);
  if (table == nullptr) return Flow::kBreaks;
  LoweringOptions options = options_;
  options.assigns_variables = true;
  DiagnosticSink findings;
  LoweredQuery lowered = LowerSelect(Index(), body[0], VisibleVariables(), options, findings);
  if (!lowered.query || findings.HasErrors() || !lowered.query->where ||
      HoldsSource(*lowered.query->where)) {
    return Flow::kBreaks;
  }
  std::vector<std::string> assigned;
  for (const Node node : body) CollectAssigned(node, assigned);
  const bool depends = std::ranges::any_of(
      assigned, [&](const std::string& other) { return Mentions(select, other); });
  if (depends) return Flow::kBreaks;
  std::vector<Node> rest(body.begin() + 1, body.end());
  const Node removal = FindsRemoval(rest, *table, items, *lowered.query->where);
  if (!removal) return Flow::kBreaks;
  // What ends it: no such row is left, or a count.
  const Node asked = QueryOfExists(statement.Child(Role::kCondition));
  const bool asks_for_rows =
      asked && asked.Child(Role::kFrom).Children(Role::kSource).size() == 1 &&
      PlainText(asked.Child(Role::kFrom)) == PlainText(select.Child(Role::kFrom)) &&
      PlainText(asked.Child(Role::kWhere)) == PlainText(select.Child(Role::kWhere)) &&
      !asked.Has(Role::kGroupBy);
  const bool breaks = PlainText(statement.Child(Role::kCondition)) == "1=1" && IsNoRowExit(rest[0]);
  Node counter;
  ExprPtr count;
  if (breaks) {
    rest.erase(rest.begin());
  } else if (!asks_for_rows) {
    count = CountOfTurns(statement, body, counter);
    if (!count) return Flow::kBreaks;
    std::erase(rest, counter);
    // When no row is left, its last turn is done again.
    if (rest.size() != 1 || !SetsTheSameAgain(removal)) return Flow::kBreaks;
  }
  std::vector<std::string> targets;
  for (const Node item : items) targets.push_back(FoldName(item.TokenText(Role::kTarget)));
  std::vector<std::string> changed;
  for (const Node node : rest) {
    CollectAssigned(node, changed);
    if (node != removal && (NamesTable(node, name) || HoldsCommand(node, "BREAK")))
      return Flow::kBreaks;
  }
  const bool keeps_row = std::ranges::none_of(changed, [&](const std::string& other) {
    return std::ranges::find(targets, other) != targets.end();
  });
  if (!keeps_row) return Flow::kBreaks;
  for (diagnostics::Diagnostic& found : findings.Take()) sink_->Report(std::move(found));
  lowered.query->limit = std::move(count);
  const Flow flow = RunRowLoop(statement, std::move(lowered.query), targets, rest);
  if (flow == Flow::kGoesOn && counter) {
    const std::string counted = FoldName(counter.TokenText(Role::kTarget));
    state_.variables.erase(counted);
    lost_.insert(counted);
  }
  return flow;
}

}  // namespace datamigrate::relational
