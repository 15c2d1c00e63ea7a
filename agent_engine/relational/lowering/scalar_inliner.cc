// Scalar functions of the catalog become expressions where their body is one in disguise:
// declarations, assignments, SELECT
// @x = ..., IF and RETURN, without loops or writes. Each variable stands for the expression it was
// last given.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/variable_use.h"
#include "agent_engine/relational/same_value.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr size_t kMaxSize = 4000;  // Nodes of the expression that a call grows to.

size_t SizeOf(const Expr& expr) {
  size_t size = 1;
  for (const ExprPtr& argument : expr.arguments) size += SizeOf(*argument);
  return size;
}

ExprPtr Choose(const Expr& condition, ExprPtr then, ExprPtr otherwise) {
  auto expr = MakeExpr(ExprKind::kCase, CommonType(then->type, otherwise->type), condition.span);
  expr->has_else = true;
  expr->arguments = ExprList(Clone(condition), std::move(then), std::move(otherwise));
  return expr;
}

// Whether a body does more than expressions can say: then it is followed step by step.
bool NeedsSteps(Node node) {
  switch (node.kind()) {
    case NodeKind::kTop:
    case NodeKind::kGroupBy:
    case NodeKind::kTableVariableDeclaration:
    case NodeKind::kInsertStatement:
      return true;
    case NodeKind::kSelectAssignment:  // SELECT @s = @s + x FROM ...: from row to row.
      return JoinedTokens(node, Role::kOperator, "") != "=" ||
             Mentions(node.Child(Role::kValue), FoldName(node.TokenText(Role::kTarget)));
    default:
      return std::ranges::any_of(node.Children(), NeedsSteps);
  }
}

}  // namespace

// Runs a body symbolically. Variables live in the lowering's table while it works.
class ScalarInliner {
 public:
  ScalarInliner(Lowering& lowering, const catalog::Routine& routine, Node call)
      : lowering_(lowering),
        routine_(routine),
        call_(call),
        returns_(FromCatalogType(routine.returns)) {}

  // The function's value; null after a report.
  ExprPtr Run(const std::vector<Node>& statements) {
    ExprPtr result;
    if (!RunList(statements, 0, result) || !result) {
      if (!refused_) Refuse("a path without RETURN");
      return nullptr;
    }
    return result;
  }

 private:
  bool Refuse(std::string what) {
    if (!refused_) {
      lowering_.Report(DiagnosticId::kUnsupportedConstruct, call_,
                       {"the scalar function " + routine_.name.ToString() + ", which holds " + what,
                        lowering_.options_.target_name});
    }
    refused_ = true;
    return false;
  }

  // Runs statements from `first`; `result` is set when they return. False after a report.
  bool RunList(const std::vector<Node>& statements, size_t first, ExprPtr& result) {
    for (size_t i = first; i < statements.size() && !result; ++i) {
      if (statements[i].Is(NodeKind::kIf)) return RunIf(statements, i, result);
      if (!RunStatement(statements, i, result)) return false;
    }
    return true;
  }

  bool RunStatement(const std::vector<Node>& statements, size_t index, ExprPtr& result) {
    const Node node = statements[index];
    switch (node.kind()) {
      case NodeKind::kEmptyStatement:
        return true;
      case NodeKind::kBlock:
        return RunList(node.Children(Role::kStatement), 0, result);
      case NodeKind::kDeclareStatement:
        return Declare(node);
      case NodeKind::kSetVariable: {
        const Node value = node.Child(Role::kValue);
        if (JoinedTokens(node, Role::kOperator, "") != "=" || !value)
          return Refuse("a compound assignment");
        return Assign(node.TokenText(Role::kTarget), Evaluate(value));
      }
      case NodeKind::kSelectStatement:
        return AssignFromSelect(node);
      case NodeKind::kReturn: {
        const Node value = node.Child(Role::kValue);
        if (!value) return Refuse("RETURN without a value");
        result = lowering_.Convert(Evaluate(value), returns_, !IsCut(returns_));
        return true;
      }
      default:
        return Refuse("a " + std::string(NodeKindText(node.kind())));
    }
  }

