// Procedures and functions over rows small enough to work out by hand: what they return, and what
// they leave in the tables that they write.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>

#include "agent_engine/dialects/translate.h"
#include "agent_engine/source/scripts/script_source.h"
#include "tests/unit/dialects/duckdb_session.h"

namespace datamigrate::dialects {
namespace {

using testing::DuckDbSession;
using Lines = std::vector<std::string>;

constexpr char kTables[] = R"(
CREATE TABLE dbo.Item (Id int NOT NULL PRIMARY KEY, Name nvarchar(20) NOT NULL, Price int NULL,
  Doubled AS Price * 2);
GO
CREATE TABLE dbo.Change (ItemId int NOT NULL, Price int NULL);
GO
CREATE TABLE dbo.Log (LogId int IDENTITY(10, 5) NOT NULL PRIMARY KEY, Message nvarchar(50) NULL,
  Kind nvarchar(10) NOT NULL DEFAULT (N'plain'));
GO
CREATE VIEW dbo.Expensive AS SELECT Id, Name FROM dbo.Item WHERE Price >= 20;
GO
)";

constexpr char kRows[] = R"(
create schema if not exists dbo;
create table dbo."Item" ("Id" integer, "Name" varchar, "Price" integer, "Doubled" integer);
insert into dbo."Item" values (1, 'pen', 10, 20), (2, 'ink', 20, 40), (3, 'pad', null, null);
create table dbo."Change" ("ItemId" integer, "Price" integer);
insert into dbo."Change" values (2, 25), (4, 40);
create table dbo."Log" ("LogId" integer, "Message" varchar, "Kind" varchar);
insert into dbo."Log" values (10, 'first', 'plain');
)";

// A catalog of the tables above and more definitions, read from a script.
class Source {
 public:
  explicit Source(const std::string& definitions) {
    path_ = std::filesystem::temp_directory_path() /
            ("routine_rows_" + std::to_string(reinterpret_cast<uintptr_t>(this)) + ".sql");
    std::ofstream(path_) << kTables << definitions << "\nGO\n";
    source::ScriptSourceOptions options;
    options.load_rows = false;
    auto opened = source::ScriptSource::Open(path_, options);
    REQUIRE(opened.ok());
    source_ = std::move(*opened);
  }
  ~Source() { std::filesystem::remove(path_); }

  const catalog::Catalog& catalog() const { return source_->catalog(); }

 private:
  std::filesystem::path path_;
  std::unique_ptr<source::ScriptSource> source_;
};

TranslatedQuery Translate(const Source& source, const std::string& routine) {
  const catalog::CatalogIndex index(source.catalog());
  const catalog::Routine* found = index.FindRoutine("dbo", routine);
  REQUIRE(found != nullptr);
  return TranslateRoutine(index, *found, Target::kDuckDb, QuotedRelationNamer(Target::kDuckDb));
}

// Rows as "a|b", in order of their text.
Lines RowsOf(std::string sql, const std::string& parameter = "") {
  static const std::regex kVariable(R"(\{\{ var\('\w+', '([^']*)'\) \}\})");
  sql = std::regex_replace(sql, kVariable, parameter.empty() ? "$1" : parameter);
  DuckDbSession session;
  REQUIRE(session.Run(kRows).error == "");
  const testing::Rows rows = session.Run(sql);
  INFO(sql);
  CHECK(rows.error == "");
  Lines lines;
  for (const auto& row : rows.rows) {
    std::string line;
    for (const std::string& cell : row) line += (line.empty() ? "" : "|") + cell;
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

// What the routine p leaves in a table.
Lines After(const TranslatedQuery& query, const std::string& table,
            const std::string& parameter = "") {
  for (const diagnostics::Diagnostic& found : query.diagnostics)
    UNSCOPED_INFO(diagnostics::Message(found));
  const auto part = std::ranges::find_if(
      query.parts, [&](const TranslatedPart& candidate) { return candidate.table.name == table; });
  REQUIRE(part != query.parts.end());
  return RowsOf(part->sql, parameter);
}

bool Reports(const TranslatedQuery& query, diagnostics::DiagnosticId id) {
  return std::ranges::any_of(query.diagnostics,
                             [&](const diagnostics::Diagnostic& d) { return d.id == id; });
}

TEST_CASE("an INSERT adds rows, numbers them on and works computed columns out", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p @n int AS
    INSERT dbo.Item (Id, Name, Price) SELECT ItemId, N'new', Price FROM dbo.Change WHERE ItemId > @n;
    INSERT dbo.Log (Message) VALUES (N'second');)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(query.sql.empty());
  CHECK(After(query, "Item", "2") ==
        Lines{"1|pen|10|20", "2|ink|20|40", "3|pad|NULL|NULL", "4|new|40|80"});
  CHECK(After(query, "Log") == Lines{"10|first|plain", "15|second|plain"});
  CHECK(Reports(query, diagnostics::DiagnosticId::kNumbersDrawn));
}

TEST_CASE("an UPDATE changes rows where its condition is true, not where it is unknown",
          "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS
    UPDATE dbo.Item SET Price += 1, Name = UPPER(Name) WHERE Price > 15)");
  CHECK(After(Translate(source, "p"), "Item") ==
        Lines{"1|pen|10|20", "2|INK|21|42", "3|pad|NULL|NULL"});
}

