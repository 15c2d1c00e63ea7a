#include "agent_engine/source/scripts/rows/functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/text_encoding.h"

namespace datamigrate::source {

using catalog::DataType;
using catalog::FoldName;

namespace {

using Result = absl::StatusOr<SqlValue>;

struct Call {
  const std::string& name;
  const std::string& date_part;
  const std::vector<SqlValue>& arguments;
  Session& session;
  EvaluationHost& host;

  const SqlValue& operator[](size_t i) const { return arguments[i]; }
  size_t size() const { return arguments.size(); }
  std::string Text(size_t i) const {
    if (i >= arguments.size() || arguments[i].is_null()) return {};
    const auto text =
        Convert(arguments[i], {"nvarchar", DataType::kMax, 0, 0, {}}, session.settings);
    return text.ok() ? text->text.value_or("") : *arguments[i].text;
  }
  int64_t Integer(size_t i, int64_t fallback = 0) const {
    if (i >= arguments.size() || arguments[i].is_null()) return fallback;
    const auto number = Convert(arguments[i], {"bigint", 0, 0, 0, {}}, {});
    return number.ok() ? IntegerOf(*number).value_or(fallback) : fallback;
  }
  bool IsNational(size_t i) const { return source::IsNational(arguments[i].type); }
};

// -- Texts ---------------------------------------------------------------------------------------

// Byte offsets of the characters of `text`, its end included.
std::vector<size_t> CharacterOffsets(std::string_view text) {
  std::vector<size_t> offsets;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) offsets.push_back(i);
  }
  offsets.push_back(text.size());
  return offsets;
}

// `length` characters from position `start`, which counts from 1 and may lie before the text.
std::string Substring(std::string_view text, int64_t start, int64_t length) {
  const auto offsets = CharacterOffsets(text);
  const auto count = static_cast<int64_t>(offsets.size()) - 1;
  const int64_t begin = std::clamp<int64_t>(start - 1, 0, count);
  const int64_t end = std::clamp<int64_t>(start - 1 + std::max<int64_t>(length, 0), begin, count);
  return std::string(text.substr(offsets[begin], offsets[end] - offsets[begin]));
}

int64_t CountCharacters(std::string_view text) {
  return static_cast<int64_t>(CharacterOffsets(text).size()) - 1;
}

std::string TrimLeft(std::string text) {
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

std::string TrimRight(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

Result Len(const Call& call) {
  return IntValue(CountCharacters(TrimRight(call.Text(0))));
}

Result DataLength(const Call& call) {
  const SqlValue& value = call[0];
  if (FamilyOf(value.type) == TypeFamily::kBinary) {
    return IntValue(static_cast<int64_t>(value.text->size() / 2 - 1));
  }
  const std::string text = call.Text(0);
  const size_t units = Utf16Length(text);
  return IntValue(static_cast<int64_t>(call.IsNational(0) ? 2 * units : units));
}

Result Left(const Call& call) {
  return TextValue(Substring(call.Text(0), 1, call.Integer(1)), call.IsNational(0));
}

Result Right(const Call& call) {
  const std::string text = call.Text(0);
  const int64_t length = call.Integer(1), count = CountCharacters(text);
  return TextValue(Substring(text, std::max<int64_t>(count - length, 0) + 1, length),
                   call.IsNational(0));
}

Result SubstringOf(const Call& call) {
  if (FamilyOf(call[0].type) == TypeFamily::kBinary) {
    const std::string bytes = ParseHex(*call[0].text).value_or("");
    const auto size = static_cast<int64_t>(bytes.size());
    const int64_t begin = std::clamp<int64_t>(call.Integer(1) - 1, 0, size);
    const int64_t end = std::clamp<int64_t>(call.Integer(1) - 1 + call.Integer(2), begin, size);
    return SqlValue{call[0].type, FormatHex(bytes.substr(begin, end - begin))};
  }
  return TextValue(Substring(call.Text(0), call.Integer(1), call.Integer(2)), call.IsNational(0));
}

// ASCII letters; others keep their case unless folding knows them.
std::string Upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

Result UpperOf(const Call& call) {
  const std::string text = call.Text(0);
  const bool is_ascii =
      std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; });
  if (!is_ascii) return absl::UnimplementedError("UPPER of letters beyond ASCII");
  return TextValue(Upper(text), call.IsNational(0));
}

