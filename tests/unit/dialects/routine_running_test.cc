// Numbers that a routine draws, counts and adds up from row to row, over rows small enough to work
// out by hand.
#include "tests/unit/dialects/routine_rows.h"

namespace datamigrate::dialects {
namespace {

// dbo.p with the parameter @n and that body.
Source Procedure(const std::string& body, const std::string& before = "") {
  return Source(before + "CREATE PROCEDURE dbo.p @n int AS BEGIN " + body + " END");
}

constexpr char kSequence[] =
    "CREATE SEQUENCE dbo.ItemNo AS int START WITH 1 INCREMENT BY 10;\nGO\n";

// -- Sequences: "NEXT VALUE FOR (Transact-SQL)"

TEST_CASE("a number of a sequence goes on from the largest one in its column",
          "[routines][sequences]") {
  const Source source = Procedure(R"(
    DECLARE @id int = NEXT VALUE FOR dbo.ItemNo;
    INSERT dbo.Item (Id, Name) VALUES (@id, N'new');
    INSERT dbo.Change (ItemId, Price) VALUES (@id, 1), (@id, 2);
    SET @id = NEXT VALUE FOR dbo.ItemNo;
    SELECT @id AS Id;)",
                                  kSequence);
  const TranslatedQuery query = Translate(source, "p");
  CHECK(Reports(query, diagnostics::DiagnosticId::kSequenceGoesOn));
  CHECK(After(query, "Item") ==
        Lines{"13|new|NULL|NULL", "1|pen|10|20", "2|ink|20|40", "3|pad|NULL|NULL"});
  CHECK(After(query, "Change") == Lines{"13|1", "13|2", "2|25", "4|40"});
  CHECK(RowsOf(query.sql) == Lines{"23"});
}

TEST_CASE("each row of a query draws a number, the same in all that read it",
          "[routines][sequences]") {
  const Source source = Procedure(R"(
    DECLARE @new TABLE (Id int, Name nvarchar(20));
    INSERT @new (Id, Name)
    SELECT NEXT VALUE FOR dbo.ItemNo OVER (ORDER BY Name DESC), Name FROM dbo.Item;
    INSERT dbo.Item (Id, Name) SELECT Id, Name + N'2' FROM @new;
    INSERT dbo.Change (ItemId, Price) SELECT Id, 0 FROM @new;
    SELECT NEXT VALUE FOR dbo.ItemNo AS Id;)",
                                  kSequence + std::string(R"(
CREATE PROCEDURE dbo.other AS INSERT dbo.Item (Id, Name) VALUES (NEXT VALUE FOR dbo.ItemNo, N'x')
GO
)"));
  const TranslatedQuery query = Translate(source, "p");
  // pen, pad, ink: 13, 23, 33.
  CHECK(After(query, "Item") == Lines{"13|pen2|NULL|NULL", "1|pen|10|20", "23|pad2|NULL|NULL",
                                      "2|ink|20|40", "33|ink2|NULL|NULL", "3|pad|NULL|NULL"});
  CHECK(After(query, "Change") == Lines{"13|0", "23|0", "2|25", "33|0", "4|40"});
  CHECK(RowsOf(query.sql) == Lines{"43"});
}

TEST_CASE("rows of VALUES and turns of a loop draw one number each", "[routines][sequences]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 0, @id int;
    WHILE @i < @n BEGIN
      SET @id = NEXT VALUE FOR dbo.ItemNo;
      INSERT dbo.Item (Id, Name) VALUES (@id, N'loop');
      SET @i += 1;
    END
    INSERT dbo.Item (Id, Name)
    VALUES (NEXT VALUE FOR dbo.ItemNo, N'a'), (NEXT VALUE FOR dbo.ItemNo, N'b');)",
                                  kSequence);
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Item", "2") == Lines{"13|loop|NULL|NULL", "1|pen|10|20", "23|loop|NULL|NULL",
                                           "2|ink|20|40", "33|a|NULL|NULL", "3|pad|NULL|NULL",
                                           "43|b|NULL|NULL"});
  CHECK(After(query, "Item", "0") ==
        Lines{"13|a|NULL|NULL", "1|pen|10|20", "23|b|NULL|NULL", "2|ink|20|40", "3|pad|NULL|NULL"});
}

