// Procedures and functions over rows small enough to work out by hand: what they return, and what
// they leave in the tables that they write.
#include "tests/unit/dialects/routine_rows.h"

namespace datamigrate::dialects {
namespace {

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

TEST_CASE("OUTPUT of an UPDATE has both sides of each changed row", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    DECLARE @changed TABLE (Id int, Before int, After int);
    UPDATE dbo.Item SET Price = Price + 5 OUTPUT inserted.Id, deleted.Price, inserted.Price
      INTO @changed WHERE Price >= 20;
    UPDATE i SET Price = c.Price OUTPUT deleted.Price AS Was, inserted.Price
      FROM dbo.Item AS i JOIN dbo.Change AS c ON c.ItemId = i.Id;
    SELECT Id, Before, After FROM @changed; END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(RowsOf(query.sql) == Lines{"25|25"});
  REQUIRE(query.parts.size() == 2);
  CHECK(RowsOf(query.parts[0].sql) == Lines{"2|20|25"});
  CHECK(After(query, "Item") == Lines{"1|pen|10|20", "2|ink|25|50", "3|pad|NULL|NULL"});
}

TEST_CASE("OUTPUT of a DELETE with a join has the deleted rows", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS
    DELETE i OUTPUT deleted.Id, deleted.Name
    FROM dbo.Item AS i JOIN dbo.Change AS c ON c.ItemId = i.Id; SELECT @@ROWCOUNT AS N;)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(RowsOf(query.sql) == Lines{"2|ink"});
  REQUIRE(query.parts.size() == 2);
  CHECK(RowsOf(query.parts[0].sql) == Lines{"1"});
}

TEST_CASE("OUTPUT of a MERGE says what was done to each row", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS
    MERGE dbo.Item AS t USING dbo.Change AS s ON s.ItemId = t.Id
    WHEN MATCHED THEN UPDATE SET Price = s.Price
    WHEN NOT MATCHED BY TARGET THEN INSERT (Id, Name, Price) VALUES (s.ItemId, N'add', s.Price)
    WHEN NOT MATCHED BY SOURCE AND t.Price IS NULL THEN DELETE
    OUTPUT $action, deleted.Id AS OldId, inserted.Id, inserted.Price;)");
  CHECK(RowsOf(Translate(source, "p").sql) ==
        Lines{"DELETE|3|NULL|NULL", "INSERT|NULL|4|40", "UPDATE|2|2|25"});
}

TEST_CASE("TOP in a write touches so many rows", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    DELETE TOP (1) FROM dbo.Item OUTPUT deleted.Id WHERE Price IS NOT NULL;
    UPDATE TOP (1) dbo.Change SET Price = 0;
    INSERT TOP (2) INTO dbo.Log (Message) SELECT Name FROM dbo.Item; END)");
  const TranslatedQuery query = Translate(source, "p");
  // The key orders the rows of a table that has one.
  CHECK(RowsOf(query.sql) == Lines{"1"});
  CHECK(After(query, "Item") == Lines{"2|ink|20|40", "3|pad|NULL|NULL"});
  const Lines change = After(query, "Change");
  CHECK((change == Lines{"2|0", "4|40"} || change == Lines{"2|25", "4|0"}));
  CHECK(After(query, "Log").size() == 3);
  CHECK(Reports(query, diagnostics::DiagnosticId::kTopWithoutOrder));
}

TEST_CASE("dynamic SQL with parameters, and with text that conditions choose", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p @n int AS BEGIN
    DECLARE @sql nvarchar(max) = N'SELECT Id, Name FROM ' + QUOTENAME(N'dbo') + N'.Item WHERE 1 = 1';
    DECLARE @most int;
    IF @n > 0 SET @sql += N' AND Price >= @least';
    SET @sql = @sql + N' AND Id < 3';
    EXEC sp_executesql @sql, N'@least int', @least = @n;
    EXEC sp_executesql N'SELECT @out = MAX(Price) FROM dbo.Item WHERE Id < @id',
      N'@id int, @out int OUTPUT', 3, @out = @most OUTPUT;
    INSERT dbo.Change VALUES (9, @most); END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(RowsOf(query.sql, "15") == Lines{"2|ink"});
  CHECK(RowsOf(query.sql, "0") == Lines{"1|pen", "2|ink"});
  CHECK(After(query, "Change", "0") == Lines{"2|25", "4|40", "9|20"});
}

TEST_CASE("procedures that look after the server are neither converted nor refused", "[routines]") {
  for (const char* body : {
           "IF SERVERPROPERTY('IsXTPSupported') = 1 EXEC (N'CREATE COLUMNSTORE INDEX i ON "
           "dbo.Item')",
           "DECLARE @sql nvarchar(max) = N'CREATE ROLE ' + QUOTENAME(@r); EXECUTE (@sql)",
           "ALTER INDEX ALL ON dbo.Item REBUILD; UPDATE STATISTICS dbo.Item",
           "EXEC sp_addrolemember N'db_datareader', @r",
           "PRINT N'done'",
       }) {
    INFO(body);
    const Source source(std::string("CREATE PROCEDURE dbo.p @r sysname AS BEGIN ") + body +
                        "; END");
    const TranslatedQuery query = Translate(source, "p");
    CHECK(!query.converted());
    CHECK(query.is_administration);
    CHECK(Reports(query, diagnostics::DiagnosticId::kAdministrationOnly));
  }
  for (const char* body : {"EXEC (N'DELETE dbo.Item'); CREATE INDEX i ON dbo.Item (Name)",
                           "EXEC (@r)", "SELECT Id FROM dbo.Item"}) {
    INFO(body);
    const Source source(std::string("CREATE PROCEDURE dbo.p @r sysname AS BEGIN ") + body +
                        "; END");
    CHECK(!Translate(source, "p").is_administration);
  }
  const Source gives(R"(CREATE PROCEDURE dbo.p @n int OUTPUT AS BEGIN
    SELECT @n = COUNT(*) FROM dbo.Item; PRINT N'counted'; END)");
  CHECK(RowsOf(Translate(gives, "p").sql) == Lines{"3"});
}

