// Conversions between types: rows of the dialect's table, date styles, and lengths of strings.
//
// Source: "CAST and CONVERT (Transact-SQL)", date and time styles.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;
using tsql::TypeId;

struct StyleFormat {
  int32_t style;
  std::string_view format;  // In .NET's notation; ~d and ~h: padded with a blank.
};

constexpr auto kStyles = std::to_array<StyleFormat>({
    {0, "MMM ~d yyyy ~h:mmtt"},
    {100, "MMM ~d yyyy ~h:mmtt"},
    {1, "MM/dd/yy"},
    {101, "MM/dd/yyyy"},
    {2, "yy.MM.dd"},
    {102, "yyyy.MM.dd"},
    {3, "dd/MM/yy"},
    {103, "dd/MM/yyyy"},
    {4, "dd.MM.yy"},
    {104, "dd.MM.yyyy"},
    {5, "dd-MM-yy"},
    {105, "dd-MM-yyyy"},
    {6, "dd MMM yy"},
    {106, "dd MMM yyyy"},
    {7, "MMM dd, yy"},
    {107, "MMM dd, yyyy"},
    {8, "HH:mm:ss"},
    {108, "HH:mm:ss"},
    {10, "MM-dd-yy"},
    {110, "MM-dd-yyyy"},
    {11, "yy/MM/dd"},
    {111, "yyyy/MM/dd"},
    {12, "yyMMdd"},
    {112, "yyyyMMdd"},
    {9, "MMM ~d yyyy ~h:mm:ss:ffftt"},
    {109, "MMM ~d yyyy ~h:mm:ss:ffftt"},
    {22, "MM/dd/yy ~h:mm:ss tt"},
    {127, "yyyy-MM-ddTHH:mm:ss.fff"},
    {13, "dd MMM yyyy HH:mm:ss:fff"},
    {113, "dd MMM yyyy HH:mm:ss:fff"},
    {14, "HH:mm:ss:fff"},
    {114, "HH:mm:ss:fff"},
    {20, "yyyy-MM-dd HH:mm:ss"},
    {120, "yyyy-MM-dd HH:mm:ss"},
    {21, "yyyy-MM-dd HH:mm:ss.fff"},
    {121, "yyyy-MM-dd HH:mm:ss.fff"},
    {25, "yyyy-MM-dd HH:mm:ss.fff"},
    {23, "yyyy-MM-dd"},
    {24, "HH:mm:ss"},
    {126, "yyyy-MM-ddTHH:mm:ss.fff"},
});

// CONVERT's style, or what stands for none: style 0 for the old types, ISO 8601 for the new ones.
int32_t StyleOf(const Expr& cast) {
  if (cast.style >= 0) return cast.style;
  const TypeId id = cast.arguments[0]->type.id;
  return id == TypeId::kDateTime || id == TypeId::kSmallDateTime ? 0 : 121;
}

// Characters of a date and time in that style; each piece of a format is as long as what it stands
// for.
int32_t DateTextLength(const Expr& cast) {
  const SqlType& type = cast.arguments[0]->type;
  if (type.id == TypeId::kDate) return 10;
  const auto* row = std::ranges::find(kStyles, StyleOf(cast), &StyleFormat::style);
  if (type.id != TypeId::kDateTime && type.id != TypeId::kSmallDateTime) return 34;
  return row == kStyles.end() ? 30 : static_cast<int32_t>(row->format.size());
}

// Whether the target converts by itself, so that the words for it would only be noise.
bool IsNatural(const SqlType& from, const SqlType& to) {
  using namespace tsql;
  if (from.id == to.id) return from.id != TypeId::kDecimal || from.scale <= to.scale;
  if (IsInteger(from.id)) {
    if (IsInteger(to.id)) return from.id < to.id;
    return to.id == TypeId::kDecimal || IsMoney(to.id) || IsApproximate(to.id);
  }
  if (IsMoney(from.id))
    return (to.id == TypeId::kMoney) || (to.id == TypeId::kDecimal && to.scale >= 4) ||
           IsApproximate(to.id);
  if (from.id == TypeId::kDecimal) return IsApproximate(to.id);
  if (from.id == TypeId::kReal) return to.id == TypeId::kFloat;
  if (from.id == TypeId::kDate || from.id == TypeId::kSmallDateTime ||
      from.id == TypeId::kDateTime) {
    return (to.id == TypeId::kDateTime || to.id == TypeId::kDateTime2) ||
           (from.id == TypeId::kDate && to.id == TypeId::kSmallDateTime);
  }
  return (IsString(from.id) && IsString(to.id)) || (IsBinary(from.id) && IsBinary(to.id)) ||
         (IsString(to.id) && (from.id == TypeId::kXml || from.id == TypeId::kJson));
}

