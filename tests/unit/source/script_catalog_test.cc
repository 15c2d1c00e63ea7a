// What scripts define, read into a catalog.
#include <algorithm>

#include "tests/unit/source/script_folder.h"

namespace datamigrate::source {
namespace {

using catalog::Catalog;
using catalog::CatalogIndex;
using catalog::Column;
using catalog::Table;
using Texts = std::vector<std::string>;

const Table& TableOf(const Catalog& catalog, const std::string& schema, const std::string& name) {
  const Table* table = CatalogIndex(catalog).FindTable(schema, name);
  INFO(schema << "." << name);
  REQUIRE(table != nullptr);
  return *table;
}

const Column& ColumnOf(const Table& table, const std::string& name) {
  const Column* column = table.FindColumn(name);
  INFO(name);
  REQUIRE(column != nullptr);
  return *column;
}

Texts NamesOf(const std::vector<catalog::IndexColumn>& columns) {
  Texts names;
  for (const auto& column : columns)
    names.push_back(column.name + (column.descending ? " desc" : ""));
  return names;
}

TEST_CASE("types are read with their synonyms and defaults", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a integer, b dec, c dec(9), d character varying(5), e varchar, f national "
      "character varying(7),\n"
      "  g double precision, h float(10), i sysname, [timestamp], j timestamp, k datetime2, l "
      "time(3), m numeric(10,2),\n"
      "  n varbinary(max), o [nvarchar](MAX), p sys.int, q real, r xml, s \"bit\")");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  const Table& table = TableOf(source->catalog(), "dbo", "t");
  const std::map<std::string, std::string> expected = {{"a", "int"},
                                                       {"b", "decimal(18, 0)"},
                                                       {"c", "decimal(9, 0)"},
                                                       {"d", "varchar(5)"},
                                                       {"e", "varchar(1)"},
                                                       {"f", "nvarchar(7)"},
                                                       {"g", "float"},
                                                       {"h", "real"},
                                                       {"i", "nvarchar(128)"},
                                                       {"timestamp", "rowversion"},
                                                       {"j", "rowversion"},
                                                       {"k", "datetime2(7)"},
                                                       {"l", "time(3)"},
                                                       {"m", "numeric(10, 2)"},
                                                       {"n", "varbinary(max)"},
                                                       {"o", "nvarchar(max)"},
                                                       {"p", "int"},
                                                       {"q", "real"},
                                                       {"r", "xml"},
                                                       {"s", "bit"}};
  for (const auto& [name, type] : expected) {
    INFO(name);
    CHECK(ColumnOf(table, name).type.ToString() == type);
  }
}

TEST_CASE("nullability comes from the column, the key, the type or the default",
          "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TYPE dbo.Code FROM varchar(3) NOT NULL\nGO\nEXEC sp_addtype Flag, 'bit', 'NULL'\nGO\n"
      "CREATE TABLE t (a int, b int NOT NULL, c int NULL, d int IDENTITY(5,-2), e Code, f Code "
      "NULL, g Flag, h sysname,\n"
      "  i rowversion, j int PRIMARY KEY, k AS b + 1)");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  const Table& table = TableOf(source->catalog(), "dbo", "t");
  std::string nullable;
  for (const Column& column : table.columns) nullable += column.nullable ? column.name : "";
  CHECK(nullable == "acfgk");
  CHECK(ColumnOf(table, "e").type.ToString() == "varchar(3)");
  CHECK(ColumnOf(table, "e").type.user_type.ToString() == "dbo.Code");
  CHECK(ColumnOf(table, "d").identity_seed == "5");
  CHECK(ColumnOf(table, "d").identity_increment == "-2");
  CHECK(ColumnOf(table, "k").computed_expression == "b + 1");
  CHECK(source->catalog().user_types.size() == 2);
}

