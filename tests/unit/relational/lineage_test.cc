// Expected lineage is read off the queries by hand; subtypes are those of OpenLineage's "Column
// Level Lineage Dataset Facet".
#include "agent_engine/relational/lineage.h"

#include <catch2/catch.hpp>

#include "agent_engine/relational/lowering/lowering.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::relational {
namespace {

using Texts = std::vector<std::string>;

catalog::Table MakeTable(std::string name, const Texts& columns) {
  catalog::Table table;
  table.name = {"dbo", std::move(name)};
  for (const std::string& column : columns) {
    catalog::Column added;
    added.name = column;
    added.type.name = "int";
    table.columns.push_back(added);
  }
  return table;
}

class Lineage {
 public:
  explicit Lineage(std::string_view sql) {
    catalog::Catalog catalog;
    catalog.tables.push_back(MakeTable("orders", {"id", "customer", "amount", "region"}));
    catalog.tables.push_back(MakeTable("customers", {"id", "name"}));
    const catalog::CatalogIndex index(catalog);
    diagnostics::DiagnosticSink sink;
    const tsql::ParseResult parsed = tsql::ParseBatch(sql, {}, sink);
    REQUIRE(parsed.ok);
    LoweredQuery lowered = LowerSelect(index, parsed.tree.Root().Child(tsql::Role::kStatement), {},
                                       {.target_name = "x"}, sink);
    REQUIRE(lowered.query);
    REQUIRE_FALSE(sink.HasErrors());
    lineage_ = TraceLineage(index, *lowered.query);
  }

  // "orders.id IDENTITY" for each origin of the column, then "JOIN orders.id" for each condition.
  Texts Of(size_t column) const {
    Texts texts;
    for (const ColumnOrigin& origin : lineage_.fields.at(column).origins) {
      texts.push_back(origin.relation.name + "." + origin.column + " " +
                      std::string(UseName(origin.use)));
    }
    for (const RowOrigin& origin : lineage_.fields.at(column).conditions) {
      texts.push_back(Text(origin));
    }
    return texts;
  }

  Texts Rows() const {
    Texts texts;
    for (const RowOrigin& origin : lineage_.rows) texts.push_back(Text(origin));
    return texts;
  }

 private:
  static std::string Text(const RowOrigin& origin) {
    return std::string(UseName(origin.use)) + " " + origin.relation.name + "." + origin.column;
  }

  QueryLineage lineage_;
};

TEST_CASE("columns come as they are, changed or aggregated", "[relational][lineage]") {
  const Lineage lineage(
      "SELECT o.id, amount + region AS total, COUNT(DISTINCT customer) AS n, 1 AS one "
      "FROM orders o GROUP BY o.id, amount, region");
  CHECK(lineage.Of(0) == Texts{"orders.id IDENTITY"});
  CHECK(lineage.Of(1) == Texts{"orders.amount TRANSFORMATION", "orders.region TRANSFORMATION"});
  CHECK(lineage.Of(2) == Texts{"orders.customer AGGREGATION"});
  CHECK(lineage.Of(3).empty());
  CHECK(lineage.Rows() ==
        Texts{"GROUP_BY orders.id", "GROUP_BY orders.amount", "GROUP_BY orders.region"});
}

TEST_CASE("joins, filters and limited orders decide the rows", "[relational][lineage]") {
  const Lineage lineage(
      "SELECT TOP 3 c.name FROM orders o JOIN customers c ON c.id = o.customer "
      "WHERE o.region = 1 ORDER BY o.amount");
  CHECK(lineage.Of(0) == Texts{"customers.name IDENTITY"});
  CHECK(lineage.Rows() == Texts{"JOIN customers.id", "JOIN orders.customer", "FILTER orders.region",
                                "SORT orders.amount"});
}

TEST_CASE("common tables, derived tables and unions are looked through", "[relational][lineage]") {
  const Lineage lineage(
      "WITH t (k, v) AS (SELECT customer, SUM(amount) FROM orders GROUP BY customer) "
      "SELECT d.k, d.w FROM (SELECT k, v * 2 AS w FROM t) d UNION ALL SELECT id, name FROM "
      "customers");
  CHECK(lineage.Of(0) == Texts{"orders.customer IDENTITY", "customers.id IDENTITY"});
  CHECK(lineage.Of(1) == Texts{"orders.amount AGGREGATION", "customers.name IDENTITY"});
  CHECK(lineage.Rows() == Texts{"GROUP_BY orders.customer"});
}

TEST_CASE("a recursive table comes from its anchor and its own rows", "[relational][lineage]") {
  const Lineage lineage(
      "WITH t AS (SELECT id, customer FROM orders WHERE region = 1 UNION ALL "
      "SELECT o.id, t.customer FROM orders o JOIN t ON t.id = o.amount) SELECT customer FROM t");
  CHECK(lineage.Of(0) == Texts{"orders.customer IDENTITY"});
}

TEST_CASE("conditions and windows decide single values", "[relational][lineage]") {
  const Lineage lineage(
      "SELECT CASE WHEN region = 1 THEN amount END AS a, "
      "ROW_NUMBER() OVER (PARTITION BY customer ORDER BY id) AS n, "
      "(SELECT MAX(c.name) FROM customers c WHERE c.id = o.customer) AS s FROM orders o");
  CHECK(lineage.Of(0) == Texts{"orders.amount TRANSFORMATION", "CONDITIONAL orders.region"});
  CHECK(lineage.Of(1) == Texts{"WINDOW orders.customer", "WINDOW orders.id"});
  CHECK(lineage.Of(2) ==
        Texts{"customers.name AGGREGATION", "FILTER customers.id", "FILTER orders.customer"});
}

}  // namespace
}  // namespace datamigrate::relational