// Digits in groups of 8, 4, 4, 4 and 12, in braces or without; what is behind them is cut.
bool IsGuid(std::string_view text) {
  if (text.starts_with('{')) text.remove_prefix(1);
  if (text.size() < 36) return false;
  for (size_t i = 0; i < 36; ++i) {
    const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const auto c = static_cast<unsigned char>(text[i]);
    if (is_hyphen ? c != '-' : std::isxdigit(c) == 0) return false;
  }
  return true;
}

// As SQL Server prints it.
std::string GuidText(std::string_view text) {
  if (text.starts_with('{')) text.remove_prefix(1);
  std::string upper(text.substr(0, 36));
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return upper;
}

// What an integer type of T-SQL holds, where the target's holds more; empty where it holds as much.
std::string_view RangeBeyond(const Dialect& dialect, const SqlType& from, const SqlType& to) {
  if (from.id == TypeId::kBit || from.id == to.id) return "";
  const bool is_narrower = tsql::IsInteger(from.id) && from.id < to.id;
  if (is_narrower) return "";
  switch (to.id) {
    case TypeId::kTinyInt: {
      const std::string name = TypeName(dialect, to);
      return name == "SMALLINT" || dialect.integers_are_wide ? "0 and 255" : "";
    }
    case TypeId::kSmallInt:
      return dialect.integers_are_wide ? "-32768 and 32767" : "";
    case TypeId::kInt:
      return dialect.integers_are_wide ? "-2147483648 and 2147483647" : "";
    default:
      return "";
  }
}

// The piece that the format begins with; a run of one letter is one piece.
const FormatPiece* PieceOf(const Dialect& dialect, std::string_view format) {
  const auto piece = std::ranges::find_if(dialect.date_format, [&](const FormatPiece& candidate) {
    const size_t length = candidate.written.size();
    return format.starts_with(candidate.written) &&
           !(length < format.size() && format[length] == format[length - 1]);
  });
  return piece == dialect.date_format.end() ? nullptr : &*piece;
}

// A format in .NET's notation as a literal of the target; marks that are no letters stay as they
// are. Empty where the target lacks a piece.
std::string TargetFormat(const Dialect& dialect, std::string_view format) {
  std::string pattern = "'";
  for (size_t i = 0; i < format.size();) {
    const FormatPiece* const piece = PieceOf(dialect, format.substr(i));
    if (piece != nullptr) {
      pattern += piece->target;
      i += piece->written.size();
      continue;
    }
    if (std::isalpha(static_cast<unsigned char>(format[i])) && format[i] != 'T') return "";
    pattern += format[i++];
  }
  return pattern + "'";
}

// Styles whose texts begin with the year: "CAST and CONVERT (Transact-SQL)", date and time styles.
bool IsIso(int32_t style) {
  return style == 20 || style == 21 || style == 23 || style == 120 || style == 121 || style == 126;
}

}  // namespace

std::string Emitter::Type(const SqlType& type, diagnostics::SourceSpan span) {
  const std::string name = TypeName(dialect_, type);
  if (name.empty()) {
    Report(DiagnosticId::kUnsupportedType, span,
           {tsql::TypeText(type), std::string(dialect_.title)});
    return Lower(TypeName(dialect_, tsql::MakeSized(TypeId::kVarChar, SqlType::kMax)));
  }
  return Lower(name);
}