  // Both branches run with the variables as they are here; what differs afterwards becomes a CASE.
  bool RunIf(const std::vector<Node>& statements, size_t index, ExprPtr& result) {
    const Node node = statements[index];
    const ExprPtr condition = Evaluate(node.Child(Role::kCondition));
    const Variables before = CloneVariables();
    ExprPtr then_result;
    if (!RunList(Branch(node.Child(Role::kThen)), 0, then_result)) return false;
    if (then_result) {
      // The rest of the body is the other branch.
      lowering_.variables_ = Copy(before);
      ExprPtr else_result;
      if (node.Has(Role::kElse) && !RunList(Branch(node.Child(Role::kElse)), 0, else_result))
        return false;
      if (!else_result && !RunList(statements, index + 1, else_result)) return false;
      if (!else_result) return Refuse("a path without RETURN");
      result = Choose(*condition, std::move(then_result), std::move(else_result));
      return CheckSize(*result);
    }
    Variables after_then = std::move(lowering_.variables_);
    lowering_.variables_ = Copy(before);
    ExprPtr else_result;
    if (node.Has(Role::kElse) && !RunList(Branch(node.Child(Role::kElse)), 0, else_result))
      return false;
    if (else_result) return Refuse("RETURN in one branch only");
    for (auto& [name, value] : after_then) {
      auto other = lowering_.variables_.find(name);
      if (other == lowering_.variables_.end()) {
        lowering_.variables_[name] = std::move(value);
      } else if (!SameValue(*value, *other->second)) {
        const SqlType type = value->type;
        other->second = Choose(*condition, std::move(value), std::move(other->second));
        other->second->type.id = type.id;
        if (!CheckSize(*other->second)) return false;
      }
    }
    return RunList(statements, index + 1, result);
  }

  static std::vector<Node> Branch(Node node) {
    return node.Is(NodeKind::kBlock) ? node.Children(Role::kStatement) : std::vector<Node>{node};
  }

  bool Declare(Node node) {
    for (const Node item : node.Children(Role::kItem)) {
      if (!item.Is(NodeKind::kVariableDeclaration))
        return Refuse("a " + std::string(NodeKindText(item.kind())));
      const std::string name = FoldName(item.TokenText(Role::kName));
      types_[name] = lowering_.TypeOf(item.Child(Role::kType), 1);
      const Node value = item.Child(Role::kValue);
      if (!Assign(name, value ? Evaluate(value) : MakeNull(types_[name]))) return false;
    }
    return true;
  }

  bool AssignFromSelect(Node statement) {
    const Node body = statement.Child(Role::kQuery).Child(Role::kBody);
    const Node list = body.Child(Role::kSelectList);
    const std::vector<Node> items = list.Children(Role::kItem);
    const bool assigns =
        std::ranges::all_of(items, [](Node item) { return item.Is(NodeKind::kSelectAssignment); });
    if (!body.Is(NodeKind::kQuerySpecification) || !assigns)
      return Refuse("a SELECT that is not an assignment");
    // All values are of the same row: none sees what another one has just been given.
    Variables values;
    for (const Node item : items) {
      const std::string target = FoldName(item.TokenText(Role::kTarget));
      if (items.size() > 1 && std::ranges::any_of(items, [&](Node other) {
            return Mentions(other.Child(Role::kValue), target);
          })) {
        return Refuse("a SELECT that reads what it assigns");
      }
      ExprPtr value = body.Has(Role::kFrom) ? ValueOfRow(body, item, target)
                                            : Evaluate(item.Child(Role::kValue));
      if (!value) return false;
      values[target] = std::move(value);
    }
    for (auto& [target, value] : values) {
      if (!Assign(target, std::move(value))) return false;
    }
    return true;
  }

