// The report of a migration, as a page that needs nothing else and as JSON.
#pragma once

#include <filesystem>
#include <vector>

#include "absl/status/status.h"
#include "agent_engine/data/table_comparison.h"
#include "agent_engine/dbt/project_model.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::agents {

// Where the JSON of the page at `path` is.
std::filesystem::path ReportJsonPath(const std::filesystem::path& path);

// Writes the page to `path` and the JSON beside it; each is written elsewhere first and put in its place in one step.
// kResourceExhausted when the disk is full.
absl::Status WriteReport(const dbt::Project& project, const v1::MigrationState& state,
                         const std::vector<data::TableComparison>& comparisons,
                         const std::filesystem::path& path);

}  // namespace datamigrate::agents
