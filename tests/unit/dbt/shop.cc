#include "tests/unit/dbt/shop.h"

#include <algorithm>
#include <stdexcept>

#include "agent_engine/dbt/project_builder.h"

namespace datamigrate::testing {
namespace {

using catalog::CheckConstraint;
using catalog::Column;
using catalog::DataType;
using catalog::ForeignKey;
using catalog::KeyConstraint;
using catalog::ObjectName;
using catalog::Table;
using diagnostics::DiagnosticId;
using dialects::Target;

Column MakeColumn(std::string name, DataType type, bool nullable = false) {
  Column column;
  column.name = std::move(name);
  column.type = std::move(type);
  column.nullable = nullable;
  return column;
}

DataType Type(std::string name, int length = 0, int precision = 0, int scale = 0) {
  return {std::move(name), length, precision, scale, {}};
}

KeyConstraint PrimaryKey(std::string name, std::vector<std::string> columns) {
  KeyConstraint key{std::move(name), true, true, {}};
  for (std::string& column : columns) key.columns.push_back({std::move(column), false});
  return key;
}

ForeignKey MakeForeignKey(std::string name, std::vector<std::string> columns, ObjectName to,
                          std::vector<std::string> to_columns) {
  ForeignKey key;
  key.name = std::move(name);
  key.columns = std::move(columns);
  key.referenced_table = std::move(to);
  key.referenced_columns = std::move(to_columns);
  return key;
}

CheckConstraint Check(std::string name, std::string expression) {
  return {std::move(name), std::move(expression), true, ""};
}

Table Customers() {
  Table table;
  table.name = {"Sales", "Customer"};
  table.description = "Who buys; \"{{ not jinja }}\" and 100% real: yes";
  table.place = {"schema.sql", 3, 1};
  table.columns = {MakeColumn("CustomerID", Type("nchar", 5)),
                   MakeColumn("Name", Type("nvarchar", 40)),
                   MakeColumn("Größe", Type("decimal", 0, 9, 2), true),
                   MakeColumn("名称", Type("nvarchar", 20), true),
                   MakeColumn("数量", Type("int"), false),
                   MakeColumn("He said \"hi\"", Type("varchar", 10), true),
                   MakeColumn("select", Type("bit"), false),
                   MakeColumn("Kind", Type("char", 1), true)};
  table.columns[1].description = "Full name # not a comment: with 'quotes'";
  table.keys = {PrimaryKey("PK_Customer", {"CustomerID"})};
  table.checks = {Check("CK_Kind", "([Kind]='A' OR [Kind]='b')"), Check("CK_Size", "([Größe]>(0))"),
                  Check("CK_Quantity", "[数量] IN ((1), (2), (3))")};
  return table;
}

Table OrderLines() {
  Table table;
  table.name = {"Sales", "Order Lines"};
  table.place = {"schema.sql", 20, 1};
  table.columns = {MakeColumn("OrderID", Type("int")),
                   MakeColumn("Line No", Type("smallint")),
                   MakeColumn("CustomerID", Type("nchar", 5), true),
                   MakeColumn("Price", Type("money")),
                   MakeColumn("Placed", Type("datetime")),
                   MakeColumn("Total", {}, true),
                   MakeColumn("Broken", {}, true)};
  table.columns[5].computed_expression = "([Price]*(2))";
  table.columns[6].computed_expression = "(dbo.f([Price]))";
  table.keys = {PrimaryKey("PK_Lines", {"OrderID", "Line No"})};
  table.foreign_keys = {
      MakeForeignKey("FK_Lines_Customer", {"CustomerID"}, {"Sales", "Customer"}, {}),
      MakeForeignKey("FK_Lines_Self", {"OrderID", "Line No"}, {"Sales", "Order Lines"}, {}),
      MakeForeignKey("FK_Gone", {"OrderID"}, {"Sales", "Gone"}, {"ID"})};
  table.checks = {Check("CK_Price", "([Price]>=(0))"), Check("CK_Odd", "(dbo.odd([Price])=(1))")};
  return table;
}

Table Notes() {
  Table table;
  table.name = {"dbo", "订单"};
  table.place = {"notes.sql", 1, 1};
  table.columns = {MakeColumn("id", Type("uniqueidentifier")),
                   MakeColumn("OrderID", Type("int"), true),
                   MakeColumn("Line No", Type("smallint"), true),
                   MakeColumn("Body", Type("varbinary", -1), true),
                   MakeColumn("Status", Type("varchar", 20), true),
                   MakeColumn("At", Type("datetime2", 0, 0, 7), true)};
  table.keys = {PrimaryKey("PK_Notes", {"id"})};
  table.foreign_keys = {MakeForeignKey("FK_Notes_Line", {"OrderID", "Line No"},
                                       {"Sales", "Order Lines"}, {"OrderID", "Line No"})};
  table.checks = {Check("CK_Status", "[Status] IN ('O''Neil', 'ref (x)', '1', 'None')")};
  catalog::Index index;
  index.name = "UX_Notes";
  index.unique = true;
  index.columns = {{"Status", false}};
  index.filter = "([Status] IS NOT NULL)";
  table.indexes = {index};
  return table;
}

catalog::View View(ObjectName name, std::string definition, uint32_t line) {
  catalog::View view;
  view.name = std::move(name);
  view.definition = std::move(definition);
  view.place = {"views.sql", line, 1};
  return view;
}

std::string Expression(std::string_view expression) {
  static const std::map<std::string, std::string, std::less<>> kKnown = {
      {"([Größe]>(0))", "\"Größe\" > 0"},
      {"([Price]*(2))", "\"Price\" * 2"},
      {"([Price]>=(0))", "\"Price\" >= 0"},
      {"([Status] IS NOT NULL)", "\"Status\" is not null"},
  };
  const auto found = kKnown.find(expression);
  return found == kKnown.end() ? "" : found->second;
}

std::string DuckDbType(const DataType& type) {
  static const std::map<std::string, std::string, std::less<>> kTypes = {
      {"int", "INTEGER"},         {"smallint", "SMALLINT"},    {"bit", "BOOLEAN"},
      {"nvarchar", "VARCHAR"},    {"varchar", "VARCHAR"},      {"nchar", "VARCHAR"},
      {"char", "VARCHAR"},        {"money", "DECIMAL(19, 4)"}, {"datetime", "TIMESTAMP"},
      {"datetime2", "TIMESTAMP"}, {"varbinary", "BLOB"},       {"uniqueidentifier", "UUID"}};
  if (type.name == "decimal") {
    return "DECIMAL(" + std::to_string(type.precision) + ", " + std::to_string(type.scale) + ")";
  }
  const auto found = kTypes.find(type.name);
  return found == kTypes.end() ? "" : found->second;
}

std::string Quote(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

dialects::TranslatedQuery Refused(std::string construct, uint32_t begin) {
  dialects::TranslatedQuery query;
  query.diagnostics.push_back({DiagnosticId::kUnsupportedConstruct,
                               {begin, begin + 4},
                               {std::move(construct), "duckdb"},
                               "Write it by hand.",
                               "",
                               "",
                               {}});
  return query;
}

dialects::TranslatedQuery TranslateView(const catalog::View& view,
                                        const dialects::RelationNamer& namer) {
  const ObjectName lines{"Sales", "Order Lines"}, customers{"sales", "CUSTOMER"};
  if (view.name.name == "vLines") {
    return {
        "select\n    l.\"OrderID\",\n    c.\"Name\",\n    '{{ braces }} {% x %} {# y' as "
        "\"Text\"\nfrom " +
            namer(lines) + " as l\njoin " + namer(customers) +
            " as c on c.\"CustomerID\" = l.\"CustomerID\"",
        {{"OrderID", Type("int"), "INTEGER", false},
         {"Name", Type("nvarchar", 40), "VARCHAR", false},
         {"Text", Type("varchar", 20), "VARCHAR", false}},
        {lines, customers},
        {}};
  }
  if (view.name.name == "Orders per customer") {
    const ObjectName read{"Sales", "vLines"};
    return {"select \"Name\", count(*) as \"Orders\"\nfrom " + namer(read) + "\ngroup by \"Name\"",
            {{"Name", Type("nvarchar", 40), "VARCHAR", false},
             {"Orders", Type("int"), "BIGINT", false}},
            {read},
            {}};
  }
  if (view.name.name == "vReadsXml") {
    const ObjectName read{"Sales", "vXml"};
    return {"select * from " + namer(read), {}, {read}, {}};
  }
  return Refused("FOR XML", 30);
}

dialects::TranslatedQuery TranslateRoutine(const catalog::Routine& routine,
                                           const dialects::RelationNamer& namer) {
  if (routine.name.name != "LinesAbove") return Refused("MERGE", 24);
  const ObjectName lines{"Sales", "Order Lines"};
  return {"select \"OrderID\"\nfrom " + namer(lines) +
              "\nwhere \"Price\" > cast('{{ var('lines_above__minimum', '10.5') }}' as "
              "decimal(19, 4))",
          {{"OrderID", Type("int"), "INTEGER", false}},
          {lines},
          {}};
}

}  // namespace

catalog::Catalog ShopCatalog() {
  catalog::Catalog shop;
  shop.database = "Shop Floor";
  shop.schemas = {"dbo", "Sales"};
  shop.tables = {OrderLines(), Customers(), Notes()};
  shop.views = {
      View({"Sales", "vReadsXml"}, "CREATE VIEW Sales.vReadsXml AS SELECT * FROM Sales.vXml", 1),
      View({"Sales", "vXml"}, "CREATE VIEW Sales.vXml\nAS SELECT 1 AS a\nFOR XML PATH", 4),
      View({"dbo", "Orders per customer"},
           "CREATE VIEW [Orders per customer] AS SELECT Name, COUNT(*) AS Orders FROM Sales.vLines "
           "GROUP BY Name",
           9),
      View({"Sales", "vLines"}, "CREATE VIEW Sales.vLines AS SELECT ...", 12)};
  catalog::Routine function;
  function.name = {"Sales", "LinesAbove"};
  function.kind = catalog::RoutineKind::kInlineFunction;
  function.definition = "CREATE FUNCTION Sales.LinesAbove(@minimum money) RETURNS TABLE ...";
  function.place = {"routines.sql", 1, 1};
  catalog::Routine procedure;
  procedure.name = {"Sales", "LoadLines"};
  procedure.definition = "CREATE PROCEDURE Sales.LoadLines AS\nMERGE Sales.[Order Lines] ...";
  procedure.place = {"routines.sql", 9, 1};
  shop.routines = {function, procedure};
  shop.triggers = {{{"Sales", "trLines"},
                    {"Sales", "Order Lines"},
                    "INSERT",
                    false,
                    "CREATE TRIGGER Sales.trLines ON Sales.[Order Lines] FOR INSERT AS SELECT 1",
                    {"routines.sql", 30, 1}}};
  shop.synonyms = {{{"dbo", "Lines"}, "[Sales].[Order Lines]", {}}};
  return shop;
}

dbt::Translator ShopTranslator() {
  dbt::Translator translator;
  translator.view = [](const catalog::CatalogIndex&, const catalog::View& view, Target,
                       const dialects::RelationNamer& namer) { return TranslateView(view, namer); };
  translator.routine = [](const catalog::CatalogIndex&, const catalog::Routine& routine, Target,
                          const dialects::RelationNamer& namer) {
    return TranslateRoutine(routine, namer);
  };
  translator.expression = [](const catalog::CatalogIndex&, const Table&, std::string_view text,
                             bool, Target) {
    return dialects::TranslatedExpression{Expression(text), {}};
  };
  translator.type = [](const DataType& type, Target) { return DuckDbType(type); };
  translator.quote = [](std::string_view name, Target) { return Quote(name); };
  return translator;
}

dbt::Project ShopProject() {
  return dbt::BuildProject(ShopCatalog(), {.name = "shop", .quarantined = {}, .for_each = {}},
                           ShopTranslator());
}

ShopRows::ShopRows() {
  rows["Sales.Customer"] = {
      {"ALFKI", "Alfred's", "1.50", std::nullopt, "1", "x\"y", "1", "a"},
      {"BONAP", "Bon {{ app }}", std::nullopt, "名", "3", std::nullopt, "0", std::nullopt}};
  rows["Sales.Order Lines"] = {
      {"1", "1", "alfki", "12.3400", "1997-01-02 03:04:05.123"},
      {"1", "2", std::nullopt, "0.0000", "1753-01-01 00:00:00.000"},
      {"2", "1", "BONAP", "922337203685477.5807", "9999-12-31 23:59:59.997"}};
  rows["dbo.订单"] = {
      {"6F9619FF-8B86-D011-B42D-00C04FC964FF", "1", "2", "0x00FF10", "O'Neil",
       "9999-12-31 23:59:59.9999999"},
      {"00000000-0000-0000-0000-000000000001", std::nullopt, "7", "0x", "REF (x)", std::nullopt},
      {"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "2", "1", std::nullopt, "1 ",
       "2020-02-29 00:00:00"}};
}

absl::Status ShopRows::ReadTable(const ObjectName& table, int batch_rows,
                                 const data::RowSink& sink) {
  const auto found = rows.find(table.ToString());
  if (found == rows.end()) return absl::NotFoundError("no table " + table.ToString());
  const size_t step = static_cast<size_t>(batch_rows);
  for (size_t begin = 0; begin < found->second.size(); begin += step) {
    const size_t end = std::min(begin + step, found->second.size());
    data::RowBatch batch;
    batch.rows.assign(found->second.begin() + begin, found->second.begin() + end);
    if (absl::Status status = sink(std::move(batch)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::testing
