// Prints a project as the files that dbt reads, and people too.
#pragma once

#include "agent_engine/dbt/project_model.h"

namespace datamigrate::dbt {

// Every file of the project: dbt_project.yml, profiles.yml, models with their properties, generic
// tests, macros, the original text of what is not converted, README.md and .gitignore.
// Deterministic.
ProjectFiles RenderProject(const Project& project);

// The profile of the target: "dev" writes into schemas of its own, "prod" into the final ones.
// Secrets and addresses come from environment variables; DuckDB's file from
// DATAMIGRATE_DUCKDB_PATH.
std::string RenderProfiles(const Project& project);

}  // namespace datamigrate::dbt
