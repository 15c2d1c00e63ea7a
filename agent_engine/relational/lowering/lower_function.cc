// Function calls: built-in ones by their signature, special forms, windows, and scalar functions of
// the catalog.
#include <algorithm>
#include <cstdlib>

#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

std::string ArgumentCount(const FunctionSignature& signature) {
  if (signature.most_arguments < 0) return std::to_string(signature.least_arguments) + " or more";
  if (signature.least_arguments == signature.most_arguments)
    return std::to_string(signature.least_arguments);
  return std::to_string(signature.least_arguments) + " to " +
         std::to_string(signature.most_arguments);
}

std::vector<SqlType> TypesOf(const std::vector<ExprPtr>& arguments) {
  std::vector<SqlType> types;
  for (const ExprPtr& argument : arguments) types.push_back(argument->type);
  return types;
}

// The value of an integer constant, or -1.
int64_t ConstantOf(const Expr& expr) {
  if (expr.kind != ExprKind::kNumber || !IsIntegral(expr.type.id)) return -1;
  return std::strtoll(expr.text.c_str(), nullptr, 10);
}

}  // namespace

ExprPtr Lowering::LowerCall(Node node, Scope& scope) {
  const std::vector<std::string> parts = NamePartsOf(node.Child(Role::kName));
  if (parts.size() > 1) return LowerUserFunction(parts, node, scope);
  const std::string name = UpperText(parts.back());
  if (options_.known_call) {
    if (ExprPtr value = options_.known_call(name, node.Children(Role::kArgument))) {
      value->span = SpanOf(node);
      return value;
    }
  }
  bool found = false;
  if (ExprPtr special = LowerSpecialForm(name, node, scope, found); found) return special;
  if (ExprPtr json = LowerJsonFunction(name, node, scope, found); found) return json;
  if (ExprPtr answer = LowerEnvironment(name, node, scope, found); found) return answer;
  const FunctionSignature* signature = FindFunction(name);
  if (signature == nullptr) {
    if (catalog_.FindRoutine("", parts.back()) != nullptr)
      return LowerUserFunction(parts, node, scope);
    return Refuse(DiagnosticId::kUnknownFunction, node, {parts.back()});
  }
  return LowerBuiltIn(*signature, node, scope);
}

ExprPtr Lowering::LowerSpecialForm(const std::string& name, Node node, Scope& scope, bool& found) {
  found = true;
  const size_t count = node.Count(Role::kArgument);
  const auto wrong_count = [&](const char* expected) {
    return Refuse(DiagnosticId::kWrongArgumentCount, node, {name, expected, std::to_string(count)});
  };
  if (name == "SCOPE_IDENTITY" && count == 0) {
    // What the statements before gave, where that is known.
    const auto last = variables_.find("@@scope_identity");
    found = last != variables_.end();
    return found ? relational::Clone(*last->second) : nullptr;
  }
  if (name == "ISNULL") return count == 2 ? LowerIsNull(node, scope) : wrong_count("2");
  if (name == "COALESCE") return count >= 2 ? LowerCoalesce(node, scope) : wrong_count("2 or more");
  if (name == "NULLIF") return count == 2 ? LowerNullIf(node, scope) : wrong_count("2");
  if (name == "IIF") return count == 3 ? LowerIif(node, scope) : wrong_count("3");
  if (name == "CHOOSE") return count >= 2 ? LowerChoose(node, scope) : wrong_count("2 or more");
  found = false;
  return nullptr;
}

// ISNULL has the type of its first argument, COALESCE the common one: "ISNULL (Transact-SQL)".
ExprPtr Lowering::LowerIsNull(Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  ExprPtr value = LowerExpr(arguments[0], scope);
  ExprPtr replacement = LowerExpr(arguments[1], scope);
  if (value->type.id == TypeId::kNull) return replacement;
  SqlType type = value->type;
  if (IsIntegral(type.id)) type.precision = 0;
  const bool is_cut =
      IsString(type.id) && IsString(replacement->type.id) && type.length != SqlType::kMax &&
      (replacement->type.length == SqlType::kMax || replacement->type.length > type.length ||
       (IsFixedString(type.id) && replacement->kind != ExprKind::kNull &&
        !(IsFixedString(replacement->type.id) && replacement->type.length == type.length)));
  type.nullable = value->type.nullable && replacement->type.nullable;
  replacement = Convert(std::move(replacement), value->type, !is_cut);
  auto call = MakeCall("ISNULL", type, ExprList(std::move(value), std::move(replacement)));
  call->span = SpanOf(node);
  return call;
}

