#include "agent_engine/verify/captured_results.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/unit/dbt/temporary_folder.h"

namespace datamigrate::verify {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

const char kCaptured[] =
    "n,price,name,at,raw\n"
    "1,2.5000,\"a, \"\"b\"\"\",2020-01-01 00:00:00.000,0x0aff\n"
    "1,2.5000,\"a, \"\"b\"\"\",2020-01-01 00:00:00.000,0x0AFF\n"
    "\\N,0.3333,\"x\ny\",2020-01-01 10:00:00.123,\\N\n"
    "2,-1,,\\N,0x\n";

const char kSame[] =
    "select * from (values (null, 0.3333003, e'x\\ny', timestamp '2020-01-01 10:00:00.123', null), "
    "(1, 2.5, 'a, \"b\"', timestamp '2020-01-01', '\\x0A\\xFF'::blob), "
    "(1, 2.5, 'a, \"b\"', timestamp '2020-01-01', '\\x0A\\xFF'::blob), "
    "(2, -1.0, '', null, ''::blob)) t(n, price, name, \"at\", raw)";

RowsComparison Compare(const std::string& sql, const Tolerance& tolerance = {}) {
  const TemporaryFolder folder;
  const fs::path csv = folder.path() / "dbo.a view.csv";
  std::ofstream(csv, std::ios::binary) << kCaptured;
  const auto database = data::Database::Open(":memory:");
  auto connection = database->Connect();
  REQUIRE(connection->Execute("create view v as " + sql).ok());
  const auto comparison = CompareWithCapture(*connection, "v", csv, tolerance);
  INFO(comparison.status());
  REQUIRE(comparison.ok());
  return *comparison;
}

std::string With(const std::string& from, const std::string& to) {
  std::string sql = kSame;
  sql.replace(sql.find(from), from.size(), to);
  return sql;
}

TEST_CASE("Equal rows in any order meet", "[verify]") {
  const RowsComparison comparison = Compare(kSame);
  CHECK(comparison.difference == "");
  CHECK(comparison.captured_rows == 4);
  CHECK(comparison.model_rows == 4);
}

TEST_CASE("Every difference is found and told without a value", "[verify]") {
  CHECK(Compare(With("0.3333003", "0.33332")).difference ==
        "1 of 4 rows differ; columns that differ: price; numbers are apart by at most 2e-05");
  CHECK(Compare(With("'', null", "null, null")).difference ==
        "1 of 4 rows differ; columns that differ: name");
  CHECK(Compare(With("10:00:00.123", "10:00:00.124")).difference ==
        "1 of 4 rows differ; columns that differ: at");
  CHECK(Compare(With("(2, -1.0", "(1, -1.0")).difference ==
        "1 of 4 rows differ; columns that differ: n; numbers are apart by at most 1");
  CHECK(Compare(With("'\\x0A\\xFF'", "'\\x0A\\xFE'")).difference ==
        "1 of 4 rows differ; columns that differ: raw");
  CHECK(Compare(With("(2, -1.0, '', null, ''::blob)",
                     "(2, -1.0, '', null, ''::blob), (2, -1.0, '', null, ''::blob)"))
            .difference == "5 rows, the source has 4");
  CHECK(Compare(With("t(n, price", "t(m, price")).difference ==
        "the columns are m, price, name, at, raw, the source's are n, price, name, at, raw");
}

TEST_CASE("Values that changed rows are a difference", "[verify]") {
  std::string sql = With("(null, 0.3333003", "(2, 0.3333003");
  sql.replace(sql.find("(2, -1.0"), 8, "(null, -1.0");
  CHECK(Compare(sql).difference ==
        "2 of 4 rows differ; each column has the right values, in other rows");
}

TEST_CASE("Numbers may be apart by the tolerance of their column", "[verify]") {
  const std::string sql = With("0.3333003", "0.34");
  CHECK_FALSE(Compare(sql).is_equal());
  CHECK(Compare(sql, {.of_column = {{"price", 0.01}}}).is_equal());
  CHECK_FALSE(Compare(sql, {.of_column = {{"n", 0.01}}}).is_equal());
}

TEST_CASE("Results are found by their object's name", "[verify]") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "Sales.Top Ten.csv") << "n\n1\n";
  std::ofstream(folder.path() / "Sales.Top Ten.types.csv") << "column\n";
  std::ofstream(folder.path() / "_views.csv") << "n\n";
  const auto results = CapturedResults::Open(folder.path());
  REQUIRE(results.ok());
  CHECK(results->FileOf({"sales", "TOP TEN"}) == folder.path() / "Sales.Top Ten.csv");
  CHECK_FALSE(results->FileOf({"Sales", "Top Ten.types"}));
  CHECK_FALSE(results->FileOf({"", "_views"}));
  CHECK(absl::IsNotFound(CapturedResults::Open(folder.path() / "none").status()));
}

}  // namespace
}  // namespace datamigrate::verify
