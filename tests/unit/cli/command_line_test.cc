// What programs that call `datamigrate` rely on.
#include <filesystem>
#include <fstream>
#include <random>
#include <regex>

#include "catch2/catch.hpp"
#include "nlohmann/json.hpp"
#include "tests/support/child_process.h"
#include "tests/unit/cli/program_run.h"

namespace datamigrate::testing {
namespace {

using namespace std::string_literals;
using nlohmann::json;

ProgramResult ParseBatches(const std::string& input, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"parse", "--stdin-batches", "--format", "jsonl"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RunDatamigrate(arguments, input);
}

// The lines as JSON; fails the test when one is not an object of the contract.
std::vector<json> Results(const ProgramResult& run) {
  std::vector<json> results;
  for (const std::string& line : LinesOf(run.out)) {
    INFO(line);
    json result = json::parse(line, nullptr, false);
    REQUIRE(result.is_object());
    REQUIRE(result["ok"].is_boolean());
    REQUIRE(result["unsupported"].is_number_integer());
    REQUIRE(result["error"].is_string());
    results.push_back(std::move(result));
  }
  return results;
}

std::string Joined(const std::vector<std::string>& batches) {
  std::string out;
  for (const std::string& batch : batches) out += (&batch == &batches[0] ? ""s : "\0"s) + batch;
  return out;
}

TEST_CASE("parse: a batch that is understood is ok") {
  const ProgramResult run =
      ParseBatches("SELECT TOP (3) a, [b c] FROM dbo.t WITH (NOLOCK) WHERE a > 1");
  CHECK(run.exit_code == 0);
  CHECK(run.out == "{\"ok\":true,\"unsupported\":0,\"error\":\"\"}\n");
}

TEST_CASE("parse: standard error ends with the seconds of the parser") {
  const ProgramResult run = ParseBatches("SELECT 1");
  const std::vector<std::string> lines = LinesOf(run.err);
  REQUIRE(!lines.empty());
  CHECK(std::regex_match(lines.back(), std::regex("PARSE_SECONDS [0-9]+\\.[0-9]+")));
  CHECK(run.err.back() == '\n');
}

TEST_CASE("assess: what reaches outside the database is said with its place, and not run") {
  const TemporaryDirectory folder;
  std::ofstream(folder.path() / "a.sql") << "CREATE TABLE dbo.T (A int);\nGO\n\n"
                                            "CREATE PROCEDURE dbo.P AS\n"
                                            "  SELECT A FROM dbo.T;\n"
                                            "  EXEC master..xp_cmdshell 'dir';\n"
                                            "  EXEC xp_cmdshell 'again';\n"
                                            "  SELECT * FROM srv.db.dbo.U;\nGO\n"
                                            "CREATE VIEW dbo.V AS SELECT A FROM dbo.T;\n";
  const ProgramResult run =
      RunDatamigrate({"assess", "--source", folder.path().string(), "--json"});
  REQUIRE(run.exit_code == 0);
  const json found = json::parse(run.out)["outside_statements"];
  REQUIRE(found.size() == 2);
  CHECK(found[0]["code"] == "SC0501");
  CHECK(found[0]["message"] ==
        "xp_cmdshell reaches outside the database: it runs programs on the server's machine");
  CHECK(found[0]["object"] == "dbo.P");
  CHECK(found[0]["line"] == 6);
  CHECK(found[0]["column"] == 3);
  CHECK(found[1]["message"] ==
        "srv.db.dbo.U reaches outside the database: it calls another server");
  const ProgramResult text = RunDatamigrate({"assess", "--source", folder.path().string()});
  CHECK(text.out.find("statements that reach outside the database") != std::string::npos);
}

TEST_CASE("parse: invalid T-SQL is not ok and says where and why") {
  const auto batch = GENERATE(as<std::string>(), "SELECT FROM t", "SELECT a b c FROM t",
                              "CREATE TABLE t (a int", "SELECT 'unterminated", "SELECT 1 /* open",
                              "SELECT (((1))", "UPDATE SET a = 1", "SELECT * FORM t", "SELECT [a",
                              "SELECT * FROM t WHERE", "CREATE VIEW v AS", "END", "IF 1 = 1");
  INFO(batch);
  const std::vector<json> results = Results(ParseBatches(batch));
  REQUIRE(results.size() == 1);
  CHECK(results[0]["ok"] == false);
  CHECK(std::regex_search(results[0]["error"].get<std::string>(),
                          std::regex("^[0-9]+:[0-9]+ TS[0-9]{4} .+")));
}

TEST_CASE("parse: a batch after a broken one is read as if it stood alone") {
  const std::vector<json> results =
      Results(ParseBatches(Joined({"SELECT 1", "SELECT 'x", "SELECT 2", "SELECT"})));
  REQUIRE(results.size() == 4);
  CHECK(results[0]["ok"] == true);
  CHECK(results[1]["ok"] == false);
  CHECK(results[2]["ok"] == true);
  CHECK(results[3]["ok"] == false);
}

TEST_CASE("parse: an empty batch is ok and no input has no line") {
  CHECK(Results(ParseBatches("")).empty());
  const std::vector<json> results = Results(ParseBatches(Joined({"", " \r\n", "-- remark"})));
  REQUIRE(results.size() == 3);
  for (const json& result : results) CHECK(result["ok"] == true);
}

TEST_CASE("parse: --print gives every token of the batch back") {
  const std::string batch =
      "-- first\r\nSELECT  a , N'Größe ''x''' /* between */ FROM [dbo].[t x]\tWHERE b >= 0x1F AND "
      "c <> 1.50 -- last\n";
  const std::vector<json> results = Results(ParseBatches(batch, {"--print"}));
  REQUIRE(results.size() == 1);
  CHECK(results[0]["ok"] == true);
  std::string tokens = results[0]["sql"];
  std::erase_if(tokens, [](char c) { return c == ' ' || c == '\n'; });
  CHECK(tokens == "SELECTa,N'Größe''x'''FROM[dbo].[tx]WHEREb>=0x1FANDc<>1.50");
}

TEST_CASE("parse: what --print gives is read again as the same") {
  const std::string batch =
      "WITH c AS (SELECT TOP (1) a+-1 x FROM t) UPDATE c SET x -= 2 OUTPUT inserted.*";
  const std::string printed = Results(ParseBatches(batch, {"--print"}))[0]["sql"];
  const std::vector<json> results = Results(ParseBatches(printed, {"--print"}));
  REQUIRE(results.size() == 1);
  CHECK(results[0]["ok"] == true);
  CHECK(results[0]["sql"] == printed);
}

TEST_CASE("parse: without --print there is no text") {
  CHECK_FALSE(Results(ParseBatches("SELECT 1"))[0].contains("sql"));
}

TEST_CASE("parse: a thousand batches give a thousand lines in their order") {
  std::vector<std::string> batches;
  for (int i = 0; i < 1000; ++i) {
    batches.push_back(i % 7 == 0 ? "SELECT " : "SELECT " + std::to_string(i));
  }
  const std::vector<json> results = Results(ParseBatches(Joined(batches), {"--print"}));
  REQUIRE(results.size() == batches.size());
  for (size_t i = 0; i < results.size(); ++i) {
    INFO(i);
    CHECK(results[i]["ok"] == (i % 7 != 0));
    if (i % 7 != 0) CHECK(results[i]["sql"] == batches[i]);
  }
}

TEST_CASE("parse: a binary is refused line by line and ends well") {
  std::mt19937 random(20);  // Fixed: the same bytes every time.
  std::string bytes(50'000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() % 256);
  const ProgramResult run = ParseBatches(bytes, {"--print"});
  CHECK(run.exit_code == 0);
  const std::vector<json> results = Results(run);
  CHECK(results.size() == static_cast<size_t>(std::ranges::count(bytes, '\0')) + 1);
  const auto ok =
      std::ranges::count_if(results, [](const json& result) { return result["ok"] == true; });
  CHECK(ok < static_cast<int64_t>(results.size()) / 10);
}

TEST_CASE("parse: ten thousand nested parentheses are refused") {
  const std::string batch = "SELECT " + std::string(10'000, '(') + "1" + std::string(10'000, ')');
  const ProgramResult run = ParseBatches(batch);
  CHECK(run.exit_code == 0);
  const std::vector<json> results = Results(run);
  REQUIRE(results.size() == 1);
  CHECK(results[0]["ok"] == false);
  CHECK_THAT(results[0]["error"].get<std::string>(), Catch::Contains("TS0211"));
}

TEST_CASE("parse: a folder's findings are on standard error with their place") {
  const TemporaryDirectory folder;
  std::ofstream(folder.path() / "good.sql") << "CREATE TABLE dbo.a (id int)\nGO\n";
  const std::string path = folder.path().string();
  CHECK(RunDatamigrate({"parse", path}).exit_code == 0);

  std::ofstream(folder.path() / "wrong.sql") << "SELECT 1\nGO\nSELECT FROM t\nGO\n";
  const ProgramResult run = RunDatamigrate({"parse", path});
  CHECK(run.exit_code == 3);
  CHECK_THAT(run.err, Catch::Contains("wrong.sql:3:") && Catch::Contains("TS0210"));

  const json result = json::parse(RunDatamigrate({"parse", path, "--json"}).out, nullptr, false);
  REQUIRE(result.is_object());
  CHECK(result["files"] == 2);
  CHECK(result["batches"] == 3);
  CHECK(result["errors"] == 1);
  CHECK(result["diagnostics"][0]["line"] == 3);
}

TEST_CASE("transpile: nested sub-queries take no longer than their number") {
  std::string sql = "1";
  for (int i = 0; i < 100; ++i) sql = "(SELECT " + sql + ")";
  for (const char* target :
       {"duckdb", "postgres", "snowflake", "databricks", "bigquery", "redshift", "fabric"}) {
    const ProgramResult run =
        RunDatamigrate({"transpile", "--to", target}, "SELECT " + sql + " AS x");
    INFO(target << ": " << run.err);
    CHECK(run.exit_code == 0);
  }
}

TEST_CASE("lineage: --json prints one OpenLineage event for each view") {
  const TemporaryDirectory folder;
  std::ofstream(folder.path() / "a.sql")
      << "CREATE TABLE dbo.t (id int, x int)\nGO\n"
         "CREATE VIEW dbo.v AS SELECT id, x + 1 AS y FROM dbo.t WHERE x > 0\nGO\n";
  const ProgramResult run =
      RunDatamigrate({"lineage", "--source", folder.path().string(), "--json"}, "");
  REQUIRE(run.exit_code == 0);
  const std::vector<std::string> lines = LinesOf(run.out);
  REQUIRE(lines.size() == 1);
  const json event = json::parse(lines[0]);
  CHECK_THAT(event["inputs"][0]["name"].get<std::string>(), Catch::EndsWith(".dbo.t"));
  const json facet = event["outputs"][0]["facets"]["columnLineage"];
  CHECK(facet["fields"]["id"]["inputFields"][0]["field"] == "id");
  CHECK(facet["fields"]["y"]["inputFields"][0]["transformations"][0]["subtype"] ==
        "TRANSFORMATION");
  CHECK(facet["dataset"][0]["transformations"][0]["subtype"] == "FILTER");
}

TEST_CASE("a path that does not exist is a failure that names it") {
  const auto command =
      GENERATE(as<std::vector<std::string>>(), std::vector<std::string>{"parse", "/no/such/path"},
               std::vector<std::string>{"assess", "--source", "/no/such/path"});
  const ProgramResult run = RunDatamigrate(command);
  CHECK((run.exit_code == 1 || run.exit_code == 2));
  CHECK_THAT(run.err, Catch::Contains("/no/such/path"));
  CHECK(run.out.empty());
}

TEST_CASE("wrong use ends with 2 and says what is wrong on standard error") {
  const auto arguments = GENERATE(
      as<std::vector<std::string>>(), std::vector<std::string>{},
      std::vector<std::string>{"no-such-command"}, std::vector<std::string>{"parse"},
      std::vector<std::string>{"parse", ".", "--stdin-batches"},
      std::vector<std::string>{"parse", "--stdin-batches", "--format", "xml"},
      std::vector<std::string>{"transpile", "--to", "oracle"},
      std::vector<std::string>{"transpile"}, std::vector<std::string>{"generate", "--source", "."},
      std::vector<std::string>{"show"}, std::vector<std::string>{"decide", "some-id"},
      std::vector<std::string>{"migrate", "--source", ".", "--at", "tomorrow"},
      std::vector<std::string>{"migrate", "--source", ".", "--priority", "11"},
      std::vector<std::string>{"migrate", "--source", ".", "--after-failure", "stop"},
      std::vector<std::string>{"prioritize", "some-id"},
      std::vector<std::string>{"prioritize", "some-id", "-11"},
      std::vector<std::string>{"limit", "--most-running", "1", "--clear"},
      std::vector<std::string>{"list", "--status", "lost"},
      std::vector<std::string>{"schedules", "add", "nightly", "--source", "."});
  const ProgramResult run = RunDatamigrate(arguments);
  CHECK(run.exit_code == 2);
  CHECK(!run.err.empty());
  CHECK(run.out.empty());
}

TEST_CASE("help ends with 0 and comes with examples and exit codes") {
  CHECK(RunDatamigrate({"--help"}).exit_code == 0);
  const auto command =
      GENERATE(as<std::string>(), "parse", "transpile", "assess", "generate", "migrate");
  const ProgramResult run = RunDatamigrate({command, "--help"});
  CHECK(run.exit_code == 0);
  CHECK_THAT(run.out, Catch::Contains("Examples:") && Catch::Contains("Exit codes:"));
}

TEST_CASE("commands that need an engine end with 5 where none answers") {
  const auto command = GENERATE(
      as<std::vector<std::string>>(), std::vector<std::string>{"list", "--status", "paused"},
      std::vector<std::string>{"prioritize", "some-id", "-10"},
      std::vector<std::string>{"limit", "--most-running", "0"},
      std::vector<std::string>{"migrate", "--source", ".", "--at", "2026-12-01T02:00:00Z"},
      std::vector<std::string>{"schedules", "add", "nightly", "--cron", "0 2 * * *", "--source",
                               "."});
  std::vector<std::string> arguments = command;
  arguments.insert(arguments.end(), {"--engine", "127.0.0.1:1"});
  const ProgramResult run = RunDatamigrate(arguments);
  CHECK(run.exit_code == 5);
  CHECK_THAT(run.err, Catch::Contains("127.0.0.1:1") && Catch::Contains("--engine"));
}

}  // namespace
}  // namespace datamigrate::testing
