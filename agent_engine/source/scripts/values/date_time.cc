#include "agent_engine/source/scripts/values/date_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include <fmt/format.h>

namespace datamigrate::source {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsLeap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int DaysIn(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// "two digit year cutoff": 2049 by default.
int FullYear(int year, size_t digits) {
  if (digits > 2) return year;
  return year < 50 ? 2000 + year : 1900 + year;
}

struct Number {
  int value = 0;
  size_t digits = 0;
};

// Reads a text from left to right into the numbers of the date, the month's name, the time and the
// offset.
class DateTimeReader {
 public:
  explicit DateTimeReader(std::string_view text) : text_(text) {}

  bool Read() {
    while (SkipBlanks(), at_ < text_.size()) {
      const char c = text_[at_];
      const bool read = IsDigit(c)                            ? ReadDigits()
                        : IsLetter(c)                         ? ReadWord()
                        : has_time_ && (c == '+' || c == '-') ? ReadOffset()
                                                              : ReadSeparator(c);
      if (!read) return false;
    }
    return true;
  }

  std::vector<Number> numbers;
  int month = 0;
  int64_t ticks = 0;
  int32_t offset = 0;
  bool has_time() const { return has_time_; }
  bool has_iso_t = false;
  char separator = 0;

 private:
  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == ',' || text_[at_] == '\t'))
      ++at_;
  }

  std::optional<Number> TakeNumber(size_t max_digits) {
    Number number;
    while (at_ < text_.size() && IsDigit(text_[at_])) {
      if (++number.digits > max_digits) return std::nullopt;
      number.value = number.value * 10 + (text_[at_++] - '0');
    }
    if (number.digits == 0) return std::nullopt;
    return number;
  }

  std::string TakeWord() {
    std::string word;
    while (at_ < text_.size() && IsLetter(text_[at_])) {
      word += static_cast<char>(text_[at_++] | 0x20);
    }
    return word;
  }

  bool ReadDigits() {
    const auto number = TakeNumber(8);
    if (!number) return false;
    if (at_ < text_.size() && text_[at_] == ':') return ReadTime(number->value);
    const size_t before = at_;
    SkipBlanks();
    const std::string word = TakeWord();
    if (word == "am" || word == "pm") return SetTime(number->value, 0, 0, 0, word);
    at_ = before;
    if (has_time_ && numbers.size() >= 3) return false;
    numbers.push_back(*number);
    return numbers.size() <= 3;
  }

  bool ReadTime(int hour) {
    std::array<int, 2> parts = {0, 0};
    int64_t fraction = 0;
    for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] == ':'; ++i) {
      ++at_;
      const auto part = TakeNumber(2);
      if (!part || part->value > 59) return false;
      parts[i] = part->value;
    }
    if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == ':')) {
      const bool is_milliseconds = text_[at_++] == ':';
      const auto digits = TakeFraction(is_milliseconds);
      if (!digits) return false;
      fraction = *digits;
    }
    const size_t before = at_;
    SkipBlanks();
    std::string word = TakeWord();
    if (word != "am" && word != "pm") {
      at_ = before;
      word.clear();
    }
    return SetTime(hour, parts[0], parts[1], fraction, word);
  }

  // Ticks. After a colon the number counts milliseconds, after a point it is a fraction.
  std::optional<int64_t> TakeFraction(bool is_milliseconds) {
    const size_t begin = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    std::string digits(text_.substr(begin, at_ - begin));
    if (digits.empty() || (is_milliseconds && digits.size() > 3) || digits.size() > 9) {
      return std::nullopt;
    }
    if (is_milliseconds) digits.insert(0, 3 - digits.size(), '0');
    digits.resize(9, '0');
    int64_t nanoseconds = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), nanoseconds);
    return (nanoseconds + 50) / 100;
  }

  bool SetTime(int hour, int minute, int second, int64_t fraction, std::string_view half) {
    if (has_time_ || hour > 23 || (!half.empty() && hour > 12 && half == "am")) return false;
    if (half == "am" && hour == 12) hour = 0;
    if (half == "pm" && hour < 12) hour += 12;
    has_time_ = true;
    ticks = ((hour * 60 + minute) * 60 + second) * kTicksPerSecond + fraction;
    return true;
  }

  bool ReadWord() {
    const std::string word = TakeWord();
    if (word == "t" && numbers.size() == 3 && !has_time_) {
      has_iso_t = true;
      return true;
    }
    if (word == "z" && has_time_) return true;
    if (word.size() < 3 || month != 0) return false;
    for (size_t i = 0; i < kMonths.size(); ++i) {
      const bool is_short = word.size() == 3 && kMonths[i].substr(0, 3) == word;
      if (is_short || kMonths[i] == word) month = static_cast<int>(i) + 1;
    }
    return month != 0;
  }

  bool ReadOffset() {
    const int sign = text_[at_++] == '-' ? -1 : 1;
    const auto hours = TakeNumber(2);
    if (!hours || at_ >= text_.size() || text_[at_++] != ':') return false;
    const auto minutes = TakeNumber(2);
    if (!minutes || minutes->value > 59) return false;
    offset = sign * (hours->value * 60 + minutes->value);
    return offset >= -840 && offset <= 840;
  }

  bool ReadSeparator(char c) {
    if ((c != '-' && c != '/' && c != '.') || (numbers.empty() && month == 0)) return false;
    separator = c;
    ++at_;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool has_time_ = false;
};

