// Dates, decimals and conversions, with values from the documentation of the types and of CAST and
// CONVERT.
#include <catch2/catch.hpp>

#include "agent_engine/source/scripts/values/sql_value.h"

namespace datamigrate::source {
namespace {

using catalog::DataType;

DataType Type(std::string name, int32_t length = 0, int32_t precision = 0, int32_t scale = 0) {
  return {std::move(name), length, precision, scale, {}};
}

// The text after conversion; "NULL", or "error: ..." of what went wrong.
std::string Converted(const SqlValue& value, const DataType& type,
                      ConversionPlace place = ConversionPlace::kColumn, int style = -1) {
  ConversionSettings settings;
  settings.place = place;
  settings.has_style = style >= 0;
  settings.style = std::max(style, 0);
  const auto converted = Convert(value, type, settings);
  if (!converted.ok()) return "error";
  return converted->text.value_or("NULL");
}

std::string FromText(std::string text, const DataType& type) {
  return Converted(TextValue(std::move(text)), type);
}

std::string Date(std::string_view text, DateOrder order = DateOrder::kMdy, bool is_legacy = true) {
  const auto value = ParseDateTime(text, order, is_legacy);
  return value ? FormatCell(*value, Type("datetime2", 0, 0, 7)) : "error";
}

TEST_CASE("dates are read in every form of us_english", "[source][values]") {
  CHECK(Date("20200131") == "2020-01-31 00:00:00");
  CHECK(Date("200131") == "2020-01-31 00:00:00");
  CHECK(Date("2020-01-31") == "2020-01-31 00:00:00");
  CHECK(Date("1/31/2020") == "2020-01-31 00:00:00");
  CHECK(Date("1-31-49") == "2049-01-31 00:00:00");
  CHECK(Date("1.31.50") == "1950-01-31 00:00:00");
  CHECK(Date("Apr 15 1996") == "1996-04-15 00:00:00");
  CHECK(Date("15 April, 1996") == "1996-04-15 00:00:00");
  CHECK(Date("April 1996") == "1996-04-01 00:00:00");
  CHECK(Date("1996 apr 15") == "1996-04-15 00:00:00");
  CHECK(Date("2012") == "2012-01-01 00:00:00");
  CHECK(Date("") == "1900-01-01 00:00:00");
  CHECK(Date("2020-02-29T23:59:59.997") == "2020-02-29 23:59:59.997");
  CHECK(Date("2020-02-29T10:00:00Z") == "2020-02-29 10:00:00");
  CHECK(Date("8/2/1994 12:00 PM") == "1994-08-02 12:00:00");
  CHECK(Date("Jun 12 1994 12:00AM") == "1994-06-12 00:00:00");
  CHECK(Date("4PM") == "1900-01-01 16:00:00");
  CHECK(Date("10:30:15:123") == "1900-01-01 10:30:15.123");
  CHECK(Date("20080208 16:30:00") == "2008-02-08 16:30:00");
}

TEST_CASE("DATEFORMAT says the order of numbers", "[source][values]") {
  CHECK(Date("1/2/2020", DateOrder::kDmy) == "2020-02-01 00:00:00");
  CHECK(Date("20/1/2", DateOrder::kYmd) == "2020-01-02 00:00:00");
  // datetime reads YYYY-DD-MM under DMY; the newer types do not.
  CHECK(Date("2020-02-01", DateOrder::kDmy, true) == "2020-01-02 00:00:00");
  CHECK(Date("2020-02-01", DateOrder::kDmy, false) == "2020-02-01 00:00:00");
  CHECK(Date("2020-02-01T00:00:00", DateOrder::kDmy, true) == "2020-02-01 00:00:00");
}

TEST_CASE("what is no date is not read", "[source][values]") {
  for (const char* text :
       {"2020-02-30", "13/13/2020", "2020-1", "tomorrow", "25:00", "12:60", "1/2/3/4", "20201331",
        "Foo 1 2020", "0000-01-01", "10:00 11:00", "2020-01-01 10:00 +15:00"}) {
    INFO(text);
    CHECK(Date(text) == "error");
  }
}

TEST_CASE("every day of the calendar survives the way there and back", "[source][values]") {
  for (int32_t day = 0; day <= kMaxDay; day += 97) {
    const CalendarDate date = ToCalendar(day);
    REQUIRE(FromCalendar(date.year, date.month, date.day) == day);
  }
  CHECK(FromCalendar(1900, 1, 1) == kDay1900);
  CHECK(FromCalendar(9999, 12, 31) == kMaxDay);
}

TEST_CASE("date types keep what they can hold", "[source][values]") {
  CHECK(FromText("2020-01-01 12:34:56.1234567", Type("datetime2", 0, 0, 3)) ==
        "2020-01-01 12:34:56.123");
  CHECK(FromText("01/01/98 23:59:59.995", Type("datetime")) == "1998-01-01 23:59:59.997");
  CHECK(FromText("01/01/98 23:59:59.999", Type("datetime")) == "1998-01-02 00:00:00");
  CHECK(FromText("01/01/98 23:59:59.994", Type("datetime")) == "1998-01-01 23:59:59.993");
  CHECK(FromText("2000-05-08 12:35:29.998", Type("smalldatetime")) == "2000-05-08 12:35:00");
  CHECK(FromText("2000-05-08 12:35:29.999", Type("smalldatetime")) == "2000-05-08 12:36:00");
  CHECK(FromText("1752-12-31", Type("datetime")) == "error");
  CHECK(FromText("1752-12-31", Type("date")) == "1752-12-31");
  CHECK(FromText("9999-12-31 23:59:59.9999999", Type("datetime2", 0, 0, 7)) ==
        "9999-12-31 23:59:59.9999999");
  CHECK(FromText("12:34:56.789", Type("time", 0, 0, 1)) == "12:34:56.8");
  CHECK(FromText("2020-01-01 10:00 -05:30", Type("datetimeoffset", 0, 0, 0)) ==
        "2020-01-01 10:00:00 -05:30");
  CHECK(Converted(IntValue(0), Type("datetime")) == "1900-01-01 00:00:00");
}

TEST_CASE("numbers are checked against their type", "[source][values]") {
  CHECK(FromText(" 12 ", Type("int")) == "12");
  CHECK(FromText("", Type("int")) == "0");
  CHECK(FromText("12.5", Type("int")) == "error");
  CHECK(FromText("300", Type("tinyint")) == "error");
  CHECK(FromText("-1", Type("tinyint")) == "error");
  CHECK(FromText("9223372036854775807", Type("bigint")) == "9223372036854775807");
  CHECK(FromText("9223372036854775808", Type("bigint")) == "error");
  CHECK(FromText("1.005", Type("decimal", 0, 5, 2)) == "1.01");
  CHECK(FromText("-1.005", Type("decimal", 0, 5, 2)) == "-1.01");
  CHECK(FromText("1000", Type("decimal", 0, 5, 2)) == "error");
  CHECK(FromText("1", Type("decimal", 0, 5, 2)) == "1.00");
  CHECK(FromText("$1,234.5", Type("money")) == "1234.5000");
  CHECK(FromText("-922337203685477.5808", Type("money")) == "-922337203685477.5808");
  CHECK(FromText("922337203685477.5808", Type("money")) == "error");
  CHECK(FromText("1e3", Type("float", 0, 53)) == "1000");
  CHECK(FromText("0.1", Type("real")) == "0.1");
  CHECK(FromText("nan", Type("float", 0, 53)) == "error");
  CHECK(FromText("TRUE", Type("bit")) == "1");
  CHECK(FromText("2", Type("bit")) == "1");
  CHECK(FromText("yes", Type("bit")) == "error");
  CHECK(Converted({Type("decimal", 0, 3, 1), "2.9"}, Type("int")) == "2");
  CHECK(Converted({Type("money"), "2.5000"}, Type("int")) == "3");
}

TEST_CASE("texts are cut in CAST, refused in a column, and padded", "[source][values]") {
  CHECK(FromText("abcd", Type("varchar", 3)) == "error");
  CHECK(FromText("abc  ", Type("varchar", 3)) == "abc");
  CHECK(Converted(TextValue("abcd"), Type("varchar", 3), ConversionPlace::kCast) == "abc");
  CHECK(FromText("é", Type("nchar", 3)) == "é  ");
  CHECK(FromText("😀", Type("nvarchar", 1)) == "error");
  CHECK(FromText("😀", Type("nvarchar", 2)) == "😀");
  CHECK(Converted({Type("money"), "1234.5678"}, Type("varchar", 20)) == "1234.57");
  CHECK(Converted({Type("float", 0, 53), "1234567"}, Type("varchar", 20)) == "1.23457e+006");
  CHECK(Converted({Type("datetime"), "2020-01-02 15:04:05"}, Type("varchar", 30)) ==
        "Jan  2 2020  3:04PM");
  CHECK(Converted({Type("date"), "2020-01-02"}, Type("varchar", 30)) == "2020-01-02");
  CHECK(Converted({Type("datetime"), "2020-01-02 15:04:05"}, Type("varchar", 30),
                  ConversionPlace::kCast, 112) == "20200102");
  CHECK(Converted({Type("datetime"), "2020-01-02 15:04:05.5"}, Type("varchar", 30),
                  ConversionPlace::kCast, 121) == "2020-01-02 15:04:05.500");
}

TEST_CASE("binary values and identifiers", "[source][values]") {
  CHECK(Converted({Type("varbinary", 2), "0x0102"}, Type("binary", 4)) == "0x01020000");
  CHECK(Converted(IntValue(258), Type("varbinary", 4)) == "0x00000102");
  CHECK(Converted({Type("varbinary", 2), "0x0102"}, Type("int")) == "258");
  CHECK(Converted({Type("varbinary", 4), "0xFFFFFFFF"}, Type("int")) == "-1");
  CHECK(Converted(TextValue("ab", false), Type("varbinary", 10), ConversionPlace::kCast) ==
        "0x6162");
  CHECK(Converted(TextValue("ab", true), Type("varbinary", 10), ConversionPlace::kCast) ==
        "0x61006200");
  CHECK(Converted(TextValue("0x0A1b", false), Type("varbinary", 10), ConversionPlace::kCast, 1) ==
        "0x0A1B");
  CHECK(FromText("ab", Type("varbinary", 10)) == "error");
  const std::string guid = "6F9619FF-8B86-D011-B42D-00C04FC964FF";
  CHECK(FromText("{6f9619ff-8b86-d011-b42d-00c04fc964ff}", Type("uniqueidentifier")) == guid);
  CHECK(Converted({Type("uniqueidentifier"), guid}, Type("binary", 16)) ==
        "0xFF19966F868B11D0B42D00C04FC964FF");
  CHECK(Converted({Type("binary", 16), "0xFF19966F868B11D0B42D00C04FC964FF"},
                  Type("uniqueidentifier")) == guid);
  CHECK(FromText("6F9619FF-8B86", Type("uniqueidentifier")) == "error");
}

TEST_CASE("decimals follow the table of precision and scale", "[source][values]") {
  const auto decimal = [](const char* text, int precision, int scale) {
    auto value = RoundDecimal(*ParseDecimal(text), precision, scale);
    return *value;
  };
  const auto third = Compute(decimal("1", 10, 0), Arithmetic::kDivide, decimal("3", 10, 0));
  REQUIRE(third);
  CHECK(FormatDecimal(*third) == "0.33333333333");
  CHECK(third->precision == 21);
  const auto product = Compute(decimal("1.5", 2, 1), Arithmetic::kMultiply, decimal("-2.25", 3, 2));
  CHECK(FormatDecimal(*product) == "-3.375");
  const auto sum = Compute(decimal("99.9", 3, 1), Arithmetic::kAdd, decimal("0.01", 3, 2));
  CHECK(FormatDecimal(*sum) == "99.91");
  CHECK_FALSE(Compute(decimal("1", 1, 0), Arithmetic::kDivide, decimal("0", 1, 0)));
  CHECK(FormatDecimal(*ParseDecimal("-0.05")) == "-0.05");
  CHECK(FormatDecimal(*ParseDecimal("12345678901234567890123456789012345678")) ==
        "12345678901234567890123456789012345678");
  CHECK_FALSE(ParseDecimal("123456789012345678901234567890123456789"));
  for (const char* text : {"", "-", ".", "1.2.3", "1x", "--1"}) CHECK_FALSE(ParseDecimal(text));
}

TEST_CASE("values of different types are compared in the type of higher precedence",
          "[source][values]") {
  const auto order = [](const SqlValue& left, const SqlValue& right) {
    return **Compare(left, right, {});
  };
  CHECK(order(TextValue("10"), IntValue(9)) > 0);
  CHECK(order(TextValue("abc  "), TextValue("ABC")) == 0);
  CHECK(order(TextValue("résumé"), TextValue("resume")) != 0);
  CHECK(order({Type("datetime"), "2020-01-01 00:00:00"}, TextValue("20200102")) < 0);
  CHECK(order({Type("decimal", 0, 3, 2), "1.50"}, {Type("float", 0, 53), "1.5"}) == 0);
  CHECK_FALSE(Compare(NullValue(), IntValue(1), {})->has_value());
  CHECK_FALSE(Compare(TextValue("x"), IntValue(1), {}).ok());
}

}  // namespace
}  // namespace datamigrate::source
