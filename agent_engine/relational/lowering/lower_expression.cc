// Expressions and conditions.
#include <algorithm>
#include <cctype>

#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

// Operands of a chain of the same left-associative operator, left to right, without recursion down
// the left spine.
std::vector<Node> Spine(Node node, NodeKind kind, std::string_view op) {
  std::vector<Node> operands;
  Node current = node;
  while (current.Is(kind) && JoinedTokens(current, Role::kOperator, "") == op) {
    operands.push_back(current.Child(Role::kRight));
    current = current.Child(Role::kLeft);
  }
  operands.push_back(current);
  std::ranges::reverse(operands);
  return operands;
}

// The digits with four after the point, rounded.
std::string RoundedToMoney(std::string digits) {
  if (digits.find('.') == std::string::npos) digits += '.';
  const size_t point = digits.find('.');
  const bool rounds_up = digits.size() > point + 5 && digits[point + 5] >= '5';
  digits.resize(point + 5, '0');
  if (!rounds_up) return digits;
  for (size_t i = digits.size(); i-- > 0;) {
    if (digits[i] == '.' || digits[i] == '-') continue;
    if (digits[i] != '9') {
      ++digits[i];
      return digits;
    }
    digits[i] = '0';
  }
  digits.insert(digits[0] == '-' ? 1 : 0, "1");
  return digits;
}

bool IsStringLike(const SqlType& type) {
  return IsString(type.id);
}

constexpr int kMaxDepth = 2000;
// Links of a chain of arithmetic: rewrites and printers go down its left side, a frame or two each.
constexpr size_t kMaxLinks = 3000;

// Counts nesting while it lives.
class Nested {
 public:
  explicit Nested(int& depth) : depth_(depth) { ++depth_; }
  ~Nested() { --depth_; }
  Nested(const Nested&) = delete;
  Nested& operator=(const Nested&) = delete;

 private:
  int& depth_;
};

}  // namespace

