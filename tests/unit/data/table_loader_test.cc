#include "agent_engine/data/table_loader.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "agent_engine/data/table_comparison.h"
#include "common/errors/error_context.h"
#include "tests/unit/dbt/temporary_folder.h"

namespace datamigrate::data {
namespace {

namespace fs = std::filesystem;

using testing::TemporaryFolder;

std::string FileIn(const TemporaryFolder& folder) {
  return (folder.path() / "target.duckdb").string();
}

dbt::SourceTable Numbers(const std::string& name = "Numbers") {
  dbt::SourceTable table;
  table.object = {"dbo", name};
  table.raw_schema = "raw_dbo";
  table.identifier = name;
  table.columns = {{"n", {}, "INTEGER", false, ""},
                   {"Te\"xt", {}, "VARCHAR", true, ""},
                   {"at", {}, "TIMESTAMP", true, ""}};
  return table;
}

// Rows 0 … count - 1. A hook may stop the reading, or the whole process, at a row.
class NumberSource : public RowSource {
 public:
  explicit NumberSource(int64_t count) : count_(count) {}

  absl::Status ReadTable(const catalog::ObjectName&, int batch_rows, const RowSink& sink) override {
    for (int64_t n = 0; n < count_;) {
      RowBatch batch;
      for (int i = 0; i < batch_rows && n < count_; ++i, ++n) {
        if (on_row) on_row(n);
        batch.rows.push_back(MakeRow(n));
      }
      if (absl::Status status = sink(std::move(batch)); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  std::function<void(int64_t n)> on_row;
  std::string prefix = "row ";

 private:
  Row MakeRow(int64_t n) const {
    Row row{std::to_string(n), prefix + std::to_string(n), "2020-01-01 00:00:00.1234567"};
    if (n % 3 == 0) row[1] = std::nullopt;
    return row;
  }

  int64_t count_;
};

class Target {
 public:
  explicit Target(const std::string& file) : database_(Database::Open(file)) {
    INFO(database_.status());
    REQUIRE(database_.ok());
    connection_.emplace(*database_->Connect());
  }
  Connection& connection() { return *connection_; }
  Connection Another() { return *database_->Connect(); }
  int64_t Integer(const std::string& sql) {
    const auto value = connection_->QueryInteger(sql);
    INFO(value.status());
    REQUIRE(value.ok());
    return *value;
  }

 private:
  absl::StatusOr<Database> database_;
  std::optional<Connection> connection_;
};

void CheckAllThere(Target& target, int64_t rows) {
  CHECK(target.Integer("select count(*) from raw_dbo.\"Numbers\"") == rows);
  CHECK(target.Integer("select count(distinct n) from raw_dbo.\"Numbers\"") == rows);
  CHECK(target.Integer("select sum(row_count) from _datamigrate_chunks") == rows);
  const auto comparison = CompareTable(target.connection(), Numbers());
  REQUIRE(comparison.ok());
  CHECK(comparison->is_equal());
  CHECK(comparison->source_rows == rows);
}

TEST_CASE("All rows are loaded and equal the source's", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  NumberSource source(5000);
  const auto load = LoadTable(target.connection(), Numbers(), source, {.chunk_rows = 2100});
  REQUIRE(load.ok());
  CHECK(load->rows == 5000);
  CHECK(load->chunks == 3);
  CHECK(load->chunks_kept == 0);
  CHECK(load->shortened == std::map<std::string, int64_t>{{"at", 5000}});
  CheckAllThere(target, 5000);
  CHECK(target.Integer("select count(*) from raw_dbo.\"Numbers\" where \"Te\"\"xt\" is null") ==
        1667);
}

TEST_CASE("A second load of a finished table reads nothing", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  NumberSource source(10);
  REQUIRE(LoadTable(target.connection(), Numbers(), source, {}).ok());
  source.on_row = [](int64_t) { FAIL("read again"); };
  const auto again = LoadTable(target.connection(), Numbers(), source, {});
  REQUIRE(again.ok());
  CHECK(again->rows == 10);
  CHECK(again->chunks_kept == 1);
}

TEST_CASE("A load that is killed at any row goes on without losing or doubling one", "[data]") {
  constexpr int64_t kRows = 1000;
  for (const int64_t kill_at : {0, 1, 99, 100, 101, 250, 999}) {
    const TemporaryFolder folder;
    const pid_t child = fork();
    if (child == 0) {
      const auto database = Database::Open(FileIn(folder));
      auto connection = database->Connect();
      NumberSource source(kRows);
      source.on_row = [&](int64_t n) {
        if (n == kill_at) kill(getpid(), SIGKILL);
      };
      (void)LoadTable(*connection, Numbers(), source, {.chunk_rows = 100});
      _exit(1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    Target target(FileIn(folder));
    NumberSource source(kRows);
    const auto load = LoadTable(target.connection(), Numbers(), source, {.chunk_rows = 100});
    INFO("killed at " << kill_at << " " << load.status());
    REQUIRE(load.ok());
    CHECK(load->chunks_kept == kill_at / 100);
    CheckAllThere(target, kRows);
  }
}

TEST_CASE("Chunks of a source that changed meanwhile are loaded anew", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  NumberSource first(300);
  bool is_cancelled = false;
  first.on_row = [&](int64_t n) { is_cancelled = n >= 200; };
  const LoadOptions options{.chunk_rows = 100, .is_cancelled = [&] { return is_cancelled; }};
  CHECK(absl::IsCancelled(LoadTable(target.connection(), Numbers(), first, options).status()));
  CHECK(target.Integer("select count(*) from raw_dbo.\"Numbers\"") == 200);
  NumberSource second(250);
  second.prefix = "other ";
  const auto load = LoadTable(target.connection(), Numbers(), second, {.chunk_rows = 100});
  REQUIRE(load.ok());
  CHECK(load->chunks_kept == 0);
  CheckAllThere(target, 250);
}

TEST_CASE("A table with other columns than before is loaded from the beginning", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  NumberSource source(10);
  REQUIRE(LoadTable(target.connection(), Numbers(), source, {}).ok());
  dbt::SourceTable changed = Numbers();
  changed.columns[0].target_type = "BIGINT";
  REQUIRE(LoadTable(target.connection(), changed, source, {}).ok());
  CHECK(target.Integer("select count(*) from raw_dbo.\"Numbers\" where typeof(n) = 'BIGINT'") ==
        10);
}

TEST_CASE("A value that does not fit names its row and column but not itself", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  dbt::SourceTable table = Numbers();
  table.columns[0].target_type = "UTINYINT";
  NumberSource source(300);
  const auto load = LoadTable(target.connection(), table, source, {.chunk_rows = 100});
  CHECK(absl::IsOutOfRange(load.status()));
  CHECK(std::string(load.status().message()) ==
        "dbo.Numbers, row 257: the value of n does not fit the type UTINYINT");
  const errors::ErrorContext context = errors::ContextOf(load.status());
  CHECK(context.object == "dbo.Numbers");
  CHECK(context.batch == "chunk 3");
  CHECK(context.rows == 200);
  CHECK(target.Integer("select count(*) from raw_dbo.\"Numbers\"") == 200);
}

TEST_CASE("A row with too few cells is refused", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  dbt::SourceTable table = Numbers();
  table.columns.push_back({"more", {}, "INTEGER", true, ""});
  NumberSource source(3);
  CHECK(absl::IsInvalidArgument(LoadTable(target.connection(), table, source, {}).status()));
}

TEST_CASE("A type that rows cannot be loaded into is refused", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  dbt::SourceTable table = Numbers();
  table.columns[1].target_type = "INTEGER[]";
  NumberSource source(3);
  CHECK(absl::IsUnimplemented(LoadTable(target.connection(), table, source, {}).status()));
}

TEST_CASE("Several tables load at once", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  std::vector<std::thread> threads;
  std::vector<absl::Status> results(8);
  for (size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&, i] {
      Connection connection = target.Another();
      NumberSource source(3000);
      const auto load =
          LoadTable(connection, Numbers("T" + std::to_string(i)), source, {.chunk_rows = 100});
      results[i] = load.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& result : results) {
    INFO(result);
    CHECK(result.ok());
  }
  CHECK(target.Integer("select sum(row_count) from _datamigrate_chunks") == 24000);
  CHECK(target.Integer("select count(*) from _datamigrate_tables where is_complete") == 8);
}

TEST_CASE("A changed, a lost and an added row are found in their chunk", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  NumberSource source(500);
  REQUIRE(LoadTable(target.connection(), Numbers(), source, {.chunk_rows = 100}).ok());
  SECTION("changed") {
    REQUIRE(target.connection()
                .Execute("update raw_dbo.\"Numbers\" set \"Te\"\"xt\" = '' where n = 250")
                .ok());
    const auto comparison = CompareTable(target.connection(), Numbers());
    REQUIRE(comparison.ok());
    CHECK_FALSE(comparison->is_equal());
    REQUIRE_FALSE(comparison->differences.empty());
  }
  SECTION("lost") {
    REQUIRE(target.connection().Execute("delete from raw_dbo.\"Numbers\" where n = 499").ok());
    const auto comparison = CompareTable(target.connection(), Numbers());
    REQUIRE(comparison->differences.size() == 1);
    CHECK(comparison->differences[0].chunk == 4);
    CHECK(comparison->target_rows == 499);
  }
  SECTION("added") {
    REQUIRE(
        target.connection().Execute("insert into raw_dbo.\"Numbers\" values (1, '', null)").ok());
    const auto comparison = CompareTable(target.connection(), Numbers());
    REQUIRE(comparison->differences.size() == 1);
    CHECK(comparison->differences[0].chunk == 5);
  }
}

TEST_CASE("A table that was never loaded cannot be compared", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  CHECK(absl::IsNotFound(CompareTable(target.connection(), Numbers()).status()));
}

TEST_CASE("A file that another process holds is refused", "[data]") {
  const TemporaryFolder folder;
  Target target(FileIn(folder));
  const pid_t child = fork();
  if (child == 0) {
    _exit(absl::IsUnavailable(Database::Open(FileIn(folder)).status()) ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("What is no DuckDB file is refused", "[data]") {
  CHECK(absl::IsUnavailable(Database::Open("/dev/null/x").status()));
  CHECK(absl::IsUnavailable(Database::Open("/etc/passwd").status()));
}

}  // namespace
}  // namespace datamigrate::data
