#include "agent_engine/store/cron_expression.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace datamigrate::store {
namespace {

constexpr char kFormat[] = "%Y-%m-%d %H:%M:%S";

absl::Time At(const std::string& text) {
  absl::Time time;
  std::string error;
  REQUIRE(absl::ParseTime(kFormat, text, absl::UTCTimeZone(), &time, &error));
  return time;
}

// The first `count` times after `from`.
std::vector<std::string> Times(const std::string& cron, const std::string& from, int count) {
  INFO(cron);
  const auto parsed = CronExpression::Parse(cron);
  INFO(parsed.status());
  REQUIRE(parsed.ok());
  std::vector<std::string> times;
  std::optional<absl::Time> time = At(from);
  for (int i = 0; i < count; ++i) {
    time = parsed->Next(*time);
    REQUIRE(time.has_value());
    times.push_back(absl::FormatTime(kFormat, *time, absl::UTCTimeZone()));
  }
  return times;
}

using Expected = std::vector<std::string>;

// The examples of crontab(5). 2026-11-22 is a Sunday.
TEST_CASE("The manual's examples are due when it says", "[store][cron]") {
  const std::string sunday = "2026-11-22 00:00:00";
  CHECK(Times("5 0 * * *", sunday, 2) == Expected{"2026-11-22 00:05:00", "2026-11-23 00:05:00"});
  CHECK(Times("15 14 1 * *", sunday, 2) == Expected{"2026-12-01 14:15:00", "2027-01-01 14:15:00"});
  CHECK(Times("0 22 * * 1-5", "2026-11-26 00:00:00", 3) ==
        Expected{"2026-11-26 22:00:00", "2026-11-27 22:00:00", "2026-11-30 22:00:00"});
  CHECK(Times("23 0-23/2 * * *", "2026-11-22 21:00:00", 3) ==
        Expected{"2026-11-22 22:23:00", "2026-11-23 00:23:00", "2026-11-23 02:23:00"});
  CHECK(Times("5 4 * * sun", sunday, 2) == Expected{"2026-11-22 04:05:00", "2026-11-29 04:05:00"});
  // The 1st and 15th, and every Friday besides.
  CHECK(Times("30 4 1,15 * 5", "2026-11-28 00:00:00", 4) ==
        Expected{"2026-12-01 04:30:00", "2026-12-04 04:30:00", "2026-12-11 04:30:00",
                 "2026-12-15 04:30:00"});
}

TEST_CASE("Days of month and week both have to fit when one begins with a star", "[store][cron]") {
  // Fridays, and every second day of the month: 27 November 2026 is a Friday.
  CHECK(Times("0 0 */2 * 5", "2026-11-22 00:00:00", 2) ==
        Expected{"2026-11-27 00:00:00", "2026-12-11 00:00:00"});
  CHECK(Times("0 0 13 * */5", "2026-11-22 00:00:00", 1) == Expected{"2026-12-13 00:00:00"});
  CHECK(Times("0 0 13 * *", "2026-11-22 00:00:00", 1) == Expected{"2026-12-13 00:00:00"});
}

TEST_CASE("Steps, lists, ranges and names", "[store][cron]") {
  const std::string from = "2026-11-22 08:00:00";
  CHECK(Times("*/15 8-9 * * *", from, 5) == Expected{"2026-11-22 08:15:00", "2026-11-22 08:30:00",
                                                     "2026-11-22 08:45:00", "2026-11-22 09:00:00",
                                                     "2026-11-22 09:15:00"});
  CHECK(Times("0 0,6-12/3 * * *", from, 3) ==
        Expected{"2026-11-22 09:00:00", "2026-11-22 12:00:00", "2026-11-23 00:00:00"});
  CHECK(Times("0 0 1 JAN,jul *", from, 2) ==
        Expected{"2027-01-01 00:00:00", "2027-07-01 00:00:00"});
  CHECK(Times("0 0 * * FRI-SUN", from, 4) == Expected{"2026-11-27 00:00:00", "2026-11-28 00:00:00",
                                                      "2026-11-29 00:00:00",
                                                      "2026-12-04 00:00:00"});
  for (const char* sunday : {"0 0 * * 0", "0 0 * * 7", "0 0 * * Sun", "\t0  0 * *\tsun "}) {
    CHECK(Times(sunday, from, 1) == Expected{"2026-11-29 00:00:00"});
  }
}

TEST_CASE("The next time is later than the one asked about, by full minutes", "[store][cron]") {
  CHECK(Times("* * * * *", "2026-12-31 23:59:59", 2) ==
        Expected{"2027-01-01 00:00:00", "2027-01-01 00:01:00"});
  CHECK(Times("30 2 * * *", "2026-11-22 02:30:00", 1) == Expected{"2026-11-23 02:30:00"});
  CHECK(Times("30 2 * * *", "2026-11-22 02:29:59", 1) == Expected{"2026-11-22 02:30:00"});
}

TEST_CASE("29 February comes, 30 February does not", "[store][cron]") {
  CHECK(Times("0 0 29 2 *", "2026-11-22 00:00:00", 2) ==
        Expected{"2028-02-29 00:00:00", "2032-02-29 00:00:00"});
  CHECK(Times("0 0 29 2 *", "2096-03-01 00:00:00", 1) == Expected{"2104-02-29 00:00:00"});
  CHECK(Times("0 0 31 * *", "2026-11-22 00:00:00", 2) ==
        Expected{"2026-12-31 00:00:00", "2027-01-31 00:00:00"});
  CHECK(CronExpression::Parse("0 0 30 2 *").status().message() ==
        "the cron expression names a day that never comes");
}

TEST_CASE("What is no cron expression is refused with the field's name", "[store][cron]") {
  const auto [text, part] = GENERATE(table<std::string, std::string>(
      {{"", "this has 0"},
       {"* * * *", "this has 4"},
       {"* * * * * *", "this has 6"},
       {"@daily", "this has 1"},
       {"60 * * * *", "the minute \"60\" is out of bounds; it takes 0 to 59"},
       {"* 24 * * *", "the hour \"24\" is out of bounds"},
       {"* * 0 * *", "the day of month \"0\" is out of bounds; it takes 1 to 31"},
       {"* * * 13 *", "the month \"13\" is out of bounds; it takes 1 to 12 and names"},
       {"* * * * 8", "the day of week \"8\" is out of bounds"},
       {"-1 * * * *", "the minute \"\" is not a value"},
       {"+1 * * * *", "the minute \"+1\" is not a value"},
       {"1.5 * * * *", "the minute \"1.5\" is not a value"},
       {"99999999999 * * * *", "the minute \"99999999999\" is not a value"},
       {"1, * * * *", "the minute \"\" is not a value"},
       {",1 * * * *", "the minute \"\" is not a value"},
       {"1- * * * *", "the minute \"\" is not a value"},
       {"5-1 * * * *", "the minute \"5-1\" ends before it begins"},
       {"* * * * fri-mon", "the day of week \"fri-mon\" ends before it begins"},
       {"*/0 * * * *", "has a step that is none"},
       {"*/ * * * *", "has a step that is none"},
       {"*/x * * * *", "has a step that is none"},
       {"*/60 * * * *", "has a step that is none"},
       {"5/15 * * * *", "has a step, which only a range or * may have"},
       {"** * * * *", "the minute \"**\" is not a value"},
       {"* * * foo *", "the month \"foo\" is not a value"},
       {"* * * january *", "the month \"january\" is not a value"},
       {"? * * * *", "the minute \"?\" is not a value"},
       {std::string(2000, '*'), "too long"}}));
  INFO(text);
  const absl::Status status = CronExpression::Parse(text).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  INFO(status);
  CHECK(std::string(status.message()).find(part) != std::string::npos);
}

}  // namespace
}  // namespace datamigrate::store