ExprPtr Lowering::LowerExpr(Node node, Scope& scope) {
  const Nested nested(depth_);
  if (depth_ > kMaxDepth) {
    return Refuse(DiagnosticId::kNestingTooDeep, node, {std::to_string(kMaxDepth)});
  }
  if (!node)
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {Described(node), options_.target_name});
  switch (node.kind()) {
    case NodeKind::kLiteral:
      return LowerLiteral(node);
    case NodeKind::kVariableReference:
      return LowerVariable(node);
    case NodeKind::kColumnReference:
      return LowerColumn(node, scope);
    case NodeKind::kParenthesized:
      return LowerExpr(node.Child(Role::kOperand), scope);
    case NodeKind::kUnary:
      return LowerUnary(node, scope);
    case NodeKind::kBinary:
      return LowerBinary(node, scope);
    case NodeKind::kComparison:
      return LowerComparison(node, scope);
    case NodeKind::kQuantifiedComparison:
      return LowerQuantified(node, scope);
    case NodeKind::kLogical:
      return LowerLogical(node, scope);
    case NodeKind::kNot: {
      auto expr = MakeExpr(ExprKind::kNot, MakeType(TypeId::kBit), SpanOf(node));
      expr->arguments = ExprList(LowerExpr(node.Child(Role::kOperand), scope));
      return expr;
    }
    case NodeKind::kIsNull: {
      auto expr = MakeExpr(ExprKind::kIsNull, MakeType(TypeId::kBit, false), SpanOf(node));
      expr->arguments = ExprList(LowerExpr(node.Child(Role::kOperand), scope));
      expr->negated = node.Has(Role::kNegation);
      return expr;
    }
    case NodeKind::kIsDistinctFrom: {
      ExprPtr left = LowerExpr(node.Child(Role::kLeft), scope);
      ExprPtr right = LowerExpr(node.Child(Role::kRight), scope);
      Balance(left, right, "IS DISTINCT FROM");
      auto expr = MakeExpr(ExprKind::kDistinct, MakeType(TypeId::kBit, false), SpanOf(node));
      expr->arguments = ExprList(std::move(left), std::move(right));
      expr->negated = node.Has(Role::kNegation);
      return expr;
    }
    case NodeKind::kBetween:
      return LowerBetween(node, scope);
    case NodeKind::kInList:
      return LowerIn(node, scope);
    case NodeKind::kInQuery:
      return LowerInQuery(node, scope);
    case NodeKind::kLike:
      return LowerLike(node, scope);
    case NodeKind::kExists: {
      auto expr = MakeExpr(ExprKind::kExists, MakeType(TypeId::kBit, false), SpanOf(node));
      expr->query = LowerNested(node.Child(Role::kQuery), scope);
      return expr;
    }
    case NodeKind::kCase:
      return LowerCase(node, scope);
    case NodeKind::kFunctionCall:
      return LowerCall(node, scope);
    case NodeKind::kMethodCall:
    case NodeKind::kMemberAccess:
      return LowerMethodCall(node, scope);
    case NodeKind::kCast:
      return LowerCast(node, scope);
    case NodeKind::kConvert:
      return LowerConvert(node, scope);
    case NodeKind::kParse:
      return LowerParse(node, scope);
    case NodeKind::kTrim: {
      std::vector<ExprPtr> arguments =
          ExprList(Convert(LowerExpr(node.Child(Role::kOperand), scope),
                           MakeSized(TypeId::kVarChar, SqlType::kMax), true));
      if (const Node characters = node.Child(Role::kCharacters))
        arguments.push_back(LowerExpr(characters, scope));
      const std::string side = UpperText(node.TokenText(Role::kSide));
      const SqlType type = ResultType(FunctionResult::kString, {arguments[0]->type});
      return MakeCall(side == "LEADING"    ? "LTRIM"
                      : side == "TRAILING" ? "RTRIM"
                                           : "TRIM",
                      type, std::move(arguments));
    }
    case NodeKind::kAtTimeZone:
      return LowerAtTimeZone(node, scope);
    case NodeKind::kCollate: {
      ExprPtr expr = LowerExpr(node.Child(Role::kOperand), scope);
      expr->type.collation = std::string(node.TokenText(Role::kCollation));
      return expr;
    }
    case NodeKind::kScalarSubquery:
      return LowerSubquery(node, scope);
    case NodeKind::kNextValueFor:
      return LowerNextValue(node, scope);
    case NodeKind::kOdbcEscape: {
      const std::string keyword = UpperText(node.TokenText(Role::kKeyword));
      if (keyword == "FN") return LowerExpr(node.Child(Role::kOperand), scope);
      const bool is_date = keyword == "D" || keyword == "T" || keyword == "TS";
      const TypeId id = is_date ? TypeId::kDateTime : TypeId::kUniqueIdentifier;
      return Convert(LowerExpr(node.Child(Role::kOperand), scope), MakeType(id), false);
    }
    default:
      return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                    {Described(node), options_.target_name});
  }
}

