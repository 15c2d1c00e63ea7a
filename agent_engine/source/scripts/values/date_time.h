// Dates and times as SQL Server reads and keeps them.
//
// Rules: "Date and time data types and functions", "SET DATEFORMAT", "two digit year cutoff", "CAST
// and CONVERT", and each type's own page (supported string literal formats).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent_engine/catalog/catalog.h"

namespace datamigrate::source {

struct DateTime {
  int32_t day = 0;     // Days since 0001-01-01.
  int64_t ticks = 0;   // 100 ns since midnight, below kTicksPerDay.
  int32_t offset = 0;  // Minutes ahead of UTC; day and ticks are local.
  bool operator==(const DateTime&) const = default;
};

inline constexpr int64_t kTicksPerSecond = 10'000'000;
inline constexpr int64_t kTicksPerDay = 86'400 * kTicksPerSecond;
inline constexpr int32_t kDay1900 = 693'595;   // 1900-01-01, the default date.
inline constexpr int32_t kMaxDay = 3'652'058;  // 9999-12-31.

struct CalendarDate {
  int year = 1;
  int month = 1;
  int day = 1;
};
CalendarDate ToCalendar(int32_t day);
// Null for a date that does not exist or a year outside 1 to 9999.
std::optional<int32_t> FromCalendar(int year, int month, int day);

enum class DateOrder { kMdy, kDmy, kYmd, kYdm, kMyd, kDym };
// "mdy" and so on, as SET DATEFORMAT takes them.
std::optional<DateOrder> ParseDateOrder(std::string_view text);

// Reads every form of the language us_english: numeric with - / or . between the parts, in `order`;
// names of months; six or eight digits alone; ISO 8601; times with AM and PM; a time alone is on
// 1900-01-01. `is_legacy`: the target is datetime or smalldatetime, which take YYYY-xx-xx in the
// order of a DMY language too. Null when the text is none of them.
std::optional<DateTime> ParseDateTime(std::string_view text, DateOrder order, bool is_legacy);

// `style` of CONVERT from text to date: the order that it names (1, 101: mdy; 3, 103: dmy; ...),
// else `fallback`.
DateOrder OrderOfStyle(int style, DateOrder fallback);

// Rounds to what `type` (date, time(n), datetime2(n), datetimeoffset(n), datetime, smalldatetime)
// keeps; null when it is out of the type's range.
std::optional<DateTime> RoundTo(DateTime value, const catalog::DataType& type);

// The canonical cell text of row_source.h for a value of `type`; fractions without trailing zeros.
std::string FormatCell(const DateTime& value, const catalog::DataType& type);
// What CONVERT(varchar, value, style) gives for the styles of "CAST and CONVERT"; null for a style
// not known here.
std::optional<std::string> FormatStyle(const DateTime& value, const catalog::DataType& type,
                                       int style);

// Reads back what FormatCell wrote.
std::optional<DateTime> ParseCell(std::string_view text);

}  // namespace datamigrate::source