TEST_CASE("a number that is drawn on one way only is drawn there only", "[routines][sequences]") {
  const Source source = Procedure(R"(
    DECLARE @a int = 0, @b int;
    IF @n > 0 SET @a = NEXT VALUE FOR dbo.ItemNo;
    SET @b = NEXT VALUE FOR dbo.ItemNo;
    SELECT @a AS A, @b AS B;
    IF @n > 99 INSERT dbo.Item (Id, Name) VALUES (@a, N'a');)",
                                  kSequence);
  CHECK(RowsOf(Translate(source, "p").sql, "1") == Lines{"13|23"});
  CHECK(RowsOf(Translate(source, "p").sql, "0") == Lines{"0|13"});
}

TEST_CASE("rows of a cursor draw numbers in its order", "[routines][sequences]") {
  const Source source = Procedure(R"(
    DECLARE @name nvarchar(20), @id int;
    DECLARE c CURSOR FOR SELECT Name FROM dbo.Item ORDER BY Name;
    OPEN c; FETCH NEXT FROM c INTO @name;
    WHILE @@FETCH_STATUS = 0 BEGIN
      IF @name <> N'pad' BEGIN
        SET @id = NEXT VALUE FOR dbo.ItemNo;
        INSERT dbo.Item (Id, Name) VALUES (@id, @name);
      END
      FETCH NEXT FROM c INTO @name;
    END
    CLOSE c; DEALLOCATE c;
    SELECT NEXT VALUE FOR dbo.ItemNo AS Id;)",
                                  kSequence);
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Item") == Lines{"13|ink|NULL|NULL", "1|pen|10|20", "23|pen|NULL|NULL",
                                      "2|ink|20|40", "3|pad|NULL|NULL"});
  CHECK(RowsOf(query.sql) == Lines{"33"});
}

TEST_CASE("a sequence that nothing holds, or that begins again, is refused",
          "[routines][sequences]") {
  const Source held =
      Procedure("DECLARE @x int = NEXT VALUE FOR dbo.ItemNo; SELECT @x AS X;", kSequence);
  CHECK(Reports(Translate(held, "p"), diagnostics::DiagnosticId::kSequenceNotHeld));
  const Source cycles =
      Procedure("INSERT dbo.Item (Id, Name) VALUES (NEXT VALUE FOR dbo.Ring, N'x');",
                "CREATE SEQUENCE dbo.Ring AS int START WITH 1 MAXVALUE 9 CYCLE;\nGO\n");
  CHECK(!Translate(cycles, "p").converted());
  const Source unknown =
      Procedure("INSERT dbo.Item (Id, Name) VALUES (NEXT VALUE FOR dbo.None, N'x');");
  CHECK(!Translate(unknown, "p").converted());
}

TEST_CASE("new rows are numbered in the order of their query", "[routines][sequences]") {
  // "INSERT (Transact-SQL)": SELECT with ORDER BY guarantees how identity values are worked out.
  const Source source = Procedure(
      "INSERT dbo.Log (Message) SELECT Name FROM dbo.Item ORDER BY Id DESC;"
      "INSERT dbo.Log (Message) SELECT TOP (2) Name FROM dbo.Item ORDER BY Name DESC;"
      "INSERT dbo.Log (Message) SELECT DISTINCT Name FROM dbo.Item WHERE Id < 3 ORDER BY Name;");
  CHECK(After(Translate(source, "p"), "Log") ==
        Lines{"10|first|plain", "15|pad|plain", "20|ink|plain", "25|pen|plain", "30|pen|plain",
              "35|pad|plain", "40|ink|plain", "45|pen|plain"});
}

TEST_CASE("turns of a loop number their rows as they come", "[routines][loops]") {
  const Source cursor = Procedure(R"(
    DECLARE @name nvarchar(20);
    DECLARE c CURSOR FOR SELECT Name FROM dbo.Item ORDER BY Name DESC;
    OPEN c; FETCH NEXT FROM c INTO @name;
    WHILE @@FETCH_STATUS = 0 BEGIN
      INSERT dbo.Log (Message) VALUES (@name);
      FETCH NEXT FROM c INTO @name;
    END)");
  CHECK(After(Translate(cursor, "p"), "Log") ==
        Lines{"10|first|plain", "15|pen|plain", "20|pad|plain", "25|ink|plain"});
  const Source counter = Procedure(R"(
    DECLARE @i int = 0;
    WHILE @i < @n BEGIN
      INSERT dbo.Log (Message) SELECT CHAR(70 - @i) FROM dbo.Item WHERE Id = 1;
      SET @i += 1;
    END)");
  CHECK(After(Translate(counter, "p"), "Log", "2") ==
        Lines{"10|first|plain", "15|F|plain", "20|E|plain"});
}

