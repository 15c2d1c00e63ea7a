// BULK INSERT of files beside the scripts.
#include "agent_engine/source/scripts/rows/bulk_file.h"
#include "tests/unit/source/script_folder.h"

namespace datamigrate::source {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string>;

Texts Loaded(const std::string& table, const std::string& options, const std::string& file,
             Texts codes = {}) {
  ScriptFolder folder("CREATE TABLE t (" + table +
                      ")\nBULK INSERT t FROM 'C:\\x\\Data.csv' WITH (" + options + ")");
  folder.Write("data.CSV", file);
  const auto source = folder.Open();
  for (const std::string& finding : FindingsOf(*source)) UNSCOPED_INFO(finding);
  CHECK(CodesOf(*source) == codes);
  CHECK(source->catalog().tables[0].row_count ==
        static_cast<int64_t>(RowsOf(*source, "dbo", "t").size()));
  return RowsOf(*source, "dbo", "t");
}

TEST_CASE("terminators are written with escapes and in hexadecimal", "[source][bulk]") {
  CHECK(ParseTerminator("\\t") == "\t");
  CHECK(ParseTerminator("0x0a") == "\n");
  CHECK(ParseTerminator("0x0D0a") == "\r\n");
  CHECK(ParseTerminator("&|\\n") == "&|\n");
  CHECK(ParseTerminator("\\r\\n") == "\n");
  CHECK(ParseTerminator("\\0") == "\0"s);
  CHECK(ParseTerminator("a\\\\b\\x") == "a\\b\\x");
}

TEST_CASE("fields and rows end at their terminators", "[source][bulk]") {
  const Texts expected = {"1|one", "2|two"};
  CHECK(Loaded("a int, b varchar(9)", "FIELDTERMINATOR = '\\t'", "1\tone\n2\ttwo\n") == expected);
  CHECK(Loaded("a int, b varchar(9)", "FIELDTERMINATOR = ',', ROWTERMINATOR = '\\n'",
               "1,one\r\n2,two") == expected);
  CHECK(Loaded("a int, b varchar(9)", "FIELDTERMINATOR = '+|', ROWTERMINATOR = '&|\\n'",
               "1+|one&|\r\n2+|two&|\n") == expected);
  CHECK(Loaded("a int, b varchar(9)",
               "FIELDTERMINATOR = '|', ROWTERMINATOR = '0x0a', FIRSTROW = 2, LASTROW = 3",
               "a|b\n1|one\n2|two\n3|three\n") == expected);
}

TEST_CASE("a line break inside a field that is not the last belongs to it", "[source][bulk]") {
  CHECK(Loaded("a varchar(9), b int", "FIELDTERMINATOR = '+|', ROWTERMINATOR = '&|\\n'",
               "x\ny+|1&|\nz+|2&|\n") == Texts{"x\ny|1", "z|2"});
}

TEST_CASE("an empty field is NULL or the default", "[source][bulk]") {
  const std::string table = "a int, b varchar(9) DEFAULT 'none', c varchar(9)";
  CHECK(Loaded(table, "FIELDTERMINATOR = ','", "1,,\n") == Texts{"1|none|\\N"});
  CHECK(Loaded(table, "FIELDTERMINATOR = ',', KEEPNULLS", "1,,\n") == Texts{"1|\\N|\\N"});
  CHECK(Loaded("a int, b varchar(9)", "FIELDTERMINATOR = ','", "1,\0\n"s) == Texts{"1|"});
}

TEST_CASE("identity and computed columns take their place in the file", "[source][bulk]") {
  const std::string table = "id int IDENTITY(5,1), twice AS a * 2, a int";
  CHECK(Loaded(table, "FIELDTERMINATOR = ',', KEEPIDENTITY", "10,0,1\n11,0,2\n") ==
        Texts{"10|1", "11|2"});
  CHECK(Loaded(table, "FIELDTERMINATOR = ','", "10,0,1\n11,0,2\n") == Texts{"5|1", "6|2"});
}

TEST_CASE("encodings: UTF-16 with and without a mark, UTF-8, Windows-1252", "[source][bulk]") {
  const std::string wide = "1\0,\0\xE9\0\n\0"s;
  CHECK(Loaded("a int, b nvarchar(9)", "DATAFILETYPE = 'widechar', FIELDTERMINATOR = ','", wide) ==
        Texts{"1|é"});
  CHECK(Loaded("a int, b nvarchar(9)", "FIELDTERMINATOR = ','", "\xFF\xFE" + wide) == Texts{"1|é"});
  CHECK(Loaded("a int, b nvarchar(9)", "CODEPAGE = '65001', FIELDTERMINATOR = ','",
               "\xEF\xBB\xBF"
               "1,é\n") == Texts{"1|é"});
  CHECK(Loaded("a int, b nvarchar(9)", "CODEPAGE = 'ACP', FIELDTERMINATOR = ','", "1,\xE9\n") ==
        Texts{"1|é"});
}

TEST_CASE("CSV takes fields in quotes", "[source][bulk]") {
  CHECK(Loaded("a int, b varchar(20), c varchar(9)", "FORMAT = 'CSV'",
               "1,\"x, \"\"y\"\"\nz\",w\r\n2,plain,\"\"\r\n") ==
        Texts{"1|x, \"y\"\nz|w", "2|plain|\\N"});
  CHECK(Loaded("a int, b varchar(20)", "FORMAT = 'CSV', FIELDQUOTE = '''', FIELDTERMINATOR = ';'",
               "1;'a;b'\n") == Texts{"1|a;b"});
}

TEST_CASE("binary values are hexadecimal digits", "[source][bulk]") {
  CHECK(Loaded("a varbinary(9), b hierarchyid", "FIELDTERMINATOR = ','", "0A0b,58\n0x01,\n") ==
        Texts{"0x0A0B|0x58", "0x01|\\N"});
}

TEST_CASE("rows that do not fit are refused one by one, too many refuse the file",
          "[source][bulk]") {
  CHECK(Loaded("a tinyint, b int NOT NULL", "FIELDTERMINATOR = ','", "1,1\n300,1\n2,\nx,1\n3,3\n",
               {"SC0404", "SC0404", "SC0404"}) == Texts{"1|1", "3|3"});
  CHECK(Loaded("a tinyint, b int", "FIELDTERMINATOR = ',', MAXERRORS = 1", "1,1\n300,1\nx,1\n3,3\n",
               {"SC0404", "SC0404", "SC0401"})
            .empty());
}

TEST_CASE("a missing file and options that are not supported are reported", "[source][bulk]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a int)\nBULK INSERT t FROM 'gone.csv'\nGO\nBULK INSERT t FROM 'script.sql' "
      "WITH (DATAFILETYPE = 'native')\n"
      "GO\nBULK INSERT nowhere FROM 'script.sql'");
  const auto source = folder.Open();
  CHECK(CodesOf(*source) == Texts{"SC0403", "SC0405", "SC0401"});
  CHECK(RowsOf(*source, "dbo", "t").empty());
}

TEST_CASE("rows of a file can be changed afterwards", "[source][bulk]") {
  ScriptFolder folder(
      "CREATE TABLE t (a int)\nINSERT t VALUES (0)\nBULK INSERT t FROM 'd.csv'\nINSERT t VALUES "
      "(9)\nUPDATE t SET a = a * 2 WHERE a > 1");
  folder.Write("d.csv", "1\n2\n");
  CHECK(RowsOf(*folder.Open(), "dbo", "t") == Texts{"0", "1", "4", "18"});
}

}  // namespace
}  // namespace datamigrate::source