TEST_CASE("keys, checks, defaults and indexes, beside columns and apart", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TABLE p (x int, y int, CONSTRAINT pk_p PRIMARY KEY NONCLUSTERED (x, y DESC));\n"
      "CREATE TABLE t (\n"
      "  a int NOT NULL CONSTRAINT df_a DEFAULT ((1)) CONSTRAINT ck_a CHECK (a > 0) UNIQUE,\n"
      "  b int, c datetime DEFAULT getdate(), d int INDEX ix_d,\n"
      "  CONSTRAINT fk FOREIGN KEY (b, a) REFERENCES p (x, y) ON DELETE CASCADE ON UPDATE SET "
      "NULL,\n"
      "  CONSTRAINT ck CHECK (a < b), INDEX ix_2 UNIQUE CLUSTERED (b DESC));\n"
      "ALTER TABLE t WITH NOCHECK ADD CONSTRAINT ck2 CHECK (b <> 3), CONSTRAINT df_b DEFAULT 7 FOR "
      "b, e int NULL;\n"
      "CREATE UNIQUE INDEX ix_3 ON t (a, b DESC) INCLUDE (c) WHERE b IS NOT NULL;\n"
      "CREATE CLUSTERED COLUMNSTORE INDEX cci ON p;\n");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  const Table& table = TableOf(source->catalog(), "dbo", "t");
  const Table& parent = TableOf(source->catalog(), "dbo", "p");
  REQUIRE(parent.PrimaryKey() != nullptr);
  CHECK(parent.PrimaryKey()->name == "pk_p");
  CHECK_FALSE(parent.PrimaryKey()->clustered);
  CHECK(NamesOf(parent.PrimaryKey()->columns) == Texts{"x", "y desc"});
  CHECK_FALSE(ColumnOf(parent, "x").nullable);
  CHECK(parent.indexes.at(0).kind == "columnstore");
  CHECK(ColumnOf(table, "a").default_expression == "((1))");
  CHECK(ColumnOf(table, "a").default_name == "df_a");
  CHECK(ColumnOf(table, "b").default_expression == "7");
  CHECK(ColumnOf(table, "c").default_expression == "getdate()");
  REQUIRE(table.checks.size() == 3);
  CHECK(table.checks[0].column == "a");
  CHECK(table.checks[0].expression == "a > 0");
  CHECK(table.checks[1].name == "ck");
  REQUIRE(table.keys.size() == 1);
  CHECK_FALSE(table.keys[0].primary);
  REQUIRE(table.foreign_keys.size() == 1);
  CHECK(table.foreign_keys[0].columns == Texts{"b", "a"});
  CHECK(table.foreign_keys[0].on_delete == "CASCADE");
  CHECK(table.foreign_keys[0].on_update == "SET NULL");
  REQUIRE(table.indexes.size() == 3);
  CHECK(table.indexes[1].kind == "clustered");
  CHECK(table.indexes[2].unique);
  CHECK(NamesOf(table.indexes[2].columns) == Texts{"a", "b desc"});
  CHECK(table.indexes[2].included_columns == Texts{"c"});
  CHECK(table.indexes[2].filter == "b IS NOT NULL");
  CHECK(table.columns.back().name == "e");
}

TEST_CASE("files may come in any order", "[source][catalog]") {
  ScriptFolder folder;
  folder.Write("1.sql",
               "ALTER TABLE sales.t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES sales.p (x);\n"
               "EXEC sp_addextendedproperty 'MS_Description', 'first', 'SCHEMA', 'sales', 'TABLE', "
               "'t', 'COLUMN', 'a';\n"
               "CREATE INDEX ix ON sales.t (a);");
  folder.Write("2.sql", "CREATE TABLE sales.t (a dbo.Number NOT NULL)");
  folder.Write("3/x.sql",
               "CREATE TABLE sales.p (x int PRIMARY KEY)\nGO\nCREATE TYPE dbo.Number FROM int");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  const Table& table = TableOf(source->catalog(), "sales", "t");
  CHECK(table.foreign_keys.size() == 1);
  CHECK(table.indexes.size() == 1);
  CHECK(ColumnOf(table, "a").description == "first");
  CHECK(ColumnOf(table, "a").type.name == "int");
  CHECK(table.place.file == "2.sql");
}

TEST_CASE("a key to a missing table is reported and left out", "[source][catalog]") {
  const ScriptFolder folder(
      "\nCREATE TABLE t (a int REFERENCES gone (x), b int, CONSTRAINT fk2 FOREIGN KEY (c) "
      "REFERENCES t (a),\n"
      " CONSTRAINT pk PRIMARY KEY (zz))");
  const auto source = folder.Open();
  CHECK(CodesOf(*source) == Texts{"SC0311", "SC0302", "SC0303"});
  CHECK(source->diagnostics()[1].place.line == 2);
  CHECK(TableOf(source->catalog(), "dbo", "t").foreign_keys.empty());
  CHECK(TableOf(source->catalog(), "dbo", "t").keys.empty());
}

TEST_CASE("of two definitions the first is kept and both places are named", "[source][catalog]") {
  ScriptFolder folder;
  folder.Write("a.sql", "CREATE TABLE t (first int)");
  folder.Write("b.sql", "-- again\nCREATE TABLE T (second int)");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source) == Texts{"b.sql:2:1 SC0301 the table dbo.T is defined twice: the first "
                                     "definition, at a.sql:1, is kept"});
  CHECK(TableOf(source->catalog(), "dbo", "t").columns[0].name == "first");
}

