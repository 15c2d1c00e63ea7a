#include "agent_engine/dialects/target.h"

#include <algorithm>

namespace datamigrate::dialects {

std::string_view TargetName(Target target) {
  switch (target) {
    case Target::kDuckDb:
      return "duckdb";
    case Target::kPostgres:
      return "postgres";
    case Target::kSnowflake:
      return "snowflake";
    case Target::kDatabricks:
      return "databricks";
    case Target::kBigQuery:
      return "bigquery";
    case Target::kRedshift:
      return "redshift";
    case Target::kFabric:
      return "fabric";
  }
  return "";
}

std::optional<Target> ParseTarget(std::string_view name) {
  const auto* const found = std::ranges::find(kTargets, name, TargetName);
  if (found == kTargets.end()) return std::nullopt;
  return *found;
}

}  // namespace datamigrate::dialects
