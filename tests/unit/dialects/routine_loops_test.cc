// Loops of procedures and functions over rows small enough to work out by hand.
#include "tests/unit/dialects/routine_rows.h"

namespace datamigrate::dialects {
namespace {

// dbo.p with the parameter @n and that body.
Source Procedure(const std::string& body, const std::string& before = "") {
  return Source(before + "CREATE PROCEDURE dbo.p @n int AS BEGIN " + body + " END");
}

TEST_CASE("a loop that counts adds a row for each turn", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 1;
    WHILE @i <= @n BEGIN INSERT dbo.Change VALUES (@i, @i * 10); SET @i = @i + 1; END
    SELECT @i AS I;)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Change", "3") == Lines{"1|10", "2|20", "2|25", "3|30", "4|40"});
  CHECK(RowsOf(query.sql, "3") == Lines{"4"});
  CHECK(After(query, "Change", "0") == Lines{"2|25", "4|40"});
}

TEST_CASE("a loop over days goes over the end of a month", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @d date = '20240228', @end date;
    SET @end = DATEADD(day, @n, @d);
    WHILE (@d < @end) BEGIN
      INSERT dbo.Change (Price, ItemId) SELECT DAY(@d), MONTH(@d);
      SELECT @d = DATEADD(day, 1, @d);
    END)");
  CHECK(After(Translate(source, "p"), "Change", "3") ==
        Lines{"2|25", "2|28", "2|29", "3|1", "4|40"});
}

TEST_CASE("BREAK ends a loop, CONTINUE a turn", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 0;
    WHILE 1 = 1 BEGIN
      SET @i += 1;
      IF @i > @n BREAK;
      IF @i % 2 = 0 CONTINUE;
      INSERT dbo.Change VALUES (100 + @i, @i);
    END
    SELECT @i AS I;)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Change", "5") == Lines{"101|1", "103|3", "105|5", "2|25", "4|40"});
  CHECK(RowsOf(query.sql, "5") == Lines{"6"});
}

TEST_CASE("a function's loop carries its variables on", "[routines][loops]") {
  const Source source(R"(CREATE FUNCTION dbo.fibonacci (@n int) RETURNS int AS BEGIN
      DECLARE @a int = 0, @b int = 1, @t int, @i int = 0;
      WHILE @i < @n BEGIN SET @t = @a + @b; SET @a = @b; SET @b = @t; SET @i += 1; END
      RETURN @a; END
GO
CREATE FUNCTION dbo.digits (@s nvarchar(50)) RETURNS nvarchar(50) AS BEGIN
      DECLARE @r nvarchar(50) = N'', @i int = 1, @c nchar(1);
      WHILE @i <= LEN(@s) BEGIN
        SET @c = SUBSTRING(@s, @i, 1);
        IF @c LIKE N'[0-9]' SET @r = @r + @c;
        SET @i += 1;
      END
      RETURN @r; END)");
  CHECK(RowsOf(Translate(source, "fibonacci").sql, "10") == Lines{"55"});
  CHECK(RowsOf(Translate(source, "fibonacci").sql, "0") == Lines{"0"});
  CHECK(RowsOf(Translate(source, "digits").sql, "a1b22") == Lines{"122"});
}

TEST_CASE("a cursor looks values up and changes the rows that its own row names",
          "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @id int, @sum int;
    DECLARE c CURSOR LOCAL FAST_FORWARD FOR SELECT Id FROM dbo.Item;
    OPEN c; FETCH NEXT FROM c INTO @id;
    WHILE @@FETCH_STATUS = 0 BEGIN
      SELECT @sum = ISNULL(SUM(Price), 0) FROM dbo.Change WHERE ItemId = @id;
      IF @sum > 0 UPDATE dbo.Item SET Price = Price + @sum WHERE Id = @id;
      ELSE PRINT 'nothing';
      FETCH NEXT FROM c INTO @id;
    END
    CLOSE c; DEALLOCATE c;)");
  CHECK(After(Translate(source, "p"), "Item") ==
        Lines{"1|pen|10|20", "2|ink|45|90", "3|pad|NULL|NULL"});
}