Result LowerOf(const Call& call) {
  return TextValue(FoldName(call.Text(0)), call.IsNational(0));
}
Result LTrim(const Call& call) {
  return TextValue(TrimLeft(call.Text(0)), call.IsNational(0));
}
Result RTrim(const Call& call) {
  return TextValue(TrimRight(call.Text(0)), call.IsNational(0));
}
Result TrimBoth(const Call& call) {
  return TextValue(TrimLeft(TrimRight(call.Text(0))), call.IsNational(0));
}

Result Replace(const Call& call) {
  std::string text = call.Text(0);
  const std::string from = FoldName(call.Text(1)), to = call.Text(2);
  if (from.empty()) return TextValue(text, call.IsNational(0));
  std::string folded = FoldName(text), result;
  if (folded.size() != text.size())
    return absl::UnimplementedError("REPLACE in a text whose letters fold to other lengths");
  size_t at = 0;
  for (size_t found = folded.find(from); found != std::string::npos;
       found = folded.find(from, at)) {
    result += text.substr(at, found - at) + to;
    at = found + from.size();
  }
  return TextValue(result + text.substr(at), call.IsNational(0));
}

Result Repeat(const std::string& text, int64_t count, bool is_national) {
  constexpr int64_t kMaxBytes = 8 << 20;
  if (count < 0) return SqlValue{{"varchar", 1, 0, 0, {}}, std::nullopt};
  if (count * static_cast<int64_t>(text.size()) > kMaxBytes) {
    return absl::ResourceExhaustedError("REPLICATE makes more than 8 MB");
  }
  std::string result;
  for (int64_t i = 0; i < count; ++i) result += text;
  return TextValue(result, is_national);
}

Result Replicate(const Call& call) {
  return Repeat(call.Text(0), call.Integer(1), call.IsNational(0));
}
Result Space(const Call& call) {
  return Repeat(" ", call.Integer(0), false);
}

Result CharOf(const Call& call) {
  const int64_t code = call.Integer(0);
  const bool is_national = call.name == "nchar";
  if (code < 0 || code > (is_national ? 0x10FFFF : 255)) return NullValue();
  std::string text;
  if (is_national)
    AppendUtf8(text, static_cast<uint32_t>(code));
  else
    text = Windows1252ToUtf8(std::string(1, static_cast<char>(code)));
  return TextValue(text, is_national);
}

Result CharIndex(const Call& call) {
  const std::string text = FoldName(call.Text(1)), sought = FoldName(call.Text(0));
  const auto offsets = CharacterOffsets(text);
  const int64_t start =
      std::clamp<int64_t>(call.Integer(2, 1), 1, static_cast<int64_t>(offsets.size()));
  const size_t found = sought.empty() ? std::string::npos : text.find(sought, offsets[start - 1]);
  if (found == std::string::npos) return IntValue(0);
  return IntValue(CountCharacters(std::string_view(text).substr(0, found)) + 1);
}

Result Concat(const Call& call) {
  std::string text;
  for (size_t i = 0; i < call.size(); ++i) text += call.Text(i);
  return TextValue(text);
}

Result ConcatWithSeparator(const Call& call) {
  std::string text;
  bool is_first = true;
  for (size_t i = 1; i < call.size(); ++i) {
    if (call[i].is_null()) continue;
    text += (is_first ? "" : call.Text(0)) + call.Text(i);
    is_first = false;
  }
  return TextValue(text);
}

Result Stuff(const Call& call) {
  const std::string text = call.Text(0);
  const int64_t start = call.Integer(1), length = call.Integer(2), count = CountCharacters(text);
  if (start < 1 || start > count || length < 0) return NullValue();
  return TextValue(
      Substring(text, 1, start - 1) + call.Text(3) + Substring(text, start + length, count),
      call.IsNational(0));
}

Result Reverse(const Call& call) {
  const std::string text = call.Text(0);
  const auto offsets = CharacterOffsets(text);
  std::string reversed;
  for (size_t i = offsets.size() - 1; i > 0; --i)
    reversed += text.substr(offsets[i - 1], offsets[i] - offsets[i - 1]);
  return TextValue(reversed, call.IsNational(0));
}