TEST_CASE("an UPDATE with a join changes joined rows only", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS
    UPDATE i SET Price = c.Price FROM dbo.Item AS i JOIN dbo.Change AS c ON c.ItemId = i.Id)");
  CHECK(After(Translate(source, "p"), "Item") ==
        Lines{"1|pen|10|20", "2|ink|25|50", "3|pad|NULL|NULL"});
}

TEST_CASE("an UPDATE with a join works for a table without a key", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS
    UPDATE c SET Price = c.Price + i.Price FROM dbo.Change AS c JOIN dbo.Item AS i ON i.Id = c.ItemId)");
  CHECK(After(Translate(source, "p"), "Change") == Lines{"2|45", "4|40"});
}

TEST_CASE("a DELETE keeps rows where its condition is unknown", "[routines]") {
  const Source source("CREATE PROCEDURE dbo.p AS DELETE dbo.Item WHERE Price < 15");
  CHECK(After(Translate(source, "p"), "Item") == Lines{"2|ink|20|40", "3|pad|NULL|NULL"});
}

TEST_CASE("a DELETE with a join deletes joined rows", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS
    DELETE i FROM dbo.Item AS i JOIN dbo.Change AS c ON c.ItemId = i.Id WHERE c.Price > 20)");
  CHECK(After(Translate(source, "p"), "Item") == Lines{"1|pen|10|20", "3|pad|NULL|NULL"});
}

TEST_CASE("TRUNCATE and INSERT leave the new rows alone", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    TRUNCATE TABLE dbo.Change; INSERT dbo.Change SELECT Id, Price FROM dbo.Item WHERE Price = 10; END)");
  CHECK(After(Translate(source, "p"), "Change") == Lines{"1|10"});
}

TEST_CASE("MERGE updates, deletes and inserts", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS
    MERGE dbo.Item AS t USING dbo.Change AS s ON s.ItemId = t.Id
    WHEN MATCHED AND s.Price > 100 THEN DELETE
    WHEN MATCHED THEN UPDATE SET Price = s.Price
    WHEN NOT MATCHED BY TARGET THEN INSERT (Id, Name, Price) VALUES (s.ItemId, N'add', s.Price)
    WHEN NOT MATCHED BY SOURCE AND t.Price IS NULL THEN DELETE;)");
  CHECK(After(Translate(source, "p"), "Item") ==
        Lines{"1|pen|10|20", "2|ink|25|50", "4|add|40|80"});
}

TEST_CASE("each statement reads what the ones before it left", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    SET NOCOUNT ON;
    DECLARE @top int = (SELECT MAX(Price) FROM dbo.Item);
    CREATE TABLE #found (Id int, Price int);
    INSERT #found SELECT Id, Price FROM dbo.Item WHERE Price IS NOT NULL;
    UPDATE dbo.Item SET Price = Price * 2;
    UPDATE #found SET Price = Price + 1 WHERE Id = 1;
    SELECT f.Id, f.Price, i.Price AS NewPrice, @top AS OldTop
    FROM #found AS f JOIN dbo.Item AS i ON i.Id = f.Id;
    SELECT Id FROM dbo.Expensive; END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(RowsOf(query.sql) == Lines{"1|11|20|20", "2|20|40|20"});
  REQUIRE(query.parts.size() == 2);
  CHECK(RowsOf(query.parts[0].sql) == Lines{"1", "2"});
  CHECK(After(query, "Item") == Lines{"1|pen|20|40", "2|ink|40|80", "3|pad|NULL|NULL"});
}

TEST_CASE("IF takes the branch that its condition says, unknown is ELSE", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p @n int AS BEGIN
    DECLARE @x int = 1;
    IF @n > 5 BEGIN SET @x = 2; DELETE dbo.Change WHERE ItemId = 2; END
    ELSE UPDATE dbo.Change SET Price = 0;
    SELECT @x AS X; END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(RowsOf(query.sql, "7") == Lines{"2"});
  CHECK(RowsOf(query.sql, "3") == Lines{"1"});
  CHECK(After(query, "Change", "7") == Lines{"4|40"});
  CHECK(After(query, "Change", "3") == Lines{"2|0", "4|0"});
}

