#include "agent_engine/catalog/catalog.h"

#include <catch2/catch.hpp>

namespace datamigrate::catalog {
namespace {

DataType Type(std::string name, int32_t length = 0, int32_t precision = 0, int32_t scale = 0) {
  return {std::move(name), length, precision, scale, {}};
}

TEST_CASE("names are compared without case, in ASCII and beyond", "[catalog]") {
  CHECK(EqualNames("Order Details", "ORDER details"));
  CHECK(EqualNames("ÀÉÎÕÜ", "àéîõü"));
  CHECK(EqualNames("ΣΊΣΥΦΟΣ", "σίσυφος"));
  CHECK(EqualNames("ПРИВЕТ", "привет"));
  CHECK(EqualNames("客户", "客户"));
  CHECK(EqualNames("K", "\u212A"));
  CHECK(EqualNames("𐐀", "𐐨"));
}

TEST_CASE("names that differ in accents, length or letters differ", "[catalog]") {
  CHECK_FALSE(EqualNames("resume", "résumé"));
  CHECK_FALSE(EqualNames("a", "ab"));
  CHECK_FALSE(EqualNames("straße", "strasse"));
  CHECK_FALSE(EqualNames("I", "ı"));
  CHECK_FALSE(EqualNames("", "a"));
}

TEST_CASE("folding agrees with comparing, for broken UTF-8 too", "[catalog]") {
  const std::vector<std::string> names = {"Aé", "aÉ", "\xFF\x41", "\xFF\x61", "\xC3", "Ω", "ω"};
  for (const std::string& left : names) {
    for (const std::string& right : names) {
      CHECK(EqualNames(left, right) == (FoldName(left) == FoldName(right)));
    }
  }
  CHECK(FoldName("\xC3") == "\xC3");
}

TEST_CASE("types are written as T-SQL writes them", "[catalog]") {
  CHECK(Type("nvarchar", 50).ToString() == "nvarchar(50)");
  CHECK(Type("varbinary", DataType::kMax).ToString() == "varbinary(max)");
  CHECK(Type("decimal", 0, 18, 2).ToString() == "decimal(18, 2)");
  CHECK(Type("datetime2", 0, 0, 7).ToString() == "datetime2(7)");
  CHECK(Type("time", 0, 0, 0).ToString() == "time(0)");
  CHECK(Type("float", 0, 53).ToString() == "float");
  CHECK(Type("float", 0, 24).ToString() == "float(24)");
  CHECK(Type("int").ToString() == "int");
}

TEST_CASE("an index finds objects by name without case and takes dbo for no schema", "[catalog]") {
  Catalog catalog;
  Table table;
  table.name = {"dbo", "Kunden"};
  table.columns.emplace_back().name = "Straße";
  catalog.tables.push_back(table);
  table.name = {"Verkauf", "Kunden"};
  catalog.tables.push_back(table);
  const CatalogIndex index(catalog);
  CHECK(index.FindTable("", "KUNDEN") == &catalog.tables[0]);
  CHECK(index.FindTable("VERKAUF", "kunden") == &catalog.tables[1]);
  CHECK(index.FindTable("x", "kunden") == nullptr);
  CHECK(index.FindView("", "kunden") == nullptr);
  CHECK(catalog.tables[0].FindColumn("STRAßE") == &catalog.tables[0].columns[0]);
  CHECK(catalog.tables[0].FindColumn("strasse") == nullptr);
  CHECK(catalog.tables[0].PrimaryKey() == nullptr);
}

}  // namespace
}  // namespace datamigrate::catalog
