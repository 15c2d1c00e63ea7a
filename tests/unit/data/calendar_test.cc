#include "agent_engine/data/calendar.h"

#include <catch2/catch.hpp>

namespace datamigrate::data {
namespace {

TEST_CASE("Days count from 1970 and come back as text", "[data]") {
  // date -u -d 2000-03-01 +%s: 951868800 = 11017 days; 0001-01-01: -719162, by Python's
  // date.toordinal() - 719163.
  CHECK(ParseDay("1970-01-01") == 0);
  CHECK(ParseDay("2000-03-01") == 11017);
  CHECK(ParseDay("0001-01-01") == -719162);
  CHECK(ParseDay("9999-12-31") == 2932896);
  for (const std::string text : {"0001-01-01", "1753-01-01", "1899-12-31", "1900-02-28",
                                 "1970-01-01", "2000-02-29", "2024-02-29", "9999-12-31"}) {
    CHECK(DayText(*ParseDay(text)) == text);
  }
}

TEST_CASE("What is no day is refused", "[data]") {
  for (const char* text :
       {"", "2023-02-29", "1900-02-29", "2023-13-01", "2023-00-10", "2023-01-00", "2023-01-32",
        "0000-01-01", "23-01-01", "2023/01/01", "2023-1-01", "2023-01-01 ", "２023-01-01"}) {
    INFO(text);
    CHECK_FALSE(ParseDay(text));
  }
}

TEST_CASE("Clock times keep up to nine digits of a second", "[data]") {
  CHECK(ParseTime("00:00:00") == 0);
  CHECK(ParseTime("23:59:59.9999999") == 86'399'999'999'900);
  CHECK(ParseTime("12:00:00.5") == 43'200'500'000'000);
  CHECK(TimeText(86'399'999'999'900) == "23:59:59.9999999");
  CHECK(TimeText(43'200'500'000'000) == "12:00:00.5");
  CHECK(TimeText(0) == "00:00:00");
  for (const char* text : {"24:00:00", "12:60:00", "12:00:60", "12:00", "12:00:00.", "1:00:00",
                           "12:00:00.1234567890", "12:00:00 "}) {
    INFO(text);
    CHECK_FALSE(ParseTime(text));
  }
}

TEST_CASE("A point of time with an offset becomes UTC, over the day's border", "[data]") {
  const auto at = ParseDayTime("2020-01-01 00:30:00 +02:00");
  REQUIRE(at);
  CHECK(DayText(at->day) == "2019-12-31");
  CHECK(TimeText(at->nanos) == "22:30:00");
  const auto west = ParseDayTime("2019-12-31T23:30:00.25-05:30");
  REQUIRE(west);
  CHECK(DayText(west->day) == "2020-01-01");
  CHECK(TimeText(west->nanos) == "05:00:00.25");
  CHECK(ParseDayTime("2020-01-01")->nanos == 0);
  CHECK_FALSE(ParseDayTime("2020-01-01 10:00:00 +15:00"));
  CHECK_FALSE(ParseDayTime("2020-01-01x10:00:00"));
}

}  // namespace
}  // namespace datamigrate::data
