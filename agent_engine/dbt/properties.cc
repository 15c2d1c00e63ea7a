#include "agent_engine/dbt/properties.h"

#include <algorithm>

#include "agent_engine/dbt/template.h"
#include "agent_engine/dbt/yaml.h"
#include "agent_engine/dialects/translate.h"

namespace datamigrate::dbt {
namespace {

using dialects::Target;

// dbt quotes a name of a column without doubling the quotes inside.
std::string ColumnName(const std::string& name, Target target) {
  const std::string quoted = dialects::QuoteIdentifier(name, target);
  return quoted.substr(1, quoted.size() - 2);
}

void WriteDescription(const std::string& description, YamlWriter& yaml) {
  if (!description.empty()) yaml.Field("description", EscapeJinja(description));
}

void WriteMeta(const catalog::ObjectName& object, const catalog::SourcePlace* place,
               YamlWriter& yaml) {
  yaml.Begin("meta");
  yaml.Field("source_object", EscapeJinja(object.ToString()));
  if (place != nullptr && !place->file.empty()) {
    yaml.Field("source_file", EscapeJinja(place->file));
    yaml.Raw("source_line", std::to_string(place->line));
  }
  yaml.End();
}

void WriteList(std::string_view key, const std::vector<std::string>& values, YamlWriter& yaml) {
  yaml.Begin(key);
  for (const std::string& value : values) yaml.Item(TestArgument(value));
  yaml.End();
}

// dbt puts quotes around values without escaping what is inside.
std::vector<std::string> Escaped(std::vector<std::string> values, Target target) {
  for (std::string& value : values) value = dialects::EscapeText(value, target);
  return values;
}

void WriteAcceptedValues(const ModelTest& test, Target target, YamlWriter& yaml) {
  if (test.values_are_text) {
    return WriteList("values", Escaped(test.values, target), yaml);
  }
  yaml.Begin("values");
  for (const std::string& value : test.values) yaml.Item(value);
  yaml.End();
  yaml.Raw("quote", "false");
}

void WriteArguments(const ModelTest& test, Target target, YamlWriter& yaml) {
  switch (test.kind) {
    case TestKind::kNotNull:
    case TestKind::kUnique:
      return;
    case TestKind::kUniqueCombination:
      yaml.Begin("arguments");
      WriteList("columns", test.columns, yaml);
      break;
    case TestKind::kRelationships:
      yaml.Begin("arguments");
      yaml.Field("to", "ref('" + test.to_model + "')");
      yaml.Field("field", TestArgument(dialects::QuoteIdentifier(test.to_columns[0], target)));
      break;
    case TestKind::kForeignKey:
      yaml.Begin("arguments");
      WriteList("columns", test.columns, yaml);
      yaml.Field("to", "ref('" + test.to_model + "')");
      WriteList("to_columns", test.to_columns, yaml);
      if (!test.folded_columns.empty()) WriteList("folded_columns", test.folded_columns, yaml);
      break;
    case TestKind::kAcceptedValues:
      yaml.Begin("arguments");
      WriteAcceptedValues(test, target, yaml);
      break;
    case TestKind::kAcceptedValuesIgnoringCase:
      yaml.Begin("arguments");
      WriteList("values", test.values, yaml);
      break;
    case TestKind::kExpressionHolds:
      yaml.Begin("arguments");
      yaml.Field("expression", TestArgument(test.expression));
      break;
  }
  yaml.End();
}

bool IsBare(const ModelTest& test) {
  const bool has_arguments = test.kind != TestKind::kNotNull && test.kind != TestKind::kUnique;
  return !has_arguments && test.where.empty() && !test.only_warns && test.constraint.empty();
}

void WriteTest(const ModelTest& test, Target target, YamlWriter& yaml) {
  if (IsBare(test)) return yaml.Item(TestName(test.kind));
  yaml.BeginItem();
  yaml.Begin(TestName(test.kind));
  if (!test.constraint.empty()) {
    yaml.Field("description", EscapeJinja("Constraint " + test.constraint));
  }
  WriteArguments(test, target, yaml);
  if (test.only_warns || !test.where.empty()) {
    yaml.Begin("config");
    if (test.only_warns) yaml.Field("severity", "warn");
    if (!test.where.empty()) yaml.Field("where", EscapeJinja(test.where));
    yaml.End();
  }
  yaml.End();
  yaml.EndItem();
}

bool IsOfColumn(const ModelTest& test) {
  return test.kind != TestKind::kUniqueCombination && test.kind != TestKind::kForeignKey &&
         test.kind != TestKind::kExpressionHolds;
}

void WriteTests(const Model& model, const std::string& column, Target target, YamlWriter& yaml) {
  bool has_begun = false;
  for (const ModelTest& test : model.tests) {
    const bool is_here =
        column.empty() ? !IsOfColumn(test) : IsOfColumn(test) && test.columns[0] == column;
    if (!is_here) continue;
    if (!has_begun) yaml.Begin("data_tests");
    has_begun = true;
    WriteTest(test, target, yaml);
  }
  if (has_begun) yaml.End();
}

void WriteColumn(const Model& model, const ModelColumn& column, Target target, YamlWriter& yaml) {
  yaml.BeginItem();
  yaml.Field("name", ColumnName(column.name, target));
  WriteDescription(column.description, yaml);
  yaml.Raw("quote", "true");
  if (!column.target_type.empty()) yaml.Field("data_type", column.target_type);
  WriteTests(model, column.name, target, yaml);
  yaml.EndItem();
}

Materialization DefaultMaterialization(Layer layer) {
  return layer == Layer::kMarts ? Materialization::kTable : Materialization::kView;
}

void WriteModel(const Model& model, Target target, YamlWriter& yaml) {
  yaml.BeginItem();
  yaml.Field("name", model.name);
  WriteDescription(model.description, yaml);
  yaml.Begin("config");
  if (model.alias != model.name) yaml.Field("alias", model.alias);
  if (model.materialization != DefaultMaterialization(model.layer)) {
    yaml.Field("materialized", MaterializationName(model.materialization));
  }
  WriteMeta(model.source_object, &model.place, yaml);
  yaml.End();
  WriteTests(model, "", target, yaml);
  if (!model.columns.empty()) {
    yaml.Begin("columns");
    for (const ModelColumn& column : model.columns) WriteColumn(model, column, target, yaml);
    yaml.End();
  }
  yaml.EndItem();
}

void WriteSourceTable(const SourceTable& table, Target target, YamlWriter& yaml) {
  yaml.BeginItem();
  yaml.Field("name", table.table_name);
  yaml.Field("identifier", table.identifier);
  WriteDescription(table.description, yaml);
  yaml.Begin("config");
  WriteMeta(table.object, nullptr, yaml);
  yaml.End();
  if (!table.columns.empty()) {
    yaml.Begin("columns");
    for (const SourceColumn& column : table.columns) {
      yaml.BeginItem();
      yaml.Field("name", ColumnName(column.name, target));
      WriteDescription(column.description, yaml);
      yaml.Raw("quote", "true");
      yaml.Field("data_type", column.target_type);
      yaml.EndItem();
    }
    yaml.End();
  }
  yaml.EndItem();
}

}  // namespace

std::string RenderSources(const Project& project, const std::vector<const SourceTable*>& tables) {
  const SourceTable& first = *tables.front();
  YamlWriter yaml;
  yaml.Raw("version", "2");
  yaml.BlankLine();
  yaml.Begin("sources");
  yaml.BeginItem();
  yaml.Field("name", first.source_name);
  const std::string of_database = project.database.empty() ? "" : " of " + project.database;
  yaml.Field("description", EscapeJinja("Tables of schema " + first.object.schema + of_database +
                                        ", as loaded from SQL Server."));
  yaml.Field("schema", first.raw_schema);
  // Snowflake alone does not quote by default, and the raw tables keep the case of their names.
  if (project.target == dialects::Target::kSnowflake) {
    yaml.Begin("quoting");
    yaml.Raw("schema", "true");
    yaml.Raw("identifier", "true");
    yaml.End();
  }
  yaml.Begin("tables");
  for (const SourceTable* table : tables) WriteSourceTable(*table, project.target, yaml);
  yaml.End();
  yaml.EndItem();
  yaml.End();
  return yaml.Take();
}

std::string RenderProperties(const Project& project, const std::vector<const Model*>& models) {
  YamlWriter yaml;
  yaml.Raw("version", "2");
  yaml.BlankLine();
  yaml.Begin("models");
  for (const Model* model : models) WriteModel(*model, project.target, yaml);
  yaml.End();
  return yaml.Take();
}

}  // namespace datamigrate::dbt
