// A catalog becomes a dbt project: what `datamigrate generate` and the Executor have in common.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dbt/project_builder.h"
#include "agent_engine/dbt/project_model.h"
#include "agent_engine/dialects/target.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::agents {

struct GenerationOptions {
  dialects::Target target = dialects::Target::kDuckDb;
  // All as in dbt::BuildOptions.
  std::map<std::string, std::string> quarantined;
  std::map<std::string, dbt::Rewrite> rewrites;
  std::map<std::string, dbt::Placement> placements;
  int threads = 1;
};

// Translates every object, on `threads` threads, and arranges the models. Same input, same project.
dbt::Project GenerateProject(const catalog::Catalog& catalog, const GenerationOptions& options);

// Objects of each kind with how many were converted (a model or source exists) and refused.
// Sequences, synonyms and user types count as converted: what uses them has them resolved.
std::vector<v1::ObjectCount> CountConverted(const catalog::Catalog& catalog,
                                            const dbt::Project& project);

}  // namespace datamigrate::agents
