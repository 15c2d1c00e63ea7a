// Views and procedures of the sample databases, translated for DuckDB and PostgreSQL and run there
// over the source's rows, return what the source returned (../shared/expected, taken from
// Babelfish). Skipped where those files are not there; PostgreSQL also where no server is given.
#include <catch2/catch.hpp>
#include <filesystem>

#include "agent_engine/source/scripts/script_source.h"
#include "tests/unit/dialects/sample_engine.h"

namespace datamigrate::dialects {
namespace {

using testing::DuckDbSession;
using testing::SampleEngine;

const std::filesystem::path kShared =
    std::filesystem::path(DATAMIGRATE_SOURCE_DIR) / ".." / "shared";

struct Sample {
  const char* database;
  const char* scripts;
  double tolerance;  // Of numbers; what README.md of the expected results allows.
  int views;         // How many are captured; all of them must be equal.
  int calls;         // The least number of calls of routines that must be equal.
};

// Northwind multiplies money by real: half cents fall either way, and a sum adds several.
constexpr Sample kSamples[] = {
    {"northwind", "northwind", 0.031, 16, 10},
    {"pubs", "pubs", 1e-6, 1, 5},
    {"adventureworks", "adventureworks-oltp", 1e-6, 12, 7},
    {"adventureworksdw", "adventureworks-dw", 1e-6, 5, 1},
};

void CheckViews(SampleEngine& engine, const catalog::CatalogIndex& index, const Sample& sample,
                const std::filesystem::path& expected) {
  const std::map<std::string, std::string> errors = testing::CreateViews(engine, index);
  DuckDbSession reader;
  int equal = 0;
  for (const auto& row : reader.Run("from " + testing::CsvTable(expected / "_views.csv")).rows) {
    const catalog::ObjectName view{row[0], row[1]};
    INFO(view.ToString());
    REQUIRE(errors.contains(view.ToString()));
    CHECK(errors.at(view.ToString()) == "");
    const std::string difference = testing::Difference(
        engine.RunAsText("select * from " + engine.Quoted(view)),
        reader.Run("from " + testing::CsvTable(expected / (view.ToString() + ".csv"))),
        testing::ToleranceOf(view, sample.tolerance));
    CHECK(difference == "");
    equal += difference.empty();
  }
  CHECK(equal == sample.views);
}

void CheckRoutines(SampleEngine& engine, const catalog::CatalogIndex& index, const Sample& sample,
                   const std::filesystem::path& expected) {
  int equal = 0;
  for (const auto& call : testing::CompareCalls(engine, index, expected, sample.tolerance)) {
    INFO(call.statement);
    if (call.difference != "refused") CHECK(call.difference == "");
    equal += call.difference.empty();
  }
  CHECK(equal >= sample.calls);
}

void CheckSample(const Sample& sample, std::unique_ptr<SampleEngine> engine) {
  if (engine == nullptr) {
    WARN("skipped: DATAMIGRATE_TEST_DATABASE_URL names no PostgreSQL server");
    return;
  }
  source::ScriptSourceOptions options;
  options.load_rows = false;
  const auto opened = source::ScriptSource::Open(kShared / "corpus" / sample.scripts, options);
  REQUIRE(opened.ok());
  const catalog::CatalogIndex index((*opened)->catalog());
  for (const catalog::Table& table : index.catalog().tables) {
    INFO(table.name.ToString());
    CHECK(testing::LoadTable(*engine, index, table, kShared / "rows" / sample.database) == "");
  }
  const std::filesystem::path expected = kShared / "expected" / sample.database;
  CheckViews(*engine, index, sample, expected);
  CheckRoutines(*engine, index, sample, expected);
}

TEST_CASE("views and procedures of the sample databases return the source's rows",
          "[transpile][corpus]") {
  if (!std::filesystem::exists(kShared / "expected")) {
    WARN("skipped: there are no expected results beside the repository");
    return;
  }
  for (const Sample& sample : kSamples) {
    DYNAMIC_SECTION(sample.database << " on DuckDB") {
      CheckSample(sample, testing::MakeDuckDbEngine());
    }
    DYNAMIC_SECTION(sample.database << " on PostgreSQL") {
      CheckSample(sample, testing::MakePostgresEngine());
    }
  }
}

}  // namespace
}  // namespace datamigrate::dialects
