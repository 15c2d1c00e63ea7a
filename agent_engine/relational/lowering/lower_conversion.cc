// CAST, CONVERT and implicit conversions: constants are converted here, the rest becomes a kCast.
//
// Source: "CAST and CONVERT (Transact-SQL)", "Data type conversion (Database Engine)".
#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/tsql/binder/temporal_literal.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

bool IsDecimalText(std::string_view text, bool with_point) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  bool has_digit = false;
  bool has_point = false;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c))) {
      has_digit = true;
    } else if (c == '.' && with_point && !has_point) {
      has_point = true;
    } else {
      return false;
    }
  }
  return has_digit;
}

// A number as SQL engines write it: no sign +, a digit before the point.
std::string PlainNumber(std::string_view text) {
  std::string number(text);
  if (!number.empty() && number[0] == '+') number.erase(0, 1);
  if (!number.empty() && number.back() == '.') number.pop_back();
  const size_t digits = !number.empty() && number[0] == '-' ? 1 : 0;
  if (digits < number.size() && number[digits] == '.') number.insert(digits, "0");
  return number;
}

bool IsZero(std::string_view number) {
  return std::ranges::all_of(number,
                             [](char c) { return c == '0' || c == '.' || c == '-' || c == '+'; });
}

ExprPtr Number(std::string text, SqlType type, const Expr& from) {
  type.nullable = false;
  auto expr = MakeExpr(ExprKind::kNumber, std::move(type), from.span);
  expr->text = std::move(text);
  return expr;
}

int32_t ScaleOf(std::string_view number) {
  const size_t point = number.find('.');
  return point == std::string_view::npos ? 0 : static_cast<int32_t>(number.size() - point - 1);
}

bool AreConvertible(const SqlType& from, const SqlType& to, bool implicit) {
  if (from.id == to.id) return true;
  if (from.id == TypeId::kSqlVariant || to.id == TypeId::kSqlVariant) return true;
  if (IsOpaque(to.id) || IsOpaque(from.id)) {
    const TypeId other = IsOpaque(to.id) ? from.id : to.id;
    return IsString(other) || IsBinary(other);
  }
  if (IsTemporal(from.id) && IsTemporal(to.id)) {
    return !(from.id == TypeId::kDate && to.id == TypeId::kTime) &&
           !(from.id == TypeId::kTime && to.id == TypeId::kDate);
  }
  if (IsNumeric(from.id) && IsTemporal(to.id))
    return to.id == TypeId::kDateTime || to.id == TypeId::kSmallDateTime;
  if (IsTemporal(from.id) && IsNumeric(to.id)) {
    return !implicit && (from.id == TypeId::kDateTime || from.id == TypeId::kSmallDateTime);
  }
  if (from.id == TypeId::kUniqueIdentifier || to.id == TypeId::kUniqueIdentifier) {
    const TypeId other = from.id == TypeId::kUniqueIdentifier ? to.id : from.id;
    return IsString(other) || IsBinary(other);
  }
  return true;
}

}  // namespace