TEST_CASE("RETURN in a branch leaves out what follows", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p @n int AS BEGIN
    IF @n = 1 BEGIN SELECT 'early' AS Way; RETURN; END
    DELETE dbo.Change;
    SELECT 'late' AS Way; END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(RowsOf(query.sql, "1") == Lines{"early"});
  CHECK(After(query, "Change", "1") == Lines{"2|25", "4|40"});
  CHECK(After(query, "Change", "2").empty());
}

TEST_CASE("results of other shapes stand alone, each with rows where its branch is taken",
          "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p @n int AS
    IF @n = 1 SELECT Id FROM dbo.Item WHERE Id = 1 ELSE SELECT Id, Name FROM dbo.Item WHERE Id = 2)");
  const TranslatedQuery query = Translate(source, "p");
  REQUIRE(query.parts.size() == 1);
  CHECK(RowsOf(query.sql, "1") == Lines{"1"});
  CHECK(RowsOf(query.sql, "2").empty());
  CHECK(RowsOf(query.parts[0].sql, "1").empty());
  CHECK(RowsOf(query.parts[0].sql, "2") == Lines{"2|ink"});
  CHECK(Reports(query, diagnostics::DiagnosticId::kResultDependsOnParameter));
}

TEST_CASE("a called procedure takes part, with its output", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.inner_p @id int, @price int OUTPUT AS BEGIN
    SELECT @price = Price FROM dbo.Item WHERE Id = @id; DELETE dbo.Change WHERE ItemId = @id; END
GO
CREATE PROCEDURE dbo.p AS BEGIN
    DECLARE @found int; EXEC dbo.inner_p @id = 2, @price = @found OUTPUT;
    EXEC (N'INSERT dbo.Change VALUES (9, 90)');
    SELECT @found AS Price; END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(RowsOf(query.sql) == Lines{"20"});
  CHECK(After(query, "Change") == Lines{"4|40", "9|90"});
}

TEST_CASE("a cursor that adds rows of its own is a set", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    DECLARE @id int, @price int;
    CREATE TABLE #out (Id int, Part int);
    DECLARE c CURSOR FAST_FORWARD FOR SELECT ItemId, Price FROM dbo.Change ORDER BY ItemId;
    OPEN c; FETCH NEXT FROM c INTO @id, @price;
    WHILE @@FETCH_STATUS = 0 BEGIN
      INSERT #out SELECT Id, @price FROM dbo.Item WHERE Id < @id;
      FETCH NEXT FROM c INTO @id, @price;
    END
    CLOSE c; DEALLOCATE c;
    SELECT Id, Part FROM #out; END)");
  CHECK(RowsOf(Translate(source, "p").sql) == Lines{"1|25", "1|40", "2|40", "3|40"});
}

TEST_CASE("functions of several statements are queries, called too", "[routines]") {
  const Source source(R"(CREATE FUNCTION dbo.f (@least int)
    RETURNS @t TABLE (Id int PRIMARY KEY, Twice int) AS BEGIN
      INSERT @t SELECT Id, Price * 2 FROM dbo.Item WHERE Price >= @least;
      UPDATE @t SET Twice = Twice + 1 WHERE Id = 2; RETURN; END
GO
CREATE FUNCTION dbo.g (@n int) RETURNS int AS BEGIN
      IF @n < 0 RETURN 0; DECLARE @r int; SELECT TOP (1) @r = Price FROM dbo.Item WHERE Id = @n; RETURN @r; END
GO
CREATE PROCEDURE dbo.p AS SELECT f.Id, f.Twice, dbo.g(f.Id) AS Price FROM dbo.f(10) AS f)");
  CHECK(RowsOf(Translate(source, "f").sql, "15") == Lines{"2|41"});
  CHECK(RowsOf(Translate(source, "g").sql, "2") == Lines{"20"});
  CHECK(RowsOf(Translate(source, "p").sql) == Lines{"1|20|10", "2|41|20"});
}

TEST_CASE("JSON rows fill a table", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS
    INSERT dbo.Change SELECT Id, Price FROM OPENJSON(N'[{"Id":7,"a":{"Price":70}},{"Id":8}]')
      WITH (Id int, Price int '$.a.Price'))");
  CHECK(After(Translate(source, "p"), "Change") == Lines{"2|25", "4|40", "7|70", "8|NULL"});
}

