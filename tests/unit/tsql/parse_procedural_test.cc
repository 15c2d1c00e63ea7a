#include <catch2/catch.hpp>
#include <string>

#include "agent_engine/tsql/parser/parser.h"
#include "tests/unit/tsql/parse_cases.h"

namespace datamigrate::tsql {
namespace {

// Parses, demands that all went well and no token was lost, and gives the statements' trees.
std::string Statements(const std::string& text) {
  diagnostics::DiagnosticSink sink;
  const ParseResult result = ParseBatch(text, {}, sink);
  INFO(text);
  INFO(testing::ReportText(sink.diagnostics(), text));
  CHECK(result.ok);
  CHECK(result.unsupported == 0);
  CHECK(testing::KeepsAllTokens(text, result.tree.Root(), true));
  return testing::StatementsText(result.tree.Root());
}

std::string Report(const std::string& text) {
  diagnostics::DiagnosticSink sink;
  ParseBatch(text, {}, sink);
  return testing::ReportText(sink.diagnostics(), text);
}

size_t CountStatements(const std::string& text) {
  diagnostics::DiagnosticSink sink;
  const ParseResult result = ParseBatch(text, {}, sink);
  INFO(text);
  INFO(testing::ReportText(sink.diagnostics(), text));
  CHECK(result.ok);
  return result.tree.Root().Children(Role::kStatement).size();
}

TEST_CASE("statements need no semicolons between them", "[parser]") {
  CHECK(CountStatements("DECLARE @a int SET @a = 1 SELECT @a PRINT @a") == 4);
  CHECK(CountStatements("SELECT a FROM t SELECT b FROM u UPDATE t SET a = 1 DELETE t") == 4);
  CHECK(CountStatements("BEGIN TRAN COMMIT SELECT 1 RETURN SELECT 2") == 5);
  CHECK(CountStatements("EXEC p EXEC q @a = 1 SELECT 1") == 3);
  CHECK(CountStatements("IF 1 = 1 SELECT 1 ELSE SELECT 2 SELECT 3") == 2);
  CHECK(CountStatements("RETURN 1 SELECT 2") == 2);
  CHECK(CountStatements("SET NOCOUNT ON SET XACT_ABORT ON SELECT 1") == 3);
  CHECK(CountStatements("OPEN c FETCH NEXT FROM c INTO @a WHILE @@FETCH_STATUS = 0 PRINT 1") == 3);
  CHECK(CountStatements("PRINT 'a' + 'b' GOTO x x: PRINT 1") == 4);
  CHECK(CountStatements("TRUNCATE TABLE t INSERT t SELECT 1 MERGE t USING u ON 1 = 1 "
                        "WHEN MATCHED THEN DELETE; SELECT 1") == 4);
}

TEST_CASE("a semicolon alone is an empty statement", "[parser]") {
  CHECK(Statements(";;WITH c AS (SELECT 1 AS a) SELECT a FROM c;")
            .starts_with("(EmptyStatement)\n(EmptyStatement)\n(SelectStatement With:"));
  CHECK(Statements("PRINT 1;;") == "(Print Value:`1`)\n(EmptyStatement)");
}

TEST_CASE("a semicolon may stand before ELSE", "[parser]") {
  CHECK(Statements("IF 1 = 1 PRINT 1; ELSE PRINT 2;") ==
        "(If Condition:(Comparison Left:`1` Operator:'=' Right:`1`) Then:(Print Value:`1`) "
        "Else:(Print Value:`2`))");
}

TEST_CASE("DECLARE takes several variables, tables and cursors", "[parser]") {
  CHECK(Statements("DECLARE @a int = 1, @b AS dbo.T, @c CURSOR") ==
        "(DeclareStatement "
        "Item:(VariableDeclaration Name:'@a' Type:(DataType Name:`int`) Value:`1`) "
        "Item:(VariableDeclaration Name:'@b' Type:(DataType Name:`dbo.T`)) "
        "Item:(VariableDeclaration Name:'@c' Type:(DataType Name:`CURSOR`)))");
  CHECK(Statements("DECLARE @x xml(CONTENT dbo.c), @d decimal(10, 2), @m varchar(max)") ==
        "(DeclareStatement "
        "Item:(VariableDeclaration Name:'@x' "
        "Type:(DataType Name:`xml` Parameter:'CONTENT' SchemaCollection:`dbo.c`)) "
        "Item:(VariableDeclaration Name:'@d' "
        "Type:(DataType Name:`decimal` Parameter:'10' Parameter:'2')) "
        "Item:(VariableDeclaration Name:'@m' Type:(DataType Name:`varchar` Parameter:'max')))");
  CHECK(Statements("DECLARE c INSENSITIVE SCROLL CURSOR FOR SELECT 1 FOR READ ONLY") ==
        "(DeclareCursor Name:'c' Option:'INSENSITIVE' Option:'SCROLL' "
        "Query:(SelectStatement Query:(Query Body:(QuerySpecification "
        "SelectList:(SelectList Item:(SelectItem Value:`1`))))) "
        "For:(ForClause Kind:'READ' Kind:'ONLY'))");
  CHECK(Statements("DECLARE c CURSOR LOCAL FAST_FORWARD FOR SELECT a FROM t FOR UPDATE OF a, b")
            .ends_with("For:(ForClause Kind:'UPDATE' Option:`a` Option:`b`))"));
}

TEST_CASE("SET assigns variables in every form", "[parser]") {
  CHECK(Statements("SET @a += 1") ==
        "(SetVariable Target:'@a' Operator:'+' Operator:'=' Value:`1`)");
  CHECK(Statements("SET @a ||= 'x'") ==
        "(SetVariable Target:'@a' Operator:'|' Operator:'|' Operator:'=' Value:`'x'`)");
  CHECK(Statements("SET @x.modify('delete /a')") ==
        "(SetVariable Target:(MethodCall Operand:`@x` Method:'modify' Argument:`'delete /a'`))");
  CHECK(Statements("SET @p.X = 3") ==
        "(SetVariable Target:(MemberAccess Operand:`@p` Method:'X') Operator:'=' Value:`3`)");
  CHECK(Statements("SET @c = CURSOR SCROLL FOR SELECT 1")
            .starts_with("(SetVariable Target:'@c' Operator:'=' Value:(CursorDefinition "
                         "Option:'SCROLL' Query:"));
}

TEST_CASE("SET takes its options with anything behind them", "[parser]") {
  CHECK(Statements("SET ANSI_NULLS, QUOTED_IDENTIFIER ON") ==
        "(SetOption Item:'ANSI_NULLS' Item:'QUOTED_IDENTIFIER' Value:'ON')");
  CHECK(Statements("SET IDENTITY_INSERT dbo.t OFF") ==
        "(SetOption Item:'IDENTITY_INSERT' Name:`dbo.t` Value:'OFF')");
  CHECK(Statements("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED") ==
        "(SetOption Item:'TRANSACTION' Item:'ISOLATION' Item:'LEVEL' Value:'READ' "
        "Value:'UNCOMMITTED')");
  CHECK(Statements("SET STATISTICS IO, TIME ON") ==
        "(SetOption Item:'STATISTICS' Item:'IO' Item:'TIME' Value:'ON')");
  CHECK(Statements("SET ROWCOUNT @n") == "(SetOption Item:'ROWCOUNT' Value:`@n`)");
  CHECK(Statements("SET LOCK_TIMEOUT -1") ==
        "(SetOption Item:'LOCK_TIMEOUT' Value:(Unary Operator:'-' Operand:`1`))");
  CHECK(Statements("SET DATEFORMAT dmy") == "(SetOption Item:'DATEFORMAT' Value:'dmy')");
  CHECK(Statements("SET LANGUAGE N'Deutsch'") == "(SetOption Item:'LANGUAGE' Value:`N'Deutsch'`)");
  CHECK(Statements("SET CONTEXT_INFO 0x1F") == "(SetOption Item:'CONTEXT_INFO' Value:`0x1F`)");
}

TEST_CASE("EXECUTE has many forms", "[parser]") {
  CHECK(Statements("EXEC @r = dbo.p;2 1, @b OUTPUT, @c = DEFAULT, word WITH RECOMPILE") ==
        "(ExecuteStatement ReturnTarget:'@r' Name:`dbo.p` Option:'2' "
        "Argument:(ExecuteArgument Value:`1`) "
        "Argument:(ExecuteArgument Value:`@b` Output:'OUTPUT') "
        "Argument:(ExecuteArgument Name:'@c' Value:`DEFAULT`) "
        "Argument:(ExecuteArgument Value:`word`) Option:(Option Name:'RECOMPILE'))");
  CHECK(Statements("EXEC (@a + N'x') AS USER = 'u' AT srv") ==
        "(ExecuteStatement Value:(Binary Left:`@a` Operator:'+' Right:`N'x'`) "
        "Option:(Option Name:'USER' Value:`'u'`) Target:'srv')");
  CHECK(Statements("EXECUTE ('SELECT ?', @a OUTPUT) AT DATA_SOURCE d") ==
        "(ExecuteStatement Value:`'SELECT ?'` "
        "Argument:(ExecuteArgument Value:`@a` Output:'OUTPUT') Target:'d')");
  CHECK(Statements("EXEC p WITH RESULT SETS ((a int NOT NULL, b varchar(5)), AS OBJECT dbo.t)") ==
        "(ExecuteStatement Name:`p` Option:(Option Name:'RESULT' Name:'SETS' "
        "Item:(RowsetSchema Item:(RowsetColumn Name:'a' Type:(DataType Name:`int`)) "
        "Item:(RowsetColumn Name:'b' Type:(DataType Name:`varchar` Parameter:'5'))) "
        "Item:(Clause Kind:'OBJECT' Name:`dbo.t`)))");
  CHECK(Statements("EXEC @p @a = -1") ==
        "(ExecuteStatement Value:`@p` "
        "Argument:(ExecuteArgument Name:'@a' Value:(Unary Operator:'-' Operand:`1`)))");
}

TEST_CASE("the first statement of a batch may be a procedure's name", "[parser]") {
  CHECK(Statements("sp_help 'dbo.t'") ==
        "(ExecuteStatement Name:`sp_help` Argument:(ExecuteArgument Value:`'dbo.t'`))");
  CHECK(Statements("..sp_who\nSELECT 1").starts_with("(ExecuteStatement Name:`..sp_who`)\n"));
  CHECK(Report("SELECT 1; sp_help").starts_with("error TS0210 1:11 expected a statement"));
}

TEST_CASE("TRY and CATCH may be empty, other blocks may not", "[parser]") {
  CHECK(Statements("BEGIN TRY END TRY BEGIN CATCH END CATCH") ==
        "(TryCatch Try:(Block) Catch:(Block))");
  CHECK(Report("BEGIN END") == "error TS0210 1:7 expected a statement or ATOMIC before 'END'");
  CHECK(Report("BEGIN TRY SELECT 1 END TRY") ==
        "error TS0210 1:27 expected BEGIN or ';' before end of the batch");
}

TEST_CASE("blocks may be atomic", "[parser]") {
  CHECK(Statements("BEGIN ATOMIC WITH (TRANSACTION ISOLATION LEVEL = SNAPSHOT, "
                   "LANGUAGE = N'us_english') PRINT 1 END") ==
        "(Block Option:(Option Name:'TRANSACTION' Name:'ISOLATION' Name:'LEVEL' Value:'SNAPSHOT') "
        "Option:(Option Name:'LANGUAGE' Value:`N'us_english'`) Statement:(Print Value:`1`))");
}

TEST_CASE("transactions have names, marks and durability", "[parser]") {
  CHECK(Statements("BEGIN DISTRIBUTED TRANSACTION a") ==
        "(Command Verb:'BEGIN' Verb:'DISTRIBUTED' Verb:'TRANSACTION' Name:'a')");
  CHECK(Statements("BEGIN TRAN @t WITH MARK 'm'") ==
        "(Command Verb:'BEGIN' Verb:'TRAN' Name:'@t' Value:`'m'`)");
  CHECK(Statements("COMMIT TRAN a WITH (DELAYED_DURABILITY = ON)") ==
        "(Command Verb:'COMMIT' Verb:'TRAN' Name:'a' "
        "Option:(Option Name:'DELAYED_DURABILITY' Value:'ON'))");
  CHECK(Statements("ROLLBACK WORK SAVE TRAN s") ==
        "(Command Verb:'ROLLBACK' Verb:'WORK')\n(Command Verb:'SAVE' Verb:'TRAN' Name:'s')");
  CHECK(Report("SAVE TRAN") == "error TS0210 1:10 expected a savepoint before end of the batch");
}

TEST_CASE("cursors are opened, fetched, closed and freed", "[parser]") {
  CHECK(Statements("OPEN GLOBAL c FETCH ABSOLUTE -2 FROM @c INTO @a, @b CLOSE c DEALLOCATE c") ==
        "(Command Verb:'OPEN' Option:'GLOBAL' Name:'c')\n"
        "(Command Verb:'FETCH' Direction:'ABSOLUTE' Value:(Unary Operator:'-' Operand:`2`) "
        "Name:'@c' Target:`@a` Target:`@b`)\n"
        "(Command Verb:'CLOSE' Name:'c')\n(Command Verb:'DEALLOCATE' Name:'c')");
  CHECK(Statements("FETCH next") == "(Command Verb:'FETCH' Name:'next')");
}

TEST_CASE("errors are raised and thrown", "[parser]") {
  CHECK(Statements("RAISERROR ('%d', 16, 1, @a) WITH NOWAIT, LOG") ==
        "(RaiseError Argument:`'%d'` Argument:`16` Argument:`1` Argument:`@a` "
        "Option:(Option Name:'NOWAIT') Option:(Option Name:'LOG'))");
  CHECK(Statements("THROW 50000, 'x', 1; THROW") ==
        "(Throw Argument:`50000` Argument:`'x'` Argument:`1`)\n(Throw)");
  CHECK(Statements("RAISERROR 50000 'old'") == "(RaiseError Argument:`50000` Argument:`'old'`)");
}

TEST_CASE("WAITFOR waits for a time or a statement", "[parser]") {
  CHECK(Statements("WAITFOR DELAY '00:00:01'") ==
        "(Command Verb:'WAITFOR' Kind:'DELAY' Value:`'00:00:01'`)");
  CHECK(Statements("WAITFOR TIME @t") == "(Command Verb:'WAITFOR' Kind:'TIME' Value:`@t`)");
}

TEST_CASE("contexts are taken and given back", "[parser]") {
  CHECK(Statements("EXECUTE AS USER = 'u' WITH NO REVERT") ==
        "(Command Verb:'EXECUTE' Verb:'AS' Kind:'USER' Value:`'u'` "
        "Option:(Option Name:'NO' Name:'REVERT'))");
  CHECK(Statements("REVERT WITH COOKIE = @c") == "(Command Verb:'REVERT' Value:`@c`)");
}

TEST_CASE("text pointers are read and written", "[parser]") {
  CHECK(Statements("READTEXT t.c @p 0 10 HOLDLOCK") ==
        "(Command Verb:'READTEXT' Name:`t.c` Argument:`@p` Argument:`0` Argument:`10`)");
  CHECK(Statements("UPDATETEXT t.c @p 0 NULL WITH LOG 'x'") ==
        "(Command Verb:'UPDATETEXT' Name:`t.c` Argument:`@p` Argument:`0` Argument:`NULL` "
        "Value:`'x'`)");
}

TEST_CASE("procedures have parameters, options and a body to the end", "[parser]") {
  CHECK(Statements("CREATE OR ALTER PROC dbo.p @a int = 1 OUTPUT, @b dbo.T READONLY "
                   "WITH RECOMPILE, EXECUTE AS OWNER AS PRINT 1 PRINT 2") ==
        "(CreateProcedure Alter:'OR' Alter:'ALTER' Name:`dbo.p` "
        "Parameter:(Parameter Name:'@a' Type:(DataType Name:`int`) Value:`1` Output:'OUTPUT') "
        "Parameter:(Parameter Name:'@b' Type:(DataType Name:`dbo.T`) ReadOnly:'READONLY') "
        "Option:(Option Name:'RECOMPILE') "
        "Option:(Option Name:'EXECUTE' Name:'AS' Value:'OWNER') "
        "Statement:(Print Value:`1`) Statement:(Print Value:`2`))");
  CHECK(Statements("CREATE PROCEDURE p (@c CURSOR VARYING OUT) FOR REPLICATION AS RETURN") ==
        "(CreateProcedure Name:`p` "
        "Parameter:(Parameter Name:'@c' Type:(DataType Name:`CURSOR`) Varying:'VARYING' "
        "Output:'OUT') Option:'FOR' Option:'REPLICATION' Statement:(Return))");
  CHECK(Statements("CREATE PROCEDURE p AS EXTERNAL NAME a.b.c") ==
        "(CreateProcedure Name:`p` External:`a.b.c`)");
}

TEST_CASE("a module holds no other module", "[parser]") {
  CHECK(Report("CREATE PROC p AS SELECT 1 CREATE PROC q AS SELECT 2") ==
        "error TS0210 1:27 expected a statement before 'CREATE'");
  CHECK(CountStatements("CREATE PROC p AS SELECT 1\nCREATE PROC q AS SELECT 2") == 2);
}

TEST_CASE("functions return a value, a query or a table", "[parser]") {
  CHECK(Statements("CREATE FUNCTION f (@a int) RETURNS int WITH SCHEMABINDING, "
                   "RETURNS NULL ON NULL INPUT AS BEGIN RETURN @a END") ==
        "(CreateFunction Name:`f` Parameter:(Parameter Name:'@a' Type:(DataType Name:`int`)) "
        "Returns:(DataType Name:`int`) Option:(Option Name:'SCHEMABINDING') "
        "Option:(Option Name:'RETURNS' Name:'NULL' Name:'ON' Name:'NULL' Name:'INPUT') "
        "Body:(Block Statement:(Return Value:`@a`)))");
  const std::string query =
      "(Query Body:(QuerySpecification SelectList:(SelectList Item:(SelectItem Value:`1` "
      "Alias:'a'))))";
  CHECK(Statements("CREATE FUNCTION f () RETURNS TABLE AS RETURN SELECT 1 AS a") ==
        "(CreateFunction Name:`f` Returns:(InlineReturn) Query:(SelectStatement Query:" + query +
            "))");
  CHECK(Statements("CREATE FUNCTION f () RETURNS TABLE RETURN (SELECT 1 AS a)") ==
        "(CreateFunction Name:`f` Returns:(InlineReturn) "
        "Query:(SelectStatement Query:(Query Body:(ParenthesizedQuery Query:" +
            query + "))))");
  CHECK(Statements("CREATE FUNCTION f () RETURNS TABLE RETURN (WITH c AS (SELECT 1 AS a) "
                   "SELECT a FROM c)")
            .starts_with("(CreateFunction Name:`f` Returns:(InlineReturn) "
                         "Query:(SelectStatement With:(WithClause Cte:"));
}

TEST_CASE("triggers fire on tables, databases and servers", "[parser]") {
  CHECK(Statements("CREATE TRIGGER g ON dbo.t AFTER INSERT, UPDATE NOT FOR REPLICATION AS "
                   "IF UPDATE(a) PRINT 1") ==
        "(CreateTrigger Name:`g` On:`dbo.t` Timing:'AFTER' Event:'INSERT' Event:'UPDATE' "
        "Option:'NOT' Option:'FOR' Option:'REPLICATION' "
        "Statement:(If Condition:(FunctionCall Name:`UPDATE` Argument:`a`) "
        "Then:(Print Value:`1`)))");
  CHECK(Statements("CREATE TRIGGER g ON ALL SERVER FOR LOGON AS ROLLBACK") ==
        "(CreateTrigger Name:`g` On:'ALL' On:'SERVER' Timing:'FOR' Event:'LOGON' "
        "Statement:(Command Verb:'ROLLBACK'))");
  CHECK(Statements("ALTER TRIGGER g ON v INSTEAD OF DELETE AS DELETE v")
            .starts_with("(CreateTrigger Alter:'ALTER' Name:`g` On:`v` Timing:'INSTEAD' "
                         "Timing:'OF' Event:'DELETE'"));
}

TEST_CASE("views have columns, options and a check", "[parser]") {
  CHECK(Statements("CREATE VIEW v (a) WITH SCHEMABINDING AS SELECT b FROM dbo.t "
                   "WITH CHECK OPTION") ==
        "(CreateView Name:`v` Columns:(ColumnList Item:`a`) Option:(Option Name:'SCHEMABINDING') "
        "Query:(SelectStatement Query:(Query Body:(QuerySpecification "
        "SelectList:(SelectList Item:(SelectItem Value:`b`)) "
        "From:(FromClause Source:(TableReference Name:`dbo.t`))))) CheckOption:'CHECK')");
}

TEST_CASE("wrong procedural statements are refused", "[parser]") {
  CHECK(Report("WHILE SELECT 1") == "error TS0210 1:7 expected an expression before 'SELECT'");
  CHECK(Report("DECLARE @a") ==
        "error TS0210 1:11 expected a name, AS, TABLE, a data type, DOUBLE, NATIONAL or CURSOR "
        "before end of the batch");
  CHECK(Report("SET @a 1") == "error TS0210 1:8 expected '=' before '1'");
  CHECK(Report("GOTO 5") == "error TS0210 1:6 expected a label before '5'");
  CHECK(Report("FETCH 1") ==
        "error TS0210 1:7 expected a cursor, NEXT, PRIOR, FIRST, LAST, ABSOLUTE, "
        "RELATIVE or FROM before '1'");
  CHECK(Report("THROW 50000") == "error TS0210 1:12 expected ',' before end of the batch");
  CHECK(Report("END") == "error TS0210 1:1 expected a statement before 'END'");
  CHECK(Report("CREATE PROC p @a AS SELECT 1").starts_with("error TS0210 1:21 expected a name"));
  CHECK(Report("CREATE TRIGGER t ON x SELECT 1") ==
        "error TS0210 1:23 expected FOR, WITH, INSTEAD or AFTER before 'SELECT'");
}

}  // namespace
}  // namespace datamigrate::tsql