TEST_CASE("@@ROWCOUNT counts the rows that a statement has touched", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    DECLARE @a int, @b int, @c int;
    UPDATE dbo.Change SET ItemId = ItemId + 10 WHERE ItemId < 10;
    SET @a = @@ROWCOUNT;
    SET @b = @@ROWCOUNT;
    DELETE dbo.Change WHERE ItemId = 12;
    IF @@ROWCOUNT > 0 SET @c = 7;
    SELECT @a AS A, @b AS B, @c AS C; END)");
  // A simple assignment leaves 1.
  CHECK(RowsOf(Translate(source, "p").sql) == Lines{"2|1|7"});
}

TEST_CASE("a variable that gathers rows is an aggregate", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p @n int AS BEGIN
    DECLARE @list nvarchar(100), @all nvarchar(100) = N'<', @sum int = 100, @missed int = 0;
    SELECT @list = COALESCE(@list + N', ', N'') + Name FROM dbo.Item WHERE Id <= @n ORDER BY Id DESC;
    SELECT @all = @all + Name + N';' FROM dbo.Item WHERE Id <= @n ORDER BY Name;
    SELECT @sum += ItemId FROM dbo.Change WHERE ItemId > @n;
    SELECT @missed = @missed + Price FROM dbo.Item;
    SELECT @list AS List, @all AS Everything, @sum AS Total, @missed AS Missed; END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(RowsOf(query.sql, "3") == Lines{"pad, ink, pen|<ink;pad;pen;|104|NULL"});
  CHECK(RowsOf(query.sql, "0") == Lines{"NULL|<|106|NULL"});
}

TEST_CASE("what has no set form is refused with its reason", "[routines]") {
  for (const char* body : {
           "DECLARE @s nvarchar(50) = N''; SELECT @s = REPLACE(@s, N'x', Name) FROM dbo.Item; "
           "SELECT @s AS S",
           "DECLARE @sql nvarchar(90) = N'SELECT 1 AS A'; SET @sql += @t; EXEC (@sql)",
           "UPDATE dbo.Item SET Price = 1 OUTPUT inserted.Doubled WHERE Id = 1",
           "THROW 50000, N'no', 1",
           "DECLARE @id uniqueidentifier = NEWID(); SELECT @id AS A; SELECT @id AS B",
           "DELETE dbo.Item; CREATE LOGIN someone WITH PASSWORD = 'x'",
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

// Item has a row without a change (1, 3) and Change one without an item (4).
TEST_CASE("a DELETE over an outer join deletes the rows that the join gives", "[routines]") {
  for (const char* from : {"dbo.Item AS i LEFT JOIN dbo.Change AS c ON c.ItemId = i.Id",
                           "dbo.Change AS c RIGHT JOIN dbo.Item AS i ON c.ItemId = i.Id",
                           "dbo.Change AS c FULL JOIN dbo.Item AS i ON c.ItemId = i.Id"}) {
    INFO(from);
    const Source source("CREATE PROCEDURE dbo.p AS DELETE i FROM " + std::string(from) +
                        " WHERE c.ItemId IS NULL");
    CHECK(After(Translate(source, "p"), "Item") == Lines{"2|ink|20|40"});
  }
  // Change 4 meets no item: the filled side of the join is the table that is written.
  const Source filled(R"(CREATE PROCEDURE dbo.p AS
    DELETE i FROM dbo.Change AS c LEFT JOIN dbo.Item AS i ON c.ItemId = i.Id)");
  CHECK(After(Translate(filled, "p"), "Item") == Lines{"1|pen|10|20", "3|pad|NULL|NULL"});
  const Source keyless(R"(CREATE PROCEDURE dbo.p AS
    DELETE c FROM dbo.Change AS c LEFT JOIN dbo.Item AS i ON c.ItemId = i.Id WHERE i.Id IS NULL)");
  CHECK(!Translate(keyless, "p").converted());
}

TEST_CASE("columns of a result that have no name of their own are given one", "[routines]") {
  const Source source(R"(CREATE PROCEDURE dbo.p AS BEGIN
    SELECT COUNT(*) FROM dbo.Item;
    SELECT i.Id, c.ItemId AS id, 7 FROM dbo.Item AS i JOIN dbo.Change AS c ON c.ItemId = i.Id;
    SELECT Id, 1 FROM dbo.Item UNION ALL SELECT ItemId, 2 FROM dbo.Change; END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(Reports(query, diagnostics::DiagnosticId::kColumnNamed));
  CHECK(RowsOf(query.sql) == Lines{"3"});
  REQUIRE(query.parts.size() == 2);
  const auto names = [](const std::vector<OutputColumn>& columns) {
    Lines found;
    for (const OutputColumn& column : columns) found.push_back(column.name);
    return found;
  };
  CHECK(names(query.columns) == Lines{"column_1"});
  CHECK(names(query.parts[0].columns) == Lines{"Id", "id_2", "column_3"});
  CHECK(RowsOf("select \"Id\" + id_2 + column_3 from (" + query.parts[0].sql + ") as q") ==
        Lines{"11"});
  CHECK(names(query.parts[1].columns) == Lines{"Id", "column_2"});
  CHECK(RowsOf("select sum(column_2) from (" + query.parts[1].sql + ") as q") == Lines{"7"});
}

}  // namespace
}  // namespace datamigrate::dialects