Result Ascii(const Call& call) {
  const std::string text = call.Text(0);
  if (text.empty()) return NullValue();
  if (static_cast<signed char>(text[0]) < 0)
    return absl::UnimplementedError("ASCII of a character beyond ASCII");
  return IntValue(static_cast<unsigned char>(text[0]));
}

Result Str(const Call& call) {
  const auto number = DecimalOf(call[0]);
  const int64_t length = call.Integer(1, 10), decimals = call.Integer(2, 0);
  const auto rounded =
      number ? RoundDecimal(*number, 38, static_cast<int>(std::clamp<int64_t>(decimals, 0, 16)))
             : number;
  if (!rounded) return absl::InvalidArgumentError("STR takes a number");
  std::string text = FormatDecimal(*rounded);
  const auto width = static_cast<size_t>(std::clamp<int64_t>(length, 0, 8000));
  if (text.size() > width) return TextValue(std::string(width, '*'), false);
  return TextValue(std::string(width - text.size(), ' ') + text, false);
}

// -- Numbers -------------------------------------------------------------------------------------

Result Abs(const Call& call) {
  SqlValue value = call[0];
  if (value.text->starts_with('-')) value.text->erase(0, 1);
  return value;
}

Result Round(const Call& call) {
  const SqlValue& value = call[0];
  const int64_t digits = call.Integer(1);
  const bool cuts = call.Integer(2) != 0;
  if (FamilyOf(value.type) == TypeFamily::kFloat) {
    const double power = std::pow(10.0, static_cast<double>(digits));
    const double scaled = DoubleOf(value).value_or(0) * power;
    return SqlValue{value.type,
                    FormatDouble((cuts ? std::trunc(scaled) : std::round(scaled)) / power)};
  }
  const auto number = DecimalOf(value);
  if (!number || digits < -38 || digits > 38)
    return absl::InvalidArgumentError("ROUND takes a number and a length");
  Decimal shifted = *number;
  const int kept = static_cast<int>(std::min<int64_t>(digits, number->scale));
  if (cuts) {
    for (int i = kept; i < number->scale; ++i) shifted.digits /= 10;
    for (int i = kept; i < number->scale; ++i) shifted.digits *= 10;
  } else {
    __int128 unit = 1;
    for (int i = kept; i < number->scale; ++i) unit *= 10;
    const __int128 half = shifted.digits < 0 ? -unit / 2 : unit / 2;
    shifted.digits = (shifted.digits + half) / unit * unit;
  }
  return Convert({{"decimal", 0, 38, shifted.scale, {}}, FormatDecimal(shifted)}, value.type, {});
}

Result FloorOrCeiling(const Call& call) {
  const SqlValue& value = call[0];
  const bool is_floor = call.name == "floor";
  if (FamilyOf(value.type) == TypeFamily::kFloat) {
    const double number = DoubleOf(value).value_or(0);
    return SqlValue{value.type, FormatDouble(is_floor ? std::floor(number) : std::ceil(number))};
  }
  auto number = DecimalOf(value);
  if (!number) return absl::InvalidArgumentError(absl::StrCat(call.name, " takes a number"));
  __int128 unit = 1;
  for (int i = 0; i < number->scale; ++i) unit *= 10;
  const __int128 rest = number->digits % unit;
  number->digits /= unit;
  if (rest < 0 && is_floor) --number->digits;
  if (rest > 0 && !is_floor) ++number->digits;
  number->scale = 0;
  const bool is_decimal = FamilyOf(value.type) == TypeFamily::kDecimal;
  const DataType whole{"decimal", 0, 38, 0, {}};
  const SqlValue result{whole, FormatDecimal(*number)};
  return is_decimal ? Result(result) : Convert(result, value.type, {});
}

Result FloatFunction(const Call& call, double (*function)(double)) {
  const auto number = DoubleOf(call[0]);
  if (!number) return absl::InvalidArgumentError(absl::StrCat(call.name, " takes a number"));
  const double result = function(*number);
  if (!std::isfinite(result))
    return absl::InvalidArgumentError(absl::StrCat(call.name, " is not defined there"));
  return SqlValue{{"float", 0, 53, 0, {}}, FormatDouble(result)};
}

Result Sqrt(const Call& call) {
  return FloatFunction(call, std::sqrt);
}
Result Exp(const Call& call) {
  return FloatFunction(call, std::exp);
}

