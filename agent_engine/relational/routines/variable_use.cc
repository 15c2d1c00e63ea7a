#include "agent_engine/relational/routines/variable_use.h"

#include <algorithm>
#include <array>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/sequence_names.h"

namespace datamigrate::relational {
namespace {

// A SELECT that has one row whatever the tables hold: it aggregates, and does not group.
bool HasOneRow(Node select) {
  static constexpr auto kAggregates = std::to_array<std::string_view>(
      {"AVG", "COUNT", "COUNT_BIG", "MAX", "MIN", "STDEV", "STRING_AGG", "SUM", "VAR"});
  const Node body = select.Child(Role::kQuery).Child(Role::kBody);
  if (!body.Has(Role::kFrom) && !body.Has(Role::kWhere)) return true;
  if (body.Has(Role::kGroupBy) || body.Has(Role::kHaving)) return false;
  const Node list = body.Child(Role::kSelectList);
  for (uint32_t i = list.first_token(); i + 1 < list.end_token(); ++i) {
    const tsql::SyntaxTree& tree = list.tree();
    const std::string word = UpperText(tree.TextOf(tree.tokens[i]));
    if (tree.TextOf(tree.tokens[i + 1]) == "(" &&
        std::ranges::find(kAggregates, std::string_view(word)) != kAggregates.end()) {
      return true;
    }
  }
  return false;
}

bool Assigns(Node node, const std::string& variable) {
  std::vector<std::string> assigned;
  CollectAssigned(node, assigned);
  return std::ranges::find(assigned, variable) != assigned.end();
}

VariableUse UseInIf(Node node, const std::string& variable) {
  if (Mentions(node.Child(Role::kCondition), variable)) return VariableUse::kReads;
  const VariableUse then = FirstUse(StatementsOf(node.Child(Role::kThen)), variable);
  const VariableUse otherwise = FirstUse(StatementsOf(node.Child(Role::kElse)), variable);
  for (const VariableUse use : {VariableUse::kReads, VariableUse::kFinds}) {
    if (then == use || otherwise == use) return use;
  }
  return then == otherwise ? then : VariableUse::kNone;
}

VariableUse UseInExecute(Node node, const std::string& variable) {
  for (const Node argument : node.Children(Role::kArgument)) {
    if (!argument.Has(Role::kOutput) && Mentions(argument, variable)) return VariableUse::kReads;
  }
  if (Mentions(node.Child(Role::kValue), variable)) return VariableUse::kReads;
  return Assigns(node, variable) ? VariableUse::kAssigns : VariableUse::kNone;
}

VariableUse UseIn(Node node, const std::string& variable) {
  switch (node.kind()) {
    case NodeKind::kBlock:
      return FirstUse(node.Children(Role::kStatement), variable);
    case NodeKind::kTryCatch:
      return FirstUse(node.Child(Role::kTry).Children(Role::kStatement), variable);
    case NodeKind::kIf:
      return UseInIf(node, variable);
    case NodeKind::kWhile:
      if (Mentions(node.Child(Role::kCondition), variable)) return VariableUse::kReads;
      return FirstUse(StatementsOf(node.Child(Role::kBody)), variable) == VariableUse::kReads
                 ? VariableUse::kReads
                 : VariableUse::kNone;
    case NodeKind::kSetVariable:
      if (Mentions(node.Child(Role::kValue), variable)) return VariableUse::kReads;
      if (FoldName(node.TokenText(Role::kTarget)) != variable) return VariableUse::kNone;
      return JoinedTokens(node, Role::kOperator, "") == "=" ? VariableUse::kAssigns
                                                            : VariableUse::kReads;
    case NodeKind::kDeclareStatement:
      for (const Node item : node.Children(Role::kItem)) {
        if (Mentions(item.Child(Role::kValue), variable)) return VariableUse::kReads;
        if (FoldName(item.TokenText(Role::kName)) == variable && item.Has(Role::kValue))
          return VariableUse::kAssigns;
      }
      return VariableUse::kNone;
    case NodeKind::kExecuteStatement:
      return UseInExecute(node, variable);
    case NodeKind::kSelectStatement:
      if (Mentions(node, variable)) return VariableUse::kReads;
      if (!Assigns(node, variable)) return VariableUse::kNone;
      return HasOneRow(node) ? VariableUse::kAssigns : VariableUse::kFinds;
    case NodeKind::kCommand:
      if (IsCommand(node, "FETCH") && Assigns(node, variable)) return VariableUse::kAssigns;
      return Mentions(node, variable) ? VariableUse::kReads : VariableUse::kNone;
    default:
      if (Mentions(node, variable)) return VariableUse::kReads;
      return Assigns(node, variable) ? VariableUse::kAssigns : VariableUse::kNone;
  }
}

void CountAssignments(Node node, const std::string& variable, int& count) {
  if (!node) return;
  const bool is_target =
      (node.Is(NodeKind::kSetVariable) || node.Is(NodeKind::kSelectAssignment)) &&
      FoldName(node.TokenText(Role::kTarget)) == variable;
  if (is_target || (node.Is(NodeKind::kExecuteStatement) && Assigns(node, variable))) ++count;
  for (const Node child : node.Children()) CountAssignments(child, variable, count);
}

bool IsPositiveNumber(std::string_view text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of('0') != text.npos &&
         std::ranges::all_of(text, [](unsigned char c) { return c >= '0' && c <= '9'; });
}

// "dateadd(day,1,@d)", without blanks: a whole step, so that no two turns have the same date.
bool MovesDate(std::string_view text, const std::string& variable) {
  constexpr std::string_view kCall = "dateadd(";
  if (!text.starts_with(kCall) || !text.ends_with("," + variable + ")")) return false;
  text.remove_prefix(kCall.size());
  text.remove_suffix(variable.size() + 2);
  const size_t comma = text.find(',');
  if (comma == text.npos) return false;
  const std::string part = NormalDatePart(text.substr(0, comma));
  static constexpr auto kParts = std::to_array<std::string_view>(
      {"year", "quarter", "month", "week", "day", "hour", "minute"});
  return std::ranges::find(kParts, std::string_view(part)) != kParts.end() &&
         IsPositiveNumber(text.substr(comma + 1));
}

}  // namespace

VariableUse FirstUse(const std::vector<Node>& statements, const std::string& variable) {
  for (const Node node : statements) {
    if (const VariableUse use = UseIn(node, variable); use != VariableUse::kNone) return use;
  }
  return VariableUse::kNone;
}

bool Mentions(Node node, const std::string& variable) {
  if (!node) return false;
  if (node.Is(NodeKind::kVariableReference) && FoldName(node.TokenText(Role::kValue)) == variable) {
    return true;
  }
  if (node.Is(NodeKind::kNextValueFor) && LastNumberVariable(node) == variable) return true;
  return std::ranges::any_of(node.Children(),
                             [&](Node child) { return Mentions(child, variable); });
}

void CollectAssigned(Node node, std::vector<std::string>& variables) {
  if (!node) return;
  const auto add = [&](std::string_view name) {
    const std::string folded = FoldName(name);
    if (folded.starts_with('@') && std::ranges::find(variables, folded) == variables.end())
      variables.push_back(folded);
  };
  if (node.Is(NodeKind::kSetVariable) || node.Is(NodeKind::kSelectAssignment))
    add(node.TokenText(Role::kTarget));
  if (node.Is(NodeKind::kVariableDeclaration) && node.Has(Role::kValue))
    add(node.TokenText(Role::kName));
  if (node.Is(NodeKind::kExecuteStatement)) {
    add(node.TokenText(Role::kReturnTarget));
    for (const Node argument : node.Children(Role::kArgument)) {
      const Node value = argument.Child(Role::kValue);
      if (argument.Has(Role::kOutput) && value.Is(NodeKind::kVariableReference))
        add(value.TokenText(Role::kValue));
    }
  }
  if (node.Is(NodeKind::kNextValueFor)) add(LastNumberVariable(node));
  if (node.Is(NodeKind::kSetClause) || IsCommand(node, "FETCH")) {
    for (const Node target : node.Children(Role::kTarget)) {
      if (target.Has(Role::kValue)) add(target.TokenText(Role::kValue));
    }
  }
  for (const Node child : node.Children()) CollectAssigned(child, variables);
}

bool CountsOn(const std::vector<Node>& statements, const std::string& variable) {
  int count = 0;
  for (const Node node : statements) CountAssignments(node, variable, count);
  if (count != 1) return false;
  return std::ranges::any_of(statements, [&](Node node) {
    if (!node.Is(NodeKind::kSetVariable) || FoldName(node.TokenText(Role::kTarget)) != variable)
      return false;
    const std::string op = JoinedTokens(node, Role::kOperator, "");
    const std::string value(node.Child(Role::kValue).Text());
    if (op == "+=" || op == "-=") return IsPositiveNumber(value);
    std::string compact;
    for (const char c : FoldName(value)) {
      if (c != ' ' && c != '\t') compact += c;
    }
    if (op == "=" && MovesDate(compact, variable)) return true;
    return op == "=" && compact.starts_with(variable) && compact.size() > variable.size() + 1 &&
           (compact[variable.size()] == '+' || compact[variable.size()] == '-') &&
           IsPositiveNumber(std::string_view(compact).substr(variable.size() + 1));
  });
}

bool IsCommand(Node node, std::string_view word) {
  return node.Is(NodeKind::kCommand) &&
         UpperText(node.tree().TextOf(node.tree().tokens[node.first_token()])) == word;
}

bool HoldsCommand(Node node, std::string_view word) {
  if (!node || node.Is(NodeKind::kWhile)) return false;
  return IsCommand(node, word) || std::ranges::any_of(node.Children(), [&](Node child) {
           return HoldsCommand(child, word);
         });
}

std::string PlainText(Node node) {
  while (node && node.Is(NodeKind::kParenthesized)) node = node.Child(Role::kOperand);
  std::string text;
  for (const char c : node ? node.Text() : std::string_view()) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!is_blank && c != '[' && c != ']') text += c;
  }
  while (text.ends_with(';')) text.pop_back();
  return FoldName(text);
}

std::vector<Node> StatementsOf(Node node) {
  if (!node) return {};
  return node.Is(NodeKind::kBlock) ? node.Children(Role::kStatement) : std::vector<Node>{node};
}

}  // namespace datamigrate::relational
