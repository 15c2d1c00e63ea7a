// The real dbt on a migration's project: deps, compile, run, test.
#pragma once

#include "absl/status/statusor.h"
#include "agent_engine/agents/environment.h"
#include "agent_engine/workflow/node_context.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::agents {

// Runs the four commands one after another, once per step of the workflow, and stops after one that dbt could not do at all.
// Models and tests that fail are part of the result. Reports progress from `begin` to 1 of the node's share.
// Errors: kFailedPrecondition without dbt; kDeadlineExceeded; the token's reason.
absl::StatusOr<v1::DeploymentResult> RunDbtSteps(const Environment& environment,
                                                 workflow::NodeContext& context, double begin);

// Whether nothing failed.
bool Succeeded(const v1::DeploymentResult& result);

}  // namespace datamigrate::agents