ExprPtr Lowering::LowerCoalesce(Node node, Scope& scope) {
  std::vector<ExprPtr> arguments;
  for (const Node argument : node.Children(Role::kArgument))
    arguments.push_back(LowerExpr(argument, scope));
  SqlType type;
  const bool nullable =
      std::ranges::all_of(arguments, [](const ExprPtr& e) { return e->type.nullable; });
  std::vector<ExprPtr*> results;
  for (ExprPtr& argument : arguments) results.push_back(&argument);
  UnifyResults(results, type);
  type.nullable = nullable;
  auto call = MakeCall("COALESCE", type, std::move(arguments));
  call->span = SpanOf(node);
  return call;
}

ExprPtr Lowering::LowerNullIf(Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  ExprPtr value = LowerExpr(arguments[0], scope);
  SqlType type = value->type;
  type.nullable = true;
  if (IsIntegral(type.id)) type.precision = 0;
  ExprPtr left = relational::Clone(*value);
  ExprPtr right = LowerExpr(arguments[1], scope);
  ExprPtr condition = Compare("=", std::move(left), std::move(right));
  const bool is_plain = !IsString(type.id) && condition->arguments[0]->kind == value->kind;
  if (is_plain) {
    auto call = MakeCall("NULLIF", type, std::move(condition->arguments));
    call->span = SpanOf(node);
    return call;
  }
  auto expr = MakeExpr(ExprKind::kCase, type, SpanOf(node));
  expr->has_else = true;
  expr->arguments = ExprList(std::move(condition), MakeNull(type), std::move(value));
  return expr;
}

ExprPtr Lowering::LowerIif(Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  auto expr = MakeExpr(ExprKind::kCase, SqlType{}, SpanOf(node));
  expr->has_else = true;
  for (const Node argument : arguments) expr->arguments.push_back(LowerExpr(argument, scope));
  UnifyResults({&expr->arguments[1], &expr->arguments[2]}, expr->type);
  return expr;
}

ExprPtr Lowering::LowerChoose(Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  auto expr = MakeExpr(ExprKind::kCase, SqlType{}, SpanOf(node));
  std::vector<ExprPtr*> results;
  for (size_t i = 1; i < arguments.size(); ++i) {
    ExprPtr index = Convert(LowerExpr(arguments[0], scope), MakeType(TypeId::kInt), true);
    expr->arguments.push_back(Compare("=", std::move(index), MakeInteger(static_cast<int64_t>(i))));
    expr->arguments.push_back(LowerExpr(arguments[i], scope));
  }
  for (size_t i = 1; i < expr->arguments.size(); i += 2) results.push_back(&expr->arguments[i]);
  UnifyResults(results, expr->type);
  expr->type.nullable = true;
  return expr;
}

ExprPtr Lowering::ConvertArgument(ExprPtr argument, char argument_class) {
  const SqlType& type = argument->type;
  if (type.id == TypeId::kUnknown) return argument;
  switch (argument_class) {
    case 'S':
      if (IsString(type.id)) return argument;
      return Convert(std::move(argument), MakeSized(TypeId::kVarChar, 8000), true);
    case 'I':
      if (IsInteger(type.id) && type.id != TypeId::kBigInt) return argument;
      return Convert(std::move(argument), MakeType(TypeId::kInt), true);
    case 'B':
      if (IsInteger(type.id)) return argument;
      return Convert(std::move(argument), MakeType(TypeId::kBigInt), true);
    case 'N':
      if (type.id == TypeId::kBit)
        return Convert(std::move(argument), MakeType(TypeId::kInt), true);
      if (IsNumeric(type.id)) return argument;
      return Convert(std::move(argument), MakeType(TypeId::kFloat), true);
    case 'F':
      if (IsApproximate(type.id)) return argument;
      return Convert(std::move(argument), MakeType(TypeId::kFloat), true);
    case 'D':
      if (IsTemporal(type.id)) return argument;
      return Convert(std::move(argument), MakeType(TypeId::kDateTime), true);
    default:
      return argument;
  }
}