TEST_CASE("a cursor that deletes, and one that fetches first", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @id int, @name nvarchar(20);
    DECLARE c CURSOR FOR SELECT ItemId FROM dbo.Change;
    OPEN c;
    WHILE 1 = 1 BEGIN
      FETCH NEXT FROM c INTO @id;
      IF @@FETCH_STATUS <> 0 BREAK;
      SELECT @name = Name FROM dbo.Item WHERE Id = @id;
      INSERT dbo.Log (Message, Kind) VALUES (@name, N'x');
      DELETE dbo.Item WHERE Price < @id * 6;
    END)");
  CHECK(!Translate(source, "p").converted());  // It reads dbo.Item and deletes from it.
  const Source apart = Procedure(R"(
    DECLARE @id int, @name nvarchar(20);
    DECLARE c CURSOR FOR SELECT ItemId FROM dbo.Change;
    OPEN c;
    WHILE 1 = 1 BEGIN
      FETCH NEXT FROM c INTO @id;
      IF @@FETCH_STATUS <> 0 BREAK;
      SELECT @name = Name FROM dbo.Item WHERE Id = @id AND Price > 0;
      INSERT dbo.Log (Message, Kind) VALUES (@name, N'x');
    END)");
  const TranslatedQuery query = Translate(apart, "p");
  const Lines log = After(query, "Log");
  REQUIRE(log.size() == 3);
  CHECK(Reports(query, diagnostics::DiagnosticId::kNotFoundIsNull));
  CHECK(std::ranges::any_of(
      log, [](const std::string& row) { return row == "15|ink|x" || row == "20|ink|x"; }));
  const Source deletes = Procedure(R"(
    DECLARE @id int;
    DECLARE c CURSOR FOR SELECT ItemId FROM dbo.Change;
    OPEN c; FETCH NEXT FROM c INTO @id;
    WHILE @@FETCH_STATUS = 0 BEGIN
      DELETE FROM dbo.Item WHERE Price < @id * 6;
      FETCH NEXT FROM c INTO @id;
    END)");
  // 10 is below 2 * 6, 20 below 4 * 6; NULL is kept.
  CHECK(After(Translate(deletes, "p"), "Item") == Lines{"3|pad|NULL|NULL"});
}

TEST_CASE("WHERE CURRENT OF is the cursor's own row", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @price int;
    DECLARE c CURSOR FOR SELECT Price FROM dbo.Item;
    OPEN c; FETCH NEXT FROM c INTO @price;
    WHILE @@FETCH_STATUS = 0 BEGIN
      IF @price > 15 UPDATE dbo.Item SET Price = @price + 1 WHERE CURRENT OF c;
      IF @price IS NULL DELETE dbo.Item WHERE CURRENT OF c;
      FETCH NEXT FROM c INTO @price;
    END)");
  CHECK(After(Translate(source, "p"), "Item") == Lines{"1|pen|10|20", "2|ink|21|42"});
}

TEST_CASE("loops inside loops, and procedures that they call", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 1, @j int;
    WHILE @i <= 2 BEGIN
      SET @j = 1;
      WHILE @j <= @n BEGIN
        EXEC dbo.add_change @id = @i, @price = @j;
        SET @j += 1;
      END
      SET @i += 1;
    END)",
                                  R"(CREATE PROCEDURE dbo.add_change @id int, @price int AS BEGIN
    IF @price = 3 RETURN;
    INSERT dbo.Change VALUES (@id * 10 + @price, @id * @price); END
GO
)");
  CHECK(After(Translate(source, "p"), "Change", "3") ==
        Lines{"11|1", "12|2", "21|2", "22|4", "2|25", "4|40"});
}

TEST_CASE("of several turns that change a row the last one has the word", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 1;
    WHILE @i <= @n BEGIN UPDATE dbo.Change SET Price = @i WHERE ItemId = 2; SET @i += 1; END)");
  CHECK(After(Translate(source, "p"), "Change", "3") == Lines{"2|3", "4|40"});
  CHECK(After(Translate(source, "p"), "Change", "0") == Lines{"2|25", "4|40"});
}

TEST_CASE("a short loop whose turns build on one another is written out", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 1;
    WHILE @i <= 3 BEGIN
      UPDATE dbo.Change SET Price = Price * 2 WHERE Price < 100;
      IF @i = 2 BREAK;
      SET @i += 1;
    END)");
  // 25, 50, 100; 40, 80, 160.
  CHECK(After(Translate(source, "p"), "Change") == Lines{"2|100", "4|160"});
}

