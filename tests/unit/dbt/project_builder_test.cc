#include "agent_engine/dbt/project_builder.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "agent_engine/dbt/project_files.h"
#include "tests/unit/dbt/shop.h"

namespace datamigrate::dbt {
namespace {

using diagnostics::DiagnosticId;

const Model& Find(const Project& project, std::string_view name) {
  const auto found = std::ranges::find(project.models, name, &Model::name);
  if (found == project.models.end()) throw std::out_of_range(std::string(name));
  return *found;
}

catalog::Column OneColumn(std::string type) {
  catalog::Column column;
  column.name = "a";
  column.type.name = std::move(type);
  return column;
}

bool Has(const std::vector<diagnostics::Diagnostic>& diagnostics, DiagnosticId id) {
  return std::ranges::any_of(diagnostics, [&](const auto& found) { return found.id == id; });
}

TEST_CASE("A view that another view reads is intermediate, others are marts", "[dbt]") {
  const Project project = testing::ShopProject();
  const Model& read = Find(project, "sales__v_lines");
  CHECK(read.layer == Layer::kIntermediate);
  CHECK(read.materialization == Materialization::kView);
  CHECK(read.alias == "vLines");
  CHECK(read.depends_on ==
        std::vector<std::string>{"stg_sales__order_lines", "stg_sales__customer"});
  const Model& mart = Find(project, "dbo__orders_per_customer");
  CHECK(mart.layer == Layer::kMarts);
  CHECK(mart.materialization == Materialization::kTable);
  CHECK(mart.schema == "dbo");
}

TEST_CASE("Models stand behind what they read", "[dbt]") {
  const Project project = testing::ShopProject();
  std::vector<std::string> seen;
  for (const Model& model : project.models) {
    if (model.status == ModelStatus::kConverted) {
      for (const std::string& parent : model.depends_on) {
        CHECK(std::ranges::find(seen, parent) != seen.end());
      }
    }
    seen.push_back(model.name);
  }
}

TEST_CASE("What reads something refused is refused, and says what", "[dbt]") {
  const Project project = testing::ShopProject();
  CHECK(Find(project, "sales__v_xml").status == ModelStatus::kRefused);
  const Model& reader = Find(project, "sales__v_reads_xml");
  CHECK(reader.status == ModelStatus::kRefused);
  REQUIRE(Has(reader.diagnostics, DiagnosticId::kReadsRefusedObject));
  CHECK(reader.diagnostics[0].arguments[0] == "Sales.vXml");
}

TEST_CASE("Diagnostics point into the file", "[dbt]") {
  const Project project = testing::ShopProject();
  const auto& found = Find(project, "sales__v_xml").diagnostics[0];
  CHECK(found.object == "Sales.vXml");
  CHECK(found.file == "views.sql");
  // Byte 30 is in the second line of a definition that begins at line 4.
  CHECK(found.place.line == 5);
  CHECK(found.place.column == 8);
}

TEST_CASE("A quarantined view takes its readers with it", "[dbt]") {
  const Project project = BuildProject(testing::ShopCatalog(),
                                       {.quarantined = {{"SALES.VLINES", "no such function: f"}}},
                                       testing::ShopTranslator());
  const Model& quarantined = Find(project, "sales__v_lines");
  CHECK(quarantined.status == ModelStatus::kRefused);
  CHECK(Has(quarantined.diagnostics, DiagnosticId::kModelDoesNotRun));
  CHECK(Find(project, "dbo__orders_per_customer").status == ModelStatus::kRefused);
}

TEST_CASE("Views that read each other are refused, not followed for ever", "[dbt]") {
  catalog::Catalog catalog;
  for (const char* name : {"a", "b", "c"}) {
    catalog::View view;
    view.name = {"dbo", name};
    catalog.views.push_back(view);
  }
  Translator translator = testing::ShopTranslator();
  translator.view = [](const catalog::CatalogIndex&, const catalog::View& view, dialects::Target,
                       const dialects::RelationNamer& namer) {
    const std::string next = view.name.name == "a" ? "b" : view.name.name == "b" ? "a" : "c";
    const catalog::ObjectName read{"dbo", next};
    return dialects::TranslatedQuery{"select * from " + namer(read), {}, {read}, {}};
  };
  const Project project = BuildProject(catalog, {}, translator);
  REQUIRE(project.models.size() == 3);
  for (const Model& model : project.models) CHECK(model.status == ModelStatus::kRefused);
  CHECK(Has(AllDiagnostics(project), DiagnosticId::kModelCycle));
}

TEST_CASE("A chain of ten thousand views is ordered", "[dbt]") {
  catalog::Catalog catalog;
  for (int i = 0; i < 10'000; ++i) {
    catalog::View view;
    view.name = {"dbo", "v" + std::to_string(i)};
    catalog.views.push_back(view);
  }
  Translator translator = testing::ShopTranslator();
  translator.view = [](const catalog::CatalogIndex&, const catalog::View& view, dialects::Target,
                       const dialects::RelationNamer& namer) {
    const int number = std::stoi(view.name.name.substr(1));
    dialects::TranslatedQuery query{"select 1 as a", {}, {}, {}};
    if (number + 1 == 10'000) return query;
    const catalog::ObjectName read{"dbo", "v" + std::to_string(number + 1)};
    return dialects::TranslatedQuery{"select * from " + namer(read), {}, {read}, {}};
  };
  const Project project = BuildProject(catalog, {}, translator);
  REQUIRE(project.models.size() == 10'000);
  CHECK(project.models.front().name == "dbo__v9999");
  CHECK(project.models.back().name == "dbo__v0");
}

TEST_CASE("A view that reads what nobody defines is refused", "[dbt]") {
  catalog::Catalog catalog;
  catalog::View view;
  view.name = {"dbo", "v"};
  catalog.views.push_back(view);
  Translator translator = testing::ShopTranslator();
  translator.view = [](const catalog::CatalogIndex&, const catalog::View&, dialects::Target,
                       const dialects::RelationNamer&) {
    return dialects::TranslatedQuery{"select * from gone", {}, {{"other", "gone"}}, {}};
  };
  const Project project = BuildProject(catalog, {}, translator);
  CHECK(Has(project.models[0].diagnostics, DiagnosticId::kReadsUnknownObject));
}

TEST_CASE("The order of the catalog and of the threads changes no byte", "[dbt]") {
  catalog::Catalog reversed = testing::ShopCatalog();
  std::ranges::reverse(reversed.tables);
  std::ranges::reverse(reversed.views);
  std::ranges::reverse(reversed.routines);
  BuildOptions options{.name = "shop"};
  options.for_each = [](size_t count, const std::function<void(size_t)>& body) {
    for (size_t i = count; i > 0; --i) body(i - 1);
  };
  const Project project = BuildProject(reversed, options, testing::ShopTranslator());
  CHECK(RenderProject(project) == RenderProject(testing::ShopProject()));
}

TEST_CASE("Tables whose names differ only in what files cannot hold stay apart", "[dbt]") {
  catalog::Catalog catalog;
  for (const char* name : {"Order Lines", "Order_Lines", "order-lines", "OrderLines"}) {
    catalog::Table table;
    table.name = {"dbo", name};
    table.columns = {OneColumn("int")};
    catalog.tables.push_back(table);
  }
  const Project project = BuildProject(catalog, {}, testing::ShopTranslator());
  REQUIRE(project.models.size() == 4);
  for (size_t i = 0; i < 4; ++i) {
    for (size_t j = 0; j < i; ++j) {
      CHECK(project.models[i].name != project.models[j].name);
      CHECK(project.sources[i].table_name != project.sources[j].table_name);
    }
  }
}

TEST_CASE("A table that is defined twice gives one model and a diagnostic", "[dbt]") {
  catalog::Catalog catalog;
  catalog::Table table;
  table.name = {"dbo", "T"};
  table.columns = {OneColumn("int")};
  catalog.tables = {table, table};
  catalog.tables[1].name.name = "t";
  const Project project = BuildProject(catalog, {}, testing::ShopTranslator());
  CHECK(project.models.size() == 1);
  CHECK(Has(project.diagnostics, DiagnosticId::kObjectMetAgain));
}

TEST_CASE("A type that the target lacks is kept as text, with a warning", "[dbt]") {
  catalog::Catalog catalog;
  catalog::Table table;
  table.name = {"dbo", "T"};
  table.columns = {OneColumn("sql_variant")};
  catalog.tables = {table};
  const Project project = BuildProject(catalog, {}, testing::ShopTranslator());
  CHECK(project.sources[0].columns[0].target_type == "VARCHAR");
  CHECK(Has(project.models[0].diagnostics, DiagnosticId::kNoTargetType));
}

TEST_CASE("A procedure that administers the server has no model and is listed apart", "[dbt]") {
  catalog::Catalog catalog;
  catalog::Routine routine;
  routine.name = {"dbo", "ReindexAll"};
  routine.definition = "CREATE PROCEDURE dbo.ReindexAll AS ALTER INDEX ALL ON dbo.T REBUILD";
  catalog.routines.push_back(routine);
  const Project project = BuildProject(catalog, {}, DialectTranslator());
  CHECK(std::ranges::none_of(
      project.models, [](const Model& model) { return model.source_object.name == "ReindexAll"; }));
  const auto listed =
      std::ranges::find(project.unconverted, kAdministrationKind, &UnconvertedObject::kind);
  REQUIRE(listed != project.unconverted.end());
  CHECK(listed->object.name == "ReindexAll");
  CHECK(listed->path == "unconverted/dbo/dbo__reindex_all.sql");
}

TEST_CASE("An empty catalog gives an empty project", "[dbt]") {
  const Project project = BuildProject({}, {}, testing::ShopTranslator());
  CHECK(project.models.empty());
  CHECK(project.name == "migrated");
  CHECK(RenderProject(project).contains("dbt_project.yml"));
}

TEST_CASE("Untrusted foreign keys warn, disabled ones have no test", "[dbt]") {
  catalog::Catalog catalog = testing::ShopCatalog();
  catalog.tables[0].foreign_keys[0].trusted = false;
  catalog.tables[0].foreign_keys[1].enabled = false;
  const Project project = BuildProject(catalog, {}, testing::ShopTranslator());
  const Model& lines = Find(project, "stg_sales__order_lines");
  int keys = 0;
  for (const ModelTest& test : lines.tests) {
    if (test.kind != TestKind::kForeignKey) continue;
    ++keys;
    CHECK(test.only_warns);
  }
  CHECK(keys == 1);
  CHECK(Has(lines.diagnostics, DiagnosticId::kConstraintNotEnforced));
}

TEST_CASE("A foreign key to a table whose rows are absent only warns", "[dbt]") {
  catalog::Catalog catalog = testing::ShopCatalog();
  for (catalog::Table& table : catalog.tables) table.row_count = 5;
  const auto customers = std::ranges::find(catalog.tables, "Customer",
                                           [](const auto& table) { return table.name.name; });
  customers->row_count = 0;
  const Project project = BuildProject(catalog, {}, testing::ShopTranslator());
  const Model& lines = Find(project, "stg_sales__order_lines");
  for (const ModelTest& test : lines.tests) {
    CHECK(test.only_warns == (test.constraint == "FK_Lines_Customer"));
  }
  CHECK(Has(lines.diagnostics, DiagnosticId::kParentWithoutRows));
}

}  // namespace
}  // namespace datamigrate::dbt
