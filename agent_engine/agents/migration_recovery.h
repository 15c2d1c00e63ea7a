// What a migration does when one of its steps fails for good: another way to do the step, a
// person's decision, removing what was made.
#pragma once

#include "absl/status/status.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/workflow/node.h"

namespace datamigrate::agents {

// As the migration's options say.
workflow::WhenFailed WhenStepFails(const v1::MigrationState& state);

// What a person is asked about a step; after three days without an answer the migration stops as it
// is.
workflow::FailureQuestion QuestionAboutStep(std::string_view node);

// The same step with one thread, which takes the least memory.
inline constexpr char kOneThread[] = "one_thread";
Environment WithOneThread(Environment environment);
bool OneThreadHelps(const absl::Status& error);

// Undo the Executor and LoadData: the migration's own files are removed. kUnavailable: one cannot
// be.
AgentResult RemoveProject(const Environment& environment, workflow::NodeContext& context);
AgentResult RemoveLoadedData(const Environment& environment, workflow::NodeContext& context);

}  // namespace datamigrate::agents