TEST_CASE("definitions under conditions and in constant texts are found", "[source][catalog]") {
  const ScriptFolder folder(
      "IF OBJECT_ID('t1') IS NULL CREATE TABLE t1 (a int);\n"
      "IF NOT EXISTS (SELECT * FROM sys.tables WHERE name = 't2')\nBEGIN\n  CREATE TABLE t2 (a "
      "int)\nEND\n"
      "BEGIN TRY CREATE TABLE t3 (a int) END TRY BEGIN CATCH THROW END CATCH\n"
      "EXEC('CREATE TABLE t4 (a int)')\n"
      "DECLARE @sql nvarchar(max) = N'CREATE VIEW v AS '; SET @sql += N'SELECT 1 AS a'; EXEC "
      "sp_executesql @sql;\n"
      "IF OBJECT_ID('t1') IS NULL CREATE TABLE t1 (again int);\n"
      "EXEC(@unknown)\n");
  const auto source = folder.Open();
  CHECK(source->catalog().tables.size() == 4);
  CHECK(source->catalog().views.size() == 1);
  CHECK(source->catalog().views[0].definition == "CREATE VIEW v AS SELECT 1 AS a");
  CHECK(CodesOf(*source) == Texts{"SC0310"});
}

TEST_CASE("changes are applied in order", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a int CONSTRAINT df DEFAULT 1, b varchar(10), c int, CONSTRAINT ck CHECK (a "
      "> 1));\n"
      "ALTER TABLE t ADD d int, e AS a * 2 PERSISTED;\nALTER TABLE t DROP COLUMN c;\nALTER TABLE t "
      "DROP CONSTRAINT ck, df;\n"
      "ALTER TABLE t ALTER COLUMN b nvarchar(20) NOT NULL;\nEXEC sp_rename 't.d', 'delta', "
      "'COLUMN';\n"
      "CREATE TABLE gone (a int);\nDROP TABLE gone;\nEXEC sp_rename 'dbo.t', 'u';\n");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  REQUIRE(source->catalog().tables.size() == 1);
  const Table& table = TableOf(source->catalog(), "dbo", "u");
  Texts names;
  for (const Column& column : table.columns) names.push_back(column.name);
  CHECK(names == Texts{"a", "b", "delta", "e"});
  CHECK(ColumnOf(table, "b").type.ToString() == "nvarchar(20)");
  CHECK_FALSE(ColumnOf(table, "b").nullable);
  CHECK(ColumnOf(table, "a").default_expression.empty());
  CHECK(ColumnOf(table, "e").persisted);
  CHECK(table.checks.empty());
}

TEST_CASE("DROP of what another file defines is not applied", "[source][catalog]") {
  ScriptFolder folder;
  folder.Write("create.sql", "CREATE TABLE t (a int)");
  folder.Write("drop.sql", "DROP TABLE IF EXISTS t;\nDROP TABLE IF EXISTS unknown;");
  const auto source = folder.Open();
  CHECK(CodesOf(*source) == Texts{"SC0307"});
  CHECK(source->catalog().tables.size() == 1);
}

TEST_CASE("constraints are disabled, enabled and trusted as ALTER TABLE says",
          "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TABLE p (x int PRIMARY KEY); CREATE TABLE t (a int CONSTRAINT f1 REFERENCES p, b int "
      "CONSTRAINT f2 REFERENCES p,\n"
      "c int CONSTRAINT ck CHECK (c > 0));\n"
      "ALTER TABLE t NOCHECK CONSTRAINT f1; ALTER TABLE t NOCHECK CONSTRAINT ck;\n"
      "ALTER TABLE t NOCHECK CONSTRAINT f2; ALTER TABLE t WITH CHECK CHECK CONSTRAINT f2;\n"
      "ALTER TABLE t WITH NOCHECK ADD CONSTRAINT f3 FOREIGN KEY (c) REFERENCES p (x);");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  const Table& table = TableOf(source->catalog(), "dbo", "t");
  REQUIRE(table.foreign_keys.size() == 3);
  const auto state = [&](int i) {
    return std::string(table.foreign_keys[i].enabled ? "enabled" : "disabled") +
           (table.foreign_keys[i].trusted ? " trusted" : "");
  };
  CHECK(state(0) == "disabled");
  CHECK(state(1) == "enabled trusted");
  CHECK(state(2) == "enabled");
  CHECK_FALSE(table.checks[0].enabled);
}