ExprPtr Lowering::LowerLiteral(Node node) {
  const Token* token = node.TokenOf(Role::kValue);
  const std::string_view text = node.TokenText(Role::kValue);
  const auto number = [&](std::string digits, SqlType type) {
    type.nullable = false;
    auto expr = MakeExpr(ExprKind::kNumber, std::move(type), SpanOf(node));
    expr->text = std::move(digits);
    return expr;
  };
  switch (token->kind) {
    case TokenKind::kInteger: {
      std::string digits(text);
      digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
      const auto size = static_cast<int32_t>(digits.size());
      // An integer constant beyond int is a decimal.
      const bool is_int = size < 10 || (size == 10 && digits <= "2147483647");
      SqlType type = is_int ? MakeType(TypeId::kInt) : MakeDecimal(size, 0);
      type.precision = size;
      return number(std::move(digits), type);
    }
    case TokenKind::kDecimal: {
      std::string digits(text);
      if (digits[0] == '.') digits.insert(0, "0");
      const size_t point = digits.find('.');
      const auto scale = static_cast<int32_t>(digits.size() - point - 1);
      const int32_t integral = digits[0] == '0' && point == 1 ? 0 : static_cast<int32_t>(point);
      if (scale == 0) digits.pop_back();
      return number(digits, MakeDecimal(std::max(integral + scale, 1), scale));
    }
    case TokenKind::kFloat: {
      std::string digits(text);
      if (std::tolower(static_cast<unsigned char>(digits.back())) == 'e') digits += '0';
      if (digits.back() == '+' || digits.back() == '-') digits += '0';
      if (digits[0] == '.') digits.insert(0, "0");
      const size_t exponent = digits.find_first_of("eE");
      if (exponent > 0 && digits[exponent - 1] == '.') digits.erase(exponent - 1, 1);
      return number(digits, MakeType(TypeId::kFloat));
    }
    case TokenKind::kMoney: {
      std::string digits;
      for (const char c : text) {
        if (std::isdigit(static_cast<unsigned char>(c)) || c == '.' || c == '-') digits += c;
      }
      if (digits.empty() || digits == ".") digits = "0";
      if (digits[0] == '.') digits.insert(0, "0");
      // Four decimals, so that the constant is as exact as money in what it is part of.
      digits = RoundedToMoney(std::move(digits));
      return number(digits, MakeType(TypeId::kMoney));
    }
    case TokenKind::kBinary: {
      auto expr =
          MakeExpr(ExprKind::kBinary, MakeSized(TypeId::kVarBinary, 0, false), SpanOf(node));
      for (const char c : text.substr(2)) {
        if (std::isxdigit(static_cast<unsigned char>(c)))
          expr->text += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      }
      if (expr->text.size() % 2 != 0) expr->text.insert(0, "0");
      expr->type.length = std::max<int32_t>(1, static_cast<int32_t>(expr->text.size() / 2));
      return expr;
    }
    case TokenKind::kString:
    case TokenKind::kNationalString:
    case TokenKind::kQuotedName: {  // "..." while QUOTED_IDENTIFIER is off.
      auto expr = MakeString(token->kind == TokenKind::kQuotedName ? UnquoteName(text)
                                                                   : UnquoteString(text));
      expr->span = SpanOf(node);
      expr->type = MakeSized(
          token->kind == TokenKind::kNationalString ? TypeId::kNVarChar : TypeId::kVarChar,
          std::max<int32_t>(1, static_cast<int32_t>(expr->text.size())), false);
      return expr;
    }
    default:
      if (UpperText(text) == "NULL") {
        auto expr = MakeNull(SqlType{.id = TypeId::kNull});
        expr->span = SpanOf(node);
        return expr;
      }
      if (!text.empty() && text[0] == '"') {
        auto expr = MakeString(UnquoteName(text));
        expr->span = SpanOf(node);
        return expr;
      }
      return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                    {std::string(text), options_.target_name});
  }
}

ExprPtr Lowering::LowerVariable(Node node) {
  const std::string_view name = node.TokenText(Role::kValue);
  const auto found = variables_.find(FoldName(name));
  if (found != variables_.end()) {
    ExprPtr value = relational::Clone(*found->second);
    value->span = SpanOf(node);
    return value;
  }
  if (ExprPtr setting = LowerSetting(node)) return setting;
  if (name.starts_with("@@")) {
    return Refuse(DiagnosticId::kUnsupportedFunction, node,
                  {std::string(name), options_.target_name});
  }
  return Refuse(DiagnosticId::kUndeclaredVariable, node, {std::string(name)});
}

ExprPtr Lowering::LowerColumn(Node node, Scope& scope) {
  const Node name = node.Child(Role::kName);
  if (!name && UpperText(node.Text()) == "$ACTION")
    return ResolveColumn({"$action"}, SpanOf(node), scope);
  if (!name) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {std::string(node.Text()), options_.target_name});
  }
  return ResolveColumn(NamePartsOf(name), SpanOf(node), scope);
}