Emitter::Text Emitter::EmitCast(const Expr& cast) {
  const Expr& operand = *cast.arguments[0];
  const SqlType& from = operand.type;
  const SqlType& to = cast.type;
  if (cast.implicit && IsNatural(from, to)) return Emit(operand);
  if (from.id == TypeId::kHierarchyId || from.id == TypeId::kGeography ||
      from.id == TypeId::kGeometry) {
    Report(DiagnosticId::kUnsupportedConstruct, cast.span,
           {"the conversion of " + tsql::TypeText(from), std::string(dialect_.title)});
  }
  const TypeClass from_class = ClassOf(from);
  const TypeClass to_class = ClassOf(to);
  const bool is_sized = to_class == TypeClass::kString || to_class == TypeClass::kBinary;
  if (operand.kind == ExprKind::kNull && !cast.implicit && is_sized)
    return {TypedNull(to, cast.span)};  // A set operation would make its own type of a bare one.
  if (dialect_.keeps_styles && (tsql::IsTemporal(from.id) || tsql::IsTemporal(to.id)) &&
      (tsql::IsString(from.id) || tsql::IsString(to.id)))
    return EmitStyledCast(cast);
  if (tsql::IsTemporal(from.id) && to_class == TypeClass::kString)
    return CutToLength(EmitDateToString(cast), MakeSized(TypeId::kVarChar, DateTextLength(cast)),
                       to);
  if (from_class == TypeClass::kString && tsql::IsTemporal(to.id) && cast.style > 0) {
    if (Text tried = EmitTryTextCast(cast); !tried.sql.empty()) return tried;
    return EmitStringToDate(cast);
  }
  const bool has_own_style = (tsql::IsMoney(from.id) && to_class == TypeClass::kString) ||
                             (from_class == TypeClass::kBinary && to_class == TypeClass::kString) ||
                             (from_class == TypeClass::kString && to_class == TypeClass::kBinary);
  if (cast.style > 0 && !has_own_style &&
      !(to_class == TypeClass::kString &&
        (from_class == TypeClass::kString || from_class == TypeClass::kInteger)) &&
      !(tsql::IsTemporal(from.id) && tsql::IsTemporal(to.id))) {
    Report(DiagnosticId::kUnsupportedStyle, cast.span,
           {std::to_string(cast.style), tsql::TypeText(from), tsql::TypeText(to),
            std::string(dialect_.title)});
  }
  if (tsql::IsMoney(from.id) && to_class == TypeClass::kString && cast.style > 0)
    return EmitMoneyStyle(cast);
  if (Text hex = EmitHexCast(cast); !hex.sql.empty()) return hex;
  if (to.id == TypeId::kTinyInt && TypeName(dialect_, to) == "SMALLINT" && !cast.try_cast &&
      from.id != TypeId::kBit) {
    Report(DiagnosticId::kRangeNotChecked, cast.span, {std::string(dialect_.title)});
  }
  if (Text raised = EmitRaise(cast); !raised.sql.empty()) return raised;
  if (Text tried = EmitTryTextCast(cast); !tried.sql.empty()) return tried;
  if (to.id == TypeId::kUniqueIdentifier && operand.kind == ExprKind::kString &&
      IsGuid(operand.text) && dialect_.guid_is_text)
    return {EmitString(GuidText(operand.text))};
  const bool is_bytes = to_class == TypeClass::kBinary && to.id != TypeId::kRowVersion;
  if (is_bytes && (from_class == TypeClass::kInteger) && !dialect_.hex_of_integer.empty())
    return EmitBytesOfInteger(cast);
  if (from_class == TypeClass::kBinary && to_class == TypeClass::kInteger &&
      !dialect_.integer_of_hex.empty() && !cast.try_cast)
    return EmitIntegerOfBytes(cast);
  if (is_bytes && from_class == TypeClass::kBinary && !dialect_.hex_of_bytes.empty())
    return FitBytes(Emit(operand), from, to);
  std::string_view pattern = "cast($0 as $t)";
  const bool varies = from_class == TypeClass::kAny;
  if (from.id == TypeId::kFloat && to.id == TypeId::kReal && !cast.try_cast &&
      !dialect_.float_to_real.empty())
    pattern = dialect_.float_to_real;
  bool is_text_cast = from_class == TypeClass::kString && to_class == TypeClass::kString;
  for (const CastRule& rule : dialect_.casts) {
    if (rule.from != from_class || rule.to != to_class || varies) continue;
    pattern = rule.target;
    if (rule.caveat && (operand.kind != ExprKind::kString ||
                        (to.id == TypeId::kUniqueIdentifier && !IsGuid(operand.text))))
      Report(*rule.caveat, cast.span, {tsql::TypeText(to)});
  }
  if (from.id == TypeId::kXml && to_class == TypeClass::kString) is_text_cast = true;
  if (is_text_cast) return CutToLength(Emit(operand), from, to);
  if (pattern.empty() || (cast.try_cast && !dialect_.supports_try_cast)) {
    Report(DiagnosticId::kUnsupportedConstruct, cast.span,
           {(cast.try_cast ? "TRY_CAST from " : "CAST from ") + tsql::TypeText(from) + " to " +
                tsql::TypeText(to),
            std::string(dialect_.title)});
    return {"null"};
  }
  std::string sql_pattern = Replaced(pattern, "$f", std::to_string(from.scale));
  if (cast.try_cast) {
    const size_t last = sql_pattern.rfind("cast($0");
    if (last == 0)
      sql_pattern.insert(0, dialect_.try_prefix);
    else if (sql_pattern.starts_with("cast("))
      sql_pattern.insert(0, dialect_.try_prefix);
  }
  Text text = ApplyTemplate(sql_pattern, {Emit(operand)}, Type(to, cast.span));
  const std::string_view range = RangeBeyond(dialect_, from, to);
  if (cast.try_cast && !range.empty())
    return ApplyTemplate("case when $0 between " + std::string(range) + " then $0 end", {text});
  if (!cast.implicit && !range.empty() && to.id != TypeId::kTinyInt &&
      !(operand.kind == ExprKind::kNumber && operand.text.size() < 5))
    Report(DiagnosticId::kIntegerIsWider, cast.span,
           {std::string(dialect_.title), tsql::TypeText(to)});
  if (to_class == TypeClass::kString) return CutToLength(text, from, to);
  if (is_bytes && from_class == TypeClass::kString) {
    // One byte a character, where it is one.
    return FitBytes(text, from, to);
  }
  if (is_bytes && from_class == TypeClass::kGuid)
    return FitBytes(text, tsql::MakeSized(TypeId::kBinary, 16), to);
  return text;
}

