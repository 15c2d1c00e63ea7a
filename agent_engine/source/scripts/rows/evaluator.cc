#include "agent_engine/source/scripts/rows/evaluator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"
#include "agent_engine/source/scripts/rows/expression_parts.h"
#include "agent_engine/source/scripts/rows/functions.h"

namespace datamigrate::source {

using catalog::DataType;
using catalog::FoldName;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;
using tsql::TokenKind;

namespace {

DataType Type(std::string name) {
  return {std::move(name), 0, 0, 0, {}};
}

bool IsIntegerType(const DataType& type) {
  const TypeFamily family = FamilyOf(type);
  return family == TypeFamily::kInteger || family == TypeFamily::kBit;
}

std::optional<Arithmetic> ArithmeticOf(std::string_view operation) {
  if (operation == "+") return Arithmetic::kAdd;
  if (operation == "-") return Arithmetic::kSubtract;
  if (operation == "*") return Arithmetic::kMultiply;
  if (operation == "/") return Arithmetic::kDivide;
  if (operation == "%") return Arithmetic::kRemainder;
  return std::nullopt;
}

absl::Status Overflow(std::string_view operation) {
  return absl::InvalidArgumentError(
      absl::StrCat("the result of ", std::string(operation), " overflows or divides by zero"));
}

absl::StatusOr<SqlValue> IntegerArithmetic(int64_t a, std::string_view operation, int64_t b,
                                           const DataType& type) {
  int64_t result = 0;
  bool failed = false;
  if (operation == "+")
    failed = __builtin_add_overflow(a, b, &result);
  else if (operation == "-")
    failed = __builtin_sub_overflow(a, b, &result);
  else if (operation == "*")
    failed = __builtin_mul_overflow(a, b, &result);
  else if (operation == "/" || operation == "%") {
    failed = b == 0 || (a == INT64_MIN && b == -1);
    if (!failed) result = operation == "/" ? a / b : a % b;
  } else if (operation == "&")
    result = a & b;
  else if (operation == "|")
    result = a | b;
  else if (operation == "^")
    result = a ^ b;
  else
    return absl::UnimplementedError(absl::StrCat("the operator ", std::string(operation)));
  if (failed) return Overflow(operation);
  return Convert({Type("bigint"), std::to_string(result)}, type, {});
}

// datetime plus a number counts days.
absl::StatusOr<SqlValue> DateArithmetic(const SqlValue& left, std::string_view operation,
                                        const SqlValue& right) {
  const bool left_is_date = FamilyOf(left.type) == TypeFamily::kDateTime;
  const SqlValue& date = left_is_date ? left : right;
  const auto days = DoubleOf(left_is_date ? right : left);
  const auto moment = ParseCell(*date.text);
  if (!days || !moment || (operation != "+" && operation != "-")) {
    return absl::UnimplementedError("arithmetic on two dates");
  }
  const double signed_days = operation == "-" ? -*days : *days;
  const double whole = std::floor(signed_days);
  DateTime result = *moment;
  result.day += static_cast<int32_t>(whole);
  result.ticks += static_cast<int64_t>((signed_days - whole) * static_cast<double>(kTicksPerDay));
  if (result.ticks >= kTicksPerDay) result.ticks -= kTicksPerDay, ++result.day;
  if (result.day < 0 || result.day > kMaxDay) return Overflow(operation);
  const auto rounded = RoundTo(result, date.type);
  if (!rounded) return Overflow(operation);
  return SqlValue{date.type, FormatCell(*rounded, date.type)};
}

DataType DecimalType(const Decimal& value) {
  return {"decimal", 0, value.precision, value.scale, {}};
}

// Numeric literals: "Constants (Transact-SQL)".
absl::StatusOr<SqlValue> NumberLiteral(std::string_view text) {
  const auto number = ParseDecimal(text);
  if (!number) return absl::InvalidArgumentError("a number of more than 38 digits");
  const bool is_whole = text.find('.') == std::string_view::npos;
  if (is_whole && number->digits <= INT32_MAX) {
    return SqlValue{{"int", 0, number->precision, 0, {}}, FormatDecimal(*number)};
  }
  return SqlValue{DecimalType(*number), FormatDecimal(*number)};
}

SqlValue StringLiteral(std::string text, bool is_national) {
  const auto length = static_cast<int32_t>(std::max<size_t>(text.size(), 1));
  return {{is_national ? "nvarchar" : "varchar", length > 8000 ? DataType::kMax : length, 0, 0, {}},
          std::move(text)};
}

std::string NiladicName(Node call) {
  const auto parts = tsql::NameParts(call.Child(Role::kName));
  return parts.empty() ? std::string() : FoldName(parts.back());
}

}  // namespace

bool IsAggregate(const std::string& name) {
  return name == "count" || name == "sum" || name == "min" || name == "max" || name == "avg" ||
         name == "count_big";
}

bool HasAggregate(Node node) {
  std::vector<Node> open = {node};
  while (!open.empty()) {
    const Node at = open.back();
    open.pop_back();
    if (!at || at.Is(NodeKind::kQuery)) continue;
    if (at.Is(NodeKind::kFunctionCall) && !at.Has(Role::kOver)) {
      const auto parts = tsql::NameParts(at.Child(Role::kName));
      if (parts.size() == 1 && IsAggregate(FoldName(parts[0]))) return true;
    }
    const auto children = at.Children();
    open.insert(open.end(), children.begin(), children.end());
  }
  return false;
}

absl::StatusOr<SqlValue> Evaluator::Evaluate(Node node, const Scope* scope) {
  if (!node) return NullValue();
  if (absl::Status step = host_.CountStep(); !step.ok()) return step;
  const DepthGuard guard(depth_);
  if (depth_ > kMaxExpressionDepth)
    return absl::ResourceExhaustedError("an expression is nested too deep");
  switch (node.kind()) {
    case NodeKind::kLiteral:
      return Literal(node);
    case NodeKind::kVariableReference:
      return Variable(node);
    case NodeKind::kColumnReference:
      return Column(node, scope);
    case NodeKind::kParenthesized:
      return Evaluate(node.Child(Role::kOperand), scope);
    case NodeKind::kCollate:
      return Evaluate(node.Child(Role::kOperand), scope);
    case NodeKind::kUnary:
      return Unary(node, scope);
    case NodeKind::kCase:
      return Case(node, scope);
    case NodeKind::kFunctionCall:
      return Call(node, scope);
    case NodeKind::kCast:
    case NodeKind::kConvert:
      return Cast(node, scope);
    case NodeKind::kScalarSubquery:
      return ScalarSubquery(node, scope);
    case NodeKind::kNextValueFor: {
      if (node.Has(Role::kOver)) return UnsupportedNode(node);
      return host_.NextValue(tsql::NameParts(node.Child(Role::kSequence)));
    }
    case NodeKind::kTrim: {
      auto value = Evaluate(node.Child(Role::kOperand), scope);
      if (!value.ok() || node.Has(Role::kCharacters))
        return value.ok() ? UnsupportedNode(node) : value.status();
      const std::string side = WordsOf(node, Role::kSide);
      const char* name = side == "leading" ? "ltrim" : side == "trailing" ? "rtrim" : "trim";
      return CallBuiltIn(name, "", {*value}, session_, host_);
    }
    case NodeKind::kBinary:
      return Binary(node, scope);
    default:
      return UnsupportedNode(node);
  }
}

// Long chains of operators lean to the left: they are walked, not recursed into.
absl::StatusOr<SqlValue> Evaluator::Binary(Node node, const Scope* scope) {
  std::vector<Node> spine;
  for (Node at = node; at.Is(NodeKind::kBinary); at = at.Child(Role::kLeft)) spine.push_back(at);
  auto result = Evaluate(spine.back().Child(Role::kLeft), scope);
  for (auto at = spine.rbegin(); at != spine.rend() && result.ok(); ++at) {
    auto right = Evaluate(at->Child(Role::kRight), scope);
    if (!right.ok()) return right;
    result = ComputeBinary(*result, OperatorOf(*at), *right);
  }
  return result;
}

absl::StatusOr<SqlValue> Evaluator::Literal(Node node) const {
  const tsql::Token* token = node.TokenOf(Role::kValue);
  if (token == nullptr) return UnsupportedNode(node);
  const std::string_view text = node.TokenText(Role::kValue);
  switch (token->kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
      return NumberLiteral(text);
    case TokenKind::kFloat: {
      const SqlValue written{Type("varchar"), std::string(text)};
      std::string number(text);
      if ((number.back() | 0x20) == 'e') number += '0';
      return Convert({Type("varchar"), number}, {"float", 0, 53, 0, {}}, {});
    }
    case TokenKind::kMoney:
      return Convert({Type("varchar"), std::string(text)}, Type("money"), {});
    case TokenKind::kBinary: {
      // A backslash before a line break goes on with the digits.
      std::string digits;
      for (const char c : text) {
        if (c != '\\' && c != '\r' && c != '\n') digits += c;
      }
      const auto bytes = ParseHex(digits);
      if (!bytes) return UnsupportedNode(node);
      return SqlValue{{"varbinary",
                       bytes->empty() || bytes->size() > 8000 ? DataType::kMax
                                                              : static_cast<int32_t>(bytes->size()),
                       0,
                       0,
                       {}},
                      FormatHex(*bytes)};
    }
    case TokenKind::kString:
      return StringLiteral(tsql::UnquoteString(text), false);
    case TokenKind::kNationalString:
      return StringLiteral(tsql::UnquoteString(text), true);
    case TokenKind::kQuotedName:
      return StringLiteral(tsql::UnquoteName(text), false);
    default:
      if (catalog::EqualNames(text, "null")) return NullValue();
      return UnsupportedNode(node);
  }
}

absl::StatusOr<SqlValue> Evaluator::Variable(Node node) const {
  const std::string name = FoldName(node.TokenText(Role::kValue));
  if (name == "@@rowcount") return IntValue(session_.row_count);
  if (name == "@@error" || name == "@@trancount") return IntValue(0);
  if (name == "@@identity") return session_.last_identity.value_or(NullValue());
  const auto unknown = session_.unknown_variables.find(name);
  if (unknown != session_.unknown_variables.end()) {
    return absl::UnimplementedError(
        absl::StrCat("the value of ", name, " is not known: ", unknown->second));
  }
  const auto found = session_.variables.find(name);
  if (found != session_.variables.end()) return found->second;
  if (name.starts_with("@@")) {
    return absl::UnimplementedError(absl::StrCat(name, " is known to a server only"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the variable ", name, " is not declared in this batch"));
}

absl::StatusOr<SqlValue> Evaluator::Column(Node node, const Scope* scope) const {
  const auto parts = tsql::NameParts(node.Child(Role::kName));
  if (parts.empty()) return UnsupportedNode(node);
  const std::string name = FoldName(parts.back());
  const std::string qualifier = parts.size() > 1 ? FoldName(parts[parts.size() - 2]) : "";
  const std::string schema = parts.size() > 2 ? FoldName(parts[parts.size() - 3]) : "";
  for (; scope != nullptr; scope = scope->outer) {
    if (scope->columns == nullptr) continue;
    for (size_t i = 0; i < scope->columns->size(); ++i) {
      const ScopeColumn& column = (*scope->columns)[i];
      const bool fits = column.name == name &&
                        (qualifier.empty() || column.qualifier == qualifier) &&
                        (schema.empty() || column.schema == schema);
      if (!fits) continue;
      if (column.is_missing) {
        return absl::UnimplementedError(absl::StrCat("the computed column ", parts.back()));
      }
      const data::Row* row = scope->row;
      if (scope->group != nullptr) row = scope->group->empty() ? nullptr : scope->group->front();
      return SqlValue{column.type, row == nullptr ? std::nullopt : (*row)[i]};
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no column ", std::string(node.Text())));
}

absl::StatusOr<SqlValue> Evaluator::Unary(Node node, const Scope* scope) {
  auto value = Evaluate(node.Child(Role::kOperand), scope);
  if (!value.ok() || value->is_null()) return value;
  const std::string operation = OperatorOf(node);
  if (operation == "+") return value;
  if (operation == "~") {
    const auto number = IntegerOf(*value);
    if (!number) return UnsupportedNode(node);
    if (FamilyOf(value->type) == TypeFamily::kBit) return BitValue(*number == 0);
    return SqlValue{value->type, std::to_string(~*number)};
  }
  if (operation != "-") return UnsupportedNode(node);
  std::string& text = *value->text;
  const TypeFamily family = FamilyOf(value->type);
  if (family == TypeFamily::kText || family == TypeFamily::kBinary) {
    return ComputeBinary(IntValue(0), "-", *value);
  }
  if (text[0] == '-')
    text.erase(0, 1);
  else if (text.find_first_not_of("0.") != std::string::npos)
    text.insert(0, 1, '-');
  return value;
}

absl::StatusOr<SqlValue> Evaluator::ComputeBinary(const SqlValue& left, std::string_view operation,
                                                  const SqlValue& right) const {
  if (left.is_null() || right.is_null()) {
    return SqlValue{CommonType(left.type, right.type), std::nullopt};
  }
  const TypeFamily a = FamilyOf(left.type), b = FamilyOf(right.type);
  const auto is_text = [](TypeFamily f) { return f == TypeFamily::kText || f == TypeFamily::kXml; };
  if (operation == "+" || operation == "||") {
    if (is_text(a) && is_text(b)) {
      const bool is_national = IsNational(left.type) || IsNational(right.type);
      return TextValue(*left.text + *right.text, is_national);
    }
    if (a == TypeFamily::kBinary && b == TypeFamily::kBinary) {
      return SqlValue{{"varbinary", DataType::kMax, 0, 0, {}}, *left.text + right.text->substr(2)};
    }
  }
  if (a == TypeFamily::kDateTime || b == TypeFamily::kDateTime) {
    return DateArithmetic(left, operation, right);
  }
  const DataType common = CommonType(left.type, right.type);
  const auto x = Convert(left, common, session_.settings),
             y = Convert(right, common, session_.settings);
  if (!x.ok()) return x;
  if (!y.ok()) return y;
  if (IsIntegerType(common)) {
    return IntegerArithmetic(IntegerOf(*x).value_or(0), operation, IntegerOf(*y).value_or(0),
                             FamilyOf(common) == TypeFamily::kBit ? Type("bit") : common);
  }
  const auto arithmetic = ArithmeticOf(operation);
  if (!arithmetic)
    return absl::UnimplementedError(absl::StrCat("the operator ", std::string(operation)));
  if (FamilyOf(common) == TypeFamily::kFloat) {
    const double p = DoubleOf(*x).value_or(0), q = DoubleOf(*y).value_or(0);
    if (*arithmetic == Arithmetic::kRemainder || (*arithmetic == Arithmetic::kDivide && q == 0)) {
      return Overflow(operation);
    }
    const double result = *arithmetic == Arithmetic::kAdd        ? p + q
                          : *arithmetic == Arithmetic::kSubtract ? p - q
                          : *arithmetic == Arithmetic::kMultiply ? p * q
                                                                 : p / q;
    return SqlValue{common, FormatDouble(result)};
  }
  // Each operand keeps its own precision and scale: the result's follow from them.
  const auto p = DecimalOf(FamilyOf(left.type) == TypeFamily::kText ? *x : left);
  const auto q = DecimalOf(FamilyOf(right.type) == TypeFamily::kText ? *y : right);
  const auto result = p && q ? Compute(*p, *arithmetic, *q) : std::nullopt;
  if (!result) return Overflow(operation);
  const SqlValue exact{DecimalType(*result), FormatDecimal(*result)};
  return FamilyOf(common) == TypeFamily::kMoney ? Convert(exact, common, {}) : exact;
}

absl::StatusOr<SqlValue> Evaluator::Case(Node node, const Scope* scope) {
  const Node operand = node.Child(Role::kOperand);
  SqlValue compared;
  if (operand) {
    auto value = Evaluate(operand, scope);
    if (!value.ok()) return value;
    compared = *value;
  }
  for (Node when : node.Children(Role::kWhenClause)) {
    std::optional<bool> holds;
    if (operand) {
      auto value = Evaluate(when.Child(Role::kCondition), scope);
      if (!value.ok()) return value;
      const auto order = Compare(compared, *value, session_.settings);
      if (!order.ok()) return order.status();
      if (*order) holds = **order == 0;
    } else {
      const auto tested = Test(when.Child(Role::kCondition), scope);
      if (!tested.ok()) return tested.status();
      holds = *tested;
    }
    if (holds.value_or(false)) return Evaluate(when.Child(Role::kResult), scope);
  }
  return Evaluate(node.Child(Role::kElse), scope);
}

absl::StatusOr<SqlValue> Evaluator::Call(Node node, const Scope* scope) {
  if (node.Has(Role::kOver)) return UnsupportedNode(node);
  const auto parts = tsql::NameParts(node.Child(Role::kName));
  if (parts.empty()) return UnsupportedNode(node);
  const std::string name = NiladicName(node);
  const bool is_built_in = parts.size() == 1;
  if (is_built_in && IsAggregate(name)) return Aggregate(node, name, scope);
  auto arguments = node.Children(Role::kArgument);
  if (is_built_in && (name == "coalesce" || name == "isnull")) {
    SqlValue last;
    for (size_t i = 0; i < arguments.size(); ++i) {
      auto value = Evaluate(arguments[i], scope);
      if (!value.ok()) return value;
      // ISNULL has the type of its first argument.
      if (name == "isnull" && i == 1 && !last.type.name.empty()) {
        return Convert(*value, last.type, session_.settings);
      }
      if (!value->is_null()) return value;
      last = *value;
    }
    return last;
  }
  if (is_built_in && name == "iif" && arguments.size() == 3) {
    const auto holds = Test(arguments[0], scope);
    if (!holds.ok()) return holds.status();
    return Evaluate(arguments[holds->value_or(false) ? 1 : 2], scope);
  }
  std::string date_part;
  if (is_built_in && TakesDatePart(name) && !arguments.empty()) {
    date_part = FoldName(arguments[0].Text());
    arguments.erase(arguments.begin());
  }
  std::vector<SqlValue> values;
  for (Node argument : arguments) {
    auto value = Evaluate(argument, scope);
    if (!value.ok()) return value;
    values.push_back(*std::move(value));
  }
  if (!is_built_in) return host_.CallFunction(parts, values);
  if (DependsOnRun(name)) session_.run_time_functions.insert(name);
  return CallBuiltIn(name, date_part, values, session_, host_);
}

absl::StatusOr<SqlValue> Evaluator::Aggregate(Node node, const std::string& name,
                                              const Scope* scope) {
  if (scope == nullptr || scope->group == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " stands where there are no rows to aggregate"));
  }
  const auto arguments = node.Children(Role::kArgument);
  const Node argument = arguments.empty() ? Node() : arguments[0];
  if (!argument || argument.Is(NodeKind::kStar)) {
    return IntValue(static_cast<int64_t>(scope->group->size()));
  }
  const bool is_distinct = WordsOf(node, Role::kQuantifier) == "distinct";
  absl::flat_hash_set<std::string> seen;
  int64_t count = 0;
  SqlValue result;
  for (const data::Row* row : *scope->group) {
    const Scope row_scope{scope->columns, row, nullptr, scope->outer};
    auto value = Evaluate(argument, &row_scope);
    if (!value.ok()) return value;
    if (result.type.name.empty()) result.type = value->type;
    if (value->is_null() || (is_distinct && !seen.insert(FoldName(*value->text)).second)) continue;
    ++count;
    if (name.starts_with("count")) continue;
    if (result.is_null()) {
      result = *value;
    } else if (name == "sum" || name == "avg") {
      auto sum = ComputeBinary(result, "+", *value);
      if (!sum.ok()) return sum;
      result = *std::move(sum);
    } else {
      const auto order = Compare(*value, result, session_.settings);
      if (!order.ok()) return order.status();
      const bool replaces = *order && (name == "min" ? **order < 0 : **order > 0);
      if (replaces) result = *value;
    }
  }
  if (name.starts_with("count")) return IntValue(count);
  if (result.is_null()) return result;
  if (FamilyOf(result.type) == TypeFamily::kDecimal) result.type.precision = 38;
  if (name == "avg") {
    if (FamilyOf(result.type) == TypeFamily::kDecimal && result.type.scale < 6) {
      const DataType wide{"decimal", 0, 38, 6, {}};
      auto widened = Convert(result, wide, {});
      if (!widened.ok()) return widened;
      auto average = ComputeBinary(*widened, "/", IntValue(count));
      return average.ok() ? Convert(*average, wide, {}) : average;
    }
    return ComputeBinary(result, "/", IntValue(count));
  }
  return result;
}

absl::StatusOr<SqlValue> Evaluator::Cast(Node node, const Scope* scope) {
  auto value = Evaluate(node.Child(Role::kOperand), scope);
  if (!value.ok()) return value;
  const DataType target = host_.ResolveType(node.Child(Role::kType), true);
  ConversionSettings settings = session_.settings;
  settings.place = ConversionPlace::kCast;
  if (const Node style = node.Child(Role::kStyle)) {
    const auto number = Evaluate(style, scope);
    if (!number.ok()) return number;
    settings.style = static_cast<int>(IntegerOf(*number).value_or(0));
    settings.has_style = true;
  }
  auto converted = Convert(*value, target, settings);
  const bool tries = WordsOf(node, Role::kFunction).starts_with("try_");
  if (tries && absl::IsInvalidArgument(converted.status())) return SqlValue{target, std::nullopt};
  return converted;
}

absl::StatusOr<SqlValue> Evaluator::ScalarSubquery(Node node, const Scope* scope) {
  auto result = host_.RunQuery(node.Child(Role::kQuery), scope, 2);
  if (!result.ok()) return result.status();
  if (result->rows.empty()) return NullValue();
  if (result->rows.size() > 1) {
    return absl::InvalidArgumentError(
        "a sub-query that stands for a value returned more than one row");
  }
  return result->rows[0].empty() ? NullValue() : result->rows[0][0];
}

}  // namespace datamigrate::source