ExprPtr Lowering::ResolveColumn(const std::vector<std::string>& parts, diagnostics::SourceSpan span,
                                const Scope& first_scope) {
  const auto make = [&](const RangeVariable& range, const RangeColumn* known, bool qualified) {
    auto expr = MakeExpr(ExprKind::kColumn, known != nullptr ? known->type : SqlType{}, span);
    expr->text = known != nullptr ? known->name : parts.back();
    if (qualified) expr->qualifier = range.printed;
    expr->range = range.id;
    return expr;
  };
  const bool is_qualified = parts.size() > 1;
  for (const Scope* scope = &first_scope; scope != nullptr; scope = scope->outer) {
    const RangeVariable* found_range = nullptr;
    const RangeColumn* found_column = nullptr;
    const RangeVariable* open_range = nullptr;
    for (const RangeVariable& range : scope->ranges) {
      if (is_qualified) {
        if (!catalog::EqualNames(range.name, parts[parts.size() - 2])) continue;
        if (parts.size() > 2 && !parts[parts.size() - 3].empty() && !range.schema.empty() &&
            !catalog::EqualNames(range.schema, parts[parts.size() - 3])) {
          continue;
        }
      }
      const RangeColumn* known = range.columns.Find(parts.back());
      if (known == nullptr) {
        if (range.open && open_range == nullptr) open_range = &range;
        continue;
      }
      if (found_range != nullptr) {
        ReportAt(DiagnosticId::kAmbiguousColumn, span,
                 {parts.back(), found_range->name + ", " + range.name});
        return MakeNull(SqlType{});
      }
      found_range = &range;
      found_column = known;
    }
    const bool print_qualified =
        is_qualified || scope->ranges.size() > 1 || scope->qualify || scope != &first_scope;
    if (found_range != nullptr) return make(*found_range, found_column, print_qualified);
    if (open_range != nullptr) {
      const bool only = scope->ranges.size() == 1;
      return make(*open_range, nullptr, is_qualified || (only && print_qualified));
    }
  }
  // column.Property of a spatial or hierarchyid column reads like a qualified name.
  for (const Scope* scope = &first_scope; parts.size() > 1 && scope != nullptr;
       scope = scope->outer) {
    for (const RangeVariable& range : scope->ranges) {
      for (const RangeColumn& candidate : range.columns) {
        if (!IsOpaque(candidate.type.id) ||
            !catalog::EqualNames(candidate.name, parts[parts.size() - 2]))
          continue;
        ExprPtr value = ResolveColumn({parts.begin(), parts.end() - 1}, span, first_scope);
        if (ExprPtr property = ClrProperty(value, parts.back())) return property;
        ReportAt(DiagnosticId::kUnsupportedMethod, span,
                 {parts.back(), TypeText(candidate.type), options_.target_name});
        return MakeNull(SqlType{});
      }
    }
  }
  std::string name;
  for (const std::string& part : parts) name += (name.empty() ? "" : ".") + part;
  ReportAt(DiagnosticId::kUnknownColumn, span, {name});
  return MakeNull(SqlType{});
}

ExprPtr Lowering::LowerUnary(Node node, Scope& scope) {
  const std::string op = JoinedTokens(node, Role::kOperator, "");
  ExprPtr operand = LowerExpr(node.Child(Role::kOperand), scope);
  if (op == "+") return operand;
  if (op == "-" && operand->kind == ExprKind::kNumber) {
    if (operand->text[0] == '-')
      operand->text.erase(0, 1);
    else
      operand->text.insert(0, "-");
    operand->span = SpanOf(node);
    return operand;
  }
  SqlType type = operand->type;
  if (IsString(type.id)) {
    operand = Convert(std::move(operand), MakeType(TypeId::kInt), true);
    type = operand->type;
  }
  if (type.id != TypeId::kUnknown && type.id != TypeId::kNull && !IsNumeric(type.id)) {
    return Refuse(DiagnosticId::kOperandTypes, node, {op, TypeText(type), TypeText(type)});
  }
  // The negative of a tinyint or bit needs a sign.
  if (op == "-" && (type.id == TypeId::kTinyInt || type.id == TypeId::kBit)) {
    operand =
        Convert(std::move(operand),
                MakeType(type.id == TypeId::kTinyInt ? TypeId::kSmallInt : TypeId::kInt), true);
  }
  type = operand->type;
  if (IsIntegral(type.id)) type.precision = 0;
  if (op == "~" && type.id == TypeId::kTinyInt) {
    // All eight bits turned, without a sign.
    auto rest = MakeExpr(ExprKind::kArithmetic, type, SpanOf(node));
    rest->text = "-";
    rest->arguments = ExprList(MakeInteger(255), std::move(operand));
    return rest;
  }
  auto expr = MakeExpr(op == "-" ? ExprKind::kNegate : ExprKind::kBitNot, type, SpanOf(node));
  expr->arguments = ExprList(std::move(operand));
  return expr;
}

