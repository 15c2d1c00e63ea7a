// The rows that statements of scripts load and change.
#include "tests/unit/source/script_folder.h"

namespace datamigrate::source {
namespace {

using Texts = std::vector<std::string>;

Texts Rows(const std::string& script, const std::string& table = "t") {
  const ScriptFolder folder(script);
  const auto source = folder.Open();
  INFO(script);
  for (const std::string& finding : FindingsOf(*source)) UNSCOPED_INFO(finding);
  CHECK(source->diagnostics().empty());
  return RowsOf(*source, "dbo", table);
}

TEST_CASE("INSERT VALUES fills columns by list, by order, by default", "[source][rows]") {
  CHECK(Rows("CREATE TABLE t (a int, b varchar(5) DEFAULT 'x', c int)\nINSERT t VALUES (1, 'one', "
             "2), (3, DEFAULT, NULL)\n"
             "INSERT INTO t (c, a) VALUES (9, 8)\nINSERT t DEFAULT VALUES\nINSERT dbo.[T] (a) "
             "SELECT 5 UNION ALL SELECT 6") ==
        Texts{"1|one|2", "3|x|\\N", "8|x|9", "\\N|x|\\N", "5|x|\\N", "6|x|\\N"});
}

TEST_CASE("identity columns count by seed and increment", "[source][rows]") {
  CHECK(Rows("CREATE TABLE t (id int IDENTITY(10, 5), a int)\nINSERT t VALUES (1), (2)\nSET "
             "IDENTITY_INSERT t ON\n"
             "INSERT t (id, a) VALUES (100, 3)\nSET IDENTITY_INSERT dbo.t OFF\nGO\nINSERT t (a) "
             "VALUES (4)") == Texts{"10|1", "15|2", "100|3", "105|4"});
}

TEST_CASE("an explicit identity without IDENTITY_INSERT is refused, as on the server",
          "[source][rows]") {
  const ScriptFolder folder(
      "CREATE TABLE t (id int IDENTITY, a int)\nINSERT t (id, a) VALUES (1, 1)\nINSERT t VALUES "
      "(2)");
  const auto source = folder.Open();
  CHECK(CodesOf(*source) == Texts{"SC0402"});
  CHECK(RowsOf(*source, "dbo", "t") == Texts{"1|2"});
}

TEST_CASE("a statement with one bad row loads none of its rows", "[source][rows]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a tinyint NOT NULL, b varchar(3))\nINSERT t VALUES (1, 'a'),\n (300, 'b')\n"
      "INSERT t VALUES (NULL, 'a')\nINSERT t VALUES (2, 'abcd')\nINSERT t VALUES (3)\nINSERT t "
      "VALUES (4, 'ok')\n"
      "INSERT gone VALUES (1)");
  const auto source = folder.Open();
  CHECK(CodesOf(*source) == Texts{"SC0402", "SC0402", "SC0402", "SC0402", "SC0401"});
  CHECK(source->diagnostics()[0].place.line == 2);
  CHECK(RowsOf(*source, "dbo", "t") == Texts{"4|ok"});
}

TEST_CASE("cells have the canonical form of their type", "[source][rows]") {
  CHECK(
      Rows(
          "CREATE TABLE t (a bit, b money, c decimal(9,3), d float, e datetime, f date, g time(2), "
          "h uniqueidentifier,\n"
          "i varbinary(8), j nchar(3), k datetimeoffset(0), l real)\n"
          "INSERT t VALUES ('true', 1234.5, 1, 1e3, '3/1/98 4:05 PM', '20200229', '12:30:05.255',\n"
          "'6f9619ff-8b86-d011-b42d-00c04fc964ff', 0x0a0B, N'é', '2020-01-01 10:00 +02:00', "
          "0.1)") == Texts{"1|1234.5000|1.000|1000|1998-03-01 "
                           "16:05:00|2020-02-29|12:30:05.26|6F9619FF-8B86-D011-B42D-00C04FC964FF|"
                           "0x0A0B|é  |2020-01-01 10:00:00 +02:00|0.1"});
}

TEST_CASE("expressions are computed", "[source][rows]") {
  CHECK(Rows("CREATE TABLE t (a varchar(60), b int)\n"
             "INSERT t VALUES ('a' + 'b' + CAST(3 AS varchar(5)), 7 / 2), (CONCAT('x', NULL, 5), "
             "-7 % 4), (UPPER('abc'), LEN('ab  ')),\n"
             "(REPLACE('banana', 'AN', '-'), CHARINDEX('n', 'banana')), (SUBSTRING('hello', 2, 3), "
             "DATEDIFF(day, '20200101', '20200301')),\n"
             "(CONVERT(varchar(10), DATEADD(month, 1, '20200131'), 120), CASE WHEN 1 = 2 THEN 1 "
             "ELSE 0 END),\n"
             "(CHAR(65) + NCHAR(233), ISNULL(NULL, 4)), (CAST(1.0 / 3 AS varchar(20)), 2 & 3), "
             "(LEFT('abc', 2) + RIGHT('abc', 1), 5 ^ 1),\n"
             "(CAST(CAST(12.5 AS money) AS varchar(10)), DATEPART(week, '20200105'))") ==
        Texts{"ab3|3", "x5|-3", "ABC|2", "b--a|3", "ell|60", "2020-02-29|0", "Aé|4", "0.333333|2",
              "abc|4", "12.50|2"});
}

TEST_CASE("variables and look-ups carry values from table to table", "[source][rows]") {
  CHECK(
      Rows("CREATE TABLE p (id int IDENTITY, code varchar(5))\nINSERT p VALUES ('A'), ('B'), "
           "('C')\nCREATE TABLE t (a int, b int)\n"
           "DECLARE @b int = (SELECT id FROM p WHERE code = 'b'), @n int; SELECT @n = COUNT(*) "
           "FROM p;\n"
           "SET @n += 10;\nINSERT t VALUES (@b, @n), ((SELECT MAX(id) FROM p), SCOPE_IDENTITY())\n"
           "INSERT t SELECT x.id, p.id FROM p JOIN p x ON x.id = p.id + 1 WHERE p.code IN ('A', "
           "'B') ORDER BY x.id DESC") == Texts{"2|13", "3|3", "3|2", "2|1"});
}

TEST_CASE("a variable does not outlive GO", "[source][rows]") {
  const ScriptFolder folder("CREATE TABLE t (a int)\nDECLARE @a int = 1\nGO\nINSERT t VALUES (@a)");
  CHECK(CodesOf(*folder.Open()) == Texts{"SC0402"});
}

TEST_CASE("UPDATE, DELETE and TRUNCATE change what was loaded", "[source][rows]") {
  const std::string load =
      "CREATE TABLE t (a int, b varchar(5))\nINSERT t VALUES (1, 'x'), (2, 'y'), (3, 'z')\n"
      "CREATE TABLE u (a int, n varchar(5))\nINSERT u VALUES (2, 'two'), (3, 'three')\n";
  CHECK(Rows(load + "UPDATE t SET b = b + '!', a += 10 WHERE a > 1") ==
        Texts{"1|x", "12|y!", "13|z!"});
  CHECK(Rows(load + "UPDATE x SET b = u.n FROM t x INNER JOIN u ON u.a = x.a") ==
        Texts{"1|x", "2|two", "3|three"});
  CHECK(Rows(load + "DELETE FROM t WHERE a = 2") == Texts{"1|x", "3|z"});
  CHECK(Rows(load + "DELETE x FROM t AS x WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.a = x.a)") ==
        Texts{"2|y", "3|z"});
  CHECK(Rows(load + "DELETE t").empty());
  CHECK(Rows(load + "TRUNCATE TABLE t\nINSERT t VALUES (9, 'n')") == Texts{"9|n"});
  CHECK(Rows(load + "WITH c AS (SELECT a FROM u) DELETE FROM t WHERE a IN (SELECT a FROM c)") ==
        Texts{"1|x"});
}

TEST_CASE("MERGE updates, inserts and deletes", "[source][rows]") {
  CHECK(Rows("CREATE TABLE t (id int, name varchar(9), n int DEFAULT 7)\nINSERT t VALUES (1, "
             "'one', 1), (2, 'two', 2), (3, 'three', 3)\n"
             "MERGE INTO t AS target USING (VALUES (1, 'uno'), (3, 'three'), (4, 'four')) AS "
             "source (id, name)\n"
             "ON target.id = source.id\n"
             "WHEN MATCHED AND target.name <> source.name THEN UPDATE SET name = source.name\n"
             "WHEN NOT MATCHED BY TARGET THEN INSERT (id, name) VALUES (source.id, source.name)\n"
             "WHEN NOT MATCHED BY SOURCE THEN DELETE;") ==
        Texts{"1|uno|1", "3|three|3", "4|four|7"});
}

TEST_CASE("control of flow is followed", "[source][rows]") {
  CHECK(Rows("CREATE TABLE t (a int)\nDECLARE @i int = 0\nWHILE @i < 5\nBEGIN\n  SET @i = @i + 1\n "
             " IF @i = 2 CONTINUE\n"
             "  IF @i = 4 BREAK\n  INSERT t VALUES (@i)\nEND\n"
             "IF NOT EXISTS (SELECT * FROM t WHERE a = 3) INSERT t VALUES (33) ELSE INSERT t "
             "VALUES (34)\n"
             "BEGIN TRY INSERT t VALUES (5) END TRY BEGIN CATCH INSERT t VALUES (6) END "
             "CATCH\nGO\nINSERT t VALUES (7)\nGO 2") == Texts{"1", "3", "34", "5", "7", "7"});
}

TEST_CASE("functions, views, procedures, sequences and temporary tables help to make rows",
          "[source][rows]") {
  CHECK(
      Rows("CREATE TABLE p (id int, code varchar(5))\nGO\nINSERT p VALUES (1, 'A'), (2, 'B')\nGO\n"
           "CREATE FUNCTION dbo.IdOf (@c varchar(5)) RETURNS int AS BEGIN DECLARE @r int; SELECT "
           "@r = id FROM p WHERE code = @c; RETURN @r END\n"
           "GO\nCREATE VIEW v AS SELECT id * 10 AS ten, code FROM p\nGO\n"
           "CREATE FUNCTION dbo.Above (@n int) RETURNS TABLE AS RETURN SELECT id FROM p WHERE id > "
           "@n\nGO\n"
           "CREATE PROC Fill @from int, @count int OUTPUT AS BEGIN INSERT t (a, b) SELECT id + "
           "@from, 0 FROM p; SET @count = @@ROWCOUNT END\nGO\n"
           "CREATE SEQUENCE s START WITH 100 INCREMENT BY 10\nCREATE TABLE t (a int, b int DEFAULT "
           "(NEXT VALUE FOR s))\nGO\n"
           "INSERT t (a) VALUES (dbo.IdOf('B'))\nINSERT t SELECT ten, id FROM v JOIN p ON p.code = "
           "v.code\n"
           "INSERT t SELECT id, -1 FROM dbo.Above(1)\nDECLARE @n int; EXEC Fill @from = 1000, "
           "@count = @n OUTPUT; INSERT t VALUES (@n, NULL)\n"
           "CREATE TABLE #x (a int); INSERT #x VALUES (77); DECLARE @y TABLE (b int); INSERT @y "
           "SELECT a + 1 FROM #x;\n"
           "INSERT t (a) SELECT b FROM @y") ==
      Texts{"2|100", "10|1", "20|2", "2|-1", "1001|0", "1002|0", "2|\\N", "78|110"});
}

TEST_CASE("a procedure that cannot be run as a whole changes nothing", "[source][rows]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a int)\nGO\nINSERT t VALUES (1)\nGO\nCREATE PROC p @o int OUTPUT AS BEGIN "
      "INSERT t VALUES (2); "
      "DELETE t WHERE a = 1; INSERT t SELECT object_id FROM sys.objects END\nGO\nDECLARE @o int; "
      "EXEC p @o OUTPUT\n"
      "INSERT t VALUES (@o)\nINSERT t VALUES (3)");
  const auto source = folder.Open();
  CHECK(CodesOf(*source) == Texts{"SC0401", "SC0401"});
  CHECK(RowsOf(*source, "dbo", "t") == Texts{"1", "3"});
}