Result Power(const Call& call) {
  const auto base = DoubleOf(call[0]), exponent = DoubleOf(call[1]);
  if (!base || !exponent) return absl::InvalidArgumentError("POWER takes two numbers");
  const double result = std::pow(*base, *exponent);
  if (!std::isfinite(result)) return absl::InvalidArgumentError("POWER is not defined there");
  return Convert({{"float", 0, 53, 0, {}}, FormatDouble(result)}, call[0].type, {});
}

Result Sign(const Call& call) {
  const double number = DoubleOf(call[0]).value_or(0);
  return Convert(IntValue(number > 0 ? 1 : number < 0 ? -1 : 0), call[0].type, {});
}

// -- Dates ---------------------------------------------------------------------------------------

SqlValue MomentValue(const DateTime& moment, const DataType& type) {
  const auto rounded = RoundTo(moment, type);
  return {type, rounded ? std::optional(FormatCell(*rounded, type)) : std::nullopt};
}

const DataType kDateTime{"datetime", 0, 0, 0, {}};
const DataType kDateTime2{"datetime2", 0, 0, 7, {}};
const DataType kDate{"date", 0, 0, 0, {}};

Result Now(const Call& call) {
  if (call.name == "sysdatetimeoffset") {
    return MomentValue(call.session.now, {"datetimeoffset", 0, 0, 7, {}});
  }
  const bool is_new = call.name == "sysdatetime" || call.name == "sysutcdatetime";
  return MomentValue(call.session.now, is_new ? kDateTime2 : kDateTime);
}

struct DatePart {
  std::string_view name;
  int64_t months;  // Years, quarters and months.
  int64_t ticks;   // The others; days are 24 hours.
};

constexpr int64_t kHour = 3600 * kTicksPerSecond;

