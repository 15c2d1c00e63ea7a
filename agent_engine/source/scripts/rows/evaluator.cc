#include "agent_engine/source/scripts/rows/evaluator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"
#include "agent_engine/source/scripts/rows/functions.h"

namespace datamigrate::source {

using catalog::DataType;
using catalog::FoldName;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;
using tsql::TokenKind;

namespace {

constexpr int kMaxDepth = 2000;

std::string OperatorOf(Node node) {
  std::string text;
  for (const tsql::Token* token : node.TokensOf(Role::kOperator)) text += node.tree().TextOf(*token);
  return text;
}

absl::Status Unsupported(Node node) {
  return absl::UnimplementedError(absl::StrCat(
      "a ", std::string(tsql::NodeKindText(node.kind())), " is not evaluated while scripts are read"));
}

DataType Type(std::string name) { return {std::move(name), 0, 0, 0, {}}; }

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
  if (operation == "+") failed = __builtin_add_overflow(a, b, &result);
  else if (operation == "-") failed = __builtin_sub_overflow(a, b, &result);
  else if (operation == "*") failed = __builtin_mul_overflow(a, b, &result);
  else if (operation == "/" || operation == "%") {
    failed = b == 0 || (a == INT64_MIN && b == -1);
    if (!failed) result = operation == "/" ? a / b : a % b;
  } else if (operation == "&") result = a & b;
  else if (operation == "|") result = a | b;
  else if (operation == "^") result = a ^ b;
  else return absl::UnimplementedError(absl::StrCat("the operator ", std::string(operation)));
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
  if (is_whole && number->digits <= INT32_MAX) return SqlValue{Type("int"), FormatDecimal(*number)};
  return SqlValue{DecimalType(*number), FormatDecimal(*number)};
}

SqlValue StringLiteral(std::string text, bool is_national) {
  const auto length = static_cast<int32_t>(std::max<size_t>(text.size(), 1));
  return {{is_national ? "nvarchar" : "varchar", length > 8000 ? DataType::kMax : length, 0, 0, {}},
          std::move(text)};
}

std::optional<bool> Not(std::optional<bool> value) {
  return value ? std::optional(!*value) : std::nullopt;
}

bool Satisfies(std::string_view operation, int order) {
  if (operation == "=") return order == 0;
  if (operation == "<>" || operation == "!=") return order != 0;
  if (operation == "<" ) return order < 0;
  if (operation == ">") return order > 0;
  if (operation == "<=" || operation == "!>") return order <= 0;
  return order >= 0;  // >= and !<
}

// Counts nesting while it lives.
class DepthGuard {
 public:
  explicit DepthGuard(int& depth) : depth_(depth) { ++depth_; }
  ~DepthGuard() { --depth_; }

 private:
  int& depth_;
};

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
  if (!node || node.Is(NodeKind::kQuery)) return false;
  if (node.Is(NodeKind::kFunctionCall) && !node.Has(Role::kOver)) {
    const auto parts = tsql::NameParts(node.Child(Role::kName));
    if (parts.size() == 1 && IsAggregate(FoldName(parts[0]))) return true;
  }
  const auto children = node.Children();
  return std::ranges::any_of(children, [](Node child) { return HasAggregate(child); });
}

absl::StatusOr<SqlValue> Evaluator::Evaluate(Node node, const Scope* scope) {
  if (!node) return NullValue();
  if (absl::Status step = host_.CountStep(); !step.ok()) return step;
  const DepthGuard guard(depth_);
  if (depth_ > kMaxDepth) return absl::ResourceExhaustedError("an expression is nested too deep");
  switch (node.kind()) {
    case NodeKind::kLiteral: return Literal(node);
    case NodeKind::kVariableReference: return Variable(node);
    case NodeKind::kColumnReference: return Column(node, scope);
    case NodeKind::kParenthesized: return Evaluate(node.Child(Role::kOperand), scope);
    case NodeKind::kCollate: return Evaluate(node.Child(Role::kOperand), scope);
    case NodeKind::kUnary: return Unary(node, scope);
    case NodeKind::kCase: return Case(node, scope);
    case NodeKind::kFunctionCall: return Call(node, scope);
    case NodeKind::kCast:
    case NodeKind::kConvert: return Cast(node, scope);
    case NodeKind::kScalarSubquery: return ScalarSubquery(node, scope);
    case NodeKind::kNextValueFor: {
      if (node.Has(Role::kOver)) return Unsupported(node);
      return host_.NextValue(tsql::NameParts(node.Child(Role::kSequence)));
    }
    case NodeKind::kTrim: {
      auto value = Evaluate(node.Child(Role::kOperand), scope);
      if (!value.ok() || node.Has(Role::kCharacters)) return value.ok() ? Unsupported(node) : value.status();
      const std::string side = WordsOf(node, Role::kSide);
      const char* name = side == "leading" ? "ltrim" : side == "trailing" ? "rtrim" : "trim";
      return CallBuiltIn(name, "", {*value}, session_, host_);
    }
    case NodeKind::kBinary: {
      auto left = Evaluate(node.Child(Role::kLeft), scope);
      if (!left.ok()) return left;
      auto right = Evaluate(node.Child(Role::kRight), scope);
      if (!right.ok()) return right;
      return ComputeBinary(*left, OperatorOf(node), *right);
    }
    default: return Unsupported(node);
  }
}