ExprPtr Lowering::FoldConversion(const Expr& expr, const SqlType& type, int32_t style,
                                 bool implicit) {
  SqlType target = type;
  target.nullable = false;
  if (expr.kind == ExprKind::kNull) {
    auto null = MakeNull(type);
    null->span = expr.span;
    // An implicit conversion of NULL needs no words; an explicit one names the type.
    return implicit ? std::move(null) : nullptr;
  }
  if (expr.kind == ExprKind::kString) {
    const std::string_view text = TrimBlanks(expr.text);
    if (IsTemporal(type.id)) {
      const auto value = ParseDateAndTime(expr.text, style);
      if (!value) return nullptr;
      const auto iso = FormatForType(*value, type);
      if (!iso) return nullptr;
      auto literal = MakeExpr(ExprKind::kTemporal, target, expr.span);
      literal->text = *iso;
      return literal;
    }
    if (IsString(type.id)) {
      if (type.length != SqlType::kMax && static_cast<size_t>(type.length) < expr.text.size())
        return nullptr;
      if (IsFixedString(type.id) && static_cast<size_t>(type.length) > expr.text.size())
        return nullptr;
      auto literal = MakeExpr(ExprKind::kString, target, expr.span);
      literal->text = expr.text;
      return literal;
    }
    if (type.id == TypeId::kBit) {
      const std::string upper = UpperText(text);
      const bool is_true = upper == "TRUE" || (IsDecimalText(text, false) && !IsZero(text));
      const bool is_false =
          upper == "FALSE" || text.empty() || (IsDecimalText(text, false) && IsZero(text));
      if (!is_true && !is_false) return nullptr;
      auto literal = MakeExpr(ExprKind::kBit, target, expr.span);
      literal->text = is_true ? "1" : "0";
      return literal;
    }
    if (IsIntegral(type.id) || IsApproximate(type.id)) {
      if (text.empty()) return Number("0", target, expr);
      if (IsDecimalText(text, IsApproximate(type.id)))
        return Number(PlainNumber(text), target, expr);
      return nullptr;
    }
    if (type.id == TypeId::kDecimal && IsDecimalText(text, true) && ScaleOf(text) <= type.scale) {
      return Number(PlainNumber(text), target, expr);
    }
    return nullptr;
  }
  if (expr.kind == ExprKind::kNumber && type.id == TypeId::kBit) {
    auto literal = MakeExpr(ExprKind::kBit, target, expr.span);
    literal->text = IsZero(expr.text) ? "0" : "1";
    return literal;
  }
  if (expr.kind == ExprKind::kNumber && implicit && IsIntegral(expr.type.id)) {
    if (IsInteger(type.id)) {
      target.precision = expr.type.precision;
      return Number(expr.text, target, expr);
    }
    // An integer constant beside decimals or floats is written as it is.
    if (type.id == TypeId::kDecimal || IsMoney(type.id) || IsApproximate(type.id))
      return Number(expr.text, target, expr);
  }
  if (expr.kind == ExprKind::kNumber && IsIntegral(expr.type.id) && IsString(type.id) &&
      !IsFixedString(type.id) &&
      (type.length == SqlType::kMax || static_cast<size_t>(type.length) >= expr.text.size())) {
    auto literal = MakeExpr(ExprKind::kString, target, expr.span);
    literal->text = expr.text;
    return literal;
  }
  return nullptr;
}

ExprPtr Lowering::Convert(ExprPtr expr, const SqlType& type, bool implicit, int32_t style,
                          bool try_cast) {
  if (type.id == TypeId::kUnknown || type.id == TypeId::kNull) return expr;
  if (expr->type.id == TypeId::kUnknown && implicit) return expr;
  if (!try_cast) {
    if (ExprPtr folded = FoldConversion(*expr, type, style, implicit)) return folded;
  }
  if (expr->type.id != TypeId::kUnknown && expr->type.id != TypeId::kNull &&
      !AreConvertible(expr->type, type, implicit)) {
    ReportAt(DiagnosticId::kNotConvertible, expr->span, {TypeText(expr->type), TypeText(type)});
    return expr;
  }
  const bool both_strings = IsString(expr->type.id) && IsString(type.id);
  if (implicit && (both_strings || (IsBinary(expr->type.id) && IsBinary(type.id)))) return expr;
  if (implicit && expr->type.id == type.id && type.id != TypeId::kDecimal) return expr;
  if (implicit && type.id == TypeId::kDecimal && expr->type.id == TypeId::kDecimal &&
      expr->type.scale == type.scale) {
    return expr;
  }
  // Only the last conversion of a chain of equal ones counts.
  auto cast = MakeCast(std::move(expr), type, implicit);
  if (both_strings && cast->type.collation.empty())
    cast->type.collation = cast->arguments[0]->type.collation;
  cast->style = style;
  cast->try_cast = try_cast;
  if (try_cast) cast->type.nullable = true;
  return cast;
}

ExprPtr Lowering::LowerCast(Node node, Scope& scope) {
  const SqlType type = TypeOf(node.Child(Role::kType), 30);
  const bool try_cast = UpperText(node.TokenText(Role::kFunction)) == "TRY_CAST";
  ExprPtr expr = Convert(LowerExpr(node.Child(Role::kOperand), scope), type, false, -1, try_cast);
  expr->span = SpanOf(node);
  return expr;
}

ExprPtr Lowering::LowerConvert(Node node, Scope& scope) {
  const SqlType type = TypeOf(node.Child(Role::kType), 30);
  const bool try_cast = UpperText(node.TokenText(Role::kFunction)) == "TRY_CONVERT";
  int32_t style = -1;
  if (const Node style_node = node.Child(Role::kStyle)) {
    const ExprPtr value = LowerExpr(style_node, scope);
    if (value->kind != ExprKind::kNumber) {
      return Refuse(DiagnosticId::kUnsupportedConstruct, style_node,
                    {"a CONVERT style that is not a constant", options_.target_name});
    }
    style = static_cast<int32_t>(std::strtol(value->text.c_str(), nullptr, 10));
  }
  ExprPtr expr =
      Convert(LowerExpr(node.Child(Role::kOperand), scope), type, false, style, try_cast);
  expr->span = SpanOf(node);
  return expr;
}

}  // namespace datamigrate::relational
