#include "agent_engine/verify/project_run.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "agent_engine/data/duckdb_database.h"
#include "agent_engine/data/table_loader.h"
#include "agent_engine/verify/validation.h"
#include "tests/unit/dbt/shop.h"
#include "tests/unit/dbt/temporary_folder.h"

namespace datamigrate::verify {
namespace {

namespace fs = std::filesystem;

using testing::TemporaryFolder;

void LoadShop(const fs::path& file, testing::ShopRows& rows) {
  const auto database = data::Database::Open(file.string());
  REQUIRE(database.ok());
  auto connection = database->Connect();
  REQUIRE(connection.ok());
  for (const dbt::SourceTable& table : testing::ShopProject().sources) {
    const auto load = data::LoadTable(*connection, table, rows, {});
    INFO(load.status());
    REQUIRE(load.ok());
    CHECK(load->rows == static_cast<int64_t>(rows.rows[table.object.ToString()].size()));
  }
}

const ModelRun& RunOf(const ProjectRun& run, const std::string& model) {
  for (const ModelRun& candidate : run.models) {
    if (candidate.model == model) return candidate;
  }
  throw std::out_of_range(model);
}

TEST_CASE("Every converted model of the shop runs over empty tables", "[verify]") {
  const dbt::Project project = testing::ShopProject();
  const auto run = RunProject(project, {});
  REQUIRE(run.ok());
  REQUIRE(run->models.size() == project.models.size());
  for (size_t i = 0; i < project.models.size(); ++i) {
    INFO(run->models[i].model << ": " << run->models[i].error);
    CHECK(run->models[i].is_ok == (project.models[i].status == dbt::ModelStatus::kConverted));
    CHECK(run->models[i].rows == 0);
  }
}

TEST_CASE("Models read the loaded rows, and the constraints' tests pass", "[verify]") {
  const TemporaryFolder folder;
  testing::ShopRows rows;
  LoadShop(folder.path() / "shop.duckdb", rows);
  const auto run = RunProject(testing::ShopProject(), {.raw_file = folder.path() / "shop.duckdb"});
  REQUIRE(run.ok());
  CHECK(RunOf(*run, "stg_sales__customer").rows == 2);
  CHECK(RunOf(*run, "stg_sales__order_lines").rows == 3);
  // The key 'alfki' does not join 'ALFKI' in the hand-written view, which compares as DuckDB does.
  CHECK(RunOf(*run, "sales__v_lines").rows == 1);
  CHECK(RunOf(*run, "sales__lines_above").rows == 2);
  for (const TestRun& test : run->tests) {
    INFO(test.model << " " << test.test << ": " << test.error);
    CHECK(test.is_ok);
  }
}

TEST_CASE("Rows of a process that was killed are read from its log", "[verify]") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "shop.duckdb";
  const pid_t child = fork();
  if (child == 0) {
    testing::ShopRows rows;
    const auto database = data::Database::Open(file.string());
    auto connection = database->Connect();
    for (const dbt::SourceTable& table : testing::ShopProject().sources) {
      (void)data::LoadTable(*connection, table, rows, {});
    }
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(fs::exists(file.string() + ".wal"));
  const auto run = RunProject(testing::ShopProject(), {.raw_file = file});
  INFO(run.status());
  REQUIRE(run.ok());
  CHECK(RunOf(*run, "stg_sales__order_lines").rows == 3);
}

TEST_CASE("A value that a view cannot compute fails the view, not the run", "[verify]") {
  const TemporaryFolder folder;
  testing::ShopRows rows;
  LoadShop(folder.path() / "shop.duckdb", rows);
  dbt::Project project = testing::ShopProject();
  for (dbt::Model& model : project.models) {
    if (model.name != "sales__v_lines") continue;
    model.sql =
        "select cast(\"Name\" as integer) as \"Name\" from {{ ref('stg_sales__customer') }}";
  }
  const auto run = RunProject(project, {.raw_file = folder.path() / "shop.duckdb"});
  REQUIRE(run.ok());
  const ModelRun& failed = RunOf(*run, "sales__v_lines");
  CHECK_FALSE(failed.is_ok);
  CHECK_THAT(failed.error, Catch::Contains("Could not convert"));
  CHECK_THAT(failed.error, !Catch::Contains("Alfred"));
  CHECK(RunOf(*run, "dbo__orders_per_customer").is_skipped);
}

TEST_CASE("Orphans and broken checks are counted", "[verify]") {
  const TemporaryFolder folder;
  testing::ShopRows rows;
  rows.rows["Sales.Order Lines"][2][2] = "GONE!";
  rows.rows["Sales.Order Lines"][2][3] = "-1.0000";
  rows.rows["Sales.Customer"][1][7] = "c";
  LoadShop(folder.path() / "shop.duckdb", rows);
  const dbt::Project project = testing::ShopProject();
  const auto run = RunProject(project, {.raw_file = folder.path() / "shop.duckdb"});
  REQUIRE(run.ok());
  std::vector<std::string> failed;
  for (const TestRun& test : run->tests) {
    if (test.is_ok) continue;
    CHECK(test.failures == 1);
    for (const dbt::Model& model : project.models) {
      if (model.name == test.model) failed.push_back(model.tests[test.test].constraint);
    }
  }
  CHECK(failed == std::vector<std::string>{"CK_Kind", "FK_Lines_Customer", "CK_Price"});
  const Validation validation = Validate(testing::ShopCatalog(), project, *run);
  CHECK(validation.checks[2].total - validation.checks[2].passed == 1);
  // The same orphan between tables that equal the source's was there before.
  const Validation faithful =
      Validate(testing::ShopCatalog(), project, *run, {"Sales.Customer", "Sales.Order Lines"});
  CHECK(faithful.checks[2].passed == faithful.checks[2].total);
}

TEST_CASE("The score counts what was measured", "[verify]") {
  const auto catalog = testing::ShopCatalog();
  const dbt::Project project = testing::ShopProject();
  const auto run = RunProject(project, {});
  REQUIRE(run.ok());
  const Validation validation = Validate(catalog, project, *run);
  // 3 tables and 21 columns; the computed column "Broken" is left out.
  CHECK(validation.checks[0].total == 24);
  CHECK(validation.checks[0].passed == 23);
  // Columns that are not computed.
  CHECK(validation.checks[1].total == 19);
  CHECK(validation.checks[1].passed == 19);
  // Foreign keys with a test: customer, self, notes.
  CHECK(validation.checks[2].total == 3);
  CHECK(validation.checks[2].passed == 3);
  // 3 staging models, 4 views, 2 routines; 2 views and 1 routine are refused.
  CHECK(validation.checks[3].total == 9);
  CHECK(validation.checks[3].passed == 6);
  // Without FK_Gone and CK_Odd.
  CHECK(validation.checks[4].total == project.coverage.constraints);
  CHECK(validation.checks[4].passed == project.coverage.constraints - 2);
  const double expected = 100 * (0.20 * 23 / 24 + 0.20 + 0.15 + 0.30 * 6 / 9 +
                                 0.15 * static_cast<double>(project.coverage.constraints - 2) /
                                     static_cast<double>(project.coverage.constraints));
  CHECK(validation.score == Approx(expected));
  CHECK_FALSE(validation.is_approved);
}

TEST_CASE("A model that runs too long is stopped", "[verify]") {
  dbt::Project project = testing::ShopProject();
  for (dbt::Model& model : project.models) {
    if (model.name != "sales__v_lines") continue;
    model.sql =
        "select count(*) as n from range(1000000000) a, range(1000000000) b where a.range * "
        "b.range % 7 = 3";
  }
  const auto run = RunProject(project, {.model_timeout = std::chrono::milliseconds(200)});
  REQUIRE(run.ok());
  CHECK_THAT(RunOf(*run, "sales__v_lines").error, Catch::Contains("longer"));
  CHECK(RunOf(*run, "stg_sales__customer").is_ok);
}

TEST_CASE("A cancelled run says so", "[verify]") {
  const auto run = RunProject(testing::ShopProject(), {.is_cancelled = [] { return true; }});
  CHECK(absl::IsCancelled(run.status()));
}

TEST_CASE("A project for another target is refused", "[verify]") {
  dbt::Project project = testing::ShopProject();
  project.target = dialects::Target::kSnowflake;
  CHECK(absl::IsInvalidArgument(RunProject(project, {}).status()));
}

}  // namespace
}  // namespace datamigrate::verify
