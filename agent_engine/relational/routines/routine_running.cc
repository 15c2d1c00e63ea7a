// What a loop over rows adds up from row to row: a counter, a running total, the numbers that it
// draws from a sequence. Each is a sum over the rows before.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/sequence_names.h"
#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/routines/expr_parts.h"
#include "agent_engine/relational/routines/random_values.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {
namespace {

// A statement that gives a variable a value, and the conditions on the way there.
struct Found {
  Node statement;
  std::vector<std::pair<Node, bool>> path;  // Condition; whether it must not hold.
};

void FindAssignments(const std::vector<Node>& statements, const std::string& variable,
                     std::vector<std::pair<Node, bool>> path, std::vector<Found>& found) {
  for (const Node node : statements) {
    std::vector<std::string> assigned;
    CollectAssigned(node, assigned);
    if (std::ranges::find(assigned, variable) == assigned.end()) continue;
    if (node.Is(NodeKind::kBlock)) {
      FindAssignments(StatementsOf(node), variable, path, found);
    } else if (node.Is(NodeKind::kTryCatch)) {
      FindAssignments(StatementsOf(node.Child(Role::kTry)), variable, path, found);
    } else if (node.Is(NodeKind::kIf)) {
      for (const Role role : {Role::kThen, Role::kElse}) {
        std::vector<std::pair<Node, bool>> below = path;
        below.emplace_back(node.Child(Role::kCondition), role == Role::kElse);
        FindAssignments(StatementsOf(node.Child(role)), variable, std::move(below), found);
      }
    } else {
      found.push_back({node, path});
    }
  }
}

// The x of `v += x`, `v = v + x`, `v -= x` or `v = v - x`; absent for others.
Node Addend(Node assignment, const std::string& variable, bool& subtracts) {
  const std::string op = JoinedTokens(assignment, Role::kOperator, "");
  Node value = assignment.Child(Role::kValue);
  if (op == "+=" || op == "-=") {
    subtracts = op == "-=";
    return Mentions(value, variable) ? Node() : value;
  }
  while (value.Is(NodeKind::kParenthesized)) value = value.Child(Role::kOperand);
  if (op != "=" || !value.Is(NodeKind::kBinary)) return {};
  const std::string sign = JoinedTokens(value, Role::kOperator, "");
  const Node left = value.Child(Role::kLeft);
  const Node right = value.Child(Role::kRight);
  const auto is_it = [&](Node node) {
    return node.Is(NodeKind::kVariableReference) &&
           FoldName(node.TokenText(Role::kValue)) == variable;
  };
  subtracts = sign == "-";
  if ((sign == "+" || sign == "-") && is_it(left) && !Mentions(right, variable)) return right;
  return sign == "+" && is_it(right) && !Mentions(left, variable) ? left : Node();
}

// Whether adding up the values first gives what adding one after another does.
bool AddsUp(const SqlType& variable, const SqlType& addend) {
  if (tsql::IsApproximate(variable.id)) return tsql::IsNumeric(addend.id);
  return tsql::IsExactNumeric(variable.id) && tsql::IsExactNumeric(addend.id) &&
         addend.scale <= variable.scale;
}

ExprPtr SumBefore(ExprPtr value, const SqlType& type, const Expr& number) {
  ExprPtr sum = MakeCall("SUM", type, ExprList(std::move(value)));
  sum->type.nullable = true;
  sum->window = std::make_unique<Window>();
  sum->window->order_by.push_back({Clone(number), false});
  sum->window->has_frame = true;
  sum->window->is_rows = true;
  sum->window->start.kind = FrameBound::Kind::kUnboundedPreceding;
  sum->window->end.kind = FrameBound::Kind::kPreceding;
  sum->window->end.offset = MakeInteger(1);
  return sum;
}

}  // namespace

// Gives each row of a cursor its number, in the cursor's order; false where the query cannot have
// one.
bool RoutineRunner::NumberRows(Query& query) {
  if (query.kind != QueryKind::kSelect || query.distinct || query.offset) return false;
  auto number = MakeCall("ROW_NUMBER", tsql::MakeType(TypeId::kBigInt, false), {});
  number->window = std::make_unique<Window>();
  for (const OrderItem& order : query.order_by)
    number->window->order_by.push_back({Clone(*order.expr), order.descending});
  AddTieBreakers(query.items, number->window->order_by);
  query.fields.push_back({"row_no", number->type});
  query.items.push_back({std::move(number), "row_no"});
  return true;
}