// What becomes of a number that is too long for the text: a star for int and smaller ones as
// varchar, a failure for all others. Source: "CAST and CONVERT (Transact-SQL)", truncating results.
Emitter::Text Emitter::CheckLength(const Text& text, const SqlType& from, const SqlType& to) {
  const std::string too_long =
      "case when length($0) > " + std::to_string(to.length) + " then $1 else $0 end";
  const bool is_small = tsql::IsInteger(from.id) && from.id != TypeId::kBigInt;
  if (is_small && !tsql::IsUnicode(to.id)) return ApplyTemplate(too_long, {text, {"'*'"}});
  if (dialect_.raise_about.empty()) {
    if (tsql::IsInteger(from.id)) return ApplyTemplate(too_long, {text, {"'*'"}});
    return ApplyTemplate("left($0, " + std::to_string(to.length) + ")", {text});
  }
  const Text raised = ApplyTemplate(dialect_.raise_about,
                                    {{"'" + tsql::TypeText(to) + " is too short for '"}, text});
  return ApplyTemplate(too_long, {text, raised});
}

// char(n) pads and cuts, varchar(n) cuts; (max) does neither.
Emitter::Text Emitter::CutToLength(Text text, const SqlType& from, const SqlType& to) {
  if (to.length == SqlType::kMax || to.length == 0) return text;
  const std::string length = std::to_string(to.length);
  int32_t widest = SqlType::kMax;
  using enum tsql::TypeId;
  if (tsql::IsString(from.id)) widest = from.length;
  if (from.id == kBit) widest = 1;
  if (from.id == kTinyInt) widest = 3;
  if (from.id == kSmallInt) widest = 6;
  if (from.id == kInt) widest = 11;
  if (from.id == kBigInt) widest = 20;
  if (from.id == kUniqueIdentifier) widest = 36;
  if (from.id == kDecimal) widest = from.precision + 2;
  if (tsql::IsMoney(from.id)) widest = 19;  // -922337203685477.58
  if (from.id == kReal || from.id == kFloat) widest = 14;
  const bool fits = widest != SqlType::kMax && widest <= to.length;
  const bool is_checked =
      (tsql::IsNumeric(from.id) && from.id != kBit) || from.id == kUniqueIdentifier;
  if (tsql::IsFixedString(to.id)) {
    if (tsql::IsFixedString(from.id) && from.length == to.length) return text;
    if (!fits && is_checked) text = CheckLength(text, from, to);
    if (dialect_.keeps_lengths)
      return ApplyTemplate("cast(left($0 + space(" + length + "), " + length + ") as $t)", {text},
                           Type(to, {}));
    return ApplyTemplate("rpad($0, " + length + ", ' ')", {text});
  }
  if (fits) return text;
  if (is_checked) return CheckLength(text, from, to);
  return ApplyTemplate("left($0, " + length + ")", {text});
}

