#include "agent_engine/dbt/identifiers.h"

#include <catch2/catch.hpp>

namespace datamigrate::dbt {
namespace {

TEST_CASE("Names become snake case", "[dbt]") {
  CHECK(SnakeCase("CustomerID") == "customer_id");
  CHECK(SnakeCase("Order Details") == "order_details");
  CHECK(SnakeCase("XMLReader2Go") == "xml_reader2_go");
  CHECK(SnakeCase("vEmployee") == "v_employee");
  CHECK(SnakeCase("ALL_CAPS__x") == "all_caps_x");
  CHECK(SnakeCase("Größe") == "grosse");
  CHECK(SnakeCase("Łódź") == "lodz");
  CHECK(SnakeCase("订单") == "u8ba2u5355");
  CHECK(SnakeCase("😀") == "u1f600");
  CHECK(SnakeCase("a.b;drop table--") == "a_b_drop_table");
  CHECK(SnakeCase("2019 Sales") == "_2019_sales");
}

// dbt-core refuses each of these: "Invalid project name: sql is a reserved word".
TEST_CASE("a project has no name that dbt keeps for itself") {
  CHECK(ProjectName("Sql") == "migrated_sql");
  CHECK(ProjectName("Model") == "migrated_model");
  CHECK(ProjectName("try_or_compiler_error") == "migrated_try_or_compiler_error");
  CHECK(ProjectName("dbt") == "migrated_dbt");
  CHECK(ProjectName("dbt_duckdb") == "migrated_dbt_duckdb");
  CHECK(ProjectName("Sales") == "sales");
  CHECK(ProjectName("") == "migrated");
  CHECK(ProjectName(std::string(80, 'a')).size() == 63);
}

TEST_CASE("A name without letters still gets one of its own", "[dbt]") {
  CHECK(SnakeCase("") != SnakeCase("---"));
  CHECK(SnakeCase("--- ").starts_with("unnamed_"));
  CHECK(SnakeCase("\xFF\xC3").starts_with("ufffd"));
}

TEST_CASE("Long names are cut but stay apart, never inside a letter", "[dbt]") {
  const std::string left(100, 'a'), right = left + "b";
  CHECK(ShortenName(left, 63).size() == 63);
  CHECK(ShortenName(left, 63) != ShortenName(right, 63));
  CHECK(ShortenName("short", 63) == "short");
  std::string umlauts;
  for (int i = 0; i < 50; ++i) umlauts += "ä";
  const std::string cut = ShortenName(umlauts, 63);
  CHECK(cut.size() <= 63);
  CHECK(cut.substr(0, cut.find('_')).size() % 2 == 0);
}

TEST_CASE("Names that meet all get a hash, whatever their order", "[dbt]") {
  const auto forward = MakeUnique({"orders", "lines", "Orders"}, {"a", "b", "c"});
  const auto backward = MakeUnique({"Orders", "lines", "orders"}, {"c", "b", "a"});
  CHECK(forward[1] == "lines");
  CHECK(forward[0] != forward[2]);
  CHECK(forward[0] != "orders");
  CHECK(forward[0] == backward[2]);
  CHECK(forward[2] == backward[0]);
}

TEST_CASE("A relation keeps its name where dbt can write it", "[dbt]") {
  using dialects::Target;
  CHECK(RelationName("Order Details", Target::kDuckDb) == "Order Details");
  CHECK(RelationName("订单", Target::kSnowflake) == "订单");
  CHECK(RelationName("Order Details", Target::kBigQuery) == "order_details");
  CHECK(RelationName("vOrders", Target::kDatabricks) == "vOrders");
  CHECK(RelationName("a\"b", Target::kDuckDb) == "a_b");
  CHECK(RelationName("a{{b}}", Target::kPostgres) == "a_b");
  CHECK(RelationName(std::string(128, 'x'), Target::kPostgres).size() == 63);
}

}  // namespace
}  // namespace datamigrate::dbt
