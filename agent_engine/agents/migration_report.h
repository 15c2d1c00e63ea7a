// The report of a migration, as a page that needs nothing else.
#pragma once

#include <filesystem>
#include <vector>

#include "absl/status/status.h"
#include "agent_engine/data/table_comparison.h"
#include "agent_engine/dbt/project_model.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::agents {

// Writes the page beside `path` and puts it in its place in one step. kResourceExhausted when the disk is full.
absl::Status WriteReport(const dbt::Project& project, const v1::MigrationState& state,
                         const std::vector<data::TableComparison>& comparisons,
                         const std::filesystem::path& path);

}  // namespace datamigrate::agents