// Text that T-SQL cannot read fails there, whatever the target makes of it.
Emitter::Text Emitter::EmitRaise(const Expr& cast) {
  const Expr& operand = *cast.arguments[0];
  const bool is_number = operand.text.find_first_not_of("0123456789+-. ") == std::string::npos &&
                         operand.text.find_first_of("0123456789") != std::string::npos;
  const bool is_read = tsql::IsIntegral(cast.type.id) || tsql::IsTemporal(cast.type.id) ||
                       (cast.type.id == TypeId::kDecimal && !is_number);
  // Constants of dates are converted before, unless the type has no such date.
  const bool is_out_of_range =
      operand.kind == ExprKind::kTemporal && operand.type.id != TypeId::kTime &&
      operand.type.id != TypeId::kDateTimeOffset &&
      (cast.type.id == TypeId::kDateTime || cast.type.id == TypeId::kSmallDateTime);
  const bool fails = is_out_of_range || (operand.kind == ExprKind::kString && is_read);
  if (cast.try_cast || !fails || dialect_.raise.empty()) return {""};
  if (cast.style > 0 && tsql::IsTemporal(cast.type.id)) return {""};
  const Text message{EmitString("Conversion failed when converting the value '" + operand.text +
                                "' to " + tsql::TypeText(cast.type))};
  return ApplyTemplate("cast($0 as $t)", {ApplyTemplate(dialect_.raise, {message})},
                       Type(cast.type, cast.span));
}

// TRY_CAST of text: by rules of T-SQL where the target's own reading is another.
Emitter::Text Emitter::EmitTryTextCast(const Expr& cast) {
  const Expr& operand = *cast.arguments[0];
  const bool is_plain = cast.style <= 0 || (tsql::IsTemporal(cast.type.id) && IsIso(cast.style));
  if (!cast.try_cast || !tsql::IsString(operand.type.id) || !is_plain) return {""};
  const std::string type = Type(cast.type, cast.span);
  if (tsql::IsInteger(cast.type.id) && !dialect_.try_text_to_integer.empty())
    return ApplyTemplate(Replaced(dialect_.try_text_to_integer, "$t", type), {Emit(operand)});
  const bool reads_iso = cast.style > 0 && dialect_.supports_try_cast &&
                         (cast.type.id == TypeId::kDate || cast.type.id == TypeId::kDateTime2);
  const std::string pattern = reads_iso ? std::string(dialect_.try_prefix) + "cast($0 as $t)"
                                        : std::string(dialect_.try_text_cast);
  if ((dialect_.supports_try_cast && !reads_iso) || pattern.empty()) return {""};
  if (tsql::IsString(cast.type.id) || tsql::IsBinary(cast.type.id)) return {""};
  Report(
      tsql::IsTemporal(cast.type.id) ? DiagnosticId::kTextToTemporal : DiagnosticId::kTextToNumber,
      cast.span, {tsql::TypeText(cast.type)});
  Text tried = ApplyTemplate(Replaced(pattern, "$t", type), {Emit(operand)});
  if (cast.style <= 0) return tried;
  const std::string text = Operand(operand, Binding::kAdditive);
  return {"case when " + text + " like '____-__-%' or " + text + " like '________' then " +
          tried.sql + " end"};
}