absl::StatusOr<SqlValue> Evaluator::Literal(Node node) const {
  const tsql::Token* token = node.TokenOf(Role::kValue);
  if (token == nullptr) return Unsupported(node);
  const std::string_view text = node.TokenText(Role::kValue);
  switch (token->kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal: return NumberLiteral(text);
    case TokenKind::kFloat: {
      const SqlValue written{Type("varchar"), std::string(text)};
      std::string number(text);
      if ((number.back() | 0x20) == 'e') number += '0';
      return Convert({Type("varchar"), number}, {"float", 0, 53, 0, {}}, {});
    }
    case TokenKind::kMoney: return Convert({Type("varchar"), std::string(text)}, Type("money"), {});
    case TokenKind::kBinary: {
      // A backslash before a line break goes on with the digits.
      std::string digits;
      for (const char c : text) {
        if (c != '\\' && c != '\r' && c != '\n') digits += c;
      }
      const auto bytes = ParseHex(digits);
      if (!bytes) return Unsupported(node);
      return SqlValue{{"varbinary", bytes->empty() || bytes->size() > 8000 ? DataType::kMax
                                                          : static_cast<int32_t>(bytes->size()), 0, 0, {}},
                      FormatHex(*bytes)};
    }
    case TokenKind::kString: return StringLiteral(tsql::UnquoteString(text), false);
    case TokenKind::kNationalString: return StringLiteral(tsql::UnquoteString(text), true);
    case TokenKind::kQuotedName: return StringLiteral(tsql::UnquoteName(text), false);
    default:
      if (catalog::EqualNames(text, "null")) return NullValue();
      return Unsupported(node);
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
  return absl::InvalidArgumentError(absl::StrCat("the variable ", name, " is not declared in this batch"));
}

absl::StatusOr<SqlValue> Evaluator::Column(Node node, const Scope* scope) const {
  const auto parts = tsql::NameParts(node.Child(Role::kName));
  if (parts.empty()) return Unsupported(node);
  const std::string name = FoldName(parts.back());
  const std::string qualifier = parts.size() > 1 ? FoldName(parts[parts.size() - 2]) : "";
  const std::string schema = parts.size() > 2 ? FoldName(parts[parts.size() - 3]) : "";
  for (; scope != nullptr; scope = scope->outer) {
    if (scope->columns == nullptr) continue;
    for (size_t i = 0; i < scope->columns->size(); ++i) {
      const ScopeColumn& column = (*scope->columns)[i];
      const bool fits = column.name == name && (qualifier.empty() || column.qualifier == qualifier) &&
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
    if (!number) return Unsupported(node);
    if (FamilyOf(value->type) == TypeFamily::kBit) return BitValue(*number == 0);
    return SqlValue{value->type, std::to_string(~*number)};
  }
  if (operation != "-") return Unsupported(node);
  std::string& text = *value->text;
  const TypeFamily family = FamilyOf(value->type);
  if (family == TypeFamily::kText || family == TypeFamily::kBinary) {
    return ComputeBinary(IntValue(0), "-", *value);
  }
  if (text[0] == '-') text.erase(0, 1);
  else if (text.find_first_not_of("0.") != std::string::npos) text.insert(0, 1, '-');
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
  const auto x = Convert(left, common, session_.settings), y = Convert(right, common, session_.settings);
  if (!x.ok()) return x;
  if (!y.ok()) return y;
  if (IsIntegerType(common)) {
    return IntegerArithmetic(IntegerOf(*x).value_or(0), operation, IntegerOf(*y).value_or(0),
                             FamilyOf(common) == TypeFamily::kBit ? Type("bit") : common);
  }
  const auto arithmetic = ArithmeticOf(operation);
  if (!arithmetic) return absl::UnimplementedError(absl::StrCat("the operator ", std::string(operation)));
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
  if (node.Has(Role::kOver)) return Unsupported(node);
  const auto parts = tsql::NameParts(node.Child(Role::kName));
  if (parts.empty()) return Unsupported(node);
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

absl::StatusOr<SqlValue> Evaluator::Aggregate(Node node, const std::string& name, const Scope* scope) {
  if (scope == nullptr || scope->group == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(name, " stands where there are no rows to aggregate"));
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
    return absl::InvalidArgumentError("a sub-query that stands for a value returned more than one row");
  }
  return result->rows[0].empty() ? NullValue() : result->rows[0][0];
}

absl::StatusOr<std::optional<bool>> Evaluator::Test(Node node, const Scope* scope) {
  if (!node) return std::optional<bool>(true);
  const DepthGuard guard(depth_);
  if (depth_ > kMaxDepth) return absl::ResourceExhaustedError("a condition is nested too deep");
  if (absl::Status step = host_.CountStep(); !step.ok()) return step;
  switch (node.kind()) {
    case NodeKind::kParenthesized: return Test(node.Child(Role::kOperand), scope);
    case NodeKind::kNot: {
      const auto value = Test(node.Child(Role::kOperand), scope);
      if (!value.ok()) return value;
      return Not(*value);
    }
    case NodeKind::kLogical: {
      const auto left = Test(node.Child(Role::kLeft), scope);
      if (!left.ok()) return left;
      const bool is_and = WordsOf(node, Role::kOperator) == "and";
      if (*left && **left != is_and) return left;
      const auto right = Test(node.Child(Role::kRight), scope);
      if (!right.ok() || (*right && **right != is_and)) return right;
      return *left && *right ? std::optional(is_and) : std::nullopt;
    }
    case NodeKind::kComparison: return TestComparison(node, scope);
    case NodeKind::kBetween: return TestBetween(node, scope);
    case NodeKind::kLike: return TestLike(node, scope);
    case NodeKind::kInList:
    case NodeKind::kInQuery: return TestIn(node, scope);
    case NodeKind::kIsNull: {
      const auto value = Evaluate(node.Child(Role::kOperand), scope);
      if (!value.ok()) return value.status();
      const bool negated = node.TokenOf(Role::kNegation) != nullptr;
      return std::optional(value->is_null() != negated);
    }
    case NodeKind::kExists: {
      const auto result = host_.RunQuery(node.Child(Role::kQuery), scope, 1);
      if (!result.ok()) return result.status();
      return std::optional(!result->rows.empty());
    }
    default: return Unsupported(node);
  }
}

absl::StatusOr<std::optional<bool>> Evaluator::TestComparison(Node node, const Scope* scope) {
  const auto left = Evaluate(node.Child(Role::kLeft), scope);
  if (!left.ok()) return left.status();
  const auto right = Evaluate(node.Child(Role::kRight), scope);
  if (!right.ok()) return right.status();
  const auto order = Compare(*left, *right, session_.settings);
  if (!order.ok()) return order.status();
  if (!*order) return std::optional<bool>();
  return std::optional(Satisfies(OperatorOf(node), **order));
}

absl::StatusOr<std::optional<bool>> Evaluator::TestBetween(Node node, const Scope* scope) {
  const auto value = Evaluate(node.Child(Role::kOperand), scope);
  const auto low = Evaluate(node.Child(Role::kLow), scope);
  const auto high = Evaluate(node.Child(Role::kHigh), scope);
  for (const auto* part : {&value, &low, &high}) {
    if (!part->ok()) return part->status();
  }
  const auto from = Compare(*value, *low, session_.settings), to = Compare(*value, *high, session_.settings);
  if (!from.ok()) return from.status();
  if (!to.ok()) return to.status();
  std::optional<bool> inside;
  if ((*from && **from < 0) || (*to && **to > 0)) inside = false;
  else if (*from && *to) inside = true;
  return node.TokenOf(Role::kNegation) ? Not(inside) : inside;
}

absl::StatusOr<std::optional<bool>> Evaluator::TestIn(Node node, const Scope* scope) {
  const auto value = Evaluate(node.Child(Role::kOperand), scope);
  if (!value.ok()) return value.status();
  std::vector<SqlValue> candidates;
  if (node.Is(NodeKind::kInQuery)) {
    auto result = host_.RunQuery(node.Child(Role::kQuery), scope, INT64_MAX);
    if (!result.ok()) return result.status();
    for (auto& row : result->rows) candidates.push_back(row.empty() ? NullValue() : std::move(row[0]));
  } else {
    for (Node item : node.Children(Role::kItem)) {
      auto candidate = Evaluate(item, scope);
      if (!candidate.ok()) return candidate.status();
      candidates.push_back(*std::move(candidate));
    }
  }
  std::optional<bool> found = false;
  for (const SqlValue& candidate : candidates) {
    if (absl::Status step = host_.CountStep(); !step.ok()) return step;
    const auto order = Compare(*value, candidate, session_.settings);
    if (!order.ok()) return order.status();
    if (!*order) found = std::nullopt;
    if (*order && **order == 0) {
      found = true;
      break;
    }
  }
  return node.TokenOf(Role::kNegation) ? Not(found) : found;
}

absl::StatusOr<std::optional<bool>> Evaluator::TestLike(Node node, const Scope* scope) {
  const auto value = Evaluate(node.Child(Role::kOperand), scope);
  const auto pattern = Evaluate(node.Child(Role::kPattern), scope);
  if (!value.ok()) return value.status();
  if (!pattern.ok()) return pattern.status();
  if (value->is_null() || pattern->is_null()) return std::optional<bool>();
  char escape = '\0';
  if (const Node written = node.Child(Role::kEscape)) {
    const auto character = Evaluate(written, scope);
    if (!character.ok()) return character.status();
    if (!character->is_null() && !character->text->empty()) escape = (*character->text)[0];
  }
  const std::optional<bool> matches =
      MatchesLike(FoldName(*value->text), FoldName(*pattern->text), escape);
  return node.TokenOf(Role::kNegation) ? Not(matches) : matches;
}

namespace {

// Bytes of the character at the start of `text`.
size_t CharacterLength(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
  return length;
}

// Whether `character` is in the set that begins after '['; `pattern` loses the set.
bool InSet(std::string_view character, std::string_view& pattern) {
  const size_t close = pattern.find(']', 1);
  if (close == std::string_view::npos) return false;
  std::string_view set = pattern.substr(0, close);
  pattern.remove_prefix(close + 1);
  const bool negated = !set.empty() && set[0] == '^';
  if (negated) set.remove_prefix(1);
  bool found = false;
  while (!set.empty()) {
    const std::string_view low = set.substr(0, CharacterLength(set));
    set.remove_prefix(low.size());
    std::string_view high = low;
    if (set.size() > 1 && set[0] == '-') {
      set.remove_prefix(1);
      high = set.substr(0, CharacterLength(set));
      set.remove_prefix(high.size());
    }
    found = found || (low <= character && character <= high);
  }
  return found != negated;
}

// One pattern element other than %: whether it fits, with both sides advanced past it.
bool MatchesOne(std::string_view& text, std::string_view& pattern, char escape) {
  const std::string_view character = text.substr(0, CharacterLength(text));
  text.remove_prefix(character.size());
  if (escape != '\0' && pattern[0] == escape && pattern.size() > 1) {
    pattern.remove_prefix(1);
  } else if (pattern[0] == '_') {
    pattern.remove_prefix(1);
    return true;
  } else if (pattern[0] == '[') {
    pattern.remove_prefix(1);
    return InSet(character, pattern);
  }
  const std::string_view wanted = pattern.substr(0, CharacterLength(pattern));
  pattern.remove_prefix(wanted.size());
  return wanted == character;
}

}  // namespace

// Greedy with one point to go back to: time is at most the product of both lengths.
bool MatchesLike(std::string_view text, std::string_view pattern, char escape) {
  std::string_view retry_text, retry_pattern;
  bool can_retry = false;
  while (true) {
    if (!pattern.empty() && pattern[0] == '%' && escape != '%') {
      pattern.remove_prefix(1);
      retry_text = text;
      retry_pattern = pattern;
      can_retry = true;
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    if (!text.empty() && !pattern.empty() && MatchesOne(text, pattern, escape)) continue;
    if (!can_retry || retry_text.empty()) return false;
    retry_text.remove_prefix(CharacterLength(retry_text));
    text = retry_text;
    pattern = retry_pattern;
  }
}

}  // namespace datamigrate::source
