// Builds and tests the shop's project with the real dbt. DATAMIGRATE_DBT names it; without it there
// is nothing to run.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "agent_engine/data/duckdb_database.h"
#include "agent_engine/data/table_loader.h"
#include "agent_engine/dbt/dbt_runner.h"
#include "agent_engine/dbt/project_files.h"
#include "agent_engine/dbt/project_writer.h"
#include "tests/unit/dbt/shop.h"

namespace datamigrate::dbt {
namespace {

namespace fs = std::filesystem;

class Workshop {
 public:
  Workshop() {
    std::string pattern = (fs::temp_directory_path() / "datamigrate dbt-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    project_ = testing::ShopProject();
    REQUIRE(WriteProject(RenderProject(project_), folder_ / "project").ok());
    options.dbt = std::getenv("DATAMIGRATE_DBT");
    options.project = folder_ / "project";
    options.work = folder_ / "work";
    options.environment["DATAMIGRATE_DUCKDB_PATH"] = database().string();
  }
  ~Workshop() { fs::remove_all(folder_); }

  fs::path database() const { return folder_ / "shop.duckdb"; }

  void Load() {
    const auto opened = data::Database::Open(database().string());
    REQUIRE(opened.ok());
    auto connection = opened->Connect();
    testing::ShopRows rows;
    for (const SourceTable& table : project_.sources) {
      REQUIRE(data::LoadTable(*connection, table, rows, {}).ok());
    }
  }

  int64_t Count(const std::string& relation) {
    const auto opened = data::Database::Open(database().string());
    REQUIRE(opened.ok());
    auto connection = opened->Connect();
    const auto count = connection->QueryInteger("select count(*) from " + relation);
    INFO(count.status());
    REQUIRE(count.ok());
    return *count;
  }

  DbtOptions options;

 private:
  fs::path folder_;
  Project project_;
};

bool HasDbt() {
  if (std::getenv("DATAMIGRATE_DBT") != nullptr) return true;
  WARN("DATAMIGRATE_DBT is not set: dbt is not run");
  return false;
}

void Report(const DbtStepResult& step) {
  UNSCOPED_INFO(step.command << " exit " << step.exit_code << ", " << step.succeeded << " ok");
  for (const std::string& failure : step.failures) UNSCOPED_INFO(failure);
}

TEST_CASE("The shop's project builds and passes its tests", "[dbt][slow]") {
  if (!HasDbt()) return;
  Workshop shop;
  shop.Load();
  int finished = 0, total = 0;
  std::vector<std::string> warnings;
  shop.options.on_event = [&](const DbtEvent& event) {
    if (event.level == "warn") warnings.push_back(event.name + ": " + event.message);
    if (!event.is_finished) return;
    ++finished;
    total = event.total;
  };
  const auto deps = RunDbt(shop.options, "deps");
  REQUIRE(deps.ok());
  CHECK(deps->exit_code == 0);
  warnings.clear();  // "deps" warns that there are no packages.
  for (const std::string command : {"compile", "run", "test"}) {
    finished = 0;
    const auto step = RunDbt(shop.options, command, {"--show-all-deprecations"});
    REQUIRE(step.ok());
    Report(*step);
    CHECK(step->exit_code == 0);
    CHECK(step->failed == 0);
    CHECK(step->succeeded == static_cast<int>(step->nodes.size()));
    if (command == "run") {
      CHECK(step->succeeded == 6);
      CHECK(finished == 6);
      CHECK(total == 6);
    }
    if (command == "test") {
      // As many as the project has: names that differ only in characters that dbt drops do not
      // meet.
      size_t tests = 0;
      for (const Model& model : testing::ShopProject().models) tests += model.tests.size();
      CHECK(step->nodes.size() == tests);
    }
  }
  CHECK(warnings == std::vector<std::string>{});
  CHECK(shop.Count("dbo.\"Orders per customer\"") == 1);
  CHECK(shop.Count("staging.stg_sales__order_lines") == 3);
  CHECK(shop.Count("sales.\"LinesAbove\"") == 2);
}

TEST_CASE("A test that finds rows is told with its node", "[dbt][slow]") {
  if (!HasDbt()) return;
  Workshop shop;
  shop.Load();
  {
    const auto opened = data::Database::Open(shop.database().string());
    auto connection = opened->Connect();
    REQUIRE(connection->Execute("update raw_sales.\"Order Lines\" set \"Price\" = -1").ok());
  }
  const auto step = RunDbt(shop.options, "build");
  REQUIRE(step.ok());
  CHECK(step->exit_code == 1);
  REQUIRE(step->failed == 1);
  CHECK_THAT(step->failures[0], Catch::Contains("expression_holds"));
  CHECK(step->skipped > 0);  // What reads the model.
}

TEST_CASE("A refused model fails loudly once it is enabled", "[dbt][slow]") {
  if (!HasDbt()) return;
  Workshop shop;
  shop.Load();
  const fs::path stub = shop.options.project / "models/marts/sales/sales__v_xml.sql";
  std::ifstream file(stub);
  std::string first, rest;
  std::getline(file, first);
  std::getline(file, rest, '\0');
  std::ofstream(stub) << rest;
  const auto step = RunDbt(shop.options, "run", {"--select", "sales__v_xml"});
  REQUIRE(step.ok());
  CHECK(step->exit_code != 0);
  REQUIRE_FALSE(step->failures.empty());
  CHECK_THAT(step->failures[0], Catch::Contains("Sales.vXml is not converted"));
}

TEST_CASE("dbt is stopped when it is cancelled or late", "[dbt][slow]") {
  if (!HasDbt()) return;
  Workshop shop;
  shop.options.is_cancelled = [] { return true; };
  CHECK(absl::IsCancelled(RunDbt(shop.options, "run").status()));
  shop.options.is_cancelled = nullptr;
  shop.options.timeout = std::chrono::milliseconds(1);
  CHECK(absl::IsDeadlineExceeded(RunDbt(shop.options, "run").status()));
}

}  // namespace
}  // namespace datamigrate::dbt