std::optional<int32_t> DateOfDigits(const Number& number) {
  const int value = number.value;
  if (number.digits == 8) return FromCalendar(value / 10000, value / 100 % 100, value % 100);
  if (number.digits == 6) {
    return FromCalendar(FullYear(value / 10000, 2), value / 100 % 100, value % 100);
  }
  if (number.digits == 4) return FromCalendar(value, 1, 1);
  return std::nullopt;
}

std::optional<int32_t> DateWithMonthName(const std::vector<Number>& numbers, int month) {
  if (numbers.size() == 1) {
    const Number& only = numbers[0];
    return FromCalendar(FullYear(only.value, only.digits), month, 1);
  }
  if (numbers.size() != 2) return std::nullopt;
  const bool year_first = numbers[0].digits > 2;
  const Number& year = year_first ? numbers[0] : numbers[1];
  const Number& day = year_first ? numbers[1] : numbers[0];
  if (day.digits > 2) return std::nullopt;
  return FromCalendar(FullYear(year.value, year.digits), month, day.value);
}

// Which of three numbers is the year, the month and the day.
struct Positions {
  int year, month, day;
};

Positions PositionsOf(DateOrder order) {
  switch (order) {
    case DateOrder::kMdy:
      return {2, 0, 1};
    case DateOrder::kDmy:
      return {2, 1, 0};
    case DateOrder::kYmd:
      return {0, 1, 2};
    case DateOrder::kYdm:
      return {0, 2, 1};
    case DateOrder::kMyd:
      return {1, 0, 2};
    case DateOrder::kDym:
      return {1, 2, 0};
  }
  return {2, 0, 1};
}

bool MonthBeforeDay(DateOrder order) {
  const Positions positions = PositionsOf(order);
  return positions.month < positions.day;
}

std::optional<int32_t> DateOfNumbers(const std::vector<Number>& numbers, DateOrder order,
                                     bool year_first_is_fixed) {
  Positions positions = PositionsOf(order);
  // A year of four digits says where it stands; month and day keep their order.
  if (numbers[0].digits == 4) {
    const bool month_first = year_first_is_fixed || MonthBeforeDay(order);
    positions = month_first ? Positions{0, 1, 2} : Positions{0, 2, 1};
  } else if (numbers[2].digits == 4) {
    positions = MonthBeforeDay(order) ? Positions{2, 0, 1} : Positions{2, 1, 0};
  }
  const Number& year = numbers[positions.year];
  const Number &month = numbers[positions.month], &day = numbers[positions.day];
  if (month.digits > 2 || day.digits > 2 || year.digits == 3 || year.digits > 4)
    return std::nullopt;
  return FromCalendar(FullYear(year.value, year.digits), month.value, day.value);
}

int64_t RoundTicks(int64_t ticks, int64_t unit) {
  return (ticks + unit / 2) / unit * unit;
}

int64_t TickUnit(int scale) {
  int64_t unit = 1;
  for (int i = scale; i < 7; ++i) unit *= 10;
  return unit;
}

// datetime counts 1/300 s: .000, .003, .007.
int64_t RoundToThreeHundredths(int64_t ticks) {
  const int64_t units = (ticks * 300 + kTicksPerSecond / 2) / kTicksPerSecond;
  const int64_t milliseconds = (units * 1000 + 150) / 300;
  return milliseconds * 10'000;
}

