#include "agent_engine/store/cron_expression.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/text/text.h"

namespace datamigrate::store {
namespace {

enum Place { kMinute, kHour, kDayOfMonth, kMonth, kDayOfWeek, kPlaces };

constexpr int kLongestSearchYears = 50;
constexpr size_t kLongestExpression = 1000;
constexpr int kSunday = 7;

constexpr auto kMonths = std::to_array<std::string_view>(
    {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"});
constexpr auto kDays =
    std::to_array<std::string_view>({"sun", "mon", "tue", "wed", "thu", "fri", "sat"});

struct Field {
  std::string_view name;
  int first;
  int last;
  std::span<const std::string_view> words = {};  // for `first` and those after it
};

constexpr auto kFields = std::to_array<Field>({
    {"minute", 0, 59},
    {"hour", 0, 23},
    {"day of month", 1, 31},
    {"month", 1, 12, kMonths},
    {"day of week", 0, 7, kDays},
});

absl::Status Wrong(const Field& field, std::string_view part, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format(
      "the {} \"{}\" {}; it takes {} to {}{}, as in 1, "
      "1-3, 1,5, * or */2",
      field.name, part, why, field.first, field.last, field.words.empty() ? "" : " and names"));
}

std::optional<int> NumberOf(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number =
      error == std::errc() && end == text.data() + text.size() && text::IsAsciiAlnum(text.front());
  return is_number ? std::optional(number) : std::nullopt;
}

absl::StatusOr<int> ValueOf(const Field& field, std::string_view text) {
  for (size_t i = 0; i < field.words.size(); ++i) {
    if (text::EqualsIgnoreCase(text, field.words[i])) return field.first + static_cast<int>(i);
  }
  const std::optional<int> number = text.empty() ? std::nullopt : NumberOf(text);
  if (!number.has_value()) return Wrong(field, text, "is not a value");
  if (*number < field.first || *number > field.last) return Wrong(field, text, "is out of bounds");
  return *number;
}

struct Range {
  int first;
  int last;
};

// "*", "A-B" or "A".
absl::StatusOr<Range> RangeOf(const Field& field, std::string_view text) {
  if (text == "*") return Range{field.first, field.last};
  const size_t dash = text.find('-');
  const absl::StatusOr<int> first = ValueOf(field, text.substr(0, dash));
  if (!first.ok()) return first.status();
  if (dash == text.npos) return Range{*first, *first};
  absl::StatusOr<int> last = ValueOf(field, text.substr(dash + 1));
  if (!last.ok()) return last.status();
  // FRI-SUN
  if (field.last == kSunday && *last == 0 && *first > 0) last = kSunday;
  if (*last < *first) return Wrong(field, text, "ends before it begins");
  return Range{*first, *last};
}

// One of a list's parts, as bits.
absl::StatusOr<uint64_t> BitsOf(const Field& field, std::string_view part) {
  const size_t slash = part.find('/');
  const std::string_view range_text = part.substr(0, slash);
  const absl::StatusOr<Range> range = RangeOf(field, range_text);
  if (!range.ok()) return range.status();
  int step = 1;
  if (slash != part.npos) {
    const std::string_view step_text = part.substr(slash + 1);
    step = step_text.empty() ? 0 : NumberOf(step_text).value_or(0);
    if (step < 1 || step > field.last) return Wrong(field, part, "has a step that is none");
    if (range_text != "*" && range_text.find('-') == range_text.npos) {
      return Wrong(field, part, "has a step, which only a range or * may have");
    }
  }
  uint64_t bits = 0;
  for (int value = range->first; value <= range->last; value += step) bits |= uint64_t{1} << value;
  return bits;
}

absl::StatusOr<uint64_t> BitsOfList(const Field& field, std::string_view text) {
  uint64_t bits = 0;
  while (true) {
    const size_t comma = text.find(',');
    const absl::StatusOr<uint64_t> part = BitsOf(field, text.substr(0, comma));
    if (!part.ok()) return part;
    bits |= *part;
    if (comma == text.npos) return bits;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string_view> WordsOf(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return words;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_of(" \t"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

bool Has(uint64_t bits, int value) {
  return ((bits >> value) & 1) != 0;
}

// Sunday is 0.
int DayOfWeek(absl::CivilDay day) {
  return (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;
}

}  // namespace

absl::StatusOr<CronExpression> CronExpression::Parse(std::string_view text) {
  if (text.size() > kLongestExpression) {
    return absl::InvalidArgumentError("the cron expression is too long");
  }
  const std::vector<std::string_view> words = WordsOf(text);
  if (words.size() != kPlaces) {
    return absl::InvalidArgumentError(
        fmt::format("a cron expression has five fields, minute, hour, day of month, month and day "
                    "of week, as in \"30 2 * * 1-5\"; this has {}",
                    words.size()));
  }
  CronExpression cron;
  for (size_t i = 0; i < words.size(); ++i) {
    const absl::StatusOr<uint64_t> bits = BitsOfList(kFields[i], words[i]);
    if (!bits.ok()) return bits.status();
    cron.fields_[i] = *bits;
  }
  if (Has(cron.fields_[kDayOfWeek], kSunday)) cron.fields_[kDayOfWeek] |= 1;
  cron.is_any_day_enough_ =
      !words[kDayOfMonth].starts_with('*') && !words[kDayOfWeek].starts_with('*');
  if (cron.Next(absl::UnixEpoch()).has_value()) return cron;
  return absl::InvalidArgumentError("the cron expression names a day that never comes");
}

bool CronExpression::FitsDay(absl::CivilDay day) const {
  const bool fits_month = Has(fields_[kDayOfMonth], day.day());
  const bool fits_week = Has(fields_[kDayOfWeek], DayOfWeek(day));
  return is_any_day_enough_ ? fits_month || fits_week : fits_month && fits_week;
}

std::optional<absl::Time> CronExpression::Next(absl::Time time) const {
  const absl::TimeZone utc = absl::UTCTimeZone();
  absl::CivilMinute at = absl::ToCivilMinute(time, utc) + 1;
  const auto end = at.year() + kLongestSearchYears;
  while (at.year() <= end) {
    if (!Has(fields_[kMonth], at.month())) {
      at = absl::CivilMinute(absl::CivilMonth(at) + 1);
    } else if (!FitsDay(absl::CivilDay(at))) {
      at = absl::CivilMinute(absl::CivilDay(at) + 1);
    } else if (!Has(fields_[kHour], at.hour())) {
      at = absl::CivilMinute(absl::CivilHour(at) + 1);
    } else if (!Has(fields_[kMinute], at.minute())) {
      at += 1;
    } else {
      return absl::FromCivil(at, utc);
    }
  }
  return std::nullopt;
}

}  // namespace datamigrate::store
