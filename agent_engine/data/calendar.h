// Days and clock times as text, by the proleptic Gregorian calendar. Knows nothing of zones but a
// fixed offset.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace datamigrate::data {

inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kSecondsPerDay = 86'400;

// A point of time: days since 1970-01-01 and nanoseconds into the day.
struct DayTime {
  int64_t day = 0;
  int64_t nanos = 0;
};

// "YYYY-MM-DD": days since 1970-01-01. Empty for anything else, also for 30 February. Years 1 to
// 9999.
std::optional<int64_t> ParseDay(std::string_view text);
// "HH:MM:SS" with up to nine digits behind a point: nanoseconds into the day.
std::optional<int64_t> ParseTime(std::string_view text);
// A day, and a time behind a blank or 'T' where there is one. An offset "+HH:MM" at the end is
// taken off, so that the result is in UTC; without one it is as written.
std::optional<DayTime> ParseDayTime(std::string_view text);

// "YYYY-MM-DD".
std::string DayText(int64_t day);
// "HH:MM:SS", and the fraction without its final zeros where there is one.
std::string TimeText(int64_t nanos);

}  // namespace datamigrate::data
