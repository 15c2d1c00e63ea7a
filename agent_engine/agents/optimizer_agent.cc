#include <algorithm>
#include <map>
#include <string>

#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/agents/plan.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

// A view that several models read is computed once for each of them: worth a table when that takes
// this long.
constexpr double kWorthATableSeconds = 0.5;
constexpr int kReadersWorthATable = 2;

std::map<std::string, int> ReadersByModel(const dbt::Project& project) {
  std::map<std::string, int> readers;
  for (const dbt::Model& model : project.models) {
    for (const std::string& read : model.depends_on) ++readers[read];
  }
  return readers;
}

// Whether a person chose how the object's models are materialized.
bool IsChosen(const dbt::Model& model, const std::map<std::string, dbt::Placement>& placements) {
  return std::ranges::any_of(placements, [&](const auto& placement) {
    return placement.second.materialization.has_value() &&
           catalog::EqualNames(placement.first, model.source_object.ToString());
  });
}

bool IsWorthATable(const dbt::Model& model, const v1::MigrationState& state, int readers) {
  const auto seconds = state.model_seconds().find(model.name);
  return model.layer == dbt::Layer::kIntermediate &&
         model.materialization == dbt::Materialization::kView && readers >= kReadersWorthATable &&
         seconds != state.model_seconds().end() && seconds->second >= kWorthATableSeconds;
}

}  // namespace

AgentResult Optimize(const Environment& environment, v1::MigrationState& state,
                     workflow::NodeContext& context) {
  const absl::StatusOr<dbt::Project> project = ProjectOf(environment, state);
  if (!project.ok()) return project.status();
  std::map<std::string, int> readers = ReadersByModel(*project);
  const std::map<std::string, dbt::Placement> placements = PlacementsOf(state);
  int changed = 0;
  for (const dbt::Model& model : project->models) {
    if (IsChosen(model, placements) || !IsWorthATable(model, state, readers[model.name])) continue;
    (*state.mutable_materializations())[model.name] = "table";
    Log(environment, context, fmt::format("{} becomes a table", model.name));
    ++changed;
  }
  const std::string summary = fmt::format("{} views become tables", changed);
  if (changed == 0) {
    Report(context, 1, 1, summary);
    return workflow::Effects{};
  }
  AgentResult effects = Execute(environment, state, context);
  if (effects.ok()) Report(context, 1, 1, summary);
  return effects;
}

}  // namespace datamigrate::agents