ExprPtr Lowering::LowerBuiltIn(const FunctionSignature& signature, Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  const auto count = static_cast<int>(arguments.size());
  if (count < signature.least_arguments ||
      (signature.most_arguments >= 0 && count > signature.most_arguments)) {
    return Refuse(DiagnosticId::kWrongArgumentCount, node,
                  {std::string(signature.name), ArgumentCount(signature), std::to_string(count)});
  }
  auto call = MakeExpr(ExprKind::kCall, SqlType{}, SpanOf(node));
  call->text = signature.name;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const char argument_class = signature.ClassOf(i);
    if (argument_class == 'P') {
      call->part = NormalDatePart(arguments[i].Text());
      if (call->part.empty()) {
        return Refuse(DiagnosticId::kUnsupportedDatePart, arguments[i],
                      {std::string(arguments[i].Text()), call->text, options_.target_name});
      }
      continue;
    }
    if (arguments[i].Is(NodeKind::kStar)) {
      call->arguments.push_back(
          MakeExpr(ExprKind::kStar, MakeType(TypeId::kInt, false), SpanOf(arguments[i])));
      continue;
    }
    ExprPtr argument = LowerExpr(arguments[i], scope);
    if (argument_class == 'D') {
      argument = LocalTime(std::move(argument));
      if (IsString(argument->type.id) && ReadsDateTime2(call->text))
        argument = Convert(std::move(argument), MakeType(TypeId::kDateTime2), true);
    }
    call->arguments.push_back(ConvertArgument(std::move(argument), argument_class));
  }
  call->distinct = UpperText(node.TokenText(Role::kQuantifier)) == "DISTINCT";
  if (const Node within = node.Child(Role::kWithinGroup))
    call->order_by = LowerOrderItems(within, scope);
  if (const Node over = node.Child(Role::kOver)) call->window = LowerOver(over, scope);
  call->ignore_nulls = JoinedTokens(node, Role::kNullTreatment, " ").starts_with("IGNORE");
  std::vector<SqlType> types = TypesOf(call->arguments);
  // The date part takes no place among the arguments any more.
  if (signature.result == FunctionResult::kDateAdd) types = {SqlType{}, SqlType{}, types.back()};
  if (signature.result == FunctionResult::kSecond && types.size() == 1) types.push_back(types[0]);
  if (signature.result == FunctionResult::kOrdered && !call->order_by.empty())
    types = {call->order_by[0].expr->type};
  call->type = ResultType(signature.result, types);
  if (IsNullOfNull(*call)) {
    ExprPtr null = MakeNull(call->type);
    null->span = call->span;
    return null;
  }
  RefineCall(*call, node);
  return call;
}

// What a row of the table cannot say.
void Lowering::RefineCall(Expr& call, Node node) {
  const std::string& name = call.text;
  if (name == "DAY" || name == "MONTH" || name == "YEAR") {
    call.part = name == "DAY" ? "day" : name == "MONTH" ? "month" : "year";
    call.text = "DATEPART";
  } else if (name == "LEFT" || name == "RIGHT" || name == "SUBSTRING") {
    const int64_t length = ConstantOf(*call.arguments.back());
    if (name == "SUBSTRING") RefineSubstring(call);
    if (length > 0 && (call.type.length == SqlType::kMax || length < call.type.length)) {
      call.type.length = static_cast<int32_t>(length);
    }
  } else if (name == "STUFF") {
    RefineStuff(call);
  } else if (name == "DATALENGTH" && IsString(call.arguments[0]->type.id)) {
    call.text = IsUnicode(call.arguments[0]->type.id) ? "DATALENGTH_UNICODE" : "DATALENGTH_TEXT";
  } else if (name == "HASHBYTES") {
    RefineHash(call, node);
  } else if (name.starts_with("JSON_")) {
    RefineJson(call, node);
  } else if (name == "ROUND" && call.arguments.size() == 3) {
    const int64_t function = ConstantOf(*call.arguments[2]);
    if (function < 0) {
      Report(DiagnosticId::kUnsupportedConstruct, node,
             {"ROUND with a third argument that is not a constant", options_.target_name});
    }
    if (function > 0) call.text = "TRUNCATE";
    call.arguments.pop_back();
  } else if ((name == "LAG" || name == "LEAD") && call.arguments.size() == 3) {
    call.arguments[2] = Convert(std::move(call.arguments[2]), call.type, true);
  } else if (name == "GREATEST" || name == "LEAST") {
    for (ExprPtr& argument : call.arguments)
      argument = Convert(std::move(argument), call.type, true);
  } else if (name == "GETDATE" || name == "CURRENT_TIMESTAMP" || name == "SYSDATETIME" ||
             name == "GETUTCDATE" || name == "SYSUTCDATETIME" || name == "SYSDATETIMEOFFSET") {
    Report(DiagnosticId::kClockDependent, node, {name});
  }
  RefineTextCall(call, node);
  if (call.kind != ExprKind::kCall) return;
  RefineNumberCall(call);
  RefineDateCall(call, node);
}

