// Calls whose meaning hangs on constants among their arguments or on their types: each becomes the
// variant of the function that dialects have a row for.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/tsql/binder/temporal_literal.h"
#include "agent_engine/tsql/binder/windows_zones.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

// Functions that do not simply give NULL for a NULL argument; aggregates and windows apart.
constexpr auto kTakeNull = std::to_array<std::string_view>({"APP_NAME",
                                                            "CHECKSUM",
                                                            "BINARY_CHECKSUM",
                                                            "CONCAT",
                                                            "CONCAT_WS",
                                                            "DB_NAME",
                                                            "EOMONTH",
                                                            "FORMAT",
                                                            "GREATEST",
                                                            "ISDATE",
                                                            "ISNUMERIC",
                                                            "LEAST",
                                                            "QUOTENAME",
                                                            "RAND",
                                                            "STR",
                                                            "STUFF",
                                                            "SUSER_NAME",
                                                            "SUSER_SNAME",
                                                            "USER_NAME",
                                                            "FIRST_VALUE",
                                                            "LAST_VALUE",
                                                            "LAG",
                                                            "LEAD",
                                                            "NTILE",
                                                            "PERCENTILE_CONT",
                                                            "PERCENTILE_DISC",
                                                            "MIN",
                                                            "MAX",
                                                            "COUNT",
                                                            "COUNT_BIG",
                                                            "STRING_AGG"});

bool IsNull(const Expr& expr) {
  return expr.kind == ExprKind::kNull;
}

bool IsText(const Expr& expr) {
  return expr.kind == ExprKind::kString;
}

// Positions and lengths: what is surely not negative.
bool IsNeverNegative(const Expr& expr) {
  if (expr.kind == ExprKind::kNumber) return !expr.text.starts_with('-');
  if (expr.kind == ExprKind::kCast && expr.implicit) return IsNeverNegative(*expr.arguments[0]);
  if (expr.kind == ExprKind::kArithmetic &&
      (expr.text == "+" || expr.text == "*" || expr.text == "/"))
    return IsNeverNegative(*expr.arguments[0]) && IsNeverNegative(*expr.arguments[1]);
  if (expr.kind == ExprKind::kCall) {
    static constexpr auto kCounts = std::to_array<std::string_view>(
        {"CHARINDEX", "CHARINDEX_ANY", "COUNT", "COUNT_BIG", "DATALENGTH", "DATALENGTH_TEXT",
         "DATALENGTH_UNICODE", "DATEPART", "LEN", "PATINDEX", "ROW_NUMBER"});
    return std::ranges::find(kCounts, std::string_view(expr.text)) != kCounts.end();
  }
  return false;
}

// Arithmetic with a minus sign is what makes lengths negative in practice; columns and variables
// are taken for lengths.
bool MayBeNegative(const Expr& expr) {
  if (IsNeverNegative(expr)) return false;
  return expr.kind == ExprKind::kNumber || expr.kind == ExprKind::kArithmetic ||
         expr.kind == ExprKind::kNegate;
}

int32_t BytesOf(const SqlType& type) {
  switch (type.id) {
    case TypeId::kBit:
    case TypeId::kTinyInt:
      return 1;
    case TypeId::kSmallInt:
      return 2;
    case TypeId::kInt:
    case TypeId::kReal:
    case TypeId::kSmallMoney:
    case TypeId::kSmallDateTime:
      return 4;
    case TypeId::kBigInt:
    case TypeId::kFloat:
    case TypeId::kMoney:
    case TypeId::kDateTime:
      return 8;
    case TypeId::kDate:
      return 3;
    case TypeId::kUniqueIdentifier:
      return 16;
    case TypeId::kDecimal:
      return type.precision <= 9 ? 5 : type.precision <= 19 ? 9 : type.precision <= 28 ? 13 : 17;
    case TypeId::kTime:
      return type.scale <= 2 ? 3 : type.scale <= 4 ? 4 : 5;
    case TypeId::kDateTime2:
      return type.scale <= 2 ? 6 : type.scale <= 4 ? 7 : 8;
    case TypeId::kDateTimeOffset:
      return type.scale <= 2 ? 8 : type.scale <= 4 ? 9 : 10;
    default:
      return 0;
  }
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return upper;
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
}

}  // namespace

