// Prints the YAML files that describe sources and models.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/dbt/project_model.h"

namespace datamigrate::dbt {

// _sources.yml of one source schema; every table has the same source_name.
std::string RenderSources(const Project& project, const std::vector<const SourceTable*>& tables);

// _schema.yml of one folder of models, none of them refused.
std::string RenderProperties(const Project& project, const std::vector<const Model*>& models);

}  // namespace datamigrate::dbt