TEST_CASE("a loop that looks for its next row", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @id int = (SELECT MIN(Id) FROM dbo.Item WHERE Price IS NOT NULL);
    WHILE @id IS NOT NULL BEGIN
      INSERT dbo.Log (Message) SELECT Name FROM dbo.Item WHERE Id = @id;
      SELECT @id = MIN(Id) FROM dbo.Item WHERE Id > @id AND Price IS NOT NULL;
    END)");
  const Lines log = After(Translate(source, "p"), "Log");
  CHECK(log.size() == 3);
}

TEST_CASE("a write in batches is the write", "[routines][loops]") {
  for (const char* loop : {
           "WHILE 1 = 1 BEGIN DELETE TOP (1) FROM dbo.Item WHERE Price > @n; IF @@ROWCOUNT = 0 "
           "BREAK; END",
           "DECLARE @rows int = 1; WHILE @rows > 0 BEGIN BEGIN TRAN; DELETE TOP (5) dbo.Item WHERE "
           "Price > @n; SET @rows = @@ROWCOUNT; COMMIT; WAITFOR DELAY '00:00:01'; END",
           "DELETE TOP (1) dbo.Item WHERE Price > @n; WHILE @@ROWCOUNT > 0 DELETE TOP (1) dbo.Item "
           "WHERE Price > @n",
           "DECLARE @size int = 2; WHILE @size > 0 BEGIN DELETE TOP (@size) i FROM dbo.Item AS i "
           "JOIN dbo.Item AS same ON same.Id = i.Id WHERE same.Price > @n; SET @size = @@ROWCOUNT; "
           "END",
       }) {
    INFO(loop);
    const Source source = Procedure(loop);
    CHECK(After(Translate(source, "p"), "Item", "15") == Lines{"1|pen|10|20", "3|pad|NULL|NULL"});
    CHECK(After(Translate(source, "p"), "Item", "5") == Lines{"3|pad|NULL|NULL"});
  }
}

TEST_CASE("a table that is worked off row by row is a cursor", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @todo TABLE (Id int PRIMARY KEY, Price int);
    DECLARE @id int, @price int;
    INSERT @todo SELECT Id, Price FROM dbo.Item WHERE Price >= @n;
    WHILE EXISTS (SELECT 1 FROM @todo) BEGIN
      SELECT TOP (1) @id = Id, @price = Price FROM @todo ORDER BY Id;
      INSERT dbo.Change VALUES (@id + 100, @price);
      DELETE FROM @todo WHERE Id = @id;
    END
    SELECT COUNT(*) AS N FROM @todo;)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Change", "10") == Lines{"101|10", "102|20", "2|25", "4|40"});
  CHECK(RowsOf(query.sql, "10") == Lines{"0"});
}

TEST_CASE("a tree that is walked level by level is recursive", "[routines][loops]") {
  const Source source(R"(CREATE TABLE dbo.Node (Id int NOT NULL PRIMARY KEY, Parent int NULL);
GO
CREATE FUNCTION dbo.below (@root int)
    RETURNS @found TABLE (Id int NOT NULL PRIMARY KEY, Level int NOT NULL) AS BEGIN
      DECLARE @level int = 1;
      INSERT INTO @found (Id, Level) SELECT Id, @level FROM dbo.Node WHERE Parent = @root;
      WHILE @@ROWCOUNT > 0 BEGIN
        SET @level += 1;
        INSERT INTO @found (Id, Level) SELECT n.Id, @level FROM dbo.Node AS n
          JOIN @found AS f ON f.Id = n.Parent AND f.Level = @level - 1;
      END
      RETURN; END)");
  std::string sql = Translate(source, "below").sql;
  REQUIRE(!sql.empty());
  // 1 has 2 and 3, 3 has 4, 4 has 5.
  const std::string rows =
      "(select * from (values (1, null), (2, 1), (3, 1), (4, 3), (5, 4)) as t (\"Id\", "
      "\"Parent\"))";
  sql = std::regex_replace(sql, std::regex("\"?dbo\"?\\.\"?Node\"?"), rows);
  CHECK(RowsOf(sql, "1") == Lines{"2|1", "3|1", "4|2", "5|3"});
  CHECK(RowsOf(sql, "4") == Lines{"5|1"});
}