// What a row adds to the variable, over the columns of the turns; null where it is not known
// before the turns are followed.
ExprPtr RoutineRunner::AmountOfTurn(const std::string& name, const std::vector<Node>& body,
                                    const std::vector<std::string>& open) {
  std::vector<Found> found;
  FindAssignments(body, name, {}, found);
  if (found.size() != 1) return nullptr;
  const auto is_open = [&](Node node) {
    return std::ranges::any_of(open,
                               [&](const std::string& other) { return Mentions(node, other); });
  };
  Node statement = found[0].statement;
  ExprPtr amount;
  if (IsLastNumberVariable(name)) {
    std::vector<Node> draws;
    CollectDraws(statement, draws);
    const int64_t count = CountOfDraws(statement);
    if (draws.size() != 1 || count == 0) return nullptr;
    amount = MakeInteger(count * StepOf(*draws_.at(name)));
  } else {
    if (statement.Is(NodeKind::kSelectStatement)) {
      const Node select = statement.Child(Role::kQuery).Child(Role::kBody);
      const std::vector<Node> items = select.Child(Role::kSelectList).Children(Role::kItem);
      if (select.Has(Role::kFrom) || select.Has(Role::kWhere) || items.size() != 1) return nullptr;
      statement = items[0];
    } else if (!statement.Is(NodeKind::kSetVariable)) {
      return nullptr;
    }
    bool subtracts = false;
    const Node addend = Addend(statement, name, subtracts);
    if (!addend || is_open(addend)) return nullptr;
    amount = Evaluate(addend);
    if (sink_->HasErrors() || !AddsUp(types_[name], amount->type)) return nullptr;
    if (subtracts)
      amount = Combine("-", MakeInteger(0), std::move(amount), statement, options_, *sink_);
  }
  for (const auto& [condition, fails] : found[0].path) {
    if (is_open(condition)) return nullptr;
    ExprPtr test = Evaluate(condition);
    if (sink_->HasErrors()) return nullptr;
    if (fails) test = UnlessTrue(std::move(test));
    const SqlType type = amount->type;
    auto choice = MakeExpr(ExprKind::kCase, type);
    choice->has_else = true;
    choice->arguments =
        ExprList(std::move(test), std::move(amount), MakeCast(MakeInteger(0), type, false));
    amount = std::move(choice);
  }
  return HoldsSource(*amount) || HoldsRandom(*amount) ? nullptr : std::move(amount);
}

// The value that a variable has when each turn begins: what it had before the loop, and what the
// turns before have added. False where the loop does more to it than add.
bool RoutineRunner::CarryOn(const std::string& name, const std::vector<Node>& body,
                            const std::vector<std::string>& open, const Variables& before,
                            Node at) {
  Turns& turns = *turns_;
  const auto old = before.find(name);
  if (turns.number.name.empty() || old == before.end() || !types_.contains(name)) return false;
  if (HoldsSource(*old->second) && turns.outer != nullptr) return false;
  const ExprPtr amount = AmountOfTurn(name, body, open);
  if (!amount) return false;
  const ExprPtr number = TurnColumn(turns, turns.number);
  const SqlType& type = types_[name];
  ExprPtr sum;
  if (amount->kind == ExprKind::kNumber && tsql::IsInteger(amount->type.id)) {
    ExprPtr rows = Combine("-", Clone(*number), MakeInteger(1), at, options_, *sink_);
    sum = Combine("*", std::move(rows), Clone(*amount), at, options_, *sink_);
  } else {
    SqlType total = amount->type;
    if (tsql::IsIntegral(total.id)) total = tsql::MakeType(TypeId::kBigInt);
    if (total.id == TypeId::kDecimal) total.precision = 38;
    sum = MakeCall("ISNULL", total,
                   ExprList(SumBefore(Clone(*amount), total, *number), MakeInteger(0)));
  }
  ExprPtr value = ConvertTo(Combine("+", Clone(*old->second), std::move(sum), at, options_, *sink_),
                            type, *sink_);
  if (amount->type.nullable) {  // From the first NULL on it is NULL.
    auto is_null = MakeExpr(ExprKind::kIsNull, tsql::MakeType(TypeId::kBit, false));
    is_null->arguments = ExprList(Clone(*amount));
    auto flag = MakeExpr(ExprKind::kCase, tsql::MakeType(TypeId::kInt, false));
    flag->has_else = true;
    flag->arguments = ExprList(std::move(is_null), MakeInteger(1), MakeInteger(0));
    ExprPtr nulls =
        MakeCall("ISNULL", tsql::MakeType(TypeId::kInt),
                 ExprList(SumBefore(std::move(flag), tsql::MakeType(TypeId::kInt), *number),
                          MakeInteger(0)));
    const ExprPtr is_known = MakeCompare("=", std::move(nulls), MakeInteger(0));
    value = ChooseValue(*is_known, std::move(value), MakeNull(type));
    value->type.nullable = true;
  }
  if (sink_->HasErrors()) return false;
  const bool draws = IsLastNumberVariable(name);
  if (!turns.has_order) {
    Note(DiagnosticId::kTurnsInAnyOrder, at,
         {draws ? "the number of " + draws_.at(name)->name.ToString() : name});
  }
  if (draws) turns.draws.insert(name);
  state_.variables[name] =
      AddLookUp(std::move(value), draws ? "last_" + draws_.at(name)->name.name : name);
  return true;
}

}  // namespace datamigrate::relational