// -- Loops that add up

TEST_CASE("a cursor counts its rows and adds them up in its order", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @id int, @price int, @count int = 100, @total int = 0, @left int = 50;
    DECLARE c CURSOR FOR SELECT Id, ISNULL(Price, 1) FROM dbo.Item ORDER BY Id DESC;
    OPEN c; FETCH NEXT FROM c INTO @id, @price;
    WHILE @@FETCH_STATUS = 0 BEGIN
      SET @total = @total + @price * 2;
      SELECT @left = @left - @price;
      INSERT dbo.Change VALUES (@count, @total);
      INSERT dbo.Log (Message) VALUES (CAST(@left AS nvarchar(10)));
      SET @count += 1;
      FETCH NEXT FROM c INTO @id, @price;
    END
    SELECT @count AS C, @total AS T, @left AS L;)");
  const TranslatedQuery query = Translate(source, "p");
  // Prices 1, 20, 10: totals 2, 42, 62; what is left: 49, 29, 19.
  CHECK(After(query, "Change") == Lines{"100|2", "101|42", "102|62", "2|25", "4|40"});
  CHECK(RowsOf(query.sql) == Lines{"103|62|19"});
}

TEST_CASE("what a cursor adds on some rows only is not there on others", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @id int, @price int, @dear int = 0, @none int = 0, @sum int = 0;
    DECLARE c CURSOR FOR SELECT Id, Price FROM dbo.Item ORDER BY Id;
    OPEN c; FETCH NEXT FROM c INTO @id, @price;
    WHILE @@FETCH_STATUS = 0 BEGIN
      IF @price > 15 SET @dear += 1; ELSE PRINT 'cheap';
      IF @price IS NULL BEGIN SET @none += 1; END
      SET @sum += @price;
      INSERT dbo.Change VALUES (@id, @dear * 10 + @none);
      FETCH NEXT FROM c INTO @id, @price;
    END
    SELECT @sum AS S, @dear AS D;)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Change") == Lines{"1|0", "2|10", "2|25", "3|11", "4|40"});
  CHECK(RowsOf(query.sql) == Lines{"NULL|1"});  // A NULL makes the sum NULL.
}

TEST_CASE("a loop over no rows leaves its counter as it was", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @id int, @count int = 7;
    DECLARE c CURSOR FOR SELECT Id FROM dbo.Item WHERE Id > 100;
    OPEN c; FETCH NEXT FROM c INTO @id;
    WHILE @@FETCH_STATUS = 0 BEGIN
      SET @count = @count + 1;
      FETCH NEXT FROM c INTO @id;
    END
    SELECT @count AS C;)");
  CHECK(RowsOf(Translate(source, "p").sql) == Lines{"7"});
}

TEST_CASE("what is not a sum over the rows before is refused", "[routines][loops]") {
  for (const char* step :
       {"SET @x = @x * 2;", "SET @x = @id - @x;", "SET @x += @x;", "SET @x += 1; SET @x += 1;",
        "SET @y = @x; SET @x += @y;", "SET @id = @id * 2; SET @x += @id;",
        "SET @x = @x + (SELECT COUNT(*) FROM dbo.Log);"}) {
    const Source source = Procedure(std::string(R"(
      DECLARE @id int, @x int = 1, @y int;
      DECLARE c CURSOR FOR SELECT Id FROM dbo.Item ORDER BY Id;
      OPEN c; FETCH NEXT FROM c INTO @id;
      WHILE @@FETCH_STATUS = 0 BEGIN )") +
                                    step + R"(
        INSERT dbo.Change VALUES (@id, @x);
        FETCH NEXT FROM c INTO @id;
      END)");
    INFO(step);
    CHECK(!Translate(source, "p").converted());
  }
}

