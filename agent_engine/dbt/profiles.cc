#include <map>
#include <vector>

#include "agent_engine/dbt/project_files.h"
#include "agent_engine/dbt/yaml.h"

namespace datamigrate::dbt {
namespace {

using dialects::Target;

// One setting of a connection. The value is used as it is where `variable` is empty; otherwise the
// environment variable's, with `value` as its default, or required where `value` is empty too.
struct Setting {
  std::string_view key;
  std::string_view variable;
  std::string_view value;
  bool is_number = false;
};

// dbt keeps the values of variables that begin with DBT_ENV_SECRET_ out of its logs (dbt:
// "env_var").
const std::vector<Setting>& SettingsOf(Target target) {
  static const std::map<Target, std::vector<Setting>> kSettings = {
      {Target::kDuckDb, {{"type", "", "duckdb"}}},
      {Target::kPostgres,
       {{"type", "", "postgres"},
        {"host", "DBT_POSTGRES_HOST", "localhost"},
        {"port", "DBT_POSTGRES_PORT", "5432", true},
        {"user", "DBT_POSTGRES_USER", ""},
        {"password", "DBT_ENV_SECRET_POSTGRES_PASSWORD", ""},
        {"dbname", "DBT_POSTGRES_DATABASE", ""}}},
      {Target::kSnowflake,
       {{"type", "", "snowflake"},
        {"account", "DBT_SNOWFLAKE_ACCOUNT", ""},
        {"user", "DBT_SNOWFLAKE_USER", ""},
        {"password", "DBT_ENV_SECRET_SNOWFLAKE_PASSWORD", ""},
        {"role", "DBT_SNOWFLAKE_ROLE", "TRANSFORMER"},
        {"warehouse", "DBT_SNOWFLAKE_WAREHOUSE", ""},
        {"database", "DBT_SNOWFLAKE_DATABASE", ""}}},
      {Target::kDatabricks,
       {{"type", "", "databricks"},
        {"host", "DBT_DATABRICKS_HOST", ""},
        {"http_path", "DBT_DATABRICKS_HTTP_PATH", ""},
        {"token", "DBT_ENV_SECRET_DATABRICKS_TOKEN", ""},
        {"catalog", "DBT_DATABRICKS_CATALOG", "main"}}},
      {Target::kBigQuery,
       {{"type", "", "bigquery"},
        {"method", "DBT_BIGQUERY_METHOD", "oauth"},
        {"project", "DBT_BIGQUERY_PROJECT", ""},
        {"location", "DBT_BIGQUERY_LOCATION", "US"}}},
      {Target::kRedshift,
       {{"type", "", "redshift"},
        {"host", "DBT_REDSHIFT_HOST", ""},
        {"port", "DBT_REDSHIFT_PORT", "5439", true},
        {"user", "DBT_REDSHIFT_USER", ""},
        {"password", "DBT_ENV_SECRET_REDSHIFT_PASSWORD", ""},
        {"dbname", "DBT_REDSHIFT_DATABASE", ""}}},
      {Target::kFabric,
       {{"type", "", "fabric"},
        {"driver", "DBT_FABRIC_DRIVER", "ODBC Driver 18 for SQL Server"},
        {"server", "DBT_FABRIC_HOST", ""},
        {"database", "DBT_FABRIC_DATABASE", ""},
        {"authentication", "", "ServicePrincipal"},
        {"tenant_id", "DBT_FABRIC_TENANT_ID", ""},
        {"client_id", "DBT_FABRIC_CLIENT_ID", ""},
        {"client_secret", "DBT_ENV_SECRET_FABRIC_CLIENT_SECRET", ""}}},
  };
  return kSettings.at(target);
}

std::string Value(const Setting& setting) {
  if (setting.variable.empty()) return std::string(setting.value);
  std::string text = "{{ env_var('" + std::string(setting.variable) + "'";
  if (!setting.value.empty()) text += ", '" + std::string(setting.value) + "'";
  return text + (setting.is_number ? ") | as_number }}" : ") }}");
}

void WriteOutput(const Project& project, std::string_view name, std::string_view schema,
                 YamlWriter& yaml) {
  yaml.Begin(name);
  for (const Setting& setting : SettingsOf(project.target)) yaml.Field(setting.key, Value(setting));
  if (project.target == Target::kDuckDb) {
    yaml.Field("path", Value({"path", "DATAMIGRATE_DUCKDB_PATH", project.name + ".duckdb"}));
  }
  yaml.Field(project.target == Target::kBigQuery ? "dataset" : "schema", schema);
  yaml.Raw("threads", "4");
  yaml.End();
}

}  // namespace

std::string RenderProfiles(const Project& project) {
  YamlWriter yaml;
  yaml.Comment("Connections of this project. Addresses and secrets come from the environment.");
  yaml.Begin(project.name);
  yaml.Field("target", "{{ env_var('DBT_TARGET', 'dev') }}");
  yaml.Begin("outputs");
  WriteOutput(project, "dev", "dev", yaml);
  WriteOutput(project, "prod", project.target == Target::kDuckDb ? "main" : "analytics", yaml);
  yaml.End();
  yaml.End();
  return yaml.Take();
}

}  // namespace datamigrate::dbt