ExprPtr Lowering::LowerBinary(Node node, Scope& scope) {
  // A chain of one operator is walked, not recursed into: machines write very long ones.
  std::vector<Node> chain;
  Node current = node;
  while (current.Is(NodeKind::kBinary)) {
    chain.push_back(current);
    current = current.Child(Role::kLeft);
  }
  if (chain.size() > kMaxLinks) {
    return Refuse(DiagnosticId::kNestingTooDeep, node, {std::to_string(kMaxLinks)});
  }
  ExprPtr result = LowerExpr(current, scope);
  for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
    ExprPtr right = LowerExpr(link->Child(Role::kRight), scope);
    result = Arithmetic(JoinedTokens(*link, Role::kOperator, ""), std::move(result),
                        std::move(right), *link);
  }
  return result;
}

ExprPtr Lowering::Arithmetic(std::string op, ExprPtr left, ExprPtr right, Node node) {
  if (op == "||") op = "+";
  if (op == "<<" || op == ">>") {
    const SqlType type = left->type;
    return MakeCall(op == "<<" ? "LEFT_SHIFT" : "RIGHT_SHIFT", type,
                    ExprList(std::move(left), std::move(right)));
  }
  const auto either = [&](auto test) { return test(left->type.id) || test(right->type.id); };
  if ((op == "+" || op == "-") && either(IsTemporal)) {
    return DateArithmetic(op, std::move(left), std::move(right), node);
  }
  const auto type = ArithmeticType(op[0], left->type, right->type);
  if (!type)
    return Refuse(DiagnosticId::kOperandTypes, node,
                  {op, TypeText(left->type), TypeText(right->type)});
  const bool is_text =
      IsString(type->id) || (type->id == TypeId::kUnknown && op == "+" && either(IsString));
  if (is_text || IsBinary(type->id)) {
    if (type->id == TypeId::kUnknown) {
      // Text beside an unknown type is concatenation unless the other side is a number.
      Report(DiagnosticId::kUnknownOperandType, node, {"the operator +"});
    }
    auto expr = MakeExpr(ExprKind::kConcat, *type, SpanOf(node));
    for (ExprPtr* side : {&left, &right}) {
      if ((*side)->kind == ExprKind::kConcat && side == &left) {
        for (ExprPtr& part : (*side)->arguments) expr->arguments.push_back(std::move(part));
      } else {
        expr->arguments.push_back(std::move(*side));
      }
    }
    return expr;
  }
  if (type->id == TypeId::kUnknown) {
    if (op == "/" || op == "+") {
      Report(DiagnosticId::kUnknownOperandType, node, {"the operator " + op});
    }
  } else {
    for (ExprPtr* side : {&left, &right}) {
      const SqlType& own = (*side)->type;
      // Decimals keep their own precision: the result's follows from both.
      if (type->id == TypeId::kDecimal && IsExactNumeric(own.id) && own.id != TypeId::kBit) {
        if (!IsIntegral(own.id)) continue;
        *side = Convert(std::move(*side), DecimalOf(own), true);
      } else {
        *side = Convert(std::move(*side), *type, true);
      }
    }
  }
  auto expr = MakeExpr(ExprKind::kArithmetic, *type, SpanOf(node));
  expr->text = std::move(op);
  expr->arguments = ExprList(std::move(left), std::move(right));
  return expr;
}