// A literal NULL has no type in the targets, and a function of it is NULL anyway.
bool Lowering::IsNullOfNull(const Expr& call) const {
  if (call.window || IsAggregate(call)) return false;
  if (std::ranges::find(kTakeNull, std::string_view(call.text)) != kTakeNull.end()) return false;
  return std::ranges::any_of(call.arguments, [](const ExprPtr& e) { return IsNull(*e); });
}

// Texts given to functions of dates are datetime2 to most of them, datetime to DATEADD:
// "DATEDIFF (Transact-SQL)", "DATEPART (Transact-SQL)".
bool Lowering::ReadsDateTime2(const std::string& function) {
  static constexpr auto kFunctions =
      std::to_array<std::string_view>({"DATEDIFF", "DATEDIFF_BIG", "DATENAME", "DATEPART",
                                       "DATETRUNC", "DAY", "EOMONTH", "MONTH", "YEAR"});
  return std::ranges::find(kFunctions, std::string_view(function)) != kFunctions.end();
}

void Lowering::RefineTextCall(Expr& call, Node node) {
  std::string& name = call.text;
  std::vector<ExprPtr>& arguments = call.arguments;
  if (name == "CHAR" && arguments[0]->kind == ExprKind::kNumber) {
    RefineChar(call);
  } else if (name == "CHARINDEX" && arguments.size() == 2 &&
             !(IsText(*arguments[0]) && !arguments[0]->text.empty())) {
    if (IsText(*arguments[0]))
      FoldTo(call, "0");
    else
      name = "CHARINDEX_ANY";
  } else if ((name == "LEFT" || name == "RIGHT") && MayBeNegative(*arguments[1])) {
    name += "_CHECKED";
  } else if (name.starts_with("SUBSTRING") && arguments.size() == 3 &&
             !IsBinary(arguments[0]->type.id) && MayBeNegative(*arguments[2])) {
    name = "SUBSTRING_CHECKED";
  } else if (name == "SPACE" && !IsNeverNegative(*arguments[0])) {
    name = "SPACE_ANY";
  } else if (name == "CONCAT_WS" && arguments[0]->type.nullable) {
    // A NULL separator counts as an empty one.
    if (IsNull(*arguments[0])) {
      arguments[0] = MakeString("");
    } else {
      const SqlType type = arguments[0]->type;
      arguments[0] = MakeCall("COALESCE", type, ExprList(std::move(arguments[0]), MakeString("")));
    }
  } else if (name == "DIFFERENCE") {
    // Of the codes that SOUNDEX gives.
    for (ExprPtr& argument : arguments) {
      const SqlType type = MakeSized(TypeId::kVarChar, 4, argument->type.nullable);
      argument = MakeCall("SOUNDEX", type, ExprList(std::move(argument)));
    }
  } else if (name == "STR") {
    if (arguments.size() == 1) arguments.push_back(MakeInteger(10));
  } else if (name == "QUOTENAME" && arguments.size() == 2) {
    RefineQuoteName(call);
  } else if (name == "TRANSLATE" && IsText(*arguments[1]) && IsText(*arguments[2]) &&
             IsAscii(arguments[1]->text) && IsAscii(arguments[2]->text) &&
             arguments[1]->text.size() != arguments[2]->text.size()) {
    Report(DiagnosticId::kUnsupportedConstruct, node,
           {"TRANSLATE of characters to more or fewer of them", options_.target_name},
           "SQL Server refuses it too: give as many characters as are to be replaced");
  } else if (name == "DATALENGTH" && BytesOf(arguments[0]->type) > 0) {
    auto present = MakeExpr(ExprKind::kIsNull, MakeType(TypeId::kBit, false), call.span);
    present->negated = true;
    const int32_t bytes = BytesOf(arguments[0]->type);
    present->arguments = std::move(arguments);
    call.kind = ExprKind::kCase;
    name.clear();
    arguments = ExprList(std::move(present), MakeInteger(bytes));
  }
}

