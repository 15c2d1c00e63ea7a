// Date and time literals, by "CAST and CONVERT (Transact-SQL)" and the pages of the date and time
// types.
#include <catch2/catch.hpp>

#include "agent_engine/tsql/binder/temporal_literal.h"

namespace datamigrate::tsql {
namespace {

std::string Read(std::string_view text, TypeId id = TypeId::kDateTime, int32_t style = -1) {
  const auto value = ParseDateAndTime(text, style);
  if (!value) return "refused";
  return FormatForType(*value, MakeType(id)).value_or("out of range");
}

TEST_CASE("dates are read month first, years of two digits up to 2049", "[temporal]") {
  CHECK(Read("1/2/2024") == "2024-01-02 00:00:00");
  CHECK(Read("1-2-49") == "2049-01-02 00:00:00");
  CHECK(Read("1.2.50") == "1950-01-02 00:00:00");
  CHECK(Read("20240105") == "2024-01-05 00:00:00");
  CHECK(Read("240105") == "2024-01-05 00:00:00");
  CHECK(Read("2024") == "2024-01-01 00:00:00");
  CHECK(Read("2024-01-05T10:11:12") == "2024-01-05 10:11:12");
  CHECK(Read("Jan 5, 2024 1:05 PM") == "2024-01-05 13:05:00");
  CHECK(Read("5 January 2024") == "2024-01-05 00:00:00");
  CHECK(Read("05/01/2024", TypeId::kDateTime, 103) == "2024-01-05 00:00:00");
}

TEST_CASE("a time alone is on 1900-01-01, as is a blank", "[temporal]") {
  CHECK(Read("12:30") == "1900-01-01 12:30:00");
  CHECK(Read("") == "1900-01-01 00:00:00");
  CHECK(Read("12 AM") == "1900-01-01 00:00:00");
}

TEST_CASE("types round to what they keep", "[temporal]") {
  CHECK(Read("2024-01-01 23:59:59.999") == "2024-01-02 00:00:00");
  CHECK(Read("2024-01-01 23:59:59.998") == "2024-01-01 23:59:59.997");
  CHECK(Read("2024-01-01 00:00:00.002") == "2024-01-01 00:00:00.003");
  CHECK(Read("2024-01-01 23:59:29.998", TypeId::kSmallDateTime) == "2024-01-01 23:59:00");
  CHECK(Read("2024-01-01 23:59:30", TypeId::kSmallDateTime) == "2024-01-02 00:00:00");
  CHECK(Read("2024-01-01 10:00:00.1234567", TypeId::kDateTime2) == "2024-01-01 10:00:00.1234567");
  CHECK(Read("2024-01-01 10:00:00", TypeId::kDate) == "2024-01-01");
  CHECK(Read("2024-01-01 10:00:00.5", TypeId::kTime) == "10:00:00.5");
}

TEST_CASE("what T-SQL refuses is refused", "[temporal]") {
  CHECK(Read("2024-13-01") == "refused");
  CHECK(Read("2023-02-29") == "refused");
  CHECK(Read("31/12/2024") == "refused");
  CHECK(Read("25:00") == "refused");
  CHECK(Read("tomorrow") == "refused");
  CHECK(Read("1/2") == "refused");
  CHECK(Read("1752-01-01") == "out of range");
  CHECK(Read("1899-12-31", TypeId::kSmallDateTime) == "out of range");
}

}  // namespace
}  // namespace datamigrate::tsql
