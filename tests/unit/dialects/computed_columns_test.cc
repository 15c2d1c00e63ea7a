#include <catch2/catch.hpp>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dialects/translate.h"
#include "tests/unit/dialects/duckdb_session.h"

namespace datamigrate {
namespace {

catalog::Column Stored(std::string name, int32_t precision, int32_t scale) {
  catalog::Column column;
  column.name = std::move(name);
  column.type = {"decimal", 0, precision, scale, {}};
  return column;
}

catalog::Column Computed(std::string name, std::string expression) {
  catalog::Column column;
  column.name = std::move(name);
  column.nullable = true;
  column.computed_expression = std::move(expression);
  return column;
}

catalog::Catalog Lines() {
  catalog::Table table;
  table.name = {"dbo", "Lines"};
  table.columns = {
      Stored("Quantity", 18, 2), Stored("Price", 18, 4), Computed("Total", "Quantity * Price"),
      Computed("Net", "Total - (TOTAL * 10 / 100)"), Computed("Round", "[Round] + Net")};
  catalog::Catalog catalog;
  catalog.tables = {table};
  return catalog;
}

dialects::TranslatedExpression Translate(const catalog::Catalog& catalog, size_t column,
                                         dialects::Target target) {
  const catalog::CatalogIndex index(catalog);
  const catalog::Table& table = catalog.tables[0];
  return dialects::TranslateExpression(index, table, table.columns[column].computed_expression,
                                       /*is_condition=*/false, target);
}

TEST_CASE("a computed column over a computed one stands on what the table stores") {
  const catalog::Catalog catalog = Lines();
  testing::DuckDbSession engine;
  REQUIRE(engine.Run("create table lines (Quantity decimal(18, 2), Price decimal(18, 4))")
              .error.empty());
  REQUIRE(engine.Run("insert into lines values (3.00, 1.2500)").error.empty());
  const auto net = Translate(catalog, 3, dialects::Target::kDuckDb);
  // 3 x 1.25 less a tenth.
  const auto rows = engine.Run("select cast(" + net.sql + " as decimal(18, 4)) from lines");
  CHECK(rows.error.empty());
  REQUIRE(rows.rows.size() == 1);
  CHECK(rows.rows[0][0] == "3.3750");
  CHECK(net.source_type.name == "decimal");
}

TEST_CASE("computed columns that double one another are refused, not written out without end") {
  catalog::Catalog catalog = Lines();
  std::vector<catalog::Column>& columns = catalog.tables[0].columns;
  columns.push_back(Computed("c0", "Quantity + Quantity"));
  for (int i = 1; i < 40; ++i) {
    const std::string before = "c" + std::to_string(i - 1);
    columns.push_back(Computed("c" + std::to_string(i), before + " + " + before));
  }
  CHECK(!Translate(catalog, 6, dialects::Target::kDuckDb).sql.empty());
  const auto last = Translate(catalog, columns.size() - 1, dialects::Target::kDuckDb);
  CHECK(last.sql.empty());
  CHECK(!last.diagnostics.empty());
}

TEST_CASE("a computed column over one without a translation has none either") {
  catalog::Catalog catalog = Lines();
  catalog.tables[0].columns.push_back(Computed("Odd", "dbo.gone(Price)"));
  catalog.tables[0].columns.push_back(Computed("Over", "Odd + 1"));
  CHECK(Translate(catalog, 5, dialects::Target::kDuckDb).sql.empty());
  CHECK(Translate(catalog, 6, dialects::Target::kDuckDb).sql.empty());
}

TEST_CASE("a computed column that names itself is translated as it stands") {
  const auto turn = Translate(Lines(), 4, dialects::Target::kPostgres);
  CHECK(turn.sql.find("\"Round\"") != std::string::npos);
  CHECK(turn.sql.find("\"Net\"") == std::string::npos);
}

}  // namespace
}  // namespace datamigrate
