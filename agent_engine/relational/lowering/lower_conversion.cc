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

// With as many digits after the point as the type shows.
std::string Padded(std::string number, int32_t scale) {
  const size_t point = number.find('.');
  int32_t digits = point == std::string::npos ? 0 : static_cast<int32_t>(number.size() - point - 1);
  if (point == std::string::npos && scale > 0) number += '.';
  for (; digits < scale; ++digits) number += '0';
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

// Whether the digits before the point fit the type: decimal's precision, or money's eight bytes.
bool FitsWhole(std::string_view number, const SqlType& type) {
  if (number.starts_with('-') || number.starts_with('+')) number.remove_prefix(1);
  while (number.starts_with('0')) number.remove_prefix(1);
  const size_t digits = std::min(number.find('.'), number.size());
  if (type.id == TypeId::kDecimal)
    return static_cast<int32_t>(digits) <= type.precision - type.scale;
  const std::string_view most = type.id == TypeId::kMoney ? "922337203685477" : "214748";
  return digits < most.size() || (digits == most.size() && number.substr(0, digits) < most);
}

bool IsGuidText(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() < 36) return false;
  for (size_t i = 0; i < 36; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

bool IsFloatText(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  std::strtod(copy.c_str(), &end);
  return !copy.empty() && end == copy.c_str() + copy.size() &&
         copy.find_first_not_of("0123456789+-.eE") == std::string::npos;
}

// Whether text that was not folded into a constant of the type cannot be read as one at all.
bool IsUnreadable(std::string_view text, const SqlType& type) {
  text = TrimBlanks(text);
  if (IsIntegral(type.id) || IsTemporal(type.id)) return true;
  if (type.id == TypeId::kUniqueIdentifier) return !IsGuidText(text);
  if (IsApproximate(type.id)) return !IsFloatText(text);
  return (type.id == TypeId::kDecimal || IsMoney(type.id)) && !IsDecimalText(text, true);
}

bool FitsInteger(std::string_view text, TypeId id) {
  if (!IsDecimalText(text, false)) return false;
  const bool negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0') text.remove_prefix(1);
  std::string_view most = "9223372036854775807";
  if (id == TypeId::kBit) return true;
  if (id == TypeId::kTinyInt) most = negative ? "0" : "255";
  if (id == TypeId::kSmallInt) most = negative ? "32768" : "32767";
  if (id == TypeId::kInt) most = negative ? "2147483648" : "2147483647";
  if (id == TypeId::kBigInt && negative) most = "9223372036854775808";
  return text.size() < most.size() || (text.size() == most.size() && text <= most);
}

ExprPtr Binary(std::string digits, SqlType type, const Expr& from) {
  // binary(n) is filled with zeros, and both kinds are cut, at the right.
  if (type.length != SqlType::kMax) {
    const auto length = static_cast<size_t>(type.length) * 2;
    if (digits.size() > length || type.id == TypeId::kBinary) digits.resize(length, '0');
  }
  auto expr = MakeExpr(ExprKind::kBinary, std::move(type), from.span);
  expr->text = std::move(digits);
  return expr;
}

std::string HexOf(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string hex;
  for (const unsigned char c : bytes) {
    hex += kDigits[c >> 4];
    hex += kDigits[c & 15];
  }
  return hex;
}

// Styles 1 and 2 read and write hexadecimal digits, with and without 0x: "Binary styles".
ExprPtr FoldTextToBinary(const Expr& expr, const SqlType& type, int32_t style) {
  std::string text = expr.text;
  if (style == 1 || style == 2) {
    if (style == 1) {
      if (!text.starts_with("0x") && !text.starts_with("0X")) return nullptr;
      text.erase(0, 2);
    }
    const bool is_hex = text.size() % 2 == 0 &&
                        std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c); });
    if (!is_hex) return nullptr;
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
    return Binary(std::move(text), type, expr);
  }
  if (!std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; })) return nullptr;
  if (!IsUnicode(expr.type.id)) return Binary(HexOf(text), type, expr);
  std::string wide;
  for (const char c : text) {
    wide += c;
    wide += '\0';
  }
  return Binary(HexOf(wide), type, expr);
}

