#include "agent_engine/data/calendar.h"

namespace datamigrate::data {
namespace {

// Days from civil and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

bool IsLeap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// `count` digits at `position`; -1 when there are none.
int Digits(std::string_view text, size_t position, size_t count) {
  if (position + count > text.size()) return -1;
  int value = 0;
  for (size_t i = position; i < position + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// At least `width` digits, with zeros before.
void AppendDigits(std::string& text, int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) text.append(width - digits.size(), '0');
  text += digits;
}

// Takes "+HH:MM" or "-HH:MM" from the end of `text`: minutes east of UTC.
std::optional<int> TakeOffset(std::string_view& text) {
  if (text.size() < 6) return std::nullopt;
  const std::string_view offset = text.substr(text.size() - 6);
  if ((offset[0] != '+' && offset[0] != '-') || offset[3] != ':') return std::nullopt;
  const int hours = Digits(offset, 1, 2), minutes = Digits(offset, 4, 2);
  if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return std::nullopt;
  text.remove_suffix(6);
  if (text.ends_with(" ")) text.remove_suffix(1);
  return (offset[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::optional<int64_t> ParseDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) {
    return std::nullopt;
  }
  return DaysFromCivil(year, month, day);
}

std::optional<int64_t> ParseTime(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const int hour = Digits(text, 0, 2), minute = Digits(text, 3, 2), second = Digits(text, 6, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  int64_t nanos = 0;
  if (text.size() > 8) {
    const size_t digits = text.size() - 9;
    if (text[8] != '.' || digits == 0 || digits > 9) return std::nullopt;
    nanos = Digits(text, 9, digits);
    if (nanos < 0) return std::nullopt;
    for (size_t i = digits; i < 9; ++i) nanos *= 10;
  }
  return (hour * 3600 + minute * 60 + second) * kNanosPerSecond + nanos;
}

std::optional<DayTime> ParseDayTime(std::string_view text) {
  if (text.size() < 10) return std::nullopt;
  const auto day = ParseDay(text.substr(0, 10));
  if (!day) return std::nullopt;
  text.remove_prefix(10);
  DayTime result{*day, 0};
  if (text.empty()) return result;
  if (text[0] != ' ' && text[0] != 'T') return std::nullopt;
  text.remove_prefix(1);
  const int offset = TakeOffset(text).value_or(0);
  const auto time = ParseTime(text);
  if (!time) return std::nullopt;
  constexpr int64_t kNanosPerDay = kSecondsPerDay * kNanosPerSecond;
  result.nanos = *time - offset * 60 * kNanosPerSecond;
  if (result.nanos < 0) {
    result.nanos += kNanosPerDay;
    --result.day;
  } else if (result.nanos >= kNanosPerDay) {
    result.nanos -= kNanosPerDay;
    ++result.day;
  }
  return result;
}

std::string DayText(int64_t day) {
  day += 719468;
  const int64_t era = (day >= 0 ? day : day - 146096) / 146097;
  const int64_t day_of_era = day - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted + (shifted < 10 ? 3 : -9);
  const int64_t year = year_of_era + era * 400 + (month <= 2);
  std::string text;
  AppendDigits(text, year, 4);
  text += '-';
  AppendDigits(text, month, 2);
  text += '-';
  AppendDigits(text, day_of_year - (153 * shifted + 2) / 5 + 1, 2);
  return text;
}

std::string TimeText(int64_t nanos) {
  const int64_t seconds = nanos / kNanosPerSecond;
  std::string text;
  AppendDigits(text, seconds / 3600, 2);
  text += ':';
  AppendDigits(text, seconds / 60 % 60, 2);
  text += ':';
  AppendDigits(text, seconds % 60, 2);
  if (nanos % kNanosPerSecond == 0) return text;
  text += '.';
  AppendDigits(text, nanos % kNanosPerSecond, 9);
  while (text.back() == '0') text.pop_back();
  return text;
}

}  // namespace datamigrate::data
