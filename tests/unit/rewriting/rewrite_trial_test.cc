// Rewrites of a view over rows whose right result is worked out by hand beside each test.
#include "agent_engine/rewriting/rewrite_trial.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "agent_engine/data/table_loader.h"
#include "agent_engine/dbt/translator.h"
#include "agent_engine/source/scripts/script_source.h"
#include "tests/unit/dbt/temporary_folder.h"

namespace datamigrate::rewriting {
namespace {

namespace fs = std::filesystem;

// Items 1 and 3 hold the word; 2 does not, and 4 has no title.
const char kScript[] =
    "CREATE TABLE dbo.item (id int NOT NULL PRIMARY KEY, title nvarchar(50), price decimal(9, "
    "2))\nGO\n"
    "INSERT INTO dbo.item VALUES (1, N'red lamp', 10), (2, N'chair', 20.5), (3, N'lamp', 30), (4, "
    "NULL, 40)\nGO\n"
    "CREATE VIEW dbo.lamps AS SELECT id, price FROM dbo.item WHERE CONTAINS(title, N'lamp')\nGO\n";

class Shop {
 public:
  Shop() {
    const fs::path script = folder_.path() / "shop.sql";
    std::ofstream(script) << kScript;
    auto source = source::ScriptSource::Open(script.string(), {});
    REQUIRE(source.ok());
    catalog_ = (*source)->catalog();
    const dbt::Project project = dbt::BuildProject(catalog_, {}, dbt::DialectTranslator());
    const auto database = data::Database::Open(file().string());
    REQUIRE(database.ok());
    auto connection = database->Connect();
    for (const dbt::SourceTable& table : project.sources) {
      REQUIRE(data::CreateRawTable(*connection, table).ok());
      REQUIRE(data::LoadTable(*connection, table, (*source)->rows(), {}).ok());
    }
  }

  Trial Try(const std::string& definition, const std::string& captured = "") {
    const fs::path results = folder_.path() / "results";
    fs::create_directories(results);
    fs::remove(results / "dbo.lamps.csv");
    if (!captured.empty()) std::ofstream(results / "dbo.lamps.csv") << captured;
    const auto opened = verify::CapturedResults::Open(results);
    REQUIRE(opened.ok());
    dbt::BuildOptions options;
    options.rewrites["dbo.lamps"] = {definition, "a test", ""};
    TrialPlace place;
    place.raw_file = file();
    place.results = &*opened;
    const auto trial = TryRewrite(catalog_, options, {"dbo", "lamps"}, place);
    INFO(trial.status());
    REQUIRE(trial.ok());
    return *trial;
  }

 private:
  fs::path file() const { return folder_.path() / "shop.duckdb"; }

  testing::TemporaryFolder folder_;
  catalog::Catalog catalog_;
};

const char kRight[] =
    "CREATE VIEW dbo.lamps AS SELECT id, price FROM dbo.item WHERE title LIKE N'%lamp%'";
const char kCaptured[] = "id,price\n3,30.00\n1,10.00\n";

TEST_CASE("a rewrite that gives the source's rows is proven", "[rewriting]") {
  const Trial trial = Shop().Try(kRight, kCaptured);
  CHECK(trial.outcome == Outcome::kProven);
  CHECK(trial.finding == "its 2 rows are the source's");
}

TEST_CASE("without a result of the source it is unproven", "[rewriting]") {
  const Trial trial = Shop().Try(kRight);
  CHECK(trial.outcome == Outcome::kUnproven);
  CHECK(trial.finding ==
        "it runs and has 2 rows; there is no result of the source to compare with");
}

TEST_CASE("other rows, values, columns and names are caught", "[rewriting]") {
  Shop shop;
  const auto differs = [&](const std::string& query) {
    const Trial trial = shop.Try("CREATE VIEW dbo.lamps AS " + query, kCaptured);
    CHECK(trial.outcome == Outcome::kDiffers);
    return trial.finding;
  };
  CHECK(differs("SELECT id, price FROM dbo.item WHERE title = N'lamp'") ==
        "1 row, the source has 2");
  CHECK(differs("SELECT id, price FROM dbo.item WHERE id < 3") ==
        "1 of 2 rows differ; columns that differ: id, price; numbers are apart by at most 9.5");
  CHECK(differs("SELECT id, price + 0.01 AS price FROM dbo.item WHERE title LIKE N'%lamp%'") ==
        "2 of 2 rows differ; columns that differ: price");
  CHECK(differs("SELECT id, price AS cost FROM dbo.item WHERE title LIKE N'%lamp%'") ==
        "the columns are id, cost, the source's are id, price");
  CHECK(differs("SELECT price, id FROM dbo.item WHERE title LIKE N'%lamp%'") ==
        "the columns are price, id, the source's are id, price");
}

TEST_CASE("a rewrite that the rules refuse is not run", "[rewriting]") {
  const Trial trial = Shop().Try(
      "CREATE VIEW dbo.lamps AS SELECT id, price FROM dbo.item WHERE FREETEXT(title, N'lamp')");
  CHECK(trial.outcome == Outcome::kNotTranslated);
  CHECK(trial.finding.find("TP") == 0);
}

TEST_CASE("a rewrite that fails on the rows does not run", "[rewriting]") {
  // 'red lamp' is no number: SQL Server fails with 245, too.
  const Trial trial =
      Shop().Try("CREATE VIEW dbo.lamps AS SELECT id, CAST(title AS int) AS price FROM dbo.item");
  CHECK(trial.outcome == Outcome::kDoesNotRun);
  CHECK_FALSE(trial.finding.empty());
}

TEST_CASE("a name that the source does not have is caught", "[rewriting]") {
  const Trial trial =
      Shop().Try("CREATE VIEW dbo.lamps AS SELECT id, colour AS price FROM dbo.item");
  CHECK(trial.outcome == Outcome::kNotTranslated);
}

}  // namespace
}  // namespace datamigrate::rewriting