// datetime + 1 is a day later: "datetime (Transact-SQL)", "+ (Addition)".
ExprPtr Lowering::DateArithmetic(const std::string& op, ExprPtr left, ExprPtr right, Node node) {
  if (op == "+" && !IsTemporal(left->type.id)) std::swap(left, right);
  const SqlType type = left->type;
  const bool takes_numbers = type.id == TypeId::kDateTime || type.id == TypeId::kSmallDateTime;
  if (takes_numbers && IsTemporal(right->type.id) && IsDateAndTime(right->type.id) &&
      right->type.id != TypeId::kDateTimeOffset) {
    auto call = MakeCall(op == "+" ? "DATETIME_PLUS" : "DATETIME_MINUS", type,
                         ExprList(std::move(left), std::move(right)));
    call->span = SpanOf(node);
    return call;
  }
  if (!takes_numbers || IsTemporal(right->type.id)) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {"the operator " + op + " on " + TypeText(type) + " and " + TypeText(right->type),
                   options_.target_name},
                  "use DATEADD or DATEDIFF");
  }
  if (right->type.id == TypeId::kNull) return MakeNull(type);
  if (op == "-") {
    if (right->kind == ExprKind::kNumber) {
      right->text = right->text[0] == '-' ? right->text.substr(1) : "-" + right->text;
    } else {
      auto negative = MakeExpr(ExprKind::kNegate, right->type, right->span);
      negative->arguments = ExprList(std::move(right));
      right = std::move(negative);
    }
  }
  if (!IsIntegral(right->type.id) && right->type.id != TypeId::kUnknown) {
    auto seconds = Arithmetic("*", std::move(right), MakeInteger(86400), node);
    right = Convert(std::move(seconds), MakeType(TypeId::kInt), true);
    auto call = MakeCall("DATEADD", type, ExprList(std::move(right), std::move(left)));
    call->part = "second";
    return call;
  }
  auto call = MakeCall("DATEADD", type, ExprList(std::move(right), std::move(left)));
  call->part = "day";
  call->span = SpanOf(node);
  return call;
}

void Lowering::Balance(ExprPtr& left, ExprPtr& right, std::string_view what) {
  if (left->type.id == TypeId::kUnknown || right->type.id == TypeId::kUnknown) {
    if (IsStringLike(left->type) || IsStringLike(right->type)) {
      ReportAt(DiagnosticId::kUnknownOperandType, left->span, {std::string(what)});
    }
    return;
  }
  // A bit beside 0 or 1 is compared as a bit.
  for (auto [bit, other] : {std::pair{&left, &right}, std::pair{&right, &left}}) {
    const bool is_flag =
        (*other)->kind == ExprKind::kNumber && ((*other)->text == "0" || (*other)->text == "1");
    if ((*bit)->type.id == TypeId::kBit && (is_flag || IsString((*other)->type.id))) {
      *other = Convert(std::move(*other), MakeType(TypeId::kBit), true);
      return;
    }
  }
  const SqlType common = CommonType(left->type, right->type);
  if (IsNumeric(common.id) && common.id == TypeId::kDecimal) {
    for (ExprPtr* side : {&left, &right}) {
      if (!IsExactNumeric((*side)->type.id) || (*side)->type.id == TypeId::kBit)
        *side = Convert(std::move(*side), common, true);
    }
    return;
  }
  left = Convert(std::move(left), common, true);
  right = Convert(std::move(right), common, true);
}

ExprPtr Lowering::Compare(std::string op, ExprPtr left, ExprPtr right) {
  if (op == "!=") op = "<>";
  if (op == "!<") op = ">=";
  if (op == "!>") op = "<=";
  Balance(left, right, "the operator " + op);
  return MakeCompare(std::move(op), std::move(left), std::move(right));
}