// The character of a constant code, by code page 1252: "CHAR (Transact-SQL)".
void Lowering::RefineChar(Expr& call) {
  static constexpr auto kHigh = std::to_array<int32_t>(
      {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
       0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
       0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178});
  const long code = std::strtol(call.arguments[0]->text.c_str(), nullptr, 10);
  if (code < 0 || code > 255) {
    call.kind = ExprKind::kNull;
    call.type.nullable = true;
    call.arguments.clear();
    return;
  }
  call.text = "NCHAR";
  if (code >= 128 && code < 160) call.arguments[0]->text = std::to_string(kHigh[code - 128]);
}

// Makes the call a constant of its own type.
void Lowering::FoldTo(Expr& call, std::string number) {
  call.kind = ExprKind::kNumber;
  call.text = std::move(number);
  call.type.nullable = false;
  call.arguments.clear();
  call.part.clear();
}

void Lowering::RefineQuoteName(Expr& call) {
  static constexpr std::string_view kPairs = "[]][())(<>><{}}{\"\"''``";
  const std::string mark = IsText(*call.arguments[1]) ? call.arguments[1]->text : "";
  if (mark.size() != 1) return;
  size_t found = std::string_view::npos;
  for (size_t i = 0; i < kPairs.size(); i += 2) {
    if (kPairs[i] == mark[0]) found = i;
  }
  if (found == std::string_view::npos) {
    call.kind = ExprKind::kNull;
    call.type.nullable = true;
    call.arguments.clear();
    return;
  }
  const char a = kPairs[found];
  const char b = kPairs[found + 1];
  const bool opens = a == '[' || a == '(' || a == '<' || a == '{' || a == b;
  const std::string open(1, opens ? a : b);
  const std::string close(1, opens ? b : a);
  const SqlType type = call.type;
  ExprPtr inner = MakeCall(
      "REPLACE", type,
      ExprList(std::move(call.arguments[0]), MakeString(close), MakeString(close + close)));
  call.kind = ExprKind::kConcat;
  call.text.clear();
  call.arguments = ExprList(MakeString(open), std::move(inner), MakeString(close));
}

void Lowering::RefineNumberCall(Expr& call) {
  const auto is_negative = [](const Expr& expr) {
    return expr.kind == ExprKind::kNumber && expr.text.starts_with('-');
  };
  if (call.text.starts_with("PERCENTILE_") && !call.order_by.empty()) RefinePercentile(call);
  if ((call.text == "DEGREES" || call.text == "RADIANS") && call.type.id == TypeId::kDecimal) {
    call.type = MakeDecimal(38, 18, call.type.nullable);
  } else if (call.text == "ROUND" && call.arguments.size() == 2 &&
             is_negative(*call.arguments[1]) && IsExactNumeric(call.arguments[0]->type.id)) {
    call.text = "ROUND_TENS";
  } else if (call.text == "TRUNCATE" && IsInteger(call.arguments[0]->type.id) &&
             call.arguments[1]->kind == ExprKind::kNumber && !is_negative(*call.arguments[1])) {
    call.arguments.pop_back();
    call.text = "FLOOR";
  }
}

// 1 less a number between 0 and 1, as it is written: 0.25 for 0.75.
std::string RestOfOne(const std::string& share) {
  const size_t point = share.find('.');
  const size_t digits = point == std::string::npos ? 0 : share.size() - point - 1;
  if (share.starts_with('1')) return "0";
  std::string rest = digits == 0 ? "1" : "0." + share.substr(point + 1);
  // Each digit is what it lacks to nine, the last one that is not 0 to ten.
  size_t last = rest.size();
  while (last > 2 && rest[last - 1] == '0') --last;
  if (last == 2) return "1";
  for (size_t i = 2; i < last; ++i)
    rest[i] = static_cast<char>('0' + (i + 1 == last ? 10 : 9) - (rest[i] - '0'));
  return rest;
}

