#include "agent_engine/agents/source_comparison.h"

#include <utility>

namespace datamigrate::agents {

absl::StatusOr<std::vector<data::TableComparison>> CompareTables(const Environment& environment,
                                                                 const dbt::Project& project,
                                                                 workflow::NodeContext& context) {
  auto database = data::Database::Open(PathsOf(environment, context.run_id()).database.string());
  if (!database.ok()) return database.status();
  auto connection = database->Connect();
  if (!connection.ok()) return connection.status();
  std::vector<data::TableComparison> comparisons;
  for (const dbt::SourceTable& table : project.sources) {
    if (context.token().IsCancelled()) return context.token().status();
    auto comparison = data::CompareTable(*connection, table);
    if (absl::IsNotFound(comparison.status())) continue;  // The source gave it no rows.
    if (!comparison.ok()) return comparison.status();
    comparisons.push_back(*std::move(comparison));
  }
  return comparisons;
}

}  // namespace datamigrate::agents
