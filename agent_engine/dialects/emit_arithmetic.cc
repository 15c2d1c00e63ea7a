// Arithmetic: with T-SQL's types, its exact quotients, and its failures.
#include <algorithm>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;

// Digits after the point that the target's own arithmetic gives, where it works in decimals.
int32_t NativeScale(const Expr& expr) {
  if (expr.kind == ExprKind::kNumber) {
    const size_t point = expr.text.find('.');
    return point == std::string::npos ? 0 : static_cast<int32_t>(expr.text.size() - point - 1);
  }
  if (expr.kind == ExprKind::kCast && expr.implicit) {
    return tsql::IsIntegral(expr.arguments[0]->type.id) ? 0 : NativeScale(*expr.arguments[0]);
  }
  if (expr.kind == ExprKind::kArithmetic && tsql::IsExactNumeric(expr.type.id) &&
      !tsql::IsIntegral(expr.type.id)) {
    return expr.type.scale;
  }
  return tsql::IsIntegral(expr.type.id) ? 0 : expr.type.scale;
}

bool IsExactFraction(TypeId id) {
  return id == TypeId::kDecimal || tsql::IsMoney(id);
}

const Expr* WithoutImplicitCast(const Expr& expr) {
  const Expr* inner = &expr;
  while (inner->kind == ExprKind::kCast && inner->implicit) inner = inner->arguments[0].get();
  return inner;
}

// The scale of an operand as it is written: integers stay integers.
int32_t WrittenScale(const Expr& operand) {
  return tsql::IsIntegral(WithoutImplicitCast(operand)->type.id)
             ? 0
             : tsql::DecimalOf(operand.type).scale;
}

// "name(...)" and nothing behind it.
bool IsCall(std::string_view sql) {
  const size_t open = sql.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789");
  if (open == 0 || open == std::string_view::npos || sql[open] != '(') return false;
  int depth = 0;
  bool in_string = false;
  for (size_t i = open; i < sql.size(); ++i) {
    if (sql[i] == '\'') in_string = !in_string;
    if (in_string) continue;
    if (sql[i] == '(') ++depth;
    if (sql[i] == ')' && --depth == 0) return i + 1 == sql.size();
  }
  return false;
}

}  // namespace

std::string Emitter::EmitArithmeticOperand(const Expr& operand, const Expr& parent, Binding least) {
  // Narrow integers would overflow where T-SQL computes in the wider type.
  const Expr& inner = *WithoutImplicitCast(operand);
  if (inner.kind == ExprKind::kNull && !dialect_.operators_take_null)
    return TypedNull(parent.type, operand.span);
  const bool is_narrow = inner.type.id == TypeId::kTinyInt || inner.type.id == TypeId::kSmallInt;
  if (tsql::IsIntegral(parent.type.id) && operand.kind == ExprKind::kCast && operand.implicit &&
      is_narrow && inner.kind != ExprKind::kNumber) {
    return "cast(" + Emit(inner).sql + " as " + Type(parent.type, operand.span) + ")";
  }
  return Operand(operand, least);
}

Emitter::Text Emitter::EmitArithmetic(const Expr& expr) {
  if (expr.text == "/") return EmitDivision(expr);
  const bool is_flag = expr.type.id == TypeId::kBit && dialect_.bit_is_boolean;
  if (expr.type.id == TypeId::kTinyInt && TypeName(dialect_, expr.type) == "SMALLINT")
    Report(DiagnosticId::kRangeNotChecked, expr.span, {std::string(dialect_.title)});
  if (const FunctionRule* rule = is_flag ? nullptr : FindRule(expr.text, 2, TypeClass::kInteger)) {
    return FillTemplate(rule->target, {expr.arguments[0].get(), expr.arguments[1].get()}, expr);
  }
  const bool is_product = expr.text == "*" || expr.text == "%";
  if (expr.type.id == TypeId::kBit && dialect_.bit_is_boolean) {
    const auto number = [&](const Expr& bit) {
      return "cast(" + Emit(bit).sql + " as " + Type(tsql::MakeType(TypeId::kInt), bit.span) + ")";
    };
    if (expr.text == "^") {
      return {number(*expr.arguments[0]) + " <> " + number(*expr.arguments[1]),
              Binding::kComparison};
    }
    return {"cast(" + number(*expr.arguments[0]) + " " + expr.text + " " +
            number(*expr.arguments[1]) + " as " + Type(tsql::MakeType(TypeId::kBit), expr.span) +
            ")"};
  }
  const bool is_bitwise = expr.text == "&" || expr.text == "|" || expr.text == "^";
  const Binding binding = is_product   ? Binding::kMultiplicative
                          : is_bitwise ? Binding::kConcat
                                       : Binding::kAdditive;
  const Binding left_least = is_bitwise ? Binding::kUnary : binding;
  const Binding right_least =
      is_bitwise ? Binding::kUnary : static_cast<Binding>(static_cast<int>(binding) + 1);
  std::string right_text = EmitArithmeticOperand(*expr.arguments[1], expr, right_least);
  if (expr.text == "%") right_text = CheckedDivisor(expr, std::move(right_text));
  std::string left_text = EmitArithmeticOperand(*expr.arguments[0], expr, left_least);
  if (expr.text == "*" && IsExactFraction(expr.type.id)) {
    // Long operands only: shorter ones rarely have such products, and would be harder to read.
    const int32_t left = tsql::DecimalOf(expr.arguments[0]->type).precision;
    const int32_t right = tsql::DecimalOf(expr.arguments[1]->type).precision;
    const int32_t most = dialect_.narrow_product;
    if (left <= most && right <= most && left + right > most + 3 && std::max(left, right) == most) {
      const SqlType wide = tsql::MakeDecimal(most + 1, expr.arguments[0]->type.scale);
      left_text = "cast(" + Emit(*expr.arguments[0]).sql + " as " + Type(wide, expr.span) + ")";
    }
  }
  Text text{left_text + " " + expr.text + " " + right_text, binding};
  // real stays real, where a target makes a double of it and another number.
  const bool is_widened = expr.type.id == TypeId::kReal &&
                          std::ranges::any_of(expr.arguments, [](const ExprPtr& operand) {
                            return WithoutImplicitCast(*operand)->type.id != TypeId::kReal;
                          });
  if (is_widened) return {"cast(" + text.sql + " as " + Type(expr.type, expr.span) + ")"};
  if (!IsExactFraction(expr.type.id)) return text;
  const int32_t left = NativeScale(*expr.arguments[0]);
  const int32_t right = NativeScale(*expr.arguments[1]);
  const int32_t native = expr.text == "*" ? left + right : std::max(left, right);
  if (native <= expr.type.scale) return text;
  // A product of money is cut after four digits.
  if (tsql::IsMoney(expr.type.id)) return ApplyTemplate(dialect_.truncate, {text, {"4"}});
  return {"cast(" + text.sql + " as " + Type(expr.type, expr.span) + ")"};
}

