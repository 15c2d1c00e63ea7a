// What T-SQL does beyond returning rows, and who may let it.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "agent_engine/tsql/effects/effect.h"
#include "agent_engine/tsql/effects/statement_policy.h"
#include "agent_engine/tsql/effects/written_objects.h"
#include "catch2/catch.hpp"

namespace datamigrate::tsql {
namespace {

// "runs-programs xp_cmdshell", in the order of the text; reading and the session's own are left
// out.
std::vector<std::string> Effects(const std::string& sql) {
  std::vector<std::string> found;
  for (const EffectFinding& finding : FindEffectsOf(sql)) {
    if (finding.effect == Effect::kReads || finding.effect == Effect::kSession) continue;
    std::string text = std::string(EffectName(finding.effect)) + " " + finding.what;
    for (size_t i = 0; i < finding.object.size(); ++i) {
      text += (i == 0 ? " " : ".") + finding.object[i];
    }
    found.push_back(text);
  }
  return found;
}

using Strings = std::vector<std::string>;

TEST_CASE("queries only read") {
  const std::string sql = GENERATE(
      "SELECT a FROM dbo.t WHERE b = 1",
      "WITH c AS (SELECT 1 AS a) SELECT * FROM c CROSS APPLY dbo.f(c.a)",
      "SELECT dbo.t.c.Method(1) FROM ...t", "SELECT * FROM CONTAINSTABLE(dbo.t, *, 'a') AS c",
      "SELECT xp_cmdshell, [OPENROWSET] FROM dbo.[shutdown]",
      "SELECT 'EXEC xp_cmdshell ''dir'''  -- EXEC xp_cmdshell 'dir'",
      "DECLARE @x int = 1; SET @x += 1; SELECT @x", "SET NOCOUNT ON",
      "SELECT a INTO #t FROM dbo.t; INSERT #t VALUES (1); DROP TABLE #t",
      "DECLARE @t TABLE (a int); INSERT @t VALUES (1); DELETE @t",
      "IF 1 = 1 BEGIN PRINT 'a' END ELSE RAISERROR('x', 16, 1)", "EXEC sp_help 'dbo.t'",
      "EXEC('SELECT 1')", "EXEC sp_executesql N'SELECT 1'");
  INFO(sql);
  CHECK(Effects(sql) == Strings());
  CHECK(Judge(FindEffectsOf(sql), SourcePolicy()).verdict == Verdict::kAllow);
}

TEST_CASE("what leaves the database is found, whatever it is written like") {
  const auto test = GENERATE(table<std::string, Strings>({
      {"EXEC xp_cmdshell 'dir'", {"runs-programs xp_cmdshell"}},
      {"xp_cmdshell 'dir'", {"runs-programs xp_cmdshell"}},
      {"exec master..XP_CMDSHELL 'dir'", {"runs-programs XP_CMDSHELL"}},
      {"EXECUTE [master].[dbo].[xp_cmdshell] N'dir'", {"runs-programs xp_cmdshell"}},
      {"EXEC @r = sys.xp_cmdshell 'dir'", {"runs-programs xp_cmdshell"}},
      {"INSERT #t EXEC xp_cmdshell 'dir'", {"runs-programs xp_cmdshell"}},
      {"EXEC('xp_cmdshell ''dir''')", {"runs-programs xp_cmdshell"}},
      {"EXEC('EXEC(''xp_' + 'cmdshell ''''dir'''''')')", {"runs-programs xp_cmdshell"}},
      {"EXEC sp_executesql N'EXEC xp_cmdshell ''dir'''", {"runs-programs xp_cmdshell"}},
      {"EXEC xp_made_up", {"runs-programs xp_made_up"}},
      {"EXEC sp_OACreate 'WScript.Shell', @o OUT", {"runs-programs sp_OACreate"}},
      {"CREATE ASSEMBLY a FROM 'c:\\a.dll'", {"runs-programs CREATE ASSEMBLY a"}},
      {"SELECT * FROM OPENROWSET('SQLNCLI', 'x', 'SELECT 1') AS a", {"other-server OPENROWSET"}},
      {"SELECT * FROM OPENROWSET(BULK 'c:\\a.txt', SINGLE_CLOB) AS a", {"files OPENROWSET(BULK)"}},
      {"SELECT * FROM OPENQUERY(s, 'SELECT 1')", {"other-server OPENQUERY"}},
      {"SELECT * FROM OPENDATASOURCE('SQLNCLI', 'x').d.s.t", {"other-server OPENDATASOURCE"}},
      {"SELECT * FROM srv.db.dbo.t", {"other-server srv.db.dbo.t"}},
      {"SELECT * FROM db.dbo.t", {"other-database db.dbo.t"}},
      {"SELECT * FROM .db..t", {"other-database .db..t"}},
      {"SELECT AI_CLASSIFY(a, 'x') FROM t", {"other-server AI_CLASSIFY"}},
      {"SELECT db.dbo.f(1)", {"other-database db.dbo.f"}},
      {"EXEC srv.db.dbo.p", {"other-server srv.db.dbo.p"}},
      {"EXEC ('SELECT 1') AT srv", {"other-server EXECUTE AT"}},
      {"CREATE SYNONYM dbo.s FOR srv.db.dbo.t",
       {"other-server srv.db.dbo.t", "defines CREATE SYNONYM dbo.s"}},
      {"BULK INSERT dbo.t FROM 'c:\\a.txt'",
       {"files BULK INSERT", "writes-rows BULK INSERT dbo.t"}},
      {"EXEC master.sys.xp_dirtree '\\\\evil\\x'", {"files xp_dirtree"}},
      {"SELECT * FROM sys.fn_get_audit_file('*', NULL, NULL)", {"files fn_get_audit_file"}},
      {"BACKUP DATABASE d TO DISK = 'x'", {"files BACKUP"}},
      {"RESTORE DATABASE d FROM DISK = 'x'", {"server RESTORE"}},
      {"RECONFIGURE WITH OVERRIDE", {"server RECONFIGURE"}},
      {"EXEC sp_configure 'show advanced options', 1", {"server sp_configure"}},
      {"SHUTDOWN WITH NOWAIT", {"server SHUTDOWN"}},
      {"KILL 53", {"server KILL"}},
      {"DBCC CHECKDB", {"server DBCC"}},
      {"ALTER DATABASE d SET TRUSTWORTHY ON", {"server ALTER DATABASE d"}},
      {"DROP DATABASE d", {"server DROP DATABASE"}},
      {"USE master", {"other-database USE"}},
      {"CREATE LOGIN x WITH PASSWORD = 'y'", {"rights CREATE LOGIN x"}},
      {"DROP USER x", {"rights DROP USER"}},
      {"GRANT CONTROL TO x", {"rights GRANT"}},
      {"EXECUTE AS LOGIN = 'sa'", {"rights EXECUTE AS"}},
      {"EXEC ('SELECT 1') AS LOGIN = 'sa'", {"rights EXECUTE AS"}},
      {"CREATE CREDENTIAL c WITH IDENTITY = 'x'", {"rights CREATE CREDENTIAL c"}},
      {"OPEN MASTER KEY DECRYPTION BY PASSWORD = 'x'", {"rights OPEN MASTER KEY"}},
      {"EXEC msdb.dbo.sp_send_dbmail @recipients = 'a@b.c'", {"messages sp_send_dbmail"}},
      {"EXEC msdb.dbo.sp_add_jobstep @command = 'x'", {"runs-programs sp_add_jobstep"}},
      {"RAISERROR('x', 16, 1) WITH LOG", {"server RAISERROR LOG"}},
  }));
  INFO(std::get<0>(test));
  CHECK(Effects(std::get<0>(test)) == std::get<1>(test));
  CHECK(Judge(FindEffectsOf(std::get<0>(test)), SourcePolicy()).verdict == Verdict::kRefuse);
  CHECK(Judge(FindEffectsOf(std::get<0>(test)), TargetPolicy({"dbo", "d"})).verdict ==
        Verdict::kRefuse);
}

TEST_CASE("what is written is named by its table") {
  const auto test = GENERATE(table<std::string, Strings>({
      {"INSERT INTO dbo.t (a) VALUES (1)", {"writes-rows INSERT dbo.t"}},
      {"UPDATE [a b].[t] SET x = 1", {"writes-rows UPDATE a b.t"}},
      {"UPDATE t SET x = 1 FROM dbo.Orders AS t JOIN dbo.u ON 1 = 1",
       {"writes-rows UPDATE dbo.Orders"}},
      {"DELETE T FROM dbo.Orders t", {"writes-rows DELETE dbo.Orders"}},
      {"WITH c AS (SELECT * FROM dbo.Orders) UPDATE c SET x = 1",
       {"writes-rows UPDATE dbo.Orders"}},
      {"WITH c AS (SELECT * FROM dbo.Orders) DELETE d FROM c AS d",
       {"writes-rows DELETE dbo.Orders"}},
      {"UPDATE d SET x = 1 FROM (SELECT * FROM dbo.Orders) AS d",
       {"writes-rows UPDATE dbo.Orders"}},
      {"MERGE dbo.t AS a USING dbo.u AS b ON a.x = b.x WHEN MATCHED THEN DELETE;",
       {"writes-rows MERGE dbo.t"}},
      {"DELETE dbo.t OUTPUT deleted.a INTO dbo.log",
       {"writes-rows DELETE dbo.t", "writes-rows OUTPUT INTO dbo.log"}},
      {"SELECT a INTO dbo.t FROM dbo.u", {"defines SELECT INTO dbo.t"}},
      {"SELECT NEXT VALUE FOR dbo.s", {"writes-rows NEXT VALUE FOR dbo.s"}},
      {"TRUNCATE TABLE dbo.t", {"drops TRUNCATE TABLE dbo.t"}},
      {"DROP TABLE dbo.t, u", {"drops DROP TABLE dbo.t", "drops DROP TABLE u"}},
      {"CREATE OR ALTER VIEW dbo.v AS SELECT 1 AS a", {"defines CREATE VIEW dbo.v"}},
      {"CREATE VIEW dbo.v AS SELECT 1 AS a", {"defines CREATE VIEW dbo.v"}},
      {"ALTER TABLE dbo.t ADD b int", {"defines ALTER TABLE dbo.t"}},
      {"CREATE INDEX i ON dbo.t (a)", {"defines CREATE INDEX dbo.t"}},
      {"EXEC dbo.p 1", {"calls-routine dbo.p dbo.p"}},
      {"SELECT * FROM dbo.t WITH (TABLOCKX)", {"holds TABLOCKX"}},
      {"BEGIN TRAN", {"holds BEGIN TRAN"}},
      {"WAITFOR DELAY '01:00'", {"holds WAITFOR"}},
      {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
       {"holds SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"}},
      {"EXEC (@sql)", {"runs-text EXECUTE of a text"}},
      {"EXEC @name", {"runs-text EXECUTE of a text"}},
      {"EXEC ('SELECT ' + @a)", {"runs-text EXECUTE of a text"}},
      {"EXEC sp_executesql @sql", {"runs-text EXECUTE of a text"}},
      {"SELECT FROM WHERE", {"unknown what cannot be parsed"}},
      {"EXEC ('SELECT FROM')", {"unknown EXECUTE of a text that cannot be parsed"}},
  }));
  INFO(std::get<0>(test));
  CHECK(Effects(std::get<0>(test)) == std::get<1>(test));
  CHECK(Judge(FindEffectsOf(std::get<0>(test)), SourcePolicy()).verdict == Verdict::kRefuse);
}

TEST_CASE("a target is written in its schemas, and dropped by a person") {
  const StatementPolicy policy = TargetPolicy({"Marts"});
  const auto verdict = [&](const std::string& sql) {
    return Judge(FindEffectsOf(sql), policy).verdict;
  };
  CHECK(verdict("INSERT marts.t SELECT * FROM dbo.u") == Verdict::kAllow);
  CHECK(verdict("CREATE TABLE [MARTS].t (a int)") == Verdict::kAllow);
  CHECK(verdict("CREATE SCHEMA marts") == Verdict::kAllow);
  CHECK(verdict("CREATE TRIGGER g ON marts.t AFTER INSERT AS DELETE marts.u") == Verdict::kAllow);
  CHECK(verdict("ALTER INDEX ALL ON marts.t REBUILD") == Verdict::kAllow);
  CHECK(verdict("ALTER TABLE marts.t SWITCH TO marts.u") == Verdict::kAllow);
  CHECK(verdict("DROP TABLE marts.t") == Verdict::kAskPerson);
  CHECK(verdict("EXEC marts.p") == Verdict::kAskPerson);  // its effects may be anywhere
  for (const std::string sql :
       {"INSERT dbo.t VALUES (1)", "INSERT t VALUES (1)", "DROP TABLE dbo.t",
        "INSERT other.marts.t VALUES (1)", "UPDATE x SET a = 1 FROM dbo.t AS x",
        "CREATE PROCEDURE marts.p AS EXEC xp_cmdshell 'dir'", "EXEC (@sql)", "CREATE SCHEMA dbo2",
        "ALTER SCHEMA marts TRANSFER dbo.t", "ALTER TABLE marts.t SWITCH TO dbo.t",
        "CREATE TRIGGER marts.g ON dbo.t AFTER INSERT AS PRINT 'x'",
        "CREATE TRIGGER g ON ALL SERVER AFTER LOGON AS PRINT 'x'",
        "DISABLE TRIGGER marts.g ON dbo.t", "ALTER INDEX marts ON dbo.t REBUILD",
        "WRITETEXT marts.t @p 'x'", "UPDATE STATISTICS dbo.t", "DROP INDEX i ON dbo.t",
        "DROP STATISTICS dbo.t.s", "EXEC sp_rename 'dbo.t', 'u'"}) {
    INFO(sql);
    CHECK(verdict(sql) == Verdict::kRefuse);
  }
  const Ruling ruling = Judge(FindEffectsOf("SELECT 1; UPDATE dbo.Orders SET a = 1"), policy);
  REQUIRE(ruling.reasons.size() == 1);
  CHECK(ruling.reasons[0].text ==
        "UPDATE writes rows, in dbo.Orders, which is not in a schema that may be written");
  CHECK(ruling.reasons[0].finding.span.begin == 10);
}

TEST_CASE("what a module does is its definition's, and has a place in the text") {
  const std::string sql =
      "CREATE PROCEDURE dbo.p WITH EXECUTE AS OWNER AS\nBEGIN\n  EXEC xp_cmdshell 'dir'\nEND";
  const auto findings = FindEffectsOf(sql);
  const auto program = std::ranges::find(findings, Effect::kPrograms, &EffectFinding::effect);
  REQUIRE(program != findings.end());
  CHECK(program->is_in_definition);
  CHECK(sql.substr(program->span.begin, 16) == "EXEC xp_cmdshell");
  CHECK(std::ranges::count(findings, Effect::kActsAs, &EffectFinding::effect) == 1);
  CHECK(Effects("CREATE PROCEDURE dbo.p WITH EXECUTE AS CALLER AS SELECT 1") ==
        Strings{"defines CREATE PROCEDURE dbo.p"});
  CHECK_FALSE(findings.front().is_in_definition);
}

TEST_CASE("long and deep texts are read in bounded depth") {
  std::string sum = "EXEC ('SELECT 1'";
  for (int i = 0; i < 2000; ++i) sum += " + ''";
  CHECK(Effects(sum + ")").size() <= 1);
  std::string nested = "SELECT 1";
  for (int i = 0; i < 6; ++i) {
    std::string quoted;
    for (const char c : nested) quoted += c == '\'' ? "''" : std::string(1, c);
    nested = "EXEC ('" + quoted + "')";
  }
  CHECK(Effects(nested) == Strings{"runs-text EXECUTE of a text"});
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "KILL 1\n";
  CHECK(FindEffectsOf(many).size() <= 10001);
}

TEST_CASE("every effect has a name, a text and a line of the page") {
  for (int i = 0; i <= static_cast<int>(Effect::kUnknown); ++i) {
    CHECK_FALSE(EffectName(static_cast<Effect>(i)).empty());
    CHECK_FALSE(EffectText(static_cast<Effect>(i)).empty());
  }
  std::ifstream page(DATAMIGRATE_SOURCE_DIR "/docs/security/statement_policy.md");
  const std::string text((std::istreambuf_iterator<char>(page)), {});
  for (int i = 0; i <= static_cast<int>(Effect::kUnknown); ++i) {
    const auto effect = static_cast<Effect>(i);
    const std::string row =
        "| `" + std::string(EffectName(effect)) + "` | " + std::string(EffectText(effect)) + " | ";
    INFO(row);
    CHECK(text.find(row) != std::string::npos);
    const bool reads = SourcePolicy().allowed.Has(effect);
    CHECK((text.find(row + "yes |") != std::string::npos) == reads);
  }
  CHECK(IsOutside(Effect::kPrograms));
  CHECK_FALSE(IsOutside(Effect::kWritesRows));
}

}  // namespace
}  // namespace datamigrate::tsql