TEST_CASE("a loop that looks whether its own row is there already", "[routines][loops]") {
  const Source guarded = Procedure(R"(
    DECLARE @i int = 1;
    WHILE @i <= @n BEGIN
      IF NOT EXISTS (SELECT 1 FROM dbo.Change WHERE ItemId = @i)
        INSERT dbo.Change (ItemId, Price) SELECT t.Id, t.Twice FROM (SELECT @i AS Id, @i * 2 AS Twice) AS t;
      SET @i += 1;
    END)");
  CHECK(After(Translate(guarded, "p"), "Change", "4") == Lines{"1|2", "2|25", "3|6", "4|40"});
  const Source days =
      Procedure(R"(
    DECLARE @d date = '20240130';
    WHILE YEAR(@d) = 2024 AND MONTH(@d) = 1 BEGIN
      IF NOT EXISTS (SELECT 1 FROM dbo.Day WHERE OnDay = @d) INSERT dbo.Day SELECT @d, DAY(@d);
      SET @d = DATEADD(day, 1, @d);
    END)",
                "CREATE TABLE dbo.Day (OnDay date NOT NULL, Number int NULL);\nGO\n");
  CHECK(Translate(days, "p").converted());
  const Source upsert = Procedure(R"(
    DECLARE @id int, @price int;
    DECLARE c CURSOR FOR SELECT Id, Price FROM dbo.Item WHERE Price IS NOT NULL;
    OPEN c; FETCH NEXT FROM c INTO @id, @price;
    WHILE @@FETCH_STATUS = 0 BEGIN
      IF EXISTS (SELECT 1 FROM dbo.Change WHERE ItemId = @id)
        UPDATE dbo.Change SET Price = Price + @price WHERE ItemId = @id;
      ELSE
        INSERT dbo.Change VALUES (@id, @price);
      FETCH NEXT FROM c INTO @id, @price;
    END)");
  CHECK(After(Translate(upsert, "p"), "Change") == Lines{"1|10", "2|45", "4|40"});
}

TEST_CASE("a loop that updates its row or, where there is none, adds it", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @id int, @price int;
    DECLARE c CURSOR FOR SELECT Id, Price FROM dbo.Item WHERE Price IS NOT NULL;
    OPEN c; FETCH NEXT FROM c INTO @id, @price;
    WHILE @@FETCH_STATUS = 0 BEGIN
      UPDATE dbo.Change SET Price = Price + @price WHERE ItemId = @id;
      IF @@ROWCOUNT = 0 INSERT dbo.Change VALUES (@id, @price);
      FETCH NEXT FROM c INTO @id, @price;
    END)");
  CHECK(After(Translate(source, "p"), "Change") == Lines{"1|10", "2|45", "4|40"});
}

TEST_CASE("loops that are no sets are refused", "[routines][loops]") {
  for (const char* body : {
           // What is carried from row to row is no sum.
           "DECLARE @id int, @t int = 0; DECLARE c CURSOR FOR SELECT Id FROM dbo.Item; OPEN c; "
           "FETCH NEXT FROM c INTO @id; WHILE @@FETCH_STATUS = 0 BEGIN SET @t = @t * 2 + @id; "
           "INSERT dbo.Change VALUES (@id, @t); FETCH NEXT FROM c INTO @id; END",
           // A turn reads what the one before wrote.
           "DECLARE @i int = 0; WHILE @i < @n BEGIN INSERT dbo.Change SELECT Price, ItemId FROM "
           "dbo.Change; SET @i += 1; END",
           // Turns build on one another, and how many there are is not known.
           "DECLARE @i int = 0; WHILE @i < @n BEGIN UPDATE dbo.Change SET Price += 1; SET @i += 1; "
           "END",
           "DECLARE @i int = 0; WHILE @i < @n BEGIN SELECT @i AS I; SET @i += 1; END",
           // Others end it.
           "WHILE NOT EXISTS (SELECT 1 FROM dbo.Item WHERE Price > @n) BEGIN WAITFOR DELAY "
           "'00:00:05'; END SELECT Id FROM dbo.Item",
           "DECLARE @id int; WHILE @id IS NULL BEGIN WAITFOR DELAY '00:00:05'; SELECT TOP (1) @id "
           "= "
           "Id FROM dbo.Item WHERE Price > @n; END SELECT @id AS Id",
           // A turn may draw what ends it, or not.
           "DECLARE @id int; WHILE @id IS NULL SELECT TOP (1) @id = Price FROM dbo.Item ORDER BY "
           "NEWID(); SELECT @id AS Id",
       }) {
    INFO(body);
    const TranslatedQuery query = Translate(Procedure(body), "p");
    CHECK(!query.converted());
    CHECK(Reports(query, diagnostics::DiagnosticId::kProceduralRoutine));
  }
}

}  // namespace
}  // namespace datamigrate::dialects