ExprPtr Lowering::LowerComparison(Node node, Scope& scope) {
  const std::string op = JoinedTokens(node, Role::kOperator, "");
  if (op == "*=" || op == "=*") {
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {"the outer join operator " + op, options_.target_name},
                  "write LEFT JOIN or RIGHT JOIN; SQL Server dropped the operator in 2012");
  }
  ExprPtr left = LowerExpr(node.Child(Role::kLeft), scope);
  ExprPtr right = LowerExpr(node.Child(Role::kRight), scope);
  ExprPtr expr = Compare(op, std::move(left), std::move(right));
  expr->span = SpanOf(node);
  return expr;
}

ExprPtr Lowering::LowerQuantified(Node node, Scope& scope) {
  auto expr = MakeExpr(ExprKind::kQuantified, MakeType(TypeId::kBit), SpanOf(node));
  expr->text = JoinedTokens(node, Role::kOperator, "");
  if (expr->text == "!=") expr->text = "<>";
  if (expr->text == "!<") expr->text = ">=";
  if (expr->text == "!>") expr->text = "<=";
  expr->quantifier = UpperText(node.TokenText(Role::kQuantifier)) == "ALL" ? "ALL" : "ANY";
  ExprPtr left = LowerExpr(node.Child(Role::kLeft), scope);
  expr->query = LowerNested(node.Child(Role::kQuery), scope);
  if (expr->query->fields.size() == 1) {
    const SqlType common = CommonType(left->type, expr->query->fields[0].type);
    left = Convert(std::move(left), common, true);
  }
  expr->arguments = ExprList(std::move(left));
  return expr;
}

ExprPtr Lowering::LowerLogical(Node node, Scope& scope) {
  const std::string op = JoinedTokens(node, Role::kOperator, "");
  const ExprKind kind = op == "AND" ? ExprKind::kAnd : ExprKind::kOr;
  auto expr = MakeExpr(kind, MakeType(TypeId::kBit), SpanOf(node));
  for (const Node operand : Spine(node, NodeKind::kLogical, op)) {
    expr->arguments.push_back(LowerExpr(operand, scope));
  }
  return expr;
}

ExprPtr Lowering::LowerBetween(Node node, Scope& scope) {
  ExprPtr operand = LowerExpr(node.Child(Role::kOperand), scope);
  ExprPtr low = LowerExpr(node.Child(Role::kLow), scope);
  ExprPtr high = LowerExpr(node.Child(Role::kHigh), scope);
  Balance(operand, low, "BETWEEN");
  Balance(operand, high, "BETWEEN");
  auto expr = MakeExpr(ExprKind::kBetween, MakeType(TypeId::kBit), SpanOf(node));
  expr->negated = node.Has(Role::kNegation);
  expr->arguments = ExprList(std::move(operand), std::move(low), std::move(high));
  return expr;
}

ExprPtr Lowering::LowerIn(Node node, Scope& scope) {
  auto expr = MakeExpr(ExprKind::kInList, MakeType(TypeId::kBit), SpanOf(node));
  expr->negated = node.Has(Role::kNegation);
  ExprPtr operand = LowerExpr(node.Child(Role::kOperand), scope);
  std::vector<ExprPtr> items;
  for (const Node item : node.Children(Role::kItem)) {
    ExprPtr value = LowerExpr(item, scope);
    Balance(operand, value, "IN");
    items.push_back(std::move(value));
  }
  expr->arguments.push_back(std::move(operand));
  for (ExprPtr& item : items) expr->arguments.push_back(std::move(item));
  return expr;
}

ExprPtr Lowering::LowerInQuery(Node node, Scope& scope) {
  auto expr = MakeExpr(ExprKind::kInQuery, MakeType(TypeId::kBit), SpanOf(node));
  expr->negated = node.Has(Role::kNegation);
  ExprPtr operand = LowerExpr(node.Child(Role::kOperand), scope);
  expr->query = LowerNested(node.Child(Role::kQuery), scope);
  if (expr->query->fields.size() != 1) {
    return Refuse(DiagnosticId::kColumnCountDiffers, node,
                  {"the sub-query", std::to_string(expr->query->fields.size()), "1"});
  }
  const SqlType common = CommonType(operand->type, expr->query->fields[0].type);
  operand = Convert(std::move(operand), common, true);
  ConvertBranch(*expr->query, {{expr->query->fields[0].name, common}});
  expr->arguments = ExprList(std::move(operand));
  return expr;
}

