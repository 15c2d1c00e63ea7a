// Real databases through the whole path: scripts, catalog, project, rows, models; then each view
// against what SQL Server returns. Skipped where the databases are absent.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>

#include "agent_engine/data/table_comparison.h"
#include "agent_engine/data/table_loader.h"
#include "agent_engine/dbt/project_builder.h"
#include "agent_engine/source/scripts/script_source.h"
#include "agent_engine/verify/project_run.h"
#include "agent_engine/verify/validation.h"
#include "tests/unit/dbt/temporary_folder.h"
#include "tests/unit/verify/expected_rows.h"

namespace datamigrate::verify {
namespace {

namespace fs = std::filesystem;

const fs::path kShared = fs::path(DATAMIGRATE_SOURCE_DIR) / "../shared";

using testing::TemporaryFolder;

void Load(const dbt::Project& project, data::RowSource& rows, const fs::path& file) {
  const auto database = data::Database::Open(file.string());
  REQUIRE(database.ok());
  auto connection = database->Connect();
  for (const dbt::SourceTable& table : project.sources) {
    REQUIRE(data::CreateRawTable(*connection, table).ok());
    const auto load = data::LoadTable(*connection, table, rows, {});
    INFO(load.status());
    CHECK((load.ok() || absl::IsNotFound(load.status())));
    if (!load.ok()) continue;
    const auto comparison = data::CompareTable(*connection, table);
    REQUIRE(comparison.ok());
    CHECK(comparison->is_equal());
  }
}

// Columns that rest on the rounding of half cents, by view: the allowed difference per row
// (../shared/expected/_doubts.csv).
std::map<std::string, double> MoneyFromReal(const std::string& database, const std::string& view) {
  std::map<std::string, double> columns;
  const auto doubts = testing::ReadCsv(kShared / "expected/_doubts.csv");
  const auto ties = testing::ReadCsv(kShared / "expected" / database / "_tie_lines.csv");
  if (!doubts || !ties) return columns;
  const bool is_line = view == "Invoices" || view == "Order Details Extended";
  for (const testing::Cells& row : doubts->rows) {
    if (row[0] != database || row[1] != view || row[3] != "money-from-real") continue;
    columns[*row[2]] = 0.01 * (is_line ? 1 : static_cast<double>(ties->rows.size()));
  }
  return columns;
}

// Compares every view whose rows are known and returns how many there were.
int CompareViews(const std::string& database, EmbeddedProject& embedded,
                 const dbt::Project& project) {
  int compared = 0;
  for (const dbt::Model& model : project.models) {
    if (model.source_kind != "view") continue;
    const fs::path csv =
        kShared / "expected" / database / (model.source_object.ToString() + ".csv");
    auto expected = testing::ReadExpected(csv);
    if (!expected) continue;
    for (const auto& [column, tolerance] : MoneyFromReal(database, model.source_object.name)) {
      const auto at = std::ranges::find(expected->table.header, column);
      if (at != expected->table.header.end()) {
        expected->tolerance[static_cast<size_t>(at - expected->table.header.begin())] = tolerance;
      }
    }
    ++compared;
    INFO(model.source_object.ToString());
    for (const auto& diagnostic : model.diagnostics) INFO(diagnostics::Message(diagnostic));
    CHECK(testing::CompareRows(embedded.connection(),
                               data::QuoteRelation(model.schema, model.alias), *expected)
              .summary == "");
  }
  return compared;
}

void CheckDatabase(const std::string& name, size_t tables, int views) {
  if (!fs::exists(kShared / "corpus" / name)) {
    WARN("the database " << name << " is not here: skipped");
    return;
  }
  const auto source = source::ScriptSource::Open(kShared / "corpus" / name, {});
  REQUIRE(source.ok());
  const catalog::Catalog& catalog = (*source)->catalog();
  const dbt::Project project = dbt::BuildProject(catalog, {.name = name}, dbt::DialectTranslator());
  CHECK(project.sources.size() == tables);
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "target.duckdb";
  Load(project, (*source)->rows(), file);
  const auto embedded = EmbeddedProject::Open(project, {.raw_file = file});
  REQUIRE(embedded.ok());
  const auto run = (*embedded)->Run();
  REQUIRE(run.ok());
  for (size_t i = 0; i < run->models.size(); ++i) {
    if (project.models[i].layer != dbt::Layer::kStaging) continue;
    INFO(run->models[i].model << ": " << run->models[i].error);
    CHECK(run->models[i].is_ok);
  }
  for (const TestRun& test : run->tests) {
    INFO(test.model << " " << test.test << " " << test.failures << " " << test.error);
    CHECK(test.is_ok);
  }
  const Validation validation = Validate(catalog, project, *run);
  for (const Check& check : validation.checks) {
    for (const std::string& finding : check.findings) INFO(check.name << ": " << finding);
  }
  CHECK(CompareViews(name, **embedded, project) == views);
}

// Tables as SQL Server counts them in each database's scripts; views as ../shared/expected lists
// them.
TEST_CASE("Northwind's views return what SQL Server returns", "[verify][corpus]") {
  CheckDatabase("northwind", 13, 16);
}

TEST_CASE("The view of pubs returns what SQL Server returns", "[verify][corpus]") {
  CheckDatabase("pubs", 11, 1);
}

}  // namespace
}  // namespace datamigrate::verify
