// Which files are scripts, how they are read, and what bad ones do.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "agent_engine/source/scripts/rows/row_store.h"
#include "agent_engine/source/scripts/ssdt_project.h"
#include "tests/unit/source/script_folder.h"

namespace datamigrate::source {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string>;

Texts TablesOf(const ScriptSource& source) {
  Texts names;
  for (const auto& table : source.catalog().tables) names.push_back(table.name.name);
  return names;
}

TEST_CASE("folders are read at any depth, files in the order of their numbers", "[source][files]") {
  ScriptFolder folder;
  folder.Write("10.sql", "CREATE TABLE ten (a int)");
  folder.Write("2.SQL", "CREATE TABLE two (a int)");
  folder.Write("a/b/c/d.sql", "CREATE TABLE deep (a int)");
  folder.Write("readme.md", "CREATE TABLE not_read (a int)");
  folder.Write(".git/x.sql", "CREATE TABLE not_read (a int)");
  const auto source = folder.Open();
  CHECK(TablesOf(*source) == Texts{"two", "ten", "deep"});
  CHECK(source->file_count() == 3);
}

TEST_CASE("every encoding of a script gives the same names", "[source][files]") {
  ScriptFolder folder;
  folder.Write("a.sql",
               "\xEF\xBB\xBF"
               "CREATE TABLE é1 (a int)");
  folder.Write("b.sql",
               "CREATE TABLE \xE9"
               "2 (a int)");
  folder.Write("c.sql",
               "\xFF\xFE"
               "C\0R\0E\0A\0T\0E\0 \0T\0A\0B\0L\0E\0 \0\xE9\0"
               "3\0 \0(\0a\0 \0i\0n\0t\0)\0"s);
  CHECK(TablesOf(*folder.Open()) == Texts{"é1", "é2", "é3"});
}

TEST_CASE("a path that is not there, and a folder without scripts", "[source][files]") {
  CHECK(absl::IsNotFound(ScriptSource::Open("/nowhere/at/all", {}).status()));
  const ScriptFolder empty;
  const auto opened = ScriptSource::Open(empty.path(), {});
  CHECK(absl::IsNotFound(opened.status()));
  CHECK(std::string(opened.status().message()).find(empty.path().string()) != std::string::npos);
  ScriptFolder folder("SELECT 1");
  ScriptSourceOptions options;
  options.now = "yesterday";
  CHECK(absl::IsInvalidArgument(ScriptSource::Open(folder.path(), options).status()));
}

TEST_CASE("a binary and an unreadable file are reported, the others are read", "[source][files]") {
  ScriptFolder folder;
  folder.Write("a.sql", "MZ\x90\0\x03\0\0\0\x04\0\0"s);
  folder.Write("b.sql", "CREATE TABLE t (a int)");
  folder.Write("c.sql", "x");
  std::filesystem::create_symlink(folder.path() / "gone.sql", folder.path() / "d.sql");
  const bool can_forbid = geteuid() != 0;
  if (can_forbid) chmod((folder.path() / "c.sql").c_str(), 0);
  const auto source = folder.Open();
  CHECK(TablesOf(*source) == Texts{"t"});
  const Texts codes = CodesOf(*source);
  CHECK(std::count(codes.begin(), codes.end(), "SC0101") == 1);
  CHECK(std::count(codes.begin(), codes.end(), "SC0102") == (can_forbid ? 2 : 1));
}

TEST_CASE("links that lead back are followed once", "[source][files]") {
  ScriptFolder folder;
  folder.Write("sub/t.sql", "CREATE TABLE t (a int)");
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "sub" / "back");
  const auto source = folder.Open();
  CHECK(TablesOf(*source) == Texts{"t"});
  CHECK(CodesOf(*source) == Texts{"SC0104"});
}