TEST_CASE("SET DATEFORMAT holds until it is changed", "[source][rows]") {
  CHECK(Rows("CREATE TABLE t (a date)\nSET DATEFORMAT dmy\nGO\nINSERT t VALUES ('1/2/2020')\nSET "
             "DATEFORMAT mdy\nINSERT t VALUES ('1/2/2020')") == Texts{"2020-02-01", "2020-01-02"});
}

TEST_CASE("values of the run are noted, and are the same at each reading", "[source][rows]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a uniqueidentifier DEFAULT NEWID(), b datetime DEFAULT GETDATE())\n"
      "INSERT t DEFAULT VALUES\nINSERT t DEFAULT VALUES");
  const auto first = folder.Open(), second = folder.Open();
  CHECK(CodesOf(*first) == Texts{"SC0406", "SC0406"});
  const Texts rows = RowsOf(*first, "dbo", "t");
  CHECK(rows == RowsOf(*second, "dbo", "t"));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] != rows[1]);
  CHECK(rows[0].ends_with("|2025-06-16 12:00:00"));
}

TEST_CASE("tables count their rows, and unknown ones are not found", "[source][rows]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a int)\nCREATE TABLE empty (a int)\nINSERT t VALUES (1), (2)");
  const auto source = folder.Open();
  CHECK(source->catalog().tables[0].row_count == 2);
  CHECK(source->catalog().tables[1].row_count == 0);
  const auto ignore = [](data::RowBatch) { return absl::OkStatus(); };
  CHECK(absl::IsNotFound(source->rows().ReadTable({"dbo", "x"}, 10, ignore)));
  CHECK(absl::IsInvalidArgument(source->rows().ReadTable({"dbo", "t"}, 0, ignore)));
  const auto fail = [](data::RowBatch) { return absl::CancelledError("enough"); };
  CHECK(absl::IsCancelled(source->rows().ReadTable({"DBO", "T"}, 1, fail)));
  ScriptSourceOptions options;
  options.load_rows = false;
  CHECK(folder.Open(options)->catalog().tables[0].row_count == -1);
}