constexpr auto kDateParts = std::to_array<DatePart>({
    {"year", 12, 0},
    {"yy", 12, 0},
    {"yyyy", 12, 0},
    {"quarter", 3, 0},
    {"qq", 3, 0},
    {"q", 3, 0},
    {"month", 1, 0},
    {"mm", 1, 0},
    {"m", 1, 0},
    {"dayofyear", 0, 24 * kHour},
    {"dy", 0, 24 * kHour},
    {"y", 0, 24 * kHour},
    {"day", 0, 24 * kHour},
    {"dd", 0, 24 * kHour},
    {"d", 0, 24 * kHour},
    {"week", 0, 168 * kHour},
    {"wk", 0, 168 * kHour},
    {"ww", 0, 168 * kHour},
    {"iso_week", 0, 168 * kHour},
    {"isowk", 0, 168 * kHour},
    {"isoww", 0, 168 * kHour},
    {"weekday", 0, 24 * kHour},
    {"dw", 0, 24 * kHour},
    {"w", 0, 24 * kHour},
    {"hour", 0, kHour},
    {"hh", 0, kHour},
    {"minute", 0, kHour / 60},
    {"mi", 0, kHour / 60},
    {"n", 0, kHour / 60},
    {"second", 0, kTicksPerSecond},
    {"ss", 0, kTicksPerSecond},
    {"s", 0, kTicksPerSecond},
    {"millisecond", 0, 10'000},
    {"ms", 0, 10'000},
    {"microsecond", 0, 10},
    {"mcs", 0, 10},
});

const DatePart* FindDatePart(const std::string& name) {
  const auto found = std::ranges::find(kDateParts, std::string_view(name), &DatePart::name);
  return found == kDateParts.end() ? nullptr : &*found;
}

absl::Status UnknownDatePart(const std::string& name) {
  return absl::UnimplementedError(absl::StrCat("the date part ", name));
}

// A date argument; texts are datetime2.
std::optional<DateTime> MomentOf(const SqlValue& value, const Session& session) {
  const bool is_date = FamilyOf(value.type) == TypeFamily::kDate ||
                       FamilyOf(value.type) == TypeFamily::kTime ||
                       FamilyOf(value.type) == TypeFamily::kDateTime ||
                       FamilyOf(value.type) == TypeFamily::kDateTimeOffset;
  if (is_date) return ParseCell(*value.text);
  const bool is_number = FamilyOf(value.type) == TypeFamily::kInteger;
  const auto converted = Convert(value, is_number ? kDateTime : kDateTime2, session.settings);
  return converted.ok() ? ParseCell(*converted->text) : std::nullopt;
}

Result DateAdd(const Call& call) {
  const DatePart* part = FindDatePart(call.date_part);
  if (part == nullptr) return UnknownDatePart(call.date_part);
  auto moment = MomentOf(call[1], call.session);
  if (!moment) return absl::InvalidArgumentError("DATEADD takes a date");
  const int64_t count = call.Integer(0);
  if (part->months != 0) {
    const CalendarDate date = ToCalendar(moment->day);
    const int64_t months = date.year * 12 + date.month - 1 + count * part->months;
    const auto year = static_cast<int>(months / 12), month = static_cast<int>(months % 12) + 1;
    for (int day = date.day; day > date.day - 4; --day) {
      if (const auto found = FromCalendar(year, month, day)) {
        moment->day = *found;
        return MomentValue(*moment,
                           FamilyOf(call[1].type) == TypeFamily::kText ? kDateTime : call[1].type);
      }
    }
    return absl::InvalidArgumentError("DATEADD leaves the calendar");
  }
  const __int128 ticks = static_cast<__int128>(moment->day) * kTicksPerDay + moment->ticks +
                         static_cast<__int128>(count) * part->ticks;
  if (ticks < 0 || ticks / kTicksPerDay > kMaxDay)
    return absl::InvalidArgumentError("DATEADD leaves the calendar");
  moment->day = static_cast<int32_t>(ticks / kTicksPerDay);
  moment->ticks = static_cast<int64_t>(ticks % kTicksPerDay);
  const bool keeps =
      FamilyOf(call[1].type) != TypeFamily::kText && FamilyOf(call[1].type) != TypeFamily::kInteger;
  return MomentValue(*moment, keeps ? call[1].type : kDateTime);
}

// DATEDIFF counts the boundaries that lie between.
Result DateDiff(const Call& call) {
  const DatePart* part = FindDatePart(call.date_part);
  if (part == nullptr) return UnknownDatePart(call.date_part);
  const auto from = MomentOf(call[0], call.session), to = MomentOf(call[1], call.session);
  if (!from || !to) return absl::InvalidArgumentError("DATEDIFF takes two dates");
  if (part->months != 0) {
    const auto unit = [&](const DateTime& moment) {
      const CalendarDate date = ToCalendar(moment.day);
      return (date.year * 12 + date.month - 1) / part->months;
    };
    return IntValue(unit(*to) - unit(*from));
  }
  const auto unit = [&](const DateTime& moment) {
    // Weeks begin on Sunday: 0001-01-01 was a Monday.
    const int64_t shift = part->ticks == 168 * kHour ? 1 : 0;
    return (static_cast<__int128>(moment.day + shift) * kTicksPerDay + moment.ticks) / part->ticks;
  };
  return IntValue(static_cast<int64_t>(unit(*to) - unit(*from)));
}

Result PartOf(const Call& call, const std::string& name) {
  const auto moment = MomentOf(call[0], call.session);
  if (!moment) return absl::InvalidArgumentError("a date is expected");
  const CalendarDate date = ToCalendar(moment->day);
  const int64_t seconds = moment->ticks / kTicksPerSecond;
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, std::string_view(name)) != names.end();
  };
  const int32_t day_of_year = moment->day - *FromCalendar(date.year, 1, 1) + 1;
  if (is({"year", "yy", "yyyy"})) return IntValue(date.year);
  if (is({"quarter", "qq", "q"})) return IntValue((date.month + 2) / 3);
  if (is({"month", "mm", "m"})) return IntValue(date.month);
  if (is({"day", "dd", "d"})) return IntValue(date.day);
  if (is({"dayofyear", "dy", "y"})) return IntValue(day_of_year);
  if (is({"weekday", "dw", "w"})) return IntValue((moment->day + 1) % 7 + 1);
  if (is({"week", "wk", "ww"})) {
    const int32_t first = (*FromCalendar(date.year, 1, 1) + 1) % 7;
    return IntValue((day_of_year - 1 + first) / 7 + 1);
  }
  if (is({"iso_week", "isowk", "isoww"})) {
    // The week of the Thursday: ISO 8601. 0001-01-01 was a Monday.
    const int32_t thursday = moment->day - moment->day % 7 + 3;
    return IntValue((thursday - *FromCalendar(ToCalendar(thursday).year, 1, 1)) / 7 + 1);
  }
  if (is({"hour", "hh"})) return IntValue(seconds / 3600);
  if (is({"minute", "mi", "n"})) return IntValue(seconds / 60 % 60);
  if (is({"second", "ss", "s"})) return IntValue(seconds % 60);
  if (is({"millisecond", "ms"})) return IntValue(moment->ticks % kTicksPerSecond / 10'000);
  return UnknownDatePart(name);
}

Result DatePartOf(const Call& call) {
  return PartOf(call, call.date_part);
}
Result YearMonthDay(const Call& call) {
  return PartOf(call, call.name);
}

Result DateName(const Call& call) {
  static constexpr std::array<const char*, 12> kMonthNames = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  static constexpr std::array<const char*, 7> kDayNames = {
      "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  auto number = PartOf(call, call.date_part);
  if (!number.ok()) return number;
  const auto value = static_cast<size_t>(IntegerOf(*number).value_or(1));
  const DatePart* part = FindDatePart(call.date_part);
  if (part->months == 1) return TextValue(kMonthNames[value - 1]);
  if (call.date_part == "weekday" || call.date_part == "dw" || call.date_part == "w") {
    return TextValue(kDayNames[value - 1]);
  }
  return TextValue(*number->text);
}

Result EndOfMonth(const Call& call) {
  const auto moment = MomentOf(call[0], call.session);
  if (!moment) return absl::InvalidArgumentError("EOMONTH takes a date");
  const CalendarDate date = ToCalendar(moment->day);
  const int64_t months = date.year * 12 + date.month + call.Integer(1);
  const auto next =
      FromCalendar(static_cast<int>(months / 12), static_cast<int>(months % 12) + 1, 1);
  if (!next) return absl::InvalidArgumentError("EOMONTH leaves the calendar");
  return MomentValue({*next - 1, 0, 0}, kDate);
}

Result DateFromParts(const Call& call) {
  const auto day =
      FromCalendar(static_cast<int>(call.Integer(0)), static_cast<int>(call.Integer(1)),
                   static_cast<int>(call.Integer(2)));
  if (!day) return absl::InvalidArgumentError("DATEFROMPARTS gives no date");
  return MomentValue({*day, 0, 0}, kDate);
}

// -- The session ---------------------------------------------------------------------------------

Result UserName(const Call&) {
  return TextValue("dbo");
}
Result NewId(const Call& call) {
  return call.host.NewId();
}
Result ScopeIdentity(const Call& call) {
  return call.session.last_identity.value_or(NullValue());
}
Result ObjectId(const Call& call) {
  return call.host.HasObject(call.Text(0)) ? IntValue(1) : NullValue();
}
// From 0 to 1, by the source of NEWID.
Result Rand(const Call& call) {
  const SqlValue id = call.host.NewId();
  const double number =
      static_cast<double>(std::stoull(id.text->substr(0, 8), nullptr, 16)) / 4294967296.0;
  return SqlValue{{"float", 0, 53, 0, {}}, FormatDouble(number)};
}
// A script that asks for the server gets the answers of SQL Server 2022.
Result ServerProperty(const Call& call) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kProperties = {{
      {"collation", "SQL_Latin1_General_CP1_CI_AS"},
      {"edition", "Enterprise Edition (64-bit)"},
      {"engineedition", "3"},
      {"productlevel", "RTM"},
      {"productmajorversion", "16"},
      {"productversion", "16.0.1000.6"},
      {"resourcelastupdatedatetime", "2022-10-08 06:30:28"},
  }};
  const std::string wanted = FoldName(call.Text(0));
  for (const auto& [name, value] : kProperties) {
    if (wanted == name) return TextValue(std::string(value));
  }
  return NullValue();
}
Result NullIf(const Call& call) {
  const auto order = Compare(call[0], call[1], call.session.settings);
  if (!order.ok()) return order.status();
  return *order && **order == 0 ? SqlValue{call[0].type, std::nullopt} : call[0];
}

struct Function {
  std::string_view name;
  size_t min_arguments;
  size_t max_arguments;
  bool null_gives_null;  // NULL in any argument makes the result NULL.
  Result (*function)(const Call&);
};

constexpr auto kFunctions = std::to_array<Function>({
    {"abs", 1, 1, true, Abs},
    {"ascii", 1, 1, true, Ascii},
    {"ceiling", 1, 1, true, FloorOrCeiling},
    {"char", 1, 1, true, CharOf},
    {"charindex", 2, 3, true, CharIndex},
    {"concat", 2, 254, false, Concat},
    {"concat_ws", 3, 254, false, ConcatWithSeparator},
    {"current_timestamp", 0, 0, false, Now},
    {"current_user", 0, 0, false, UserName},
    {"datalength", 1, 1, true, DataLength},
    {"dateadd", 2, 2, true, DateAdd},
    {"datediff", 2, 2, true, DateDiff},
    {"datefromparts", 3, 3, true, DateFromParts},
    {"datename", 1, 1, true, DateName},
    {"datepart", 1, 1, true, DatePartOf},
    {"day", 1, 1, true, YearMonthDay},
    {"eomonth", 1, 2, true, EndOfMonth},
    {"exp", 1, 1, true, Exp},
    {"floor", 1, 1, true, FloorOrCeiling},
    {"getdate", 0, 0, false, Now},
    {"getutcdate", 0, 0, false, Now},
    {"left", 2, 2, true, Left},
    {"len", 1, 1, true, Len},
    {"lower", 1, 1, true, LowerOf},
    {"ltrim", 1, 1, true, LTrim},
    {"month", 1, 1, true, YearMonthDay},
    {"nchar", 1, 1, true, CharOf},
    {"newid", 0, 0, false, NewId},
    {"newsequentialid", 0, 0, false, NewId},
    {"nullif", 2, 2, false, NullIf},
    {"object_id", 1, 2, true, ObjectId},
    {"original_login", 0, 0, false, UserName},
    {"power", 2, 2, true, Power},
    {"rand", 0, 1, false, Rand},
    {"replace", 3, 3, true, Replace},
    {"replicate", 2, 2, true, Replicate},
    {"reverse", 1, 1, true, Reverse},
    {"right", 2, 2, true, Right},
    {"round", 2, 3, true, Round},
    {"rtrim", 1, 1, true, RTrim},
    {"scope_identity", 0, 0, false, ScopeIdentity},
    {"serverproperty", 1, 1, true, ServerProperty},
    {"session_user", 0, 0, false, UserName},
    {"sign", 1, 1, true, Sign},
    {"space", 1, 1, true, Space},
    {"sqrt", 1, 1, true, Sqrt},
    {"str", 1, 3, true, Str},
    {"stuff", 4, 4, false, Stuff},
    {"substring", 3, 3, true, SubstringOf},
    {"suser_name", 0, 1, false, UserName},
    {"suser_sname", 0, 1, false, UserName},
    {"sysdatetime", 0, 0, false, Now},
    {"sysdatetimeoffset", 0, 0, false, Now},
    {"system_user", 0, 0, false, UserName},
    {"sysutcdatetime", 0, 0, false, Now},
    {"trim", 1, 1, true, TrimBoth},
    {"upper", 1, 1, true, UpperOf},
    {"user", 0, 0, false, UserName},
    {"user_name", 0, 1, false, UserName},
    {"year", 1, 1, true, YearMonthDay},
});
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

}  // namespace