TEST_CASE("texts that are not SQL give findings with their place", "[source][files]") {
  ScriptFolder folder;
  folder.Write("a.sql", "Dear all,\nthis is a letter.\n");
  folder.Write("b.sql", "SELECT 'no end\nGO\nCREATE TABLE kept (a int)\n");
  folder.Write("c.sql", "/* no end\nCREATE TABLE lost (a int)\n");
  folder.Write("d.sql", "SELECT " + std::string(10'000, '(') + "1" + std::string(10'000, ')'));
  folder.Write("e.sql", "CREATE TABLE good (a int)\nGO\n)))(((\nGO\nCREATE TABLE fine (a int)");
  const auto source = folder.Open();
  CHECK(TablesOf(*source) == Texts{"kept", "good", "fine"});
  for (const auto& diagnostic : source->diagnostics()) CHECK_FALSE(diagnostic.file.empty());
  const Texts codes = CodesOf(*source);
  for (const char* code : {"TS0101", "TS0102"}) CHECK(std::ranges::count(codes, code) == 1);
  CHECK(codes.size() >= 5);
}

TEST_CASE("included files are read where they are included", "[source][files]") {
  ScriptFolder folder;
  folder.Write("Tables/t.sql", "CREATE TABLE t (a int)");
  folder.Write("Scripts/Script.PostDeployment.sql",
               ":r .\\Data\\first.sql\nGO\n:r \"data\\SECOND.sql\"\n");
  folder.Write("Scripts/Data/first.sql", "INSERT t VALUES (1)");
  folder.Write("Scripts/Data/second.sql", "INSERT t VALUES (2)");
  folder.Write("Scripts/left_out.sql", "INSERT t VALUES (3)");
  const auto source = folder.Open();
  CHECK(RowsOf(*source, "dbo", "t") == Texts{"1", "2"});
  CHECK(CodesOf(*source) == Texts{"SC0105"});
}

TEST_CASE("an SSDT project says what is built and in which order", "[source][files]") {
  ScriptFolder folder;
  folder.Write(
      "p.sqlproj",
      "<?xml version=\"1.0\"?>\n<Project><!-- <Build Include=\"no.sql\" /> -->\n<ItemGroup>"
      "<Build Include=\"dbo\\Tables\\t.sql\" /><PostDeploy Include='post.sql'/><None "
      "Include=\"none.sql\" />"
      "<Build Include=\"gone.sql\"/></ItemGroup><ItemGroup><SqlCmdVariable Include=\"Start\">"
      "<DefaultValue>7</DefaultValue></SqlCmdVariable></ItemGroup></Project>");
  folder.Write("dbo/Tables/T.sql", "CREATE TABLE t (a int)");
  folder.Write("post.sql", "INSERT t VALUES ($(Start))");
  folder.Write("none.sql", "CREATE TABLE none (a int)");
  const auto source = folder.Open();
  CHECK(TablesOf(*source) == Texts{"t"});
  CHECK(RowsOf(*source, "dbo", "t") == Texts{"7"});
  CHECK(CodesOf(*source) == Texts{"SC0106"});
}

TEST_CASE("an SDK-style project builds every script but what it removes", "[source][files]") {
  ScriptFolder folder;
  folder.Write(
      "p.sqlproj",
      "<Project DefaultTargets=\"Build\"><Sdk Name=\"Microsoft.Build.Sql\" Version=\"1.0\" />"
      "<ItemGroup><Build Remove=\"old\\**\\*.sql\" /></ItemGroup></Project>");
  folder.Write("a.sql", "CREATE TABLE a (x int)");
  folder.Write("old/deep/b.sql", "CREATE TABLE b (x int)");
  folder.Write("bin/c.sql", "CREATE TABLE c (x int)");
  CHECK(TablesOf(*folder.Open()) == Texts{"a"});
}

TEST_CASE("patterns of projects", "[source][files]") {
  CHECK(MatchesItemPattern("**/*.sql", "a/b/c.SQL"));
  CHECK(MatchesItemPattern("**/*.sql", "c.sql"));
  CHECK(MatchesItemPattern("old/**", "old/x/y.sql"));
  CHECK_FALSE(MatchesItemPattern("*.sql", "a/b.sql"));
  CHECK_FALSE(MatchesItemPattern("a/*.sql", "b/a/x.sql"));
  CHECK_FALSE(ParseSsdtProject("not xml").ok());
  CHECK_FALSE(ParseSsdtProject("<Other/>").ok());
}

TEST_CASE("options give variables, :setvar wins", "[source][files]") {
  const ScriptFolder folder(":setvar b 2\nCREATE TABLE t (a int)\nINSERT t VALUES ($(a)), ($(b))");
  ScriptSourceOptions options;
  options.variables = {{"A", "1"}, {"B", "9"}};
  CHECK(RowsOf(*folder.Open(options), "dbo", "t") == Texts{"1", "2"});
}

TEST_CASE("rows beyond the bound of memory go to a file and come back", "[source][files]") {
  RowStore store({.max_memory_bytes = 4096, .chunk_bytes = 512});
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(store.Append(i % 3, {std::to_string(i), std::nullopt, std::string(i % 50, 'x')}).ok());
  }
  int expected = 1;
  const absl::Status read = store.Read(1, [&](data::Row row) {
    CHECK(row ==
          data::Row{std::to_string(expected), std::nullopt, std::string(expected % 50, 'x')});
    expected += 3;
    return absl::OkStatus();
  });
  CHECK(read.ok());
  CHECK(expected == 5002);
  CHECK(store.Count(1) == 1667);
}

TEST_CASE("a full disk is said so", "[source][files]") {
  const char* before = getenv("TMPDIR");
  const std::string restored = before == nullptr ? "" : before;
  setenv("TMPDIR", "/proc", 1);
  RowStore store({.max_memory_bytes = 10, .chunk_bytes = 10});
  const absl::Status appended = store.Append(0, {std::string(100, 'x')});
  if (before == nullptr)
    unsetenv("TMPDIR");
  else
    setenv("TMPDIR", restored.c_str(), 1);
  CHECK_FALSE(appended.ok());
  CHECK(std::string(appended.message()).find("temporary file") != std::string::npos);
}

TEST_CASE("five thousand tables are read quickly", "[source][files]") {
  ScriptFolder folder;
  for (int i = 0; i < 50; ++i) {
    std::string script;
    for (int j = 0; j < 100; ++j) {
      const std::string name = "t" + std::to_string(i * 100 + j);
      script += "CREATE TABLE dbo." + name +
                " (id int IDENTITY PRIMARY KEY, name nvarchar(50) NOT NULL, parent int REFERENCES "
                "dbo.t0 (id),\n"
                "  price decimal(10,2) DEFAULT 0, made datetime2 DEFAULT SYSUTCDATETIME(), "
                "CONSTRAINT ck_" +
                name +
                " CHECK (price >= 0))\nGO\n"
                "CREATE INDEX ix ON dbo." +
                name + " (name)\nGO\nCREATE VIEW v" + name + " AS SELECT * FROM " + name + "\nGO\n";
    }
    folder.Write(std::to_string(i) + ".sql", script);
  }
  const auto start = std::chrono::steady_clock::now();
  const auto source = folder.Open();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  CHECK(source->catalog().tables.size() == 5000);
  CHECK(source->diagnostics().empty());
  CHECK(seconds.count() <
        10);  // A bound for a loaded machine without optimization; a release build takes a tenth.
  std::printf("5000 tables in %.2f s\n", seconds.count());
}

}  // namespace
}  // namespace datamigrate::source