TEST_CASE("modules keep their text and place", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE VIEW v WITH SCHEMABINDING AS SELECT a FROM dbo.t WITH CHECK OPTION\nGO\n"
      "-- comment before\nCREATE PROC p @a int = 3, @b varchar(10) OUTPUT AS SELECT @a\nGO\n"
      "CREATE FUNCTION f (@x int) RETURNS decimal(9,2) AS BEGIN RETURN @x END\nGO\n"
      "CREATE FUNCTION g () RETURNS TABLE AS RETURN SELECT 1 AS one\nGO\n"
      "CREATE FUNCTION h () RETURNS @r TABLE (a int NOT NULL, b varchar(3)) AS BEGIN RETURN "
      "END\nGO\n"
      "CREATE TABLE t (a int)\nGO\nCREATE TRIGGER tr ON t INSTEAD OF INSERT, UPDATE AS PRINT "
      "1\nGO\n"
      "ALTER VIEW v AS SELECT a, 1 AS b FROM t\nGO\nCREATE OR ALTER PROC p AS SELECT 2\nGO\n"
      "CREATE SEQUENCE s AS int START WITH 10 INCREMENT BY 5 MINVALUE 0 MAXVALUE 100 CYCLE\nGO\n"
      "CREATE SYNONYM sy FOR other.dbo.t\nGO\nCREATE TYPE tt AS TABLE (a int PRIMARY KEY, b "
      "int)\n");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  const Catalog& catalog = source->catalog();
  REQUIRE(catalog.views.size() == 1);
  CHECK(catalog.views[0].definition == "ALTER VIEW v AS SELECT a, 1 AS b FROM t");
  REQUIRE(catalog.routines.size() == 4);
  CHECK(catalog.routines[0].definition == "CREATE OR ALTER PROC p AS SELECT 2");
  CHECK(catalog.routines[1].kind == catalog::RoutineKind::kScalarFunction);
  CHECK(catalog.routines[1].returns.ToString() == "decimal(9, 2)");
  CHECK(catalog.routines[1].place.line == 6);
  CHECK(catalog.routines[2].kind == catalog::RoutineKind::kInlineFunction);
  CHECK(catalog.routines[3].kind == catalog::RoutineKind::kTableFunction);
  REQUIRE(catalog.routines[3].return_columns.size() == 2);
  CHECK_FALSE(catalog.routines[3].return_columns[0].nullable);
  REQUIRE(catalog.triggers.size() == 1);
  CHECK(catalog.triggers[0].table.ToString() == "dbo.t");
  CHECK(catalog.triggers[0].events == "INSERT, UPDATE");
  CHECK(catalog.triggers[0].instead_of);
  REQUIRE(catalog.sequences.size() == 1);
  CHECK(catalog.sequences[0].start == "10");
  CHECK(catalog.sequences[0].increment == "5");
  CHECK(catalog.sequences[0].cycle);
  CHECK(catalog.synonyms.at(0).target == "other.dbo.t");
  CHECK(catalog.user_types.at(0).columns.size() == 2);
}

TEST_CASE("parameters carry type, default and direction", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE PROC p @a int = 3, @b varchar(10) = 'x' OUTPUT, @c dbo.tt READONLY AS SELECT 1\nGO\n"
      "CREATE TYPE tt AS TABLE (a int)");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  const auto& parameters = source->catalog().routines.at(0).parameters;
  REQUIRE(parameters.size() == 3);
  CHECK(parameters[0].name == "@a");
  CHECK(parameters[0].default_expression == "3");
  CHECK(parameters[1].output);
  CHECK(parameters[1].type.ToString() == "varchar(10)");
  CHECK(parameters[2].read_only);
  CHECK(parameters[2].type.user_type.ToString() == "dbo.tt");
}

TEST_CASE("temporal tables have their period and history table", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 5, f datetime2 GENERATED ALWAYS AS ROW "
      "START HIDDEN,\n"
      "  u datetime2 GENERATED ALWAYS AS ROW END NOT NULL, PERIOD FOR SYSTEM_TIME (f, u))\n"
      "WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = [dbo].[t_history]))");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  const Table& table = TableOf(source->catalog(), "dbo", "t");
  REQUIRE(table.temporal);
  CHECK(table.temporal->start_column == "f");
  CHECK(table.temporal->end_column == "u");
  CHECK(table.temporal->history_table.ToString() == "dbo.t_history");
  CHECK(ColumnOf(table, "f").period_role == catalog::PeriodRole::kRowStart);
  CHECK(ColumnOf(table, "f").hidden);
  CHECK_FALSE(ColumnOf(table, "f").nullable);
  const Table& history = TableOf(source->catalog(), "dbo", "t_history");
  CHECK(history.columns.size() == 4);
  CHECK(history.keys.empty());
  CHECK(ColumnOf(history, "a").default_expression.empty());
}

