// Date and time literals of T-SQL, read as a us_english session reads them (DATEFORMAT mdy,
// two-digit years up to 2049). Source: "CAST and CONVERT (Transact-SQL)", "datetime
// (Transact-SQL)", supported string literal formats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent_engine/tsql/binder/sql_type.h"

namespace datamigrate::tsql {

struct DateAndTime {
  int32_t year = 1900;  // What a time alone gets.
  int32_t month = 1;
  int32_t day = 1;
  int32_t hour = 0;
  int32_t minute = 0;
  int32_t second = 0;
  int32_t ticks = 0;  // 100 ns, 0 to 9,999,999.
  bool has_offset = false;
  int32_t offset_minutes = 0;
};

// Reads a literal; empty when T-SQL would refuse it. A blank text is 1900-01-01. `style` is
// CONVERT's: -1 and 0 read any format in mdy order, 3, 4, 5, 103, 104, 105 and their like in dmy,
// 2, 11, 111, ... in ymd.
std::optional<DateAndTime> ParseDateAndTime(std::string_view text, int32_t style);

// Rounds to what `type` keeps (datetime: 1/300 s; smalldatetime: the minute; datetime2(n): n
// digits) and writes it as ISO 8601 with a blank between date and time. Fractions are left out
// where they are zero. Empty when out of the type's range.
std::optional<std::string> FormatForType(DateAndTime value, const SqlType& type);

}  // namespace datamigrate::tsql