// A start that is surely inside or before by none needs no care for what lies before the string.
void Lowering::RefineSubstring(Expr& call) {
  if (IsBinary(call.arguments[0]->type.id)) return;
  Expr* start = call.arguments[1].get();
  const auto is_position = [](const Expr& expr) {
    return ConstantOf(expr) >= 0 ||
           (expr.kind == ExprKind::kCall &&
            (expr.text == "CHARINDEX" || expr.text == "PATINDEX" || expr.text == "LEN"));
  };
  const bool is_sum = start->kind == ExprKind::kArithmetic && start->text == "+" &&
                      is_position(*start->arguments[0]) && is_position(*start->arguments[1]);
  if (is_position(*start) || is_sum) call.text = "SUBSTRING_INSIDE";
}

// STUFF from the first character on is the rest of the string behind the new text; an empty string
// gives NULL.
void Lowering::RefineStuff(Expr& call) {
  const int64_t start = ConstantOf(*call.arguments[1]);
  const int64_t length = ConstantOf(*call.arguments[2]);
  if (start != 1 || length < 0) return;
  const SqlType type = call.type;
  auto rest = MakeCall(
      "SUBSTRING_FROM", type,
      ExprList(MakeCall("NULLIF", type, ExprList(std::move(call.arguments[0]), MakeString(""))),
               MakeInteger(length + 1)));
  ExprPtr text = std::move(call.arguments[3]);
  call.arguments.clear();
  call.text.clear();
  const bool is_empty =
      text->kind == ExprKind::kNull || (text->kind == ExprKind::kString && text->text.empty());
  if (is_empty) {
    call.text = std::move(rest->text);
    call.arguments = std::move(rest->arguments);
    return;
  }
  if (text->type.nullable) {
    const SqlType text_type = text->type;
    text = MakeCall("COALESCE", text_type, ExprList(std::move(text), MakeString("")));
  }
  call.kind = ExprKind::kConcat;
  call.arguments = ExprList(std::move(text), std::move(rest));
}

// datetime keeps three-hundredths of a second: "datetime (Transact-SQL)".
void Lowering::RoundToDateTime(Expr& call) {
  auto inner = MakeExpr(ExprKind::kCall, call.type, call.span);
  inner->text = std::move(call.text);
  inner->part = std::move(call.part);
  inner->arguments = std::move(call.arguments);
  call.text = "ROUND_DATETIME";
  call.part.clear();
  call.arguments = ExprList(std::move(inner));
}

std::vector<OrderItem> Lowering::LowerOrderItems(Node order_by, Scope& scope) {
  std::vector<OrderItem> items;
  for (const Node item : order_by.Children(Role::kItem)) {
    const bool descending = UpperText(item.TokenText(Role::kDirection)) == "DESC";
    items.push_back({LowerExpr(item.Child(Role::kValue), scope), descending});
  }
  return items;
}

FrameBound Lowering::LowerBound(Node bound, Scope& scope) {
  using Kind = FrameBound::Kind;
  FrameBound result;
  const std::string direction = JoinedTokens(bound, Role::kDirection, " ");
  const bool preceding = direction.ends_with("PRECEDING");
  if (direction.starts_with("UNBOUNDED")) {
    result.kind = preceding ? Kind::kUnboundedPreceding : Kind::kUnboundedFollowing;
  } else if (direction.starts_with("CURRENT")) {
    result.kind = Kind::kCurrentRow;
  } else {
    result.kind = preceding ? Kind::kPreceding : Kind::kFollowing;
    result.offset = LowerExpr(bound.Child(Role::kValue), scope);
  }
  return result;
}