TEST_CASE("long chains and deep nesting do not break the reader", "[source][rows]") {
  const auto repeated = [](const std::string& text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
  };
  CHECK(Rows("CREATE TABLE t (a int, b varchar(max))\nINSERT t SELECT 1" + repeated(" + 1", 5'000) +
             ", ''\n"
             "UPDATE t SET a = 5 WHERE a = 0" +
             repeated(" OR a = 0", 5'000) + " OR a > 5000") == Texts{"5|"});
  const ScriptFolder folder(
      "CREATE TABLE t (a int)\nGO\nCREATE VIEW v AS SELECT 1" + repeated(" + 1", 5'000) +
      " AS a\nGO\n"
      "EXEC('CREATE TABLE '" +
      repeated(" + 'x'", 100) + " + ' (a int)'" + repeated(" + ' '", 5'000) +
      ")\nGO\n"
      "INSERT t VALUES (" +
      repeated("(", 700) + "1" + repeated(")", 700) + ")\nINSERT t VALUES (2)");
  const auto source = folder.Open();
  CHECK(source->catalog().views.size() == 1);
  CHECK(source->catalog().tables.size() == 2);
  CHECK(RowsOf(*source, "dbo", "t").back() == "2");
}

TEST_CASE("statements that never end are stopped", "[source][rows]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a int)\nWHILE 1 = 1 SELECT @@ROWCOUNT\nGO\nINSERT t VALUES (1)");
  ScriptSourceOptions options;
  options.max_steps = 100'000;
  const auto source = folder.Open(options);
  CHECK(RowsOf(*source, "dbo", "t") == Texts{"1"});
}

TEST_CASE("what cannot be run is reported with its place, and the rest goes on", "[source][rows]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a int, g geography)\nINSERT t VALUES (1, geography::Point(1, 2, 4326))\n"
      "INSERT t (a) SELECT column_id FROM sys.columns\nUPDATE TOP (1) t SET a = 2\nINSERT t (a) "
      "VALUES (3)");
  const auto source = folder.Open();
  CHECK(CodesOf(*source) == Texts{"SC0401", "SC0401", "SC0401"});
  CHECK(source->diagnostics()[1].place.line == 3);
  CHECK(RowsOf(*source, "dbo", "t") == Texts{"3|\\N"});
}

}  // namespace
}  // namespace datamigrate::source