ExprPtr FoldBinary(const Expr& expr, const SqlType& type, int32_t style) {
  if (IsBinary(type.id)) {
    if (type.id == TypeId::kRowVersion || type.id == TypeId::kImage) return nullptr;
    return Binary(expr.text, type, expr);
  }
  if (IsString(type.id) && (style == 1 || style == 2)) {
    auto literal = MakeExpr(ExprKind::kString, type, expr.span);
    literal->text = (style == 1 ? "0x" : "") + expr.text;
    if (type.length != SqlType::kMax && static_cast<size_t>(type.length) < literal->text.size())
      return nullptr;
    return literal;
  }
  if (!IsInteger(type.id)) return nullptr;
  const size_t bytes = type.id == TypeId::kTinyInt    ? 1
                       : type.id == TypeId::kSmallInt ? 2
                       : type.id == TypeId::kInt      ? 4
                                                      : 8;
  std::string digits = expr.text;
  if (digits.size() > bytes * 2) digits.erase(0, digits.size() - bytes * 2);
  const uint64_t value = std::strtoull(digits.c_str(), nullptr, 16);
  const auto sign_bit = uint64_t{1} << (bytes * 8 - 1);
  if (type.id == TypeId::kTinyInt || digits.size() < bytes * 2 || (value & sign_bit) == 0)
    return Number(std::to_string(value), type, expr);
  const auto negative = static_cast<int64_t>(bytes == 8 ? value : value - (sign_bit << 1));
  return Number(std::to_string(negative), type, expr);
}

// An integer is as many bytes as its type has, cut or filled at the left.
ExprPtr FoldIntegerToBinary(const Expr& expr, const SqlType& type) {
  if (type.length == SqlType::kMax || type.id == TypeId::kRowVersion) return nullptr;
  const auto value = static_cast<uint64_t>(std::strtoll(expr.text.c_str(), nullptr, 10));
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789ABCDEF"[value >> shift & 15];
  const size_t own = expr.type.id == TypeId::kTinyInt    ? 2
                     : expr.type.id == TypeId::kSmallInt ? 4
                     : expr.type.id == TypeId::kBigInt   ? 16
                                                         : 8;
  const auto length = static_cast<size_t>(type.length) * 2;
  const char fill = expr.text.starts_with('-') && type.id != TypeId::kBinary ? 'F' : '0';
  std::string text = digits.substr(16 - own);
  if (text.size() > length) text.erase(0, text.size() - length);
  if (type.id == TypeId::kBinary && text.size() < length)
    text.insert(0, length - text.size(), fill);
  return Binary(std::move(text), type, expr);
}

