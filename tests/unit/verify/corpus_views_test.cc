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
#include "agent_engine/verify/captured_results.h"
#include "agent_engine/verify/project_run.h"
#include "agent_engine/verify/validation.h"
#include "tests/unit/dbt/temporary_folder.h"

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

// The cells of one column of a CSV whose rows meet `condition`.
std::vector<std::string> CsvColumn(const fs::path& csv, const std::string& column,
                                   const std::string& condition) {
  std::vector<std::string> cells;
  if (!fs::exists(csv)) return cells;
  const auto database = data::Database::Open(":memory:");
  auto connection = database->Connect();
  auto rows =
      connection->Query("select " + column + " from read_csv(" + data::QuoteText(csv.string()) +
                        ", header = true, all_varchar = true) where " + condition);
  REQUIRE(rows.ok());
  while (rows->Next().value_or(false)) {
    for (int64_t row = 0; row < rows->row_count(); ++row) {
      cells.push_back(rows->Text(0, row).value_or(""));
    }
  }
  return cells;
}

// Columns that rest on the rounding of half cents, by view: the allowed difference per row
// (../shared/expected/_doubts.csv).
std::map<std::string, double> MoneyFromReal(const std::string& database, const std::string& view) {
  std::map<std::string, double> columns;
  const bool is_line = view == "Invoices" || view == "Order Details Extended";
  const size_t ties =
      CsvColumn(kShared / "expected" / database / "_tie_lines.csv", "1", "true").size();
  for (const std::string& column :
       CsvColumn(kShared / "expected/_doubts.csv", "\"column\"",
                 "database = " + data::QuoteText(database) +
                     " and view = " + data::QuoteText(view) + " and kind = 'money-from-real'")) {
    columns[column] = 0.01 * (is_line ? 1 : static_cast<double>(ties));
  }
  return columns;
}

// Compares every view whose rows are known and returns how many there were.
int CompareViews(const std::string& database, EmbeddedProject& embedded,
                 const dbt::Project& project) {
  int compared = 0;
  const auto results = CapturedResults::Open(kShared / "expected" / database);
  REQUIRE(results.ok());
  for (const dbt::Model& model : project.models) {
    if (model.source_kind != "view") continue;
    const auto csv = results->FileOf(model.source_object);
    if (!csv) continue;
    ++compared;
    INFO(model.source_object.ToString());
    for (const auto& diagnostic : model.diagnostics) INFO(diagnostics::Message(diagnostic));
    const auto comparison =
        CompareWithCapture(embedded.connection(), data::QuoteRelation(model.schema, model.alias),
                           *csv, {.of_column = MoneyFromReal(database, model.source_object.name)});
    REQUIRE(comparison.ok());
    CHECK(comparison->difference == "");
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