TEST_CASE("a loop in a loop counts on through both", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 0, @j int, @id int = 10;
    WHILE @i < @n BEGIN
      SET @j = 0;
      WHILE @j < 2 BEGIN
        INSERT dbo.Change VALUES (@id, @i * 10 + @j);
        SET @id += 1;
        SET @j += 1;
      END
      SET @i += 1;
    END
    SELECT @id AS Id, @j AS J;)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Change", "2") == Lines{"10|0", "11|1", "12|10", "13|11", "2|25", "4|40"});
  CHECK(RowsOf(query.sql, "2") == Lines{"14|2"});
  CHECK(After(query, "Change", "0") == Lines{"2|25", "4|40"});
}

TEST_CASE("a loop whose turns are all alike is its first turn", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @id int, @name nvarchar(20);
    WHILE @id IS NULL BEGIN
      SELECT TOP (1) @id = Id, @name = Name FROM dbo.Item WHERE Price > 5 ORDER BY Price DESC;
    END
    SELECT @id AS Id, @name AS Name;)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(Reports(query, diagnostics::DiagnosticId::kLoopEndsAtOnce));
  CHECK(RowsOf(query.sql) == Lines{"2|ink"});
  const Source draws = Procedure(R"(
    DECLARE @price int;
    WHILE @price IS NULL BEGIN SELECT TOP (1) @price = Price FROM dbo.Item ORDER BY NEWID(); END
    SELECT @price AS Price;)");
  CHECK(!Translate(draws, "p").converted());  // A turn may find a NULL, and the next one not.
}

TEST_CASE("RETURN ends the last loop of a procedure as BREAK does", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 0;
    WHILE @i < 10 BEGIN
      SET @i += 1;
      IF @i > @n RETURN;
      INSERT dbo.Change VALUES (@i, 0);
    END)");
  CHECK(After(Translate(source, "p"), "Change", "2") == Lines{"1|0", "2|0", "2|25", "4|40"});
  const Source goes_on = Procedure(R"(
    DECLARE @i int = 0;
    WHILE @i < @n BEGIN
      SET @i += 1;
      IF @i > 3 RETURN;
      INSERT dbo.Change VALUES (@i, 0);
    END
    DELETE dbo.Change WHERE ItemId = 2;)");
  CHECK(!Translate(goes_on, "p").converted());
}

TEST_CASE("a call that looks after the server is left out", "[routines]") {
  const Source source = Procedure(
      "DECLARE @r int; EXEC @r = dbo.look_after; INSERT dbo.Change "
      "VALUES (9, @r);",
      "CREATE PROCEDURE dbo.look_after AS BEGIN CREATE ROLE readers; "
      "END\nGO\n");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(Reports(query, diagnostics::DiagnosticId::kStatementDropped));
  CHECK(After(query, "Change") == Lines{"2|25", "4|40", "9|0"});
}

TEST_CASE("a loop reads columns that it does not write", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 1, @name nvarchar(20);
    WHILE @i <= 2 BEGIN
      SELECT @name = MIN(Name) FROM dbo.Item WHERE Id >= @i;
      UPDATE dbo.Item SET Price = @i * 100 WHERE Name = @name;
      SET @i += 1;
    END)");
  // The smallest names from 1 and from 2 on: ink both times; the later turn has the last word.
  CHECK(After(Translate(source, "p"), "Item") ==
        Lines{"1|pen|10|20", "2|ink|200|400", "3|pad|NULL|NULL"});
  const Source reads = Procedure(R"(
    DECLARE @i int = 1, @name nvarchar(20);
    WHILE @i <= @n BEGIN
      SELECT @name = MIN(Name) FROM dbo.Item WHERE Doubled >= @i;
      UPDATE dbo.Item SET Price = @i * 100 WHERE Name = @name;
      SET @i += 1;
    END)");
  CHECK(!Translate(reads, "p").converted());
}

// -- Rows that are taken one after another

TEST_CASE("a loop takes the rows that are not marked, one after another", "[routines][loops]") {
  const std::string take = R"(
      SELECT TOP (1) @id = Id, @name = Name FROM dbo.Item WHERE Price IS NULL ORDER BY Id;)";
  const std::string mark = R"(
      INSERT dbo.Log (Message) VALUES (@name);
      UPDATE dbo.Item SET Price = 7 WHERE Id = @id;)";
  const std::string declare = "DECLARE @id int, @name nvarchar(20), @i int = 0;";
  const Lines items{"1|pen|10|20", "2|ink|20|40", "3|pad|7|14"};
  const Lines log{"10|first|plain", "15|pad|plain"};
  for (const std::string& loop :
       {"WHILE EXISTS (SELECT 1 FROM dbo.Item WHERE Price IS NULL) BEGIN " + take + mark + " END",
        "WHILE 1 = 1 BEGIN " + take + " IF @@ROWCOUNT = 0 BREAK; " + mark + " END"}) {
    INFO(loop);
    const Source source = Procedure(declare + loop);
    const TranslatedQuery query = Translate(source, "p");
    CHECK(After(query, "Item") == items);
    CHECK(After(query, "Log") == log);
  }
}

