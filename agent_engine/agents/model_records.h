// The models of a project as rows of the store.
#pragma once

#include "agent_engine/dbt/project_model.h"
#include "agent_engine/workflow/effects.h"

namespace datamigrate::agents {

// Writes one row a model, with its diagnostics in JSON, when the checkpoint is committed. A model's name is the key.
workflow::Write RecordModels(const dbt::Project& project);

}  // namespace datamigrate::agents