ExprPtr Lowering::LowerLike(Node node, Scope& scope) {
  auto expr = MakeExpr(ExprKind::kLike, MakeType(TypeId::kBit), SpanOf(node));
  expr->negated = node.Has(Role::kNegation);
  const SqlType text = MakeSized(TypeId::kVarChar, SqlType::kMax);
  ExprPtr operand = LowerExpr(node.Child(Role::kOperand), scope);
  ExprPtr pattern = LowerExpr(node.Child(Role::kPattern), scope);
  if (!IsString(operand->type.id)) operand = Convert(std::move(operand), text, true);
  if (!IsString(pattern->type.id)) pattern = Convert(std::move(pattern), text, true);
  expr->arguments = ExprList(std::move(operand), std::move(pattern));
  if (const Node escape = node.Child(Role::kEscape))
    expr->arguments.push_back(LowerExpr(escape, scope));
  return expr;
}

void Lowering::UnifyResults(std::vector<ExprPtr*> results, SqlType& type) {
  type = SqlType{.id = TypeId::kNull, .nullable = false};
  for (const ExprPtr* result : results) type = CommonType(type, (*result)->type);
  const bool nullable =
      std::ranges::any_of(results, [](ExprPtr* e) { return (*e)->type.nullable; });
  if (type.id == TypeId::kNull) type = MakeType(TypeId::kInt);
  for (ExprPtr* result : results) *result = Convert(std::move(*result), type, true);
  type.nullable = nullable;
}

ExprPtr Lowering::LowerCase(Node node, Scope& scope) {
  auto expr = MakeExpr(ExprKind::kCase, SqlType{}, SpanOf(node));
  const Node operand = node.Child(Role::kOperand);
  for (const Node when : node.Children(Role::kWhenClause)) {
    ExprPtr condition = LowerExpr(when.Child(Role::kCondition), scope);
    if (operand) condition = Compare("=", LowerExpr(operand, scope), std::move(condition));
    expr->arguments.push_back(std::move(condition));
    expr->arguments.push_back(LowerExpr(when.Child(Role::kResult), scope));
  }
  if (const Node otherwise = node.Child(Role::kElse)) {
    expr->has_else = true;
    expr->arguments.push_back(LowerExpr(otherwise, scope));
  }
  std::vector<ExprPtr*> results;
  for (size_t i = 1; i < expr->arguments.size(); i += 2) results.push_back(&expr->arguments[i]);
  if (expr->has_else) results.push_back(&expr->arguments.back());
  UnifyResults(results, expr->type);
  if (!expr->has_else) expr->type.nullable = true;
  return expr;
}

QueryPtr Lowering::LowerNested(Node query, Scope& scope) {
  return LowerQuery(query, &scope, false);
}

ExprPtr Lowering::LowerSubquery(Node node, Scope& scope) {
  const Node query = node.Child(Role::kQuery);
  if (JoinedTokens(query.Child(Role::kFor), Role::kKind, " ").starts_with("JSON"))
    return LowerJsonSubquery(node, scope);
  auto expr = MakeExpr(ExprKind::kSubquery, SqlType{}, SpanOf(node));
  expr->query = query.Has(Role::kFor) ? LowerForXml(query, &scope) : LowerNested(query, scope);
  if (expr->query->fields.size() != 1) {
    if (sink_.HasErrors()) return MakeNull(SqlType{});
    return Refuse(DiagnosticId::kColumnCountDiffers, node,
                  {"the sub-query", std::to_string(expr->query->fields.size()), "1"});
  }
  expr->type = expr->query->fields[0].type;
  expr->type.nullable = true;
  return expr;
}

}  // namespace datamigrate::relational