TEST_CASE("a loop that marks another row than it has taken is no queue", "[routines][loops]") {
  for (const char* removal :
       {"UPDATE dbo.Item SET Price = 7 WHERE Id = @id;", "DELETE dbo.Item WHERE Id = @id;"}) {
    const Source source = Procedure(std::string(R"(
      DECLARE @id int;
      WHILE EXISTS (SELECT 1 FROM dbo.Item WHERE Price IS NULL) BEGIN
        SELECT TOP (1) @id = Id FROM dbo.Item WHERE Price IS NULL ORDER BY Id;
        SET @id = @id - 1;)") + removal +
                                    " END");
    CHECK(!Translate(source, "p").converted());
  }
}

TEST_CASE("a loop takes as many rows as it counts", "[routines][loops]") {
  const Source source = Procedure(R"(
    DECLARE @i int = 0, @id int;
    WHILE @i < @n BEGIN
      SELECT TOP (1) @id = LogId FROM dbo.Log WHERE Kind = N'plain' ORDER BY LogId DESC;
      UPDATE dbo.Log SET Kind = N'done' WHERE LogId = @id;
      SET @i += 1;
    END)");
  const TranslatedQuery query = Translate(source, "p");
  CHECK(After(query, "Log", "0") == Lines{"10|first|plain"});
  CHECK(After(query, "Log", "1") == Lines{"10|first|done"});
  CHECK(After(query, "Log", "5") == Lines{"10|first|done"});
  // The mark is what it looks for: it never ends, or takes the same row again.
  const Source again = Procedure(R"(
    DECLARE @i int = 0, @id int;
    WHILE @i < @n BEGIN
      SELECT TOP (1) @id = LogId FROM dbo.Log WHERE Kind = N'plain' ORDER BY LogId DESC;
      UPDATE dbo.Log SET Kind = N'PLAIN ' WHERE LogId = @id;
      SET @i += 1;
    END)");
  CHECK(!Translate(again, "p").converted());
}

// -- Rows that are changed, or added where there are none

TEST_CASE("the first turn of a key adds a row and the later ones change it", "[routines][loops]") {
  const std::string begin = R"(
    DECLARE @id int, @price int, @name nvarchar(20), @k int, @kind nvarchar(10);
    DECLARE c CURSOR FOR SELECT Id, ISNULL(Price, 1), Name FROM dbo.Item ORDER BY Id;
    OPEN c; FETCH NEXT FROM c INTO @id, @price, @name;
    WHILE @@FETCH_STATUS = 0 BEGIN
      SET @k = @id % 2; SET @kind = CASE @id WHEN 2 THEN N'a' ELSE N'b' END;)";
  const std::string end = " FETCH NEXT FROM c INTO @id, @price, @name; END";
  const Source adds = Procedure(begin + R"(
      UPDATE dbo.Change SET Price = @price WHERE ItemId = @k;
      IF @@ROWCOUNT = 0 INSERT dbo.Change (ItemId, Price) VALUES (@k, @price);)" +
                                end);
  // Keys 1, 0, 1 with 10, 20, 1.
  CHECK(After(Translate(adds, "p"), "Change") == Lines{"0|20", "1|1", "2|25", "4|40"});
  const Source changes = Procedure(begin + R"(
      SET @k = CASE WHEN @id = 3 THEN 9 ELSE 2 END;
      UPDATE dbo.Change SET Price = @price WHERE ItemId = @k;
      IF @@ROWCOUNT = 0 BEGIN INSERT dbo.Change (ItemId, Price) SELECT @k, @price; END)" +
                                   end);
  CHECK(After(Translate(changes, "p"), "Change") == Lines{"2|20", "4|40", "9|1"});
  const Source numbers = Procedure(begin + R"(
      UPDATE dbo.Log SET Message = @name WHERE Kind = @kind;
      IF @@ROWCOUNT = 0 INSERT dbo.Log (Message, Kind) VALUES (@name, @kind);)" +
                                   end);
  CHECK(After(Translate(numbers, "p"), "Log") == Lines{"10|first|plain", "15|pad|b", "20|ink|a"});
  // What the first turn adds is not what a later one would set.
  const Source differs = Procedure(begin + R"(
      UPDATE dbo.Change SET Price = @price WHERE ItemId = @k;
      IF @@ROWCOUNT = 0 INSERT dbo.Change (ItemId, Price) VALUES (@k, @id);)" +
                                   end);
  CHECK(!Translate(differs, "p").converted());
  const Source twice = Procedure(begin + R"(
      UPDATE dbo.Change SET Price = @price WHERE ItemId = @k;
      IF @@ROWCOUNT = 0 INSERT dbo.Change (ItemId, Price) VALUES (@k, @price);
      INSERT dbo.Change (ItemId, Price) VALUES (@k + 1, 0);)" +
                                 end);
  CHECK(!Translate(twice, "p").converted());
}

