// Procedures as people write them, each with the rows that it leaves, worked out by hand over the
// tables of routine_rows.h: what converts must give them; what does not must say so.
#include "tests/unit/dialects/postgres_session.h"
#include "tests/unit/dialects/routine_rows.h"

namespace datamigrate::dialects {
namespace {

struct Habit {
  const char* name;
  const char* body;
  const char* table;  // "": the result.
  Lines after;
  const char* parameter = "1";
  bool converts = true;
};

const std::vector<Habit>& Habits() {
  static const std::vector<Habit> habits = {
      {"number by the largest key",
       "DECLARE @next int; SELECT @next = ISNULL(MAX(Id), 0) + 1 FROM dbo.Item; "
       "INSERT dbo.Item (Id, Name) VALUES (@next, N'new');",
       "Item",
       {"1|pen|10|20", "2|ink|20|40", "3|pad|NULL|NULL", "4|new|NULL|NULL"}},
      {"number several rows by the largest key",
       "DECLARE @base int = (SELECT MAX(Id) FROM dbo.Item); "
       "INSERT dbo.Item (Id, Name) SELECT @base + ROW_NUMBER() OVER (ORDER BY ItemId DESC), "
       "CAST(ItemId AS nvarchar(20)) FROM dbo.Change;",
       "Item",
       {"1|pen|10|20", "2|ink|20|40", "3|pad|NULL|NULL", "4|4|NULL|NULL", "5|2|NULL|NULL"}},
      {"update or insert by IF EXISTS",
       "IF EXISTS (SELECT 1 FROM dbo.Change WHERE ItemId = @n) UPDATE dbo.Change SET Price = 1 "
       "WHERE ItemId = @n; ELSE INSERT dbo.Change VALUES (@n, 2);",
       "Change",
       {"2|1", "4|40"},
       "2"},
      {"update or insert by @@ROWCOUNT",
       "UPDATE dbo.Change SET Price = 1 WHERE ItemId = @n; IF @@ROWCOUNT = 0 INSERT dbo.Change "
       "VALUES (@n, 2);",
       "Change",
       {"2|25", "4|40", "7|2"},
       "7"},
      {"merge with two branches",
       "MERGE dbo.Change AS t USING (SELECT Id, Price FROM dbo.Item) AS s ON t.ItemId = s.Id "
       "WHEN MATCHED THEN UPDATE SET Price = s.Price WHEN NOT MATCHED THEN INSERT (ItemId, Price) "
       "VALUES (s.Id, 0);",
       "Change",
       {"1|0", "2|20", "3|0", "4|40"}},
      {"merge that deletes what the source lacks",
       "MERGE dbo.Change AS t USING dbo.Item AS s ON t.ItemId = s.Id WHEN NOT MATCHED BY SOURCE "
       "THEN DELETE;",
       "Change",
       {"2|25"}},
      {"delete in batches while there are rows",
       "DECLARE @rows int = 1; WHILE @rows > 0 BEGIN DELETE TOP (1) FROM dbo.Change WHERE Price < "
       "30; SET @rows = @@ROWCOUNT; END",
       "Change",
       {"4|40"}},
      {"delete in batches until BREAK",
       "WHILE 1 = 1 BEGIN DELETE TOP (1000) dbo.Change WHERE ItemId = 4; IF @@ROWCOUNT < 1000 "
       "BREAK; END",
       "Change",
       {"2|25"}},
      {"try again, and give up",
       "DECLARE @retry int = 3; WHILE @retry > 0 BEGIN BEGIN TRY UPDATE dbo.Item SET Price = 11 "
       "WHERE Id = 1; SET @retry = 0; END TRY BEGIN CATCH SET @retry = @retry - 1; IF @retry = 0 "
       "THROW; WAITFOR DELAY '00:00:01'; END CATCH END",
       "Item",
       {"1|pen|11|22", "2|ink|20|40", "3|pad|NULL|NULL"}},
      {"a page of rows",
       "SELECT Id FROM dbo.Item ORDER BY Id OFFSET (@n - 1) * 2 ROWS FETCH NEXT 2 ROWS ONLY;",
       "",
       {"3"},
       "2"},
      {"a page by ROW_NUMBER",
       "WITH numbered AS (SELECT Id, ROW_NUMBER() OVER (ORDER BY Name) AS rn FROM dbo.Item) "
       "SELECT Id FROM numbered WHERE rn BETWEEN (@n - 1) * 2 + 1 AND @n * 2;",
       "",
       {"2", "3"}},
      {"a transaction with a check of @@ERROR",
       "BEGIN TRAN; UPDATE dbo.Item SET Price = 5 WHERE Id = 2; IF @@ERROR <> 0 BEGIN ROLLBACK; "
       "RETURN 1; END; COMMIT; RETURN 0;",
       "Item",
       {"1|pen|10|20", "2|ink|5|10", "3|pad|NULL|NULL"}},
      {"errors that are logged",
       "BEGIN TRY BEGIN TRAN; DELETE dbo.Change WHERE ItemId = 2; COMMIT; END TRY BEGIN CATCH IF "
       "@@TRANCOUNT > 0 ROLLBACK; INSERT dbo.Log (Message) VALUES (ERROR_MESSAGE()); THROW; END "
       "CATCH",
       "Change",
       {"4|40"}},
      {"a guard that raises",
       "IF @n IS NULL BEGIN RAISERROR('no number', 16, 1); RETURN; END; DELETE dbo.Change WHERE "
       "ItemId = @n;",
       "Change",
       {"2|25"},
       "4"},
      {"a temporary table between two statements",
       "CREATE TABLE #dear (Id int PRIMARY KEY, Price int); INSERT #dear SELECT Id, Price FROM "
       "dbo.Item WHERE Price > 15; UPDATE c SET Price = d.Price FROM dbo.Change c JOIN #dear d ON "
       "d.Id = c.ItemId; DROP TABLE #dear;",
       "Change",
       {"2|20", "4|40"}},
      {"SELECT INTO and a count of its rows",
       "SELECT Id INTO #ids FROM dbo.Item WHERE Price IS NOT NULL; DECLARE @count int = "
       "@@ROWCOUNT; SELECT COUNT(*) AS n FROM #ids;",
       "",
       {"2"}},
      {"constant dynamic SQL with a parameter",
       "DECLARE @sql nvarchar(max) = N'DELETE dbo.Change WHERE ItemId = @id'; EXEC sp_executesql "
       "@sql, N'@id int', @id = @n;",
       "Change",
       {"4|40"},
       "2"},
      {"dynamic SQL with conditions that a parameter adds",
       "DECLARE @sql nvarchar(max) = N'SELECT Id FROM dbo.Item WHERE 1 = 1'; IF @n IS NOT NULL SET "
       "@sql += N' AND Id > @low'; EXEC sp_executesql @sql, N'@low int', @low = @n;",
       "",
       {"2", "3"}},
      {"rows that go, kept by OUTPUT INTO",
       "DECLARE @gone TABLE (Id int); DELETE dbo.Change OUTPUT deleted.ItemId INTO @gone WHERE "
       "Price > 30; INSERT dbo.Log (Message) SELECT CAST(Id AS nvarchar(10)) FROM @gone;",
       "Log",
       {"10|first|plain", "15|4|plain"}},
      {"old and new values by OUTPUT INTO",
       "DECLARE @seen TABLE (was int, becomes int); UPDATE dbo.Change SET Price = Price * 2 OUTPUT "
       "deleted.Price, inserted.Price INTO @seen; SELECT was, becomes FROM @seen;",
       "",
       {"25|50", "40|80"}},
      {"the number of a new row in the row below it",
       "INSERT dbo.Log (Message) VALUES (N'head'); INSERT dbo.Change VALUES (SCOPE_IDENTITY(), 1);",
       "Change",
       {"15|1", "2|25", "4|40"}},
      {"numbers of several new rows by OUTPUT",
       "DECLARE @ids TABLE (Id int); INSERT dbo.Log (Message) OUTPUT inserted.LogId INTO @ids "
       "SELECT Name FROM dbo.Item WHERE Id < 3; INSERT dbo.Change SELECT Id, 0 FROM @ids;",
       "Change",
       {"15|0", "20|0", "2|25", "4|40"}},
      {"rows of a table variable, one by one",
       "DECLARE @t TABLE (n int IDENTITY(1, 1), id int); INSERT @t (id) SELECT Id FROM dbo.Item "
       "ORDER BY Id DESC; DECLARE @i int = 1, @max int, @id int; SELECT @max = MAX(n) FROM @t; "
       "WHILE @i <= @max BEGIN SELECT @id = id FROM @t WHERE n = @i; INSERT dbo.Change VALUES "
       "(@id, @i); SET @i += 1; END",
       "Change",
       {"1|3", "2|2", "2|25", "3|1", "4|40"}},
      {"a list that is taken apart",
       "DECLARE @s nvarchar(50) = N'7,8,9', @at int; WHILE CHARINDEX(N',', @s) > 0 BEGIN SET @at = "
       "CHARINDEX(N',', @s); INSERT dbo.Change VALUES (CAST(LEFT(@s, @at - 1) AS int), 0); SET @s "
       "= SUBSTRING(@s, @at + 1, 50); END INSERT dbo.Change VALUES (CAST(@s AS int), 1);",
       "Change",
       {"2|25", "4|40", "7|0", "8|0", "9|1"}},
      {"a list that is put together",
       "DECLARE @list nvarchar(max); SELECT @list = COALESCE(@list + N',', N'') + Name FROM "
       "dbo.Item ORDER BY Id; SELECT @list AS Names;",
       "",
       {"pen,ink,pad"}},
      {"a sum in a loop over a cursor",
       "DECLARE @p int, @sum int = 0; DECLARE c CURSOR FOR SELECT Price FROM dbo.Item WHERE Price "
       "IS NOT NULL; OPEN c; FETCH NEXT FROM c INTO @p; WHILE @@FETCH_STATUS = 0 BEGIN SET @sum = "
       "@sum + @p; FETCH NEXT FROM c INTO @p; END CLOSE c; DEALLOCATE c; SELECT @sum AS Total;",
       "",
       {"30"}},
      {"a running total that is written to its row",
       "DECLARE @id int, @p int, @sum int = 0; DECLARE c CURSOR FOR SELECT Id, ISNULL(Price, 5) "
       "FROM dbo.Item ORDER BY Id; OPEN c; FETCH NEXT FROM c INTO @id, @p; WHILE @@FETCH_STATUS = "
       "0 BEGIN SET @sum += @p; UPDATE dbo.Item SET Price = @sum WHERE Id = @id; FETCH NEXT FROM c "
       "INTO @id, @p; END",
       "Item",
       {"1|pen|10|20", "2|ink|30|60", "3|pad|35|70"}},
      {"duplicates that go by ROW_NUMBER",
       "INSERT dbo.Change VALUES (2, 99); WITH d AS (SELECT ItemId, ROW_NUMBER() OVER (PARTITION "
       "BY ItemId ORDER BY Price) AS rn FROM dbo.Change) DELETE FROM d WHERE rn > 1;",
       "Change",
       {"2|25", "4|40"},
       "1",
       false},
      {"a count of levels by a recursive query",
       "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < @n) INSERT dbo.Change "
       "SELECT i, 0 FROM n OPTION (MAXRECURSION 0);",
       "Change",
       {"1|0", "2|0", "2|25", "3|0", "4|40"},
       "3"},
      {"rows of a called procedure",
       "CREATE TABLE #r (Id int); INSERT #r EXEC dbo.expensive_ids @low = 15; INSERT dbo.Change "
       "SELECT Id, -1 FROM #r;",
       "Change",
       {"2|-1", "2|25", "4|40"}},
      {"an output parameter of a called procedure",
       "DECLARE @max int; EXEC dbo.max_price @max OUTPUT; INSERT dbo.Change VALUES (0, @max);",
       "Change",
       {"0|20", "2|25", "4|40"}},
      {"a number that is counted through an UPDATE",
       "DECLARE @i int = 0; UPDATE dbo.Change SET @i = Price = @i + 1;",
       "Change",
       {"2|1", "4|2"},
       "1",
       false},
      {"totals that several rows add to",
       "DECLARE @id int, @p int; DECLARE c CURSOR FOR SELECT Id % 2 + 1, Id FROM dbo.Item; OPEN c; "
       "FETCH NEXT FROM c INTO @id, @p; WHILE @@FETCH_STATUS = 0 BEGIN UPDATE dbo.Item SET Price = "
       "Price + @p, Name = N'sum' WHERE Id = @id; FETCH NEXT FROM c INTO @id, @p; END",
       "Item",
       {"1|sum|12|24", "2|sum|24|48", "3|pad|NULL|NULL"}},
      {"totals that are taken off and may be unknown",
       "DECLARE @id int, @p int; DECLARE c CURSOR FOR SELECT Id % 2 + 1, Price FROM dbo.Item; OPEN "
       "c; FETCH NEXT FROM c INTO @id, @p; WHILE @@FETCH_STATUS = 0 BEGIN UPDATE dbo.Item SET "
       "Price -= @p WHERE Id = @id; FETCH NEXT FROM c INTO @id, @p; END",
       "Item",
       {"1|pen|-10|-20", "2|ink|NULL|NULL", "3|pad|NULL|NULL"}},
      {"amounts that grow by a share each time",
       "DECLARE @id int; DECLARE c CURSOR FOR SELECT Id % 2 + 1 FROM dbo.Item; OPEN c; FETCH NEXT "
       "FROM c INTO @id; WHILE @@FETCH_STATUS = 0 BEGIN UPDATE dbo.Item SET Price = Price * 1.5 "
       "WHERE Id = @id; FETCH NEXT FROM c INTO @id; END",
       "Item",
       {"1|pen|15|30", "2|ink|45|90", "3|pad|NULL|NULL"},
       "1",
       false},
      {"totals in a table without a key",
       "DECLARE @id int, @p int; DECLARE c CURSOR FOR SELECT Id % 2 * 2 + 2, Price FROM dbo.Item; "
       "OPEN c; FETCH NEXT FROM c INTO @id, @p; WHILE @@FETCH_STATUS = 0 BEGIN UPDATE dbo.Change "
       "SET Price = Price + ISNULL(@p, 1) WHERE ItemId = @id; FETCH NEXT FROM c INTO @id, @p; END",
       "Change",
       {"2|45", "4|51"},
       "1",
       false},
      {"a loop that goes to a label",
       "DECLARE @i int = 0; again: SET @i += 1; INSERT dbo.Change VALUES (@i, 0); IF @i < 2 GOTO "
       "again;",
       "Change",
       {"1|0", "2|0", "2|25", "4|40"},
       "1",
       false},
      {"the last value of a SELECT in an order",
       "DECLARE @name nvarchar(20); SELECT @name = Name FROM dbo.Item ORDER BY Id; SELECT @name AS "
       "Name;",
       "",
       {"pad"},
       "1",
       false},
      {"rows that move to another table",
       "DELETE dbo.Change OUTPUT deleted.ItemId, N'moved' INTO dbo.Item (Id, Name) WHERE ItemId = "
       "4;",
       "Item",
       {"1|pen|10|20", "2|ink|20|40", "3|pad|NULL|NULL", "4|moved|NULL|NULL"}},
      {"a job queue that is worked off",
       "DECLARE @id int; WHILE EXISTS (SELECT 1 FROM dbo.Log WHERE Kind = N'plain') BEGIN SELECT "
       "TOP 1 @id = LogId FROM dbo.Log WHERE Kind = N'plain' ORDER BY LogId; INSERT dbo.Change "
       "VALUES (@id, 0); UPDATE dbo.Log SET Kind = N'done' WHERE LogId = @id; END",
       "Change",
       {"10|0", "2|25", "4|40"}},
      {"numbers for rows that have none",
       "DECLARE @id int, @i int = 0; DECLARE c CURSOR FOR SELECT Id FROM dbo.Item ORDER BY Name; "
       "OPEN c; FETCH NEXT FROM c INTO @id; WHILE @@FETCH_STATUS = 0 BEGIN SET @i = @i + 1; UPDATE "
       "dbo.Item SET Price = @i WHERE Id = @id; FETCH NEXT FROM c INTO @id; END",
       "Item",
       {"1|pen|3|6", "2|ink|1|2", "3|pad|2|4"}},
      {"a swap of two rows",
       "DECLARE @a int, @b int; SELECT @a = Price FROM dbo.Change WHERE ItemId = 2; SELECT @b = "
       "Price FROM dbo.Change WHERE ItemId = 4; UPDATE dbo.Change SET Price = @b WHERE ItemId = 2; "
       "UPDATE dbo.Change SET Price = @a WHERE ItemId = 4;",
       "Change",
       {"2|40", "4|25"}},
      {"a variable that a missing row leaves alone",
       "DECLARE @p int = 7; SELECT @p = Price FROM dbo.Item WHERE Id = 99; SELECT @p AS P;",
       "",
       {"7"}},
  };
  return habits;
}

const std::string& SqlOf(const TranslatedQuery& query, const std::string& table) {
  if (table.empty()) return query.sql;
  const auto part = std::ranges::find_if(
      query.parts, [&](const TranslatedPart& candidate) { return candidate.table.name == table; });
  REQUIRE(part != query.parts.end());
  return part->sql;
}

// The rows on PostgreSQL, as RowsOf() gives those on DuckDB.
Lines PostgresRows(const std::string& sql, const std::string& parameter) {
  testing::PostgresSession session;
  REQUIRE(session.Run("drop schema if exists dbo cascade; " + std::string(kRows)).error == "");
  const testing::Rows rows = session.Run(WithParameter(sql, parameter));
  INFO(sql);
  CHECK(rows.error == "");
  return LinesOf(rows);
}

TEST_CASE("procedures as people write them leave the rows that they should", "[routines][habits]") {
  for (const Habit& habit : Habits()) {
    DYNAMIC_SECTION(habit.name) {
      const Source source(R"(
CREATE PROCEDURE dbo.expensive_ids @low int AS SELECT Id FROM dbo.Item WHERE Price > @low;
GO
CREATE PROCEDURE dbo.max_price @max int OUTPUT AS SELECT @max = MAX(Price) FROM dbo.Item;
GO
CREATE PROCEDURE dbo.p @n int AS BEGIN )" +
                          std::string(habit.body) + " END");
      const TranslatedQuery query = Translate(source, "p");
      for (const diagnostics::Diagnostic& found : query.diagnostics)
        UNSCOPED_INFO(diagnostics::Message(found));
      CHECK(query.converted() == habit.converts);
      if (!query.converted()) continue;
      CHECK(RowsOf(SqlOf(query, habit.table), habit.parameter) == habit.after);
      if (!testing::PostgresSession::IsAvailable()) continue;
      const TranslatedQuery on_postgres = Translate(source, "p", Target::kPostgres);
      REQUIRE(on_postgres.converted());
      CHECK(PostgresRows(SqlOf(on_postgres, habit.table), habit.parameter) == habit.after);
    }
  }
}

}  // namespace
}  // namespace datamigrate::dialects