// From the largest value down, a continuous percentile is another one from the least value up.
void Lowering::RefinePercentile(Expr& call) {
  OrderItem& order = call.order_by[0];
  const bool is_continuous = call.text == "PERCENTILE_CONT";
  if (is_continuous && !IsApproximate(order.expr->type.id))
    order.expr = MakeCast(std::move(order.expr), MakeType(TypeId::kFloat), false);
  // NULLs do not count, wherever they are ordered.
  order.expr->type.nullable = false;
  // The share is a bare number, which some targets demand.
  ExprPtr& share = call.arguments[0];
  if (share->kind == ExprKind::kCast && share->arguments[0]->kind == ExprKind::kNumber) {
    ExprPtr number = std::move(share->arguments[0]);
    share = std::move(number);
  }
  if (share->kind == ExprKind::kNumber) share->type = MakeType(TypeId::kFloat, false);
  if (!order.descending) return;
  if (!is_continuous) {
    call.text = "PERCENTILE_DISC_DOWN";
    return;
  }
  order.descending = false;
  const bool is_plain =
      call.arguments[0]->kind == ExprKind::kNumber &&
      call.arguments[0]->text.find_first_not_of("0123456789.") == std::string::npos;
  if (is_plain) {
    call.arguments[0]->text = RestOfOne(call.arguments[0]->text);
    return;
  }
  auto rest = MakeExpr(ExprKind::kArithmetic, MakeType(TypeId::kFloat), call.span);
  rest->text = "-";
  rest->arguments = ExprList(MakeInteger(1), std::move(call.arguments[0]));
  call.arguments[0] = std::move(rest);
}

void Lowering::RefineDateCall(Expr& call, Node node) {
  std::vector<ExprPtr>& arguments = call.arguments;
  const bool counts = call.text.starts_with("DATEDIFF") || call.text == "DATEADD";
  if (counts && call.part == "iso_week") {
    Report(DiagnosticId::kUnsupportedDatePart, node, {call.part, call.text, options_.target_name},
           "SQL Server refuses it too: use week");
  } else if (call.text == "DATEADD") {
    RefineDateAdd(call, node);
  } else if ((call.text == "DATEDIFF" || call.text == "DATEDIFF_BIG") &&
             (arguments[0]->type.id == TypeId::kTime) != (arguments[1]->type.id == TypeId::kTime)) {
    // A time alone is one of the first day.
    for (ExprPtr& argument : arguments) {
      if (argument->type.id == TypeId::kTime && !IsNull(*argument))
        argument = Convert(std::move(argument), MakeType(TypeId::kDateTime), true);
    }
  } else if (call.text == "EOMONTH" && arguments.size() == 2 && IsNull(*arguments[1])) {
    arguments.pop_back();
  } else if (call.text == "EOMONTH" && IsNull(*arguments[0])) {
    call.kind = ExprKind::kNull;
    arguments.clear();
  } else if (call.text == "DATETIMEFROMPARTS" &&
             !(arguments[6]->kind == ExprKind::kNumber && arguments[6]->text == "0")) {
    RoundToDateTime(call);
  } else if (call.text == "DATE_BUCKET") {
    if (arguments.size() == 2) {
      auto origin = MakeExpr(ExprKind::kTemporal, MakeType(TypeId::kDateTime2, false), call.span);
      origin->text = "1900-01-01 00:00:00";
      arguments.push_back(std::move(origin));
    }
  } else if (call.text == "DATEDIFF_BIG" && call.part != "second" && call.part != "millisecond" &&
             call.part != "microsecond") {
    call.text = "DATEDIFF";
  } else if (call.text == "ISDATE" && IsText(*arguments[0])) {
    const bool blank = arguments[0]->text.find_first_not_of(' ') == std::string::npos;
    const auto value = ParseDateAndTime(arguments[0]->text, -1);
    const bool is_date =
        !blank && value && FormatForType(*value, MakeType(TypeId::kDateTime)).has_value();
    FoldTo(call, is_date ? "1" : "0");
  } else if (call.text == "ISDATE" && IsNull(*arguments[0])) {
    FoldTo(call, "0");
  }
}