// T-SQL fails where something is divided by zero; some targets give NULL.
std::string Emitter::CheckedDivisor(const Expr& expr, std::string divisor) {
  if (!dialect_.zero_divide_gives_null || dialect_.raise.empty()) return divisor;
  const Expr& value = *WithoutImplicitCast(*expr.arguments[1]);
  const bool is_zero =
      value.kind == ExprKind::kNumber && value.text.find_first_of("123456789") == std::string::npos;
  if (value.kind == ExprKind::kNumber && !is_zero) return divisor;
  if (value.kind == ExprKind::kNull) return divisor;
  // NULLIF(x, 0) is never zero; where a count is, what is divided by it is NULL.
  const bool is_count = value.kind == ExprKind::kCall &&
                        (value.text == "COUNT" || value.text == "COUNT_BIG" || value.text == "PI");
  const bool is_null_if = value.kind == ExprKind::kCall && value.text == "NULLIF" &&
                          value.arguments[1]->kind == ExprKind::kNumber;
  if (is_count || is_null_if) return divisor;
  const std::string raise =
      ApplyTemplate(dialect_.raise, {{"'Divide by zero error encountered.'"}}).sql;
  return "case when " + divisor + " = 0 then " + raise + " else " + divisor + " end";
}

Emitter::Text Emitter::EmitDivision(const Expr& expr) {
  const std::string left =
      EmitArithmeticOperand(*expr.arguments[0], expr, Binding::kMultiplicative);
  const std::string right =
      CheckedDivisor(expr, EmitArithmeticOperand(*expr.arguments[1], expr, Binding::kUnary));
  std::string_view pattern = "$0 / $1";
  if (tsql::IsIntegral(expr.type.id)) pattern = dialect_.integer_divide;
  if (IsExactFraction(expr.type.id)) pattern = dialect_.decimal_divide;
  const int32_t left_scale = WrittenScale(*expr.arguments[0]);
  const int32_t right_scale = WrittenScale(*expr.arguments[1]);
  const auto power = [](int32_t zeros) { return "1" + std::string(zeros, '0'); };
  std::string sql;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '$') {
      sql += pattern[i];
      continue;
    }
    switch (pattern[++i]) {
      case '0':
        sql += left;
        break;
      case '1':
        sql += right;
        break;
      case 'p':
        sql += std::to_string(std::max(expr.type.precision, 1));
        break;
      case 's':
        sql += std::to_string(expr.type.scale);
        break;
      case 'a':
        if (left_scale > 0) sql += " * " + power(left_scale);
        break;
      case 'b':
        if (right_scale > 0) sql += " * " + power(right_scale);
        break;
      case 'k':
        if (const int32_t zeros = expr.type.scale - left_scale + right_scale; zeros > 0)
          sql += " * " + power(zeros);
        break;
      case 'm':
        sql += power(expr.type.scale) + ".0";
        break;
      case 'u':
        sql += expr.type.scale == 0 ? "1" : "0." + std::string(expr.type.scale - 1, '0') + "1";
        break;
      case 'g':
        sql += std::to_string(std::min(expr.type.scale + 4, 30));
        break;
      case 'w':
        sql += std::to_string(std::min(expr.type.scale + 22, 38));
        break;
      default:
        break;
    }
  }
  return {sql, IsCall(sql) ? Binding::kPrimary : Binding::kMultiplicative};
}

}  // namespace datamigrate::dialects