// Styles 1 and 2 of binary values: hexadecimal digits with and without 0x.
Emitter::Text Emitter::EmitHexCast(const Expr& cast) {
  const Expr& operand = *cast.arguments[0];
  const bool to_text = tsql::IsBinary(operand.type.id) && tsql::IsString(cast.type.id);
  const bool to_bytes = tsql::IsString(operand.type.id) && tsql::IsBinary(cast.type.id);
  if (!to_text && !to_bytes) return {""};
  if (to_bytes && cast.style <= 0 && tsql::IsUnicode(operand.type.id)) {
    Report(DiagnosticId::kUnsupportedConstruct, cast.span,
           {"the bytes of Unicode text, which are UTF-16,", std::string(dialect_.title)});
  }
  if (cast.style != 1 && cast.style != 2) return {""};
  const std::string_view pattern = to_text ? dialect_.hex_of_bytes : dialect_.bytes_of_hex;
  if (pattern.empty()) {
    Report(DiagnosticId::kUnsupportedStyle, cast.span,
           {std::to_string(cast.style), tsql::TypeText(operand.type), tsql::TypeText(cast.type),
            std::string(dialect_.title)});
    return {"null"};
  }
  Text value = Emit(operand);
  if (to_bytes) {
    if (cast.style == 1) value = ApplyTemplate("substr($0, 3)", {value});
    return ApplyTemplate(pattern, {value});
  }
  Text digits = ApplyTemplate(pattern, {value});
  if (cast.style == 1)
    digits = ApplyTemplate("'0x'" + std::string(dialect_.concat) + "$0", {digits});
  const int32_t bytes = operand.type.length;
  const int32_t longest = bytes == SqlType::kMax || bytes == 0 ? SqlType::kMax : 2 * bytes + 2;
  if (longest != SqlType::kMax && cast.type.length >= longest) return digits;
  return CutToLength(digits, MakeSized(TypeId::kVarChar, SqlType::kMax), cast.type);
}

// Style 1: groups of three digits and two after the point; style 2: four after the point.
Emitter::Text Emitter::EmitMoneyStyle(const Expr& cast) {
  const Expr& operand = *cast.arguments[0];
  if (cast.style == 2 || cast.style == 126)
    return ApplyTemplate(
        "cast($0 as $t)",
        {ApplyTemplate("cast($0 as $t)", {Emit(operand)}, Type(operand.type, cast.span))},
        Type(MakeSized(TypeId::kVarChar, 30), cast.span));
  if (cast.style != 1 || dialect_.format_number_grouped.empty()) {
    Report(DiagnosticId::kUnsupportedStyle, cast.span,
           {std::to_string(cast.style), tsql::TypeText(operand.type), tsql::TypeText(cast.type),
            std::string(dialect_.title)});
    return {"null"};
  }
  return ApplyTemplate(Replaced(Replaced(dialect_.format_number_grouped, "$1", "2"), "$z", ".00"),
                       {Emit(operand)});
}

// datetime2(n) shows n digits after the second; the target keeps six of its seven.
Emitter::Text Emitter::EmitLongFraction(const Expr& operand, const std::string& format) {
  const int32_t scale = operand.type.scale;
  if (scale == 0)
    return ApplyTemplate(dialect_.format_date, {Emit(operand), {TargetFormat(dialect_, format)}});
  const Text text = ApplyTemplate(dialect_.format_date,
                                  {Emit(operand), {TargetFormat(dialect_, format + ".ffffff")}});
  if (scale == 7) return ApplyTemplate("$0" + std::string(dialect_.concat) + "'0'", {text});
  if (scale == 6) return text;
  return ApplyTemplate("left($0, " + std::to_string(20 + scale) + ")", {text});
}

