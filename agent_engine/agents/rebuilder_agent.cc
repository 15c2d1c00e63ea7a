#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/migration_agents.h"
#include "fmt/format.h"

namespace datamigrate::agents {

AgentResult Rebuild(const Environment& environment, v1::MigrationState& state,
                    workflow::NodeContext& context) {
  state.set_rebuild_round(state.rebuild_round() + 1);
  for (const auto& [object, reason] : state.failing_models()) {
    (*state.mutable_quarantined())[object] = reason;
    Log(environment, context, fmt::format("{} is taken out: {}", object, reason));
  }
  const int taken_out = static_cast<int>(state.failing_models().size());
  state.clear_failing_models();
  AgentResult effects = Execute(environment, state, context);
  if (effects.ok()) Report(context, 1, 1, fmt::format("{} models taken out", taken_out));
  return effects;
}

}  // namespace datamigrate::agents