std::string TimeText(int64_t ticks) {
  const int64_t seconds = ticks / kTicksPerSecond;
  std::string text =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  int64_t fraction = ticks % kTicksPerSecond;
  if (fraction == 0) return text;
  std::string digits = fmt::format("{:07}", fraction);
  while (digits.back() == '0') digits.pop_back();
  return text + "." + digits;
}

std::string DateText(int32_t day) {
  const CalendarDate date = ToCalendar(day);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string OffsetText(int32_t offset) {
  const int32_t size = std::abs(offset);
  return fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', size / 60, size % 60);
}

// Fraction with exactly `digits` digits.
std::string FractionText(int64_t ticks, int digits) {
  return fmt::format("{:07}", ticks % kTicksPerSecond).substr(0, digits);
}

}  // namespace

CalendarDate ToCalendar(int32_t day) {
  // Days from 0000-03-01, so that a leap day ends its year (Hinnant, "chrono-compatible low-level
  // date algorithms").
  const int32_t shifted = day + 306;
  const int32_t era = shifted / 146'097;
  const int32_t of_era = shifted % 146'097;
  const int32_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int32_t shifted_month = (5 * of_year + 2) / 153;
  const int32_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const int32_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {year, month, of_year - (153 * shifted_month + 2) / 5 + 1};
}

std::optional<int32_t> FromCalendar(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month)) {
    return std::nullopt;
  }
  const int32_t shifted_year = month <= 2 ? year - 1 : year;
  const int32_t era = shifted_year / 400;
  const int32_t of_era = shifted_year % 400;
  const int32_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 306;
}

std::optional<DateOrder> ParseDateOrder(std::string_view text) {
  constexpr std::array<std::string_view, 6> kNames = {"mdy", "dmy", "ymd", "ydm", "myd", "dym"};
  const auto found = std::ranges::find_if(
      kNames, [&](std::string_view name) { return catalog::EqualNames(name, text); });
  if (found == kNames.end()) return std::nullopt;
  return static_cast<DateOrder>(found - kNames.begin());
}

std::optional<DateTime> ParseDateTime(std::string_view text, DateOrder order, bool is_legacy) {
  DateTimeReader reader(text);
  if (!reader.Read()) return std::nullopt;
  DateTime value{kDay1900, reader.ticks, reader.offset};
  std::optional<int32_t> day = kDay1900;
  if (reader.month != 0) {
    day = DateWithMonthName(reader.numbers, reader.month);
  } else if (reader.numbers.size() == 1) {
    day = DateOfDigits(reader.numbers[0]);
  } else if (reader.numbers.size() == 3) {
    day = DateOfNumbers(reader.numbers, order, reader.has_iso_t || !is_legacy);
  } else if (!reader.numbers.empty()) {
    return std::nullopt;
  }
  if (!day) return std::nullopt;
  value.day = *day;
  return value;
}

DateOrder OrderOfStyle(int style, DateOrder fallback) {
  switch (style % 100) {
    case 1:
    case 10:
      return DateOrder::kMdy;
    case 2:
    case 11:
    case 12:
    case 20:
    case 21:
    case 23:
    case 26:
      return DateOrder::kYmd;
    case 3:
    case 4:
    case 5:
    case 6:
    case 13:
      return DateOrder::kDmy;
    default:
      return fallback;
  }
}

