#include "agent_engine/data/stored_value.h"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

namespace datamigrate::data {
namespace {

// Writes `text` into a one-row vector of the DuckDB type and reads it back.
struct RoundTrip {
  Fit fit;
  std::string text;
  std::string normalized;
};

RoundTrip Through(const std::string& sql_type, const std::string& text) {
  const auto database = Database::Open(":memory:");
  auto connection = database->Connect();
  REQUIRE(connection->Execute("create table t (c " + sql_type + ")").ok());
  duckdb_appender appender;
  REQUIRE(duckdb_appender_create(connection->get(), nullptr, "t", &appender) == DuckDBSuccess);
  duckdb_logical_type type = duckdb_appender_column_type(appender, 0);
  const StoredType stored = StoredType::Of(type);
  duckdb_data_chunk chunk = duckdb_create_data_chunk(&type, 1);
  duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, 0);
  RoundTrip result{StoreText(stored, text, vector, duckdb_vector_get_data(vector), 0), "",
                   NormalizeText(stored, text)};
  if (result.fit != Fit::kNot) {
    duckdb_data_chunk_set_size(chunk, 1);
    CHECK(duckdb_append_data_chunk(appender, chunk) == DuckDBSuccess);
    CHECK(duckdb_appender_close(appender) == DuckDBSuccess);
    auto rows = connection->Query("select c from t");
    REQUIRE(rows.ok());
    REQUIRE(*rows->Next());
    result.text = *rows->Text(0, 0);
  }
  duckdb_destroy_data_chunk(&chunk);
  duckdb_destroy_logical_type(&type);
  duckdb_appender_destroy(&appender);
  return result;
}

// What DuckDB itself reads from a literal, for values where both must agree.
std::string AsDuckDbPrints(const std::string& sql_type, const std::string& text) {
  const auto database = Database::Open(":memory:");
  auto connection = database->Connect();
  auto rows = connection->Query("select cast(" + QuoteText(text) + " as " + sql_type + ")");
  INFO(rows.status());
  REQUIRE(rows.ok());
  REQUIRE(*rows->Next());
  return *rows->Text(0, 0);
}

TEST_CASE("Values of every type are stored as DuckDB itself would read them", "[data]") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"TINYINT", {"-128", "127"}},
      {"UTINYINT", {"0", "255"}},
      {"SMALLINT", {"-32768", "32767"}},
      {"INTEGER", {"-2147483648", "2147483647"}},
      {"BIGINT", {"-9223372036854775808", "9223372036854775807"}},
      {"DECIMAL(4,2)", {"-99.99", "0.01", "-0.5", "7"}},
      {"DECIMAL(9,0)", {"999999999", "-1"}},
      {"DECIMAL(18,3)", {"999999999999999.999", "-0.001"}},
      {"DECIMAL(19,4)", {"922337203685477.5807", "-922337203685477.5808"}},
      {"DECIMAL(38,10)", {"9999999999999999999999999999.9999999999", "-0.0000000001"}},
      {"DOUBLE", {"1.7976931348623157e308", "-2.2250738585072014e-308", "0.1", "1e15"}},
      {"FLOAT", {"3.4028235e38", "0.1", "-1.5"}},
      {"VARCHAR", {"", "ä 漢 🎉", "it's"}},
      {"DATE", {"0001-01-01", "1752-09-14", "9999-12-31"}},
      {"TIME", {"00:00:00", "23:59:59.999999"}},
      {"TIMESTAMP",
       {"0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"}},
      {"TIMESTAMP_MS", {"1753-01-01 00:00:00.003"}},
      {"TIMESTAMP_S", {"2079-06-06 23:59:00"}},
      {"TIMESTAMP_NS", {"2020-01-01 00:00:00.123456789"}},
      {"UUID",
       {"6F9619FF-8B86-D011-B42D-00C04FC964FF", "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"}},
  };
  for (const auto& [type, texts] : cases) {
    for (const std::string& text : texts) {
      INFO(type << " " << text);
      const RoundTrip trip = Through(type, text);
      CHECK(trip.fit == Fit::kExact);
      CHECK(trip.text == AsDuckDbPrints(type, text));
      CHECK(trip.text == trip.normalized);
    }
  }
}

TEST_CASE("Superfluous signs, zeros and letter case do not matter", "[data]") {
  const std::vector<std::array<std::string, 3>> cases = {
      {"INTEGER", "+007", "7"},
      {"DECIMAL(19,4)", "12.3400", "12.34"},
      {"DECIMAL(19,4)", "-0.0000", "0"},
      {"DECIMAL(9,2)", ".5", "0.5"},
      {"DECIMAL(9,2)", "0012.00", "12"},
      {"DOUBLE", "1.50", "1.5"},
      {"DOUBLE", "-0", "0"},
      {"BOOLEAN", "1", "1"},
      {"BLOB", "0x00ff1A", "0x00FF1A"},
      {"BLOB", "0x", "0x"},
      {"UUID", "{6f9619ff-8b86-d011-b42d-00c04fc964ff}", "6F9619FF-8B86-D011-B42D-00C04FC964FF"},
      {"TIMESTAMP", "2020-01-01 10:00:00.5000000", "2020-01-01 10:00:00.5"},
      {"TIMESTAMP", "2020-01-01", "2020-01-01 00:00:00"},
      {"TIMESTAMPTZ", "2020-01-01 01:00:00.0000000 +02:00", "2019-12-31 23:00:00 +00:00"},
  };
  for (const auto& [type, text, expected] : cases) {
    INFO(type << " " << text);
    const RoundTrip trip = Through(type, text);
    CHECK(trip.fit == Fit::kExact);
    CHECK(trip.text == expected);
    CHECK(trip.normalized == expected);
  }
}

TEST_CASE("Fractions finer than the type are cut, and said to be", "[data]") {
  const RoundTrip end_of_time = Through("TIMESTAMP", "9999-12-31 23:59:59.9999999");
  CHECK(end_of_time.fit == Fit::kShortened);
  CHECK(end_of_time.text == "9999-12-31 23:59:59.999999");
  CHECK(end_of_time.normalized == end_of_time.text);
  CHECK(Through("TIME", "00:00:00.0000001").fit == Fit::kShortened);
  CHECK(Through("TIMESTAMP", "1600-01-01 00:00:00.0000001").text == "1600-01-01 00:00:00");
}

TEST_CASE("What a type does not hold is refused", "[data]") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"BOOLEAN", {"2", "true", ""}},
      {"UTINYINT", {"256", "-1", "1.0", "x", ""}},
      {"INTEGER", {"2147483648", "1 ", " 1", "1e3", "0x10", "--1", "+-1"}},
      {"DECIMAL(4,2)", {"100", "1.234", "-100.00", "", ".", "1e2", "1,5", "NaN"}},
      {"FLOAT", {"1e39", "x", ""}},
      {"VARCHAR", {"\xFF\xFE", "a\xC3"}},
      {"BLOB", {"00", "0x0", "0xGG", ""}},
      {"UUID", {"6F9619FF-8B86-D011-B42D-00C04FC964F", "6F9619FF8B86D011B42D00C04FC964FF", ""}},
      {"DATE", {"2023-02-30", "2023-01-01 00:00:00", ""}},
      {"TIMESTAMP_NS", {"9999-12-31 00:00:00"}},
      {"TIMESTAMP", {"now", "2020-01-01 25:00:00"}},
  };
  for (const auto& [type, texts] : cases) {
    for (const std::string& text : texts) {
      INFO(type << " '" << text << "'");
      CHECK(Through(type, text).fit == Fit::kNot);
    }
  }
}

}  // namespace
}  // namespace datamigrate::data
