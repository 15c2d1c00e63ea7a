// Every loaded table against what its source gave.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/agents/environment.h"
#include "agent_engine/data/table_comparison.h"
#include "agent_engine/dbt/project_model.h"
#include "agent_engine/workflow/node_context.h"

namespace datamigrate::agents {

// Compares counts and checksums of all tables that have rows in the source. Errors: those of the database; the token's reason.
absl::StatusOr<std::vector<data::TableComparison>> CompareTables(const Environment& environment,
                                                                 const dbt::Project& project,
                                                                 workflow::NodeContext& context);

}  // namespace datamigrate::agents