std::unique_ptr<Window> Lowering::LowerOver(Node over, Scope& scope) {
  auto window = std::make_unique<Window>();
  if (const std::string_view name = over.TokenText(Role::kWindowName); !name.empty()) {
    bool is_known = false;
    const std::vector<Node> definitions = window_definitions_;
    for (const Node definition : definitions) {
      if (FoldName(UnquoteName(definition.TokenText(Role::kName))) != FoldName(UnquoteName(name)))
        continue;
      std::erase(window_definitions_, definition);  // A window that is made of itself is unknown.
      window = LowerOver(definition.Child(Role::kOver), scope);
      window_definitions_ = definitions;
      is_known = true;
    }
    if (!is_known)
      Report(DiagnosticId::kUnsupportedConstruct, over,
             {"a window that is not defined", options_.target_name});
  }
  if (const Node partition = over.Child(Role::kPartitionBy)) {
    for (const Node item : partition.Children(Role::kItem))
      window->partition_by.push_back(LowerExpr(item, scope));
  }
  if (const Node order = over.Child(Role::kOrderBy))
    window->order_by = LowerOrderItems(order, scope);
  if (const Node frame = over.Child(Role::kFrame)) {
    window->has_frame = true;
    window->is_rows = UpperText(frame.TokenText(Role::kUnit)) == "ROWS";
    window->start = LowerBound(frame.Child(Role::kStart), scope);
    window->end.kind = FrameBound::Kind::kCurrentRow;
    if (const Node end = frame.Child(Role::kEnd)) window->end = LowerBound(end, scope);
  }
  // ORDER BY (SELECT NULL) and ORDER BY (SELECT 1) ask for no order.
  std::erase_if(window->order_by, [](const OrderItem& item) {
    const Expr& expr = *item.expr;
    return IsConstant(expr) ||
           (expr.kind == ExprKind::kSubquery && expr.query->from == nullptr &&
            expr.query->items.size() == 1 && IsConstant(*expr.query->items[0].expr));
  });
  return window;
}

Variables Lowering::BindParameters(const catalog::Routine& routine, Node call,
                                   const Scope& caller) {
  Variables bound;
  const std::vector<Node> arguments = call.Children(Role::kArgument);
  const size_t expected = routine.parameters.size();
  if (arguments.size() > expected) {
    Report(DiagnosticId::kWrongArgumentCount, call,
           {routine.name.ToString(), std::to_string(expected), std::to_string(arguments.size())});
    return bound;
  }
  // Arguments move into another query: their columns must say whose they are.
  Scope scope = caller;
  scope.qualify = true;
  for (size_t i = 0; i < expected; ++i) {
    const catalog::Parameter& parameter = routine.parameters[i];
    const bool is_default = i >= arguments.size() || UpperText(arguments[i].Text()) == "DEFAULT";
    ExprPtr value;
    if (is_default) {
      diagnostics::DiagnosticSink ignored;
      const std::string text =
          parameter.default_expression.empty() ? "NULL" : parameter.default_expression;
      const ParseResult parsed = ParseExpression(text, false, {}, ignored);
      Scope empty;
      const auto span = std::exchange(span_override_, SpanOf(call));
      value = parsed.ok ? LowerExpr(parsed.tree.Root(), empty) : MakeNull(SqlType{});
      span_override_ = span;
    } else {
      value = LowerExpr(arguments[i], scope);
    }
    const SqlType type = FromCatalogType(parameter.type);
    const bool is_same =
        value->type.id == type.id && !IsString(type.id) && type.id != TypeId::kDecimal;
    bound[FoldName(parameter.name)] =
        is_same ? std::move(value) : Convert(std::move(value), type, true);
  }
  return bound;
}

ExprPtr Lowering::LowerUserFunction(const std::vector<std::string>& parts, Node node,
                                    Scope& scope) {
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  const catalog::Routine* routine = catalog_.FindRoutine(schema, parts.back());
  if (routine == nullptr) {
    return Refuse(DiagnosticId::kUnknownFunction, node,
                  {(schema.empty() ? "" : schema + ".") + parts.back()});
  }
  if (routine->kind == catalog::RoutineKind::kClr)
    return Refuse(DiagnosticId::kExternalCode, node, {});
  return InlineScalar(*routine, node, scope);
}

}  // namespace datamigrate::relational