void Lowering::RefineDateAdd(Expr& call, Node node) {
  const bool in_day = call.part == "hour" || call.part == "minute" || call.part == "second" ||
                      call.part == "millisecond" || call.part == "microsecond" ||
                      call.part == "nanosecond";
  if (in_day && call.type.id == TypeId::kDate) {
    Report(DiagnosticId::kUnsupportedDatePart, node,
           {call.part, "DATEADD on a date", options_.target_name},
           "SQL Server refuses it too: convert the date to datetime2");
  } else if (call.type.id == TypeId::kDateTime &&
             (call.part == "millisecond" || call.part == "microsecond")) {
    RoundToDateTime(call);
  } else if (call.type.id == TypeId::kSmallDateTime && in_day && call.part != "hour" &&
             call.part != "minute") {
    // smalldatetime keeps minutes: "smalldatetime (Transact-SQL)".
    auto inner = MakeExpr(ExprKind::kCall, MakeType(TypeId::kDateTime2), call.span);
    inner->text = std::move(call.text);
    inner->part = std::move(call.part);
    inner->arguments = std::move(call.arguments);
    call.kind = ExprKind::kCast;
    call.text.clear();
    call.part.clear();
    call.arguments = ExprList(std::move(inner));
  }
}

// HASHBYTES of a constant algorithm; Unicode text is hashed as its bytes in UTF-16.
void Lowering::RefineHash(Expr& call, Node node) {
  if (!IsText(*call.arguments[0])) return;
  const Expr& hashed = *call.arguments[1];
  // Targets keep all text as UTF-8, varchar of the source a byte a character of its code page.
  const bool is_ascii =
      hashed.kind == ExprKind::kString &&
      std::ranges::all_of(hashed.text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (IsUnicode(hashed.type.id))
    call.arguments[1] = UnicodeBytes(std::move(call.arguments[1]));
  else if (IsString(hashed.type.id) && !is_ascii)
    Report(DiagnosticId::kHashOfUtf8, node, {call.text});
  call.text = "HASHBYTES_" + Upper(call.arguments[0]->text);
  call.arguments.erase(call.arguments.begin());
}

// JSON paths: lax ones are what the targets have, a strict one fails where it finds nothing.
void Lowering::RefineJson(Expr& call, Node node) {
  if (call.arguments.size() < 2) return;
  if (!IsText(*call.arguments[1])) {
    const std::optional<ComposedPath> composed = ComposePath(*call.arguments[1]);
    if (composed && !composed->path.is_strict)
      call.arguments[1] = PathArgument(*composed, composed->path.steps.size());
    return;
  }
  std::string& text = call.arguments[1]->text;
  const std::optional<JsonPath> path = ParseJsonPath(text);
  if (!path) {
    Report(DiagnosticId::kUnsupportedConstruct, node,
           {"the JSON path " + text, options_.target_name},
           "name properties and elements by number only");
    return;
  }
  text = JsonPathText(*path);
  if (!path->is_strict) return;
  if (call.text == "JSON_VALUE") {
    call.text = "JSON_VALUE_STRICT";
    return;
  }
  Report(DiagnosticId::kUnsupportedConstruct, node, {"a strict JSON path", options_.target_name},
         "a lax path gives NULL where a strict one fails");
}

// Windows' names of time zones are not the targets': "AT TIME ZONE (Transact-SQL)".
ExprPtr Lowering::ZoneName(ExprPtr zone, Node node) {
  if (!IsText(*zone)) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {"AT TIME ZONE with a zone that is not a constant", options_.target_name});
  }
  const std::string_view iana = IanaZone(zone->text);
  if (iana.empty()) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {"the time zone " + zone->text, options_.target_name},
                  "name a zone of sys.time_zone_info");
  }
  zone->text = iana;
  zone->type = MakeSized(TypeId::kVarChar, static_cast<int32_t>(iana.size()), false);
  return zone;
}

// What a datetimeoffset says without its offset, where the expression tells which it is.
ExprPtr Lowering::LocalTime(ExprPtr expr) {
  if (expr->kind != ExprKind::kCall) return expr;
  if (expr->text == "AT_TIME_ZONE") return std::move(expr->arguments[0]);
  if (expr->text != "AT_TIME_ZONE_OFFSET") return expr;
  SqlType type = MakeType(TypeId::kDateTime2, expr->type.nullable);
  auto local = MakeCall("LOCAL_TIME", std::move(type), std::move(expr->arguments));
  local->span = expr->span;
  return local;
}

}  // namespace datamigrate::relational
