// FORMAT takes .NET's formats, in the culture en-US; those that a target can say are written in its
// own words: "FORMAT (Transact-SQL)", "Standard numeric format strings", "Custom numeric format
// strings", "Standard date and time format strings" (.NET).
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;
using tsql::TypeId;

struct NumberPattern {
  size_t least_digits = 1;       // Before the point.
  size_t decimals = 0;           // After it, at most.
  size_t optional_decimals = 0;  // Those of them that are left out while they are zeros.
  bool grouped = false;
  bool percent = false;
  bool currency = false;
};

bool IsDigits(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

// N2, F0, P1, C, D5.
std::optional<NumberPattern> StandardPattern(std::string_view format, bool is_integer) {
  const std::string_view digits = format.substr(1);
  if (digits.size() > 2 || !IsDigits(digits)) return std::nullopt;
  const char kind = static_cast<char>(std::toupper(static_cast<unsigned char>(format[0])));
  NumberPattern pattern;
  const size_t count = digits.empty() ? 2 : std::strtoul(std::string(digits).c_str(), nullptr, 10);
  pattern.decimals = count;
  pattern.grouped = kind == 'N' || kind == 'P' || kind == 'C';
  pattern.percent = kind == 'P';
  pattern.currency = kind == 'C';
  if (std::string_view("NFPC").find(kind) != std::string_view::npos) return pattern;
  if (kind != 'D' || !is_integer) return std::nullopt;
  pattern.decimals = 0;
  pattern.least_digits = digits.empty() ? 1 : count;
  return pattern;
}

// 0, #, one point, commas between digits and a percent sign at the end.
std::optional<NumberPattern> CustomPattern(std::string_view format) {
  NumberPattern pattern;
  pattern.percent = format.ends_with('%');
  if (pattern.percent) format.remove_suffix(1);
  const size_t point = format.find('.');
  const std::string_view whole = format.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : format.substr(point + 1);
  if (whole.find_first_not_of("#0,") != std::string_view::npos || whole.starts_with(',') ||
      whole.ends_with(','))
    return std::nullopt;
  const size_t zero = whole.find('0');
  if (zero != std::string_view::npos && whole.find('#', zero) != std::string_view::npos)
    return std::nullopt;
  pattern.least_digits = static_cast<size_t>(std::ranges::count(whole, '0'));
  pattern.grouped = whole.find(',') != std::string_view::npos;
  const size_t zeros = std::min(fraction.find_first_not_of('0'), fraction.size());
  if (fraction.find_first_not_of('#', zeros) != std::string_view::npos) return std::nullopt;
  pattern.decimals = fraction.size();
  pattern.optional_decimals = fraction.size() - zeros;
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (pattern.grouped && pattern.least_digits > 1) return std::nullopt;
  return pattern;
}

struct StandardDate {
  std::string_view name;
  std::string_view format;
};

constexpr auto kStandardDates = std::to_array<StandardDate>({
    {"d", "M/d/yyyy"},
    {"D", "dddd, MMMM d, yyyy"},
    {"t", "h:mm tt"},
    {"T", "h:mm:ss tt"},
    {"g", "M/d/yyyy h:mm tt"},
    {"G", "M/d/yyyy h:mm:ss tt"},
    {"f", "dddd, MMMM d, yyyy h:mm tt"},
    {"F", "dddd, MMMM d, yyyy h:mm:ss tt"},
    {"s", "yyyy-MM-ddTHH:mm:ss"},
    {"u", "yyyy-MM-dd HH:mm:ss'Z'"},
    {"M", "MMMM d"},
    {"m", "MMMM d"},
    {"Y", "MMMM yyyy"},
    {"y", "MMMM yyyy"},
});

}  // namespace

// An empty text for formats that are not known.
Emitter::Text Emitter::EmitNumberFormat(const Expr& call) {
  const Expr& value = *call.arguments[0];
  const std::string& format = call.arguments[1]->text;
  if (format.empty()) return {""};
  const bool is_standard = std::isalpha(static_cast<unsigned char>(format[0])) != 0;
  const std::optional<NumberPattern> found =
      is_standard ? StandardPattern(format, tsql::IsInteger(value.type.id)) : CustomPattern(format);
  if (!found) return {""};
  const NumberPattern& pattern = *found;
  const std::string_view rule =
      pattern.grouped ? dialect_.format_number_grouped : dialect_.format_number;
  const bool drops = pattern.least_digits == 0 || pattern.optional_decimals > 0;
  if (rule.empty() || (drops && dialect_.drop_match.empty())) return {""};
  Text operand = Emit(value);
  if (pattern.percent) operand = ApplyTemplate("$0 * 100", {operand});
  // The sign stands before the zeros and the currency.
  const bool pads = pattern.least_digits > 1;
  const Text shown = pads || pattern.currency ? ApplyTemplate("abs($0)", {operand}) : operand;
  const std::string zeros = pattern.decimals == 0 ? "" : "." + std::string(pattern.decimals, '0');
  Text text = ApplyTemplate(
      Replaced(Replaced(rule, "$1", std::to_string(pattern.decimals)), "$z", zeros), {shown});
  if (pattern.optional_decimals > 0) {
    const bool all = pattern.optional_decimals == pattern.decimals;
    text = ApplyTemplate(
        dialect_.drop_match,
        {text, {all ? "'[.]?0*$'" : "'0{1," + std::to_string(pattern.optional_decimals) + "}$'"}});
  }
  if (pattern.least_digits == 0) text = ApplyTemplate(dialect_.drop_leading_zero, {text});
  const std::string concat(dialect_.concat);
  if (pads) {
    const size_t width = pattern.least_digits + (pattern.decimals == 0 ? 0 : pattern.decimals + 1);
    text = ApplyTemplate("case when $0 < 0 then '-' else '' end" + concat +
                             "lpad($1, cast(greatest(length($1), " + std::to_string(width) +
                             ") as " + Type(tsql::MakeType(TypeId::kInt), call.span) + "), '0')",
                         {operand, text});
  }
  if (pattern.currency) {
    text = ApplyTemplate(
        "case when $0 < 0 then '($'" + concat + "$1" + concat + "')' else '$'" + concat + "$1 end",
        {operand, text});
  }
  if (pattern.percent) text = ApplyTemplate("$0" + concat + "'%'", {text});
  return text;
}