Emitter::Text Emitter::EmitDateToString(const Expr& cast) {
  const Expr& operand = *cast.arguments[0];
  const int32_t style = StyleOf(cast);
  const auto* row = std::ranges::find(kStyles, style, &StyleFormat::style);
  const auto refuse = [&]() -> Text {
    Report(
        DiagnosticId::kUnsupportedStyle, cast.span,
        {std::to_string(style), tsql::TypeText(operand.type), "text", std::string(dialect_.title)});
    return {"null"};
  };
  if (row == kStyles.end() || operand.type.id == TypeId::kDateTimeOffset) return refuse();
  const std::string_view format = row->format;
  const bool iso =
      style == 120 || style == 121 || style == 20 || style == 21 || style == 23 || style == 25;
  const bool iso_date = iso || style == 126;
  if (operand.type.id == TypeId::kDate && iso_date)
    return ApplyTemplate("cast($0 as $t)", {Emit(operand)},
                         Type(MakeSized(TypeId::kVarChar, 10), cast.span));
  std::string written(format);
  if (operand.type.id == TypeId::kTime) return EmitTimeToString(cast, written);
  if (operand.type.id == TypeId::kDate) {
    // Only the date's part of a style is written.
    const size_t time = std::min({written.find(" ~h"), written.find(" HH"), written.find("HH")});
    if (time == 0) return refuse();
    if (time != std::string::npos) written.resize(time);
  } else if (operand.type.id != TypeId::kDateTime && operand.type.id != TypeId::kSmallDateTime &&
             written.find(":fff") != std::string::npos) {
    return refuse();
  }
  if (operand.type.id == TypeId::kDateTime2 && format.ends_with(".fff") &&
      operand.type.scale != 3) {
    return EmitLongFraction(operand, written.substr(0, written.size() - 4));
  }
  if (style == 126 || style == 127) {
    // Milliseconds are left out where there are none.
    const Text text =
        ApplyTemplate(dialect_.format_date, {Emit(operand), {TargetFormat(dialect_, written)}});
    return ApplyTemplate("replace($0, '.000', '')", {text});
  }
  // A day or an hour padded with a blank is put together from pieces.
  std::vector<std::string> parts;
  bool is_known = true;
  const auto add = [&](std::string_view piece) {
    if (piece.empty()) return;
    const std::optional<Text> text = EmitDateFormat(operand, piece);
    is_known = is_known && text.has_value();
    if (text) parts.push_back(text->sql);
  };
  const std::string_view shown = written;
  size_t begin = 0;
  for (size_t mark = shown.find('~'); mark != std::string_view::npos;
       mark = shown.find('~', begin)) {
    add(shown.substr(begin, mark - begin));
    add(shown.substr(mark + 1, 1));
    if (is_known) parts.back() = "lpad(" + parts.back() + ", 2, ' ')";
    begin = mark + 2;
  }
  add(shown.substr(begin));
  if (!is_known) return refuse();
  return {Join(parts, dialect_.concat), parts.size() > 1 ? Binding::kConcat : Binding::kPrimary};
}

// A date in one of .NET's formats: pieces that the dialect has in one call, others by their own
// rows; empty where a piece has neither.
std::optional<Emitter::Text> Emitter::EmitDateFormat(const Expr& value, std::string_view format) {
  std::vector<std::string> parts;
  std::string native;
  const auto flush = [&] {
    if (!native.empty())
      parts.push_back(ApplyTemplate(dialect_.format_date, {Emit(value), {"'" + native + "'"}}).sql);
    native.clear();
  };
  for (size_t i = 0; i < format.size();) {
    const FormatPiece* const piece = PieceOf(dialect_, format.substr(i));
    if (piece != nullptr) {
      native += piece->target;
      i += piece->written.size();
      continue;
    }
    const bool is_letter = std::isalpha(static_cast<unsigned char>(format[i])) != 0;
    size_t length = 1;
    while (is_letter && i + length < format.size() && format[i + length] == format[i]) ++length;
    if (!is_letter || format[i] == 'T') {
      native += Escaped(format[i++]);
      continue;
    }
    const FunctionRule* rule =
        FindRule("FORMAT:" + std::string(format.substr(i, length)), 1, TypeClass::kAny);
    if (rule == nullptr) return std::nullopt;
    flush();
    parts.push_back(ApplyTemplate(rule->target, {Emit(value)}).sql);
    i += length;
  }
  flush();
  return Text{Join(parts, dialect_.concat),
              parts.size() > 1 ? Binding::kConcat : Binding::kPrimary};
}