TEST_CASE("a table-valued parameter reads the relation that a variable names, or no rows",
          "[routines]") {
  const Source source(R"(CREATE TYPE dbo.Prices AS TABLE (ItemId int NOT NULL, Price int NULL);
GO
CREATE PROCEDURE dbo.add_prices @new dbo.Prices READONLY AS
    INSERT dbo.Change SELECT ItemId, Price FROM @new;
GO
CREATE PROCEDURE dbo.p @Lines dbo.Prices READONLY AS BEGIN
    DECLARE @new dbo.Prices;
    INSERT @new SELECT ItemId, Price * 2 FROM @Lines WHERE Price > 5;
    EXEC dbo.add_prices @new = @new; END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Change") == Lines{"2|25", "4|40"});
  CHECK(Reports(query, diagnostics::DiagnosticId::kParameterNamesRelation));
  REQUIRE(query.parts.size() == 1);
  const std::regex variable(R"(\{\{ var\('p__lines', '\(.*\)'\) \}\})");
  const std::string rows = "(select 7 as ItemId, 10 as Price union all select 8, 1)";
  CHECK(RowsOf(std::regex_replace(query.parts[0].sql, variable, rows)) ==
        Lines{"2|25", "4|40", "7|20"});
}

TEST_CASE("a SELECT that assigns goes on from the value before, where a key finds one row",
          "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    DECLARE @n int;
    SELECT @n = SUM(Price) FROM dbo.Change;
    SELECT @n = ISNULL(@n, 0) + Price FROM dbo.Item WHERE Id = 2;
    SELECT @n += Price FROM dbo.Item WHERE Id = 99;
    SELECT @n AS N; END)");
  CHECK(RowsOf(Translate(source, "p").sql) == Lines{"85"});
}

TEST_CASE("a table that is dropped and made again holds what is put there", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    IF OBJECT_ID('tempdb..#found') IS NOT NULL DROP TABLE #found;
    SELECT Id INTO #found FROM dbo.Item WHERE Id < 3;
    IF OBJECT_ID(N'dbo.Summary', N'U') IS NOT NULL DROP TABLE dbo.Summary;
    CREATE TABLE dbo.Summary (Id int NOT NULL, Part nvarchar(9) NULL);
    ALTER TABLE dbo.Summary ADD CONSTRAINT PK_S PRIMARY KEY (Id);
    INSERT dbo.Summary (Id) SELECT Id FROM #found;
    DROP TABLE dbo.Change;
    SELECT Id AS ItemId INTO dbo.Change FROM dbo.Summary WHERE Id = 2;
    IF ERROR_NUMBER() IS NOT NULL DELETE dbo.Summary; END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Summary") == Lines{"1|NULL", "2|NULL"});
  CHECK(After(query, "Change") == Lines{"2"});
}

TEST_CASE("SCOPE_IDENTITY() is the number that the last INSERT drew", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    INSERT dbo.Log (Message) VALUES (N'second');
    DECLARE @id int = SCOPE_IDENTITY();
    INSERT dbo.Change (ItemId, Price) VALUES (@id, @@IDENTITY); END)");
  CHECK(After(Translate(source, "p"), "Change") == Lines{"15|15", "2|25", "4|40"});
}

TEST_CASE("what has no set form is refused with its reason", "[routines]") {
  for (const char* body : {
           "DECLARE @i int = 0; WHILE @i < 3 BEGIN SET @i += 1; END; SELECT @i AS I",
           "DECLARE @s nvarchar(50) = N''; SELECT @s = @s + Name FROM dbo.Item; SELECT @s AS S",
           "DECLARE @sql nvarchar(90) = N'SELECT 1 AS A'; SET @sql += @t; EXEC (@sql)",
           "UPDATE dbo.Log SET Message = N'x' OUTPUT deleted.LogId WHERE LogId = 1",
           "THROW 50000, N'no', 1",
           "DECLARE @id uniqueidentifier = NEWID(); SELECT @id AS A; SELECT @id AS B",
           "CREATE LOGIN someone WITH PASSWORD = 'x'",
           "DROP TABLE dbo.Change; SELECT 1 AS One",
           "ALTER TABLE dbo.Change ADD Extra int; SELECT 1 AS One",
       }) {
    INFO(body);
    const Source source(std::string("CREATE PROCEDURE dbo.p @t nvarchar(20) AS BEGIN ") + body +
                        "; END");
    const TranslatedQuery query = Translate(source, "p");
    CHECK(!query.converted());
    diagnostics::DiagnosticSink findings;
    for (const diagnostics::Diagnostic& found : query.diagnostics) findings.Report(found);
    CHECK(findings.HasErrors());
  }
}

TEST_CASE("a guard that only raises an error is left out and said so", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p @n int AS BEGIN
    IF @n IS NULL BEGIN RAISERROR (N'no number', 16, 1); RETURN; END
    BEGIN TRY BEGIN TRAN; DELETE dbo.Change WHERE ItemId = @n; COMMIT; END TRY
    BEGIN CATCH ROLLBACK; THROW; END CATCH END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Change", "2") == Lines{"4|40"});
  CHECK(Reports(query, diagnostics::DiagnosticId::kErrorNotRaised));
  CHECK(Reports(query, diagnostics::DiagnosticId::kErrorPathLeftOut));
}

}  // namespace
}  // namespace datamigrate::dialects