// -- Chance

TEST_CASE("models may draw at random, but not share a draw", "[routines]") {
  const Source shared = Procedure(R"(
    DECLARE @r int = CEILING(RAND() * 10);
    INSERT dbo.Change VALUES (@r, 0);
    INSERT dbo.Log (Message) VALUES (CAST(@r AS nvarchar(10)));)");
  CHECK(!Translate(shared, "p").converted());
  const Source once = Procedure(R"(
    DECLARE @r float = RAND();
    SELECT CASE WHEN @r = @r AND @r - @r = 0 THEN 1 ELSE 0 END AS Same;)");
  CHECK(RowsOf(Translate(once, "p").sql) == Lines{"1"});
  const Source apart = Procedure(R"(
    DECLARE @a int = CEILING(RAND() * 10), @b int = CEILING(RAND() * 10);
    INSERT dbo.Change VALUES (@a * 0 + 9, 0);
    INSERT dbo.Log (Message) VALUES (CAST(@b * 0 AS nvarchar(10)));)");
  const TranslatedQuery query = Translate(apart, "p");
  CHECK(After(query, "Change") == Lines{"2|25", "4|40", "9|0"});
  CHECK(After(query, "Log") == Lines{"10|first|plain", "15|0|plain"});
}

TEST_CASE("a random column that nobody reads ties nothing together", "[routines]") {
  const std::string rows = R"(
    DECLARE @t TABLE (Id int, Chance float);
    INSERT @t SELECT Id, RAND() FROM dbo.Item;
    INSERT dbo.Change SELECT Id, 0 FROM @t;)";
  const Source unread =
      Procedure(rows + "INSERT dbo.Log (Message) SELECT N'one' FROM @t WHERE Id = 1;");
  CHECK(After(Translate(unread, "p"), "Log") == Lines{"10|first|plain", "15|one|plain"});
  const Source read = Procedure(rows + R"(
    DELETE @t WHERE Chance < 0.5;
    INSERT dbo.Change SELECT Id, 1 FROM @t;
    INSERT dbo.Log (Message) SELECT N'one' FROM @t WHERE Id = 1;)");
  CHECK(!Translate(read, "p").converted());
}

// -- Scalar functions that SELECT into variables

TEST_CASE("a function reads several variables of a row, or gathers rows", "[routines]") {
  const Source source = Procedure(
      "SELECT dbo.label(Id) AS Label, dbo.names() AS Names FROM dbo.Item WHERE Id < 3;", R"(
CREATE FUNCTION dbo.label (@id int) RETURNS nvarchar(50) AS BEGIN
  DECLARE @name nvarchar(20), @price int;
  SELECT @name = Name, @price = Price FROM dbo.Item WHERE Id = @id;
  RETURN @name + N':' + CAST(@price AS nvarchar(10));
END
GO
CREATE FUNCTION dbo.names () RETURNS nvarchar(max) AS BEGIN
  DECLARE @s nvarchar(max);
  SELECT @s = COALESCE(@s + N',', N'') + Name FROM dbo.Item ORDER BY Id;
  RETURN @s;
END
GO
)");
  CHECK(RowsOf(Translate(source, "p").sql) == Lines{"ink:20|pen,ink,pad", "pen:10|pen,ink,pad"});
}

}  // namespace
}  // namespace datamigrate::dialects
