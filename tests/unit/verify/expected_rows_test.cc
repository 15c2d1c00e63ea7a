#include "tests/unit/verify/expected_rows.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

namespace datamigrate::testing {
namespace {

namespace fs = std::filesystem;

class CsvFile {
 public:
  CsvFile(const std::string& csv, const std::string& types) {
    std::string pattern = (fs::temp_directory_path() / "datamigrate-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    std::ofstream(path(), std::ios::binary) << csv;
    std::ofstream(folder_ / "a view.types.csv", std::ios::binary) << types;
  }
  ~CsvFile() { fs::remove_all(folder_); }
  fs::path path() const { return folder_ / "a view.csv"; }

 private:
  fs::path folder_;
};

const char kTypes[] =
    "column,tds_type\nn,int\nprice,\"decimal(9,4)\"\nname,nvarchar(9)\nat,datetime\n";

std::string Difference(const std::string& sql) {
  const CsvFile file(
      "n,price,name,at\n1,2.5000,\"a, \"\"b\"\"\",2020-01-01 00:00:00.000\n1,2.5000,\"a, "
      "\"\"b\"\"\",2020-01-01 00:00:00.000\n\\N,0.3333,\"x\ny\",2020-01-01 "
      "10:00:00.123\n2,-1,,\\N\n",
      kTypes);
  const auto expected = ReadExpected(file.path());
  REQUIRE(expected);
  const auto database = data::Database::Open(":memory:");
  auto connection = database->Connect();
  REQUIRE(connection->Execute("create view v as " + sql).ok());
  return CompareRows(*connection, "v", *expected).summary;
}

const char kSame[] =
    "select * from (values (null, 0.3333003, e'x\\ny', timestamp '2020-01-01 10:00:00.123'), "
    "(1, 2.5, 'a, \"b\"', timestamp '2020-01-01'), (1, 2.5, 'a, \"b\"', timestamp '2020-01-01'), "
    "(2, -1.0, '', null)) t(n, price, name, \"at\")";

TEST_CASE("Equal rows in any order meet", "[verify]") {
  CHECK(Difference(kSame) == "");
}

TEST_CASE("Every difference is found", "[verify]") {
  const std::string same = kSame;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string sql = same;
    sql.replace(sql.find(from), from.size(), to);
    return Difference(sql);
  };
  CHECK(with("0.3333003", "0.33332") != "");
  CHECK(with("'', null", "null, null") != "");
  CHECK(with("10:00:00.123", "10:00:00.124") != "");
  CHECK(with("(2, -1.0", "(1, -1.0") != "");
  CHECK(with("t(n, price", "t(m, price") != "");
  CHECK(with("(2, -1.0, '', null)", "(2, -1.0, '', null), (2, -1.0, '', null)") != "");
  CHECK(with("(1, 2.5, 'a, \"b\"', timestamp '2020-01-01'), (1", "(1, 2.5, 'c', null), (1") != "");
}

}  // namespace
}  // namespace datamigrate::testing