// STR with a constant length: the number with as many digits after the point as fit, else stars:
// "STR (Transact-SQL)".
Emitter::Text Emitter::EmitNumberText(const Expr& call) {
  const auto constant = [&](size_t index) -> int32_t {
    if (index >= call.arguments.size()) return 0;
    const Expr& value = *call.arguments[index];
    const bool is_number = value.kind == ExprKind::kNumber && value.text.size() <= 4;
    return is_number && IsDigits(value.text) ? std::atoi(value.text.c_str()) : -1;
  };
  const int32_t length = constant(1);
  const int32_t decimals = std::min(constant(2), 16);
  if (length < 0 || decimals < 0 || dialect_.format_number.empty()) {
    Report(DiagnosticId::kUnsupportedConstruct, call.span,
           {"STR with a length that is not constant", std::string(dialect_.title)});
    return {"null"};
  }
  const Text value = Emit(*call.arguments[0]);
  const Text width{std::to_string(length)};
  std::string sql = "case";
  for (int32_t digits = decimals; digits >= 0; --digits) {
    const Text shown =
        ApplyTemplate(Replaced(Replaced(dialect_.format_number, "$1", std::to_string(digits)), "$z",
                               digits == 0 ? "" : "." + std::string(digits, '0')),
                      {value});
    sql += ApplyTemplate(" when length($0) <= $1 then lpad($0, $1, ' ')", {shown, width}).sql;
  }
  return {sql + ApplyTemplate(" when $0 is not null then repeat('*', $1) end", {value, width}).sql};
}

// Letters in quotes and behind a backslash stand for themselves.
std::optional<Emitter::Text> Emitter::EmitQuotedDateFormat(const Expr& value,
                                                           std::string_view format) {
  std::vector<std::string> parts;
  std::string segment;
  bool is_known = true;
  const auto flush = [&] {
    if (segment.empty()) return;
    const std::optional<Text> text = EmitDateFormat(value, segment);
    is_known = is_known && text.has_value();
    if (text) parts.push_back(text->sql);
    segment.clear();
  };
  for (size_t i = 0; i < format.size(); ++i) {
    const char c = format[i];
    if (c == '%') return std::nullopt;
    if (c != '\'' && c != '"' && c != '\\') {
      segment += c;
      continue;
    }
    flush();
    const size_t end = c == '\\' ? i + 2 : format.find(c, i + 1);
    if (end == std::string_view::npos || end > format.size()) return std::nullopt;
    const std::string literal(format.substr(i + 1, end - i - 1));
    if (!literal.empty()) parts.push_back(EmitString(literal));
    i = c == '\\' ? end - 1 : end;
  }
  flush();
  if (!is_known || parts.empty()) return std::nullopt;
  return Text{Join(parts, dialect_.concat),
              parts.size() > 1 ? Binding::kConcat : Binding::kPrimary};
}

Emitter::Text Emitter::EmitFormat(const Expr& call) {
  const Expr& value = *call.arguments[0];
  const Expr& format = *call.arguments[1];
  const auto refuse = [&]() -> Text {
    Report(DiagnosticId::kUnsupportedFormat, call.span,
           {format.kind == ExprKind::kString ? "'" + format.text + "'" : "that is not a constant",
            std::string(dialect_.title)});
    return {"null"};
  };
  if (format.kind != ExprKind::kString || format.text.empty()) return refuse();
  if (call.arguments.size() > 2) {
    const Expr& culture = *call.arguments[2];
    if (culture.kind != ExprKind::kString || Lower(culture.text) != "en-us") return refuse();
  }
  if (tsql::IsNumeric(value.type.id) && value.type.id != TypeId::kBit) {
    Text text = EmitNumberFormat(call);
    if (text.sql.empty()) return refuse();
    return text;
  }
  const bool is_date = tsql::IsTemporal(value.type.id) && value.type.id != TypeId::kTime &&
                       value.type.id != TypeId::kDateTimeOffset;
  if (!is_date || dialect_.format_date.empty()) return refuse();
  const auto* standard =
      std::ranges::find(kStandardDates, std::string_view(format.text), &StandardDate::name);
  if (format.text.size() == 1 && standard == kStandardDates.end()) return refuse();
  const std::string_view written =
      standard == kStandardDates.end() ? std::string_view(format.text) : standard->format;
  const std::optional<Text> text = EmitQuotedDateFormat(value, written);
  return text ? *text : refuse();
}

}  // namespace datamigrate::dialects