  // What the row of a SELECT gives a variable; null after a report.
  ExprPtr ValueOfRow(Node body, Node assignment, const std::string& target) {
    auto query = std::make_unique<Query>();
    Scope scope;
    query->from = lowering_.LowerFrom(body.Child(Role::kFrom), scope);
    if (const Node where = body.Child(Role::kWhere))
      query->where = lowering_.LowerExpr(where, scope);
    if (body.Has(Role::kGroupBy) || body.Has(Role::kTop) || body.Has(Role::kHaving)) {
      Refuse("a grouped assignment");
      return nullptr;
    }
    SelectItem item{lowering_.LowerExpr(assignment.Child(Role::kValue), scope), ""};
    const bool is_aggregate = ContainsAggregate(*item.expr);
    query->fields.push_back({"", item.expr->type});
    query->items.push_back(std::move(item));
    const auto known = lowering_.variables_.find(target);
    // Without rows the variable keeps its value.
    const bool was_null =
        known == lowering_.variables_.end() || known->second->kind == ExprKind::kNull;
    if (!is_aggregate && !was_null) {
      Refuse("an assignment that may keep an earlier value");
      return nullptr;
    }
    auto expr = MakeExpr(ExprKind::kSubquery, query->fields[0].type, lowering_.SpanOf(call_));
    expr->type.nullable = true;
    expr->query = std::move(query);
    return expr;
  }

  ExprPtr Evaluate(Node node) {
    Scope empty;
    return lowering_.LowerExpr(node, empty);
  }

  static bool IsCut(const SqlType& type) {
    return IsString(type.id) && type.length != SqlType::kMax;
  }

  bool Assign(std::string_view target, ExprPtr value) {
    const std::string name = FoldName(target);
    const auto type = types_.find(name);
    if (type != types_.end()) {
      const bool fits = !IsCut(type->second) || (value->type.length != SqlType::kMax &&
                                                 value->type.length <= type->second.length);
      value = lowering_.Convert(std::move(value), type->second, fits);
    }
    if (!CheckSize(*value)) return false;
    lowering_.variables_[name] = std::move(value);
    return true;
  }

  bool CheckSize(const Expr& expr) {
    return SizeOf(expr) <= kMaxSize || Refuse("too many steps for one expression");
  }

  Variables CloneVariables() const { return Copy(lowering_.variables_); }
  static Variables Copy(const Variables& variables) {
    Variables copy;
    for (const auto& [name, value] : variables) copy[name] = Clone(*value);
    return copy;
  }

  Lowering& lowering_;
  const catalog::Routine& routine_;
  Node call_;
  SqlType returns_;
  absl::flat_hash_map<std::string, SqlType> types_;
  bool refused_ = false;
};

ExprPtr Lowering::InlineScalar(const catalog::Routine& routine, Node node, Scope& scope) {
  const std::string key = FoldName(routine.name.ToString());
  if (std::ranges::find(inlining_, key) != inlining_.end()) {
    return Refuse(DiagnosticId::kRecursiveView, node, {routine.name.ToString()});
  }
  if (routine.kind != catalog::RoutineKind::kScalarFunction) {
    return Refuse(DiagnosticId::kUnknownFunction, node, {routine.name.ToString()});
  }
  diagnostics::DiagnosticSink ignored;
  const ParseResult parsed = ParseBatch(routine.definition, {}, ignored);
  const Node create = parsed.tree.Root().Child(Role::kStatement);
  const Node body = create.Child(Role::kBody);
  if (!parsed.ok || !body)
    return Refuse(DiagnosticId::kDefinitionNotParsed, node, {routine.name.ToString()});
  Variables bound = BindParameters(routine, node, scope);
  if (NeedsSteps(body)) {
    QueryPtr query = FollowFunction(routine, node, std::move(bound));
    if (query == nullptr) return MakeNull(FromCatalogType(routine.returns));
    auto value = MakeExpr(ExprKind::kSubquery, query->fields[0].type, SpanOf(node));
    value->type.nullable = true;
    value->query = std::move(query);
    return value;
  }
  std::vector<std::string> reserved = ReservedAliases(scope);
  std::swap(variables_, bound);
  std::swap(reserved_aliases_, reserved);
  std::vector<CteEntry> ctes = std::exchange(ctes_, {});
  const auto span = std::exchange(span_override_, SpanOf(node));
  inlining_.push_back(key);
  const std::vector<Node> statements =
      body.Is(NodeKind::kBlock) ? body.Children(Role::kStatement) : std::vector<Node>{body};
  ExprPtr result = ScalarInliner(*this, routine, node).Run(statements);
  inlining_.pop_back();
  span_override_ = span;
  ctes_ = std::move(ctes);
  std::swap(reserved_aliases_, reserved);
  std::swap(variables_, bound);
  if (!result) return MakeNull(FromCatalogType(routine.returns));
  result->span = SpanOf(node);
  return result;
}

}  // namespace datamigrate::relational
