// The agents of a migration: each one is a node of the migration graph. They change the state, and
// nothing else but the migration's own folder; running one again after it was killed has the same
// effect as running it once.
#pragma once

#include "absl/status/statusor.h"
#include "agent_engine/agents/environment.h"
#include "agent_engine/workflow/effects.h"
#include "agent_engine/workflow/node_context.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::agents {

using AgentResult = absl::StatusOr<workflow::Effects>;

// Reads the source into the catalog and counts it. kNotFound, kInvalidArgument: the source cannot
// be read.
AgentResult Assess(const Environment& environment, v1::MigrationState& state,
                   workflow::NodeContext& context);
// Orders the objects and says who translates each. Asks for approval where the migration wants
// that.
AgentResult Plan(const Environment& environment, v1::MigrationState& state,
                 workflow::NodeContext& context);
// Translates every object and writes the dbt project.
AgentResult Execute(const Environment& environment, v1::MigrationState& state,
                    workflow::NodeContext& context);
// Loads the source's rows into the target.
AgentResult LoadData(const Environment& environment, v1::MigrationState& state,
                     workflow::NodeContext& context);
// Runs every model in-process, then dbt, and scores what was measured.
AgentResult Test(const Environment& environment, v1::MigrationState& state,
                 workflow::NodeContext& context);
// Takes models out of the project that do not run, each with its reason, and asks language models,
// where there are any, to rewrite what the rules refuse (model_rewrites.h). Asks a person about
// rewrites that nothing proves.
AgentResult Rebuild(const Environment& environment, v1::MigrationState& state,
                    workflow::NodeContext& context);
// Chooses materializations from what was measured.
AgentResult Optimize(const Environment& environment, v1::MigrationState& state,
                     workflow::NodeContext& context);
// Runs dbt again where the project changed since, and writes the report.
AgentResult Evaluate(const Environment& environment, v1::MigrationState& state,
                     workflow::NodeContext& context);

}  // namespace datamigrate::agents