// CONVERT with its style, where the dialect has the same styles. Types of the source that show
// another number of digits than the dialect's are cut to their own length.
Emitter::Text Emitter::EmitStyledCast(const Expr& cast) {
  const Expr& operand = *cast.arguments[0];
  const bool to_text = tsql::IsString(cast.type.id);
  const bool to_moment = cast.type.id == TypeId::kDateTimeOffset;
  if (to_moment || operand.type.id == TypeId::kDateTimeOffset) {
    Report(DiagnosticId::kUnsupportedType, cast.span,
           {"datetimeoffset", std::string(dialect_.title)});
    return {"null"};
  }
  const std::string name = cast.try_cast ? "try_convert(" : "convert(";
  const std::string value = Emit(operand).sql;
  if (!to_text) {
    const std::string style = cast.style < 0 ? "" : ", " + std::to_string(cast.style);
    return {name + Type(cast.type, cast.span) + ", " + value + style + ")"};
  }
  const int32_t own = DateTextLength(cast);
  const bool is_cut = cast.type.length != SqlType::kMax && cast.type.length < own;
  const std::string length = std::to_string(is_cut ? cast.type.length : own);
  Text text{name + "varchar(" + length + "), " + value + ", " + std::to_string(StyleOf(cast)) +
            ")"};
  if (tsql::IsFixedString(cast.type.id))
    return CutToLength(text, MakeSized(TypeId::kVarChar, own), cast.type);
  return text;
}

// A time alone, in the time's part of the style; as many digits after the second as its type has.
Emitter::Text Emitter::EmitTimeToString(const Expr& cast, const std::string& format) {
  const Expr& operand = *cast.arguments[0];
  const int32_t style = StyleOf(cast);
  const Text stamp = ApplyTemplate(dialect_.moment_of_time, {Emit(operand)});
  const auto show = [&](const std::string& piece) {
    const std::string pattern = TargetFormat(dialect_, piece);
    if (pattern.empty()) {
      Report(DiagnosticId::kUnsupportedStyle, cast.span,
             {std::to_string(style), "time", "text", std::string(dialect_.title)});
    }
    return ApplyTemplate(dialect_.format_date, {stamp, {pattern}});
  };
  if (style == 0 || style == 100) {
    const std::string hour = ApplyTemplate("lpad($0, 2, ' ')", {show("h")}).sql;
    return {hour + " || " + show(":mmtt").sql, Binding::kConcat};
  }
  const size_t begin = format.find("HH:mm:ss");
  if (begin == std::string::npos || format.find(":fff") != std::string::npos) {
    Report(
        DiagnosticId::kUnsupportedStyle, cast.span,
        {std::to_string(style), tsql::TypeText(operand.type), "text", std::string(dialect_.title)});
    return {"null"};
  }
  const int32_t scale = operand.type.scale;
  if (!format.ends_with(".fff") || scale == 0) return show("HH:mm:ss");
  const Text text = show("HH:mm:ss.ffffff");
  if (scale == 7) return ApplyTemplate("$0 || '0'", {text});
  if (scale == 6) return text;
  return ApplyTemplate("left($0, " + std::to_string(9 + scale) + ")", {text});
}

Emitter::Text Emitter::EmitStringToDate(const Expr& cast) {
  const auto* row = std::ranges::find(kStyles, cast.style, &StyleFormat::style);
  const bool known = row != kStyles.end() && row->format.find('~') == std::string_view::npos;
  if (!known) {
    Report(DiagnosticId::kUnsupportedStyle, cast.span,
           {std::to_string(cast.style), "text", tsql::TypeText(cast.type),
            std::string(dialect_.title)});
    return {"null"};
  }
  if (cast.style == 112 || cast.style == 120 || cast.style == 121 || cast.style == 126 ||
      cast.style == 23) {
    Report(DiagnosticId::kTextToTemporal, cast.span, {tsql::TypeText(cast.type)});
  }
  const std::string pattern = TargetFormat(dialect_, row->format);
  const std::string_view rule = cast.try_cast ? dialect_.try_parse_date : dialect_.parse_date;
  if (pattern.empty() || rule.empty()) {
    Report(DiagnosticId::kUnsupportedStyle, cast.span,
           {std::to_string(cast.style), "text", tsql::TypeText(cast.type),
            std::string(dialect_.title)});
    return {"null"};
  }
  Text text = Emit(*cast.arguments[0]);
  if (cast.style == 101 && !dialect_.month_first.empty())
    text = ApplyTemplate(dialect_.month_first, {text});
  const Text parsed = ApplyTemplate(rule, {text, {pattern}});
  return ApplyTemplate("cast($0 as $t)", {parsed}, Type(cast.type, cast.span));
}

}  // namespace datamigrate::dialects