TEST_CASE("descriptions reach every level, by name and by position", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TABLE s.t (a int)\nGO\nCREATE VIEW s.v AS SELECT 1 AS a\nGO\nCREATE PROC s.p AS "
      "SELECT 1\nGO\n"
      "EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'it''s a table', "
      "@level0type = N'SCHEMA',\n"
      "  @level0name = N's', @level1type = N'TABLE', @level1name = N't';\n"
      "EXECUTE sp_addextendedproperty N'MS_Description', N'a column', N'SCHEMA', [s], N'TABLE', "
      "[t], N'COLUMN', [a];\n"
      "EXEC sp_addextendedproperty 'MS_Description', 'a view', 'user', s, 'view', v;\n"
      "EXEC sp_addextendedproperty 'MS_Description', 'a procedure', 'SCHEMA', 's', 'PROCEDURE', "
      "'p';\n"
      "EXEC sp_updateextendedproperty 'MS_Description', 'a better view', 'SCHEMA', 's', 'VIEW', "
      "'v';\n"
      "EXEC sp_addextendedproperty 'Other', 'not a description', 'SCHEMA', 's', 'TABLE', 't';\n");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  CHECK(source->catalog().tables[0].description == "it's a table");
  CHECK(source->catalog().tables[0].columns[0].description == "a column");
  CHECK(source->catalog().views[0].description == "a better view");
  CHECK(source->catalog().routines[0].description == "a procedure");
}

TEST_CASE("USE names the database, and objects of others are left out", "[source][catalog]") {
  const ScriptFolder folder(
      "USE master\nGO\nCREATE DATABASE Shop\nGO\nUSE Shop\nGO\nCREATE TABLE a (x int)\nCREATE "
      "TABLE b (x int)\nGO\n"
      "USE Other\nGO\nCREATE TABLE c (x int)\n");
  const auto source = folder.Open();
  CHECK(source->catalog().database == "Shop");
  CHECK(source->catalog().tables.size() == 2);
  CHECK(CodesOf(*source) == Texts{"SC0308"});
}

TEST_CASE("names keep their quotes out and their characters in", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TABLE [dbo].[客户 \"信息\"] ([a]]b] int, \"c d\" int, [x.y] int, 名前 nvarchar(5));\n"
      "CREATE TABLE [O'Brien] (a int);");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  const Table& table = TableOf(source->catalog(), "dbo", "客户 \"信息\"");
  Texts names;
  for (const Column& column : table.columns) names.push_back(column.name);
  CHECK(names == Texts{"a]b", "c d", "x.y", "名前"});
  TableOf(source->catalog(), "dbo", "o'brien");
}

TEST_CASE("what is not migrated is counted, what cannot be parsed is placed, the rest goes on",
          "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE LOGIN x WITH PASSWORD = 'secret!1'\nGO\nCREATE LOGIN y WITH PASSWORD = "
      "'secret!2'\nGO\n"
      "CREATE TABLE t (a int,\n  b int b int)\nGO\nCREATE TABLE good (a int)\nGO\nSELECT 1 AS a "
      "INTO made\n");
  const auto source = folder.Open();
  CHECK(source->catalog().tables.size() == 1);
  bool has_login = false, has_syntax = false;
  for (const std::string& finding : FindingsOf(*source)) {
    INFO(finding);
    CHECK(finding.find("secret") == std::string::npos);
    has_login = has_login || finding ==
                                 "script.sql:1:1 SC0306 CREATE LOGIN is not part of a migration: 2 "
                                 "found, the first one here";
    has_syntax = has_syntax || finding.starts_with("script.sql:6:9 TS0210");
  }
  CHECK(has_login);
  CHECK(has_syntax);
}

TEST_CASE("bound defaults belong to their column", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a int, b int)\nGO\nCREATE DEFAULT zero AS 0\nGO\nEXEC sp_bindefault 'zero', "
      "'t.b'");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  CHECK(source->catalog().tables[0].columns[1].default_expression == "0");
  CHECK(source->catalog().tables[0].columns[1].default_name == "zero");
}

TEST_CASE("a copy of a whole table has its columns", "[source][catalog]") {
  const ScriptFolder folder(
      "CREATE TABLE t (a int IDENTITY, b varchar(3) DEFAULT 'x')\nGO\nSELECT * INTO copy FROM t");
  const auto source = folder.Open();
  CHECK(FindingsOf(*source).empty());
  CHECK(TableOf(source->catalog(), "dbo", "copy").columns.size() == 2);
}

}  // namespace
}  // namespace datamigrate::source