Result CallBuiltIn(const std::string& name, const std::string& date_part,
                   const std::vector<SqlValue>& arguments, Session& session, EvaluationHost& host) {
  const auto function =
      std::ranges::lower_bound(kFunctions, std::string_view(name), {}, &Function::name);
  if (function == kFunctions.end() || function->name != name) {
    return absl::UnimplementedError(
        absl::StrCat("the function ", name, " is not evaluated while scripts are read"));
  }
  if (arguments.size() < function->min_arguments || arguments.size() > function->max_arguments) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " does not take ", arguments.size(), " arguments"));
  }
  const bool has_null = std::ranges::any_of(arguments, &SqlValue::is_null);
  if (function->null_gives_null && has_null) return SqlValue{arguments[0].type, std::nullopt};
  return function->function({name, date_part, arguments, session, host});
}

bool TakesDatePart(const std::string& name) {
  return name == "dateadd" || name == "datediff" || name == "datepart" || name == "datename";
}

bool DependsOnRun(const std::string& name) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"current_timestamp", "getdate", "getutcdate", "newid", "newsequentialid", "rand",
       "serverproperty", "sysdatetime", "sysdatetimeoffset", "sysutcdatetime"});
  return std::ranges::find(kNames, std::string_view(name)) != kNames.end();
}

}  // namespace datamigrate::source