ExprPtr FoldTemporal(const Expr& expr, const SqlType& type) {
  if (type.id == TypeId::kDateTimeOffset || expr.type.id == TypeId::kTime) return nullptr;
  auto value = ParseDateAndTime(expr.text, -1);
  if (!value) return nullptr;
  // datetime counts in three-hundredths of a second: what is shown of them is not all.
  if (expr.type.id == TypeId::kDateTime) {
    const int64_t parts = (int64_t{value->ticks} * 300 + 5000000) / 10000000;
    value->ticks = static_cast<int32_t>((parts * 10000000 + 150) / 300);
  }
  value->has_offset = false;
  const auto text = FormatForType(*value, type);
  if (!text) return nullptr;
  auto literal = MakeExpr(ExprKind::kTemporal, type, expr.span);
  literal->text = *text;
  return literal;
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
      if (IsIntegral(type.id) && !FitsInteger(text, type.id)) return nullptr;
      if (IsDecimalText(text, IsApproximate(type.id)))
        return Number(PlainNumber(text), target, expr);
      return nullptr;
    }
    if (IsMoney(type.id)) {
      std::string plain;
      for (const char c : text) {
        if (c != '$' && c != ',') plain += c;
      }
      if (plain.empty()) return Number("0", target, expr);
      if (IsDecimalText(plain, true) && ScaleOf(plain) <= 4 && FitsWhole(plain, type))
        return Number(implicit ? PlainNumber(plain) : Padded(PlainNumber(plain), 4), target, expr);
      return nullptr;
    }
    if (IsBinary(type.id)) return FoldTextToBinary(expr, target, style);
    if (type.id == TypeId::kDecimal && IsDecimalText(text, true) && ScaleOf(text) <= type.scale &&
        FitsWhole(PlainNumber(text), type)) {
      return Number(implicit ? PlainNumber(text) : Padded(PlainNumber(text), type.scale), target,
                    expr);
    }
    return nullptr;
  }
  if (expr.kind == ExprKind::kTemporal && IsTemporal(type.id)) return FoldTemporal(expr, target);
  if (expr.kind == ExprKind::kBinary) return FoldBinary(expr, target, style);
  if (expr.kind == ExprKind::kNumber && IsBinary(type.id) && IsIntegral(expr.type.id))
    return FoldIntegerToBinary(expr, target);
  if (expr.kind == ExprKind::kNumber && type.id == TypeId::kBit) {
    auto literal = MakeExpr(ExprKind::kBit, target, expr.span);
    literal->text = IsZero(expr.text) ? "0" : "1";
    return literal;
  }
  // A constant that only bigint holds is one in the targets too.
  if (expr.kind == ExprKind::kNumber && type.id == TypeId::kBigInt &&
      FitsInteger(expr.text, TypeId::kBigInt) && !FitsInteger(expr.text, TypeId::kInt)) {
    return Number(expr.text, target, expr);
  }
  if (expr.kind == ExprKind::kNumber && implicit && IsIntegral(expr.type.id)) {
    if (IsInteger(type.id) && FitsInteger(expr.text, type.id)) {
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

// datetime keeps three-hundredths of a second, datetime2(n) and time(n) n digits; what is more is
// rounded. Null where nothing is.
ExprPtr Lowering::RoundFraction(ExprPtr& expr, const SqlType& type) {
  const SqlType& from = expr->type;
  const bool is_fine = from.id == TypeId::kDateTime2 || from.id == TypeId::kDateTime;
  if (type.id == TypeId::kDateTime && from.id == TypeId::kDateTime2 && from.scale > 2) {
    SqlType result = type;
    result.nullable = from.nullable;
    return MakeCall("ROUND_DATETIME", std::move(result), ExprList(std::move(expr)));
  }
  const int32_t digits = from.id == TypeId::kDateTime ? 3 : std::min(from.scale, 6);
  if (type.id == TypeId::kTime && is_fine && type.scale < digits) {
    SqlType time = type;
    time.scale = digits;
    time.nullable = from.nullable;
    ExprPtr whole = MakeCast(std::move(expr), time, false);
    return MakeCall("ROUND_FRACTION", type, ExprList(std::move(whole), MakeInteger(type.scale)));
  }
  const bool same_kind = (type.id == TypeId::kDateTime2 && is_fine) ||
                         (type.id == TypeId::kTime && from.id == TypeId::kTime);
  if (!same_kind || type.scale >= digits) return nullptr;
  SqlType result = type;
  result.nullable = from.nullable;
  return MakeCall("ROUND_FRACTION", std::move(result),
                  ExprList(std::move(expr), MakeInteger(type.scale)));
}

ExprPtr Lowering::Convert(ExprPtr expr, const SqlType& type, bool implicit, int32_t style,
                          bool try_cast) {
  if (type.id == TypeId::kUnknown || type.id == TypeId::kNull) return expr;
  if (expr->type.id == TypeId::kUnknown && implicit) return expr;
  if (IsTemporal(type.id) && type.id != TypeId::kDateTimeOffset) expr = LocalTime(std::move(expr));
  if (ExprPtr converted = ConvertClr(expr, type)) return converted;
  const bool is_refused = expr->type.id != TypeId::kUnknown && expr->type.id != TypeId::kNull &&
                          !AreConvertible(expr->type, type, implicit);
  if (!is_refused && (!try_cast || expr->kind == ExprKind::kString)) {
    if (ExprPtr folded = FoldConversion(*expr, type, style, implicit)) return folded;
    if (try_cast && IsUnreadable(expr->text, type)) {
      auto null = MakeCast(MakeNull(type), type, false);
      null->type.nullable = true;
      return null;
    }
  }
  if (is_refused) {
    ReportAt(DiagnosticId::kNotConvertible, expr->span, {TypeText(expr->type), TypeText(type)});
    return expr;
  }
  // Bytes are those of UTF-16 where the text is Unicode; styles 1 and 2 read and write digits.
  const bool writes_digits = style == 1 || style == 2;
  if (IsUnicode(expr->type.id) && IsBinary(type.id) && !writes_digits)
    return Convert(UnicodeBytes(std::move(expr)), type, implicit);
  if (IsBinary(expr->type.id) && IsUnicode(type.id) && !writes_digits) {
    SqlType text = MakeSized(type.id, SqlType::kMax, expr->type.nullable);
    return Convert(MakeCall("UTF-16 TEXT", std::move(text), ExprList(std::move(expr))), type,
                   false);
  }
  if (ExprPtr rounded = RoundFraction(expr, type)) return rounded;
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

// Strings and bytes are cut to the length of what they are assigned to, and char(n) is filled;
// elsewhere an implicit conversion leaves them as they are.
ExprPtr Lowering::Assigned(ExprPtr expr, const SqlType& type) {
  const bool has_length = (IsString(expr->type.id) && IsString(type.id)) ||
                          (IsBinary(expr->type.id) && IsBinary(type.id));
  return Convert(std::move(expr), type, !has_length);
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