std::optional<DateTime> RoundTo(DateTime value, const catalog::DataType& type) {
  if (type.name == "date") return DateTime{value.day, 0, 0};
  if (type.name == "time") {
    return DateTime{kDay1900, RoundTicks(value.ticks, TickUnit(type.scale)) % kTicksPerDay, 0};
  }
  if (type.name == "smalldatetime") {
    // "smalldatetime": up to 29.998 seconds round down.
    value.ticks = RoundTicks(RoundToThreeHundredths(value.ticks), 60 * kTicksPerSecond);
  } else if (type.name == "datetime") {
    value.ticks = RoundToThreeHundredths(value.ticks);
  } else {
    value.ticks = RoundTicks(value.ticks, TickUnit(type.scale));
  }
  if (type.name != "datetimeoffset") value.offset = 0;
  if (value.ticks >= kTicksPerDay) {
    if (value.day == kMaxDay) {
      // Nothing lies after 9999-12-31: the newer types keep the last moment, the older ones
      // overflow.
      if (type.name == "datetime" || type.name == "smalldatetime") return std::nullopt;
      value.ticks = kTicksPerDay - TickUnit(std::min(type.scale, 7));
    } else {
      value.ticks -= kTicksPerDay;
      ++value.day;
    }
  }
  const CalendarDate date = ToCalendar(value.day);
  if (type.name == "datetime" && date.year < 1753) return std::nullopt;
  if (type.name == "smalldatetime" && (value.day < kDay1900 || value.day > kDay1900 + 65'535)) {
    return std::nullopt;
  }
  return value;
}

std::string FormatCell(const DateTime& value, const catalog::DataType& type) {
  if (type.name == "date") return DateText(value.day);
  if (type.name == "time") return TimeText(value.ticks);
  const std::string text = DateText(value.day) + " " + TimeText(value.ticks);
  return type.name == "datetimeoffset" ? text + " " + OffsetText(value.offset) : text;
}

std::optional<std::string> FormatStyle(const DateTime& value, const catalog::DataType& type,
                                       int style) {
  const CalendarDate date = ToCalendar(value.day);
  const int64_t seconds = value.ticks / kTicksPerSecond;
  const int hour = static_cast<int>(seconds / 3600), minute = static_cast<int>(seconds / 60 % 60);
  const int second = static_cast<int>(seconds % 60);
  const int hour12 = hour % 12 == 0 ? 12 : hour % 12;
  const char* half = hour < 12 ? "AM" : "PM";
  std::string month(kMonths[date.month - 1].substr(0, 3));
  month[0] = static_cast<char>(month[0] - 32);
  const std::string clock = fmt::format("{:02}:{:02}:{:02}", hour, minute, second);
  const std::string year = style >= 100 || style == 0 ? fmt::format("{:04}", date.year)
                                                      : fmt::format("{:02}", date.year % 100);
  const int digits = type.name == "datetime" ? 3 : type.name == "smalldatetime" ? 0 : type.scale;
  const std::string fraction = digits == 0 ? "" : "." + FractionText(value.ticks, digits);
  switch (style) {
    case 0:
    case 100:
      if (type.name == "date") return fmt::format("{} {:2} {:04}", month, date.day, date.year);
      if (type.name == "time") return fmt::format("{:2}:{:02}{}", hour12, minute, half);
      return fmt::format("{} {:2} {:04} {:2}:{:02}{}", month, date.day, date.year, hour12, minute,
                         half);
    case 1:
    case 101:
      return fmt::format("{:02}/{:02}/{}", date.month, date.day, year);
    case 2:
    case 102:
      return fmt::format("{}.{:02}.{:02}", year, date.month, date.day);
    case 3:
    case 103:
      return fmt::format("{:02}/{:02}/{}", date.day, date.month, year);
    case 4:
    case 104:
      return fmt::format("{:02}.{:02}.{}", date.day, date.month, year);
    case 5:
    case 105:
      return fmt::format("{:02}-{:02}-{}", date.day, date.month, year);
    case 6:
    case 106:
      return fmt::format("{:02} {} {}", date.day, month, year);
    case 7:
    case 107:
      return fmt::format("{} {:02}, {}", month, date.day, year);
    case 8:
    case 24:
    case 108:
      return clock;
    case 10:
    case 110:
      return fmt::format("{:02}-{:02}-{}", date.month, date.day, year);
    case 11:
    case 111:
      return fmt::format("{}/{:02}/{:02}", year, date.month, date.day);
    case 12:
    case 112:
      return fmt::format("{}{:02}{:02}", year, date.month, date.day);
    case 20:
    case 120:
      return DateText(value.day) + (type.name == "date" ? "" : " " + clock);
    case 21:
    case 25:
    case 121:
      if (type.name == "time") return clock + fraction;
      return DateText(value.day) + (type.name == "date" ? "" : " " + clock + fraction);
    case 23:
      return DateText(value.day);
    case 126:
    case 127: {
      const bool drops = value.ticks % kTicksPerSecond == 0 && type.name == "datetime";
      return DateText(value.day) +
             (type.name == "date" ? "" : "T" + clock + (drops ? "" : fraction));
    }
    default:
      return std::nullopt;
  }
}

std::optional<DateTime> ParseCell(std::string_view text) {
  return ParseDateTime(text, DateOrder::kYmd, false);
}

}  // namespace datamigrate::source
