#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/generation.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/agents/model_records.h"
#include "agent_engine/agents/state_conversion.h"
#include "agent_engine/catalog/catalog_proto.h"
#include "agent_engine/dbt/project_files.h"
#include "agent_engine/dbt/project_writer.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

// Replaces the project's findings of an earlier round; the source's stay.
void SetProjectDiagnostics(const dbt::Project& project, v1::MigrationState& state) {
  auto* all = state.mutable_diagnostics();
  all->DeleteSubrange(state.source_diagnostics(), all->size() - state.source_diagnostics());
  AddDiagnostics(dbt::AllDiagnostics(project), all);
}

std::string SetCounts(const catalog::Catalog& catalog, const dbt::Project& project,
                      v1::MigrationState& state) {
  state.clear_object_counts();
  int refused = 0;
  for (v1::ObjectCount& count : CountConverted(catalog, project)) {
    refused += count.refused();
    *state.add_object_counts() = std::move(count);
  }
  return fmt::format("{} models, {} objects refused", project.models.size(), refused);
}

}  // namespace

AgentResult Execute(const Environment& environment, v1::MigrationState& state,
                    workflow::NodeContext& context) {
  const auto catalog = catalog::FromProto(state.metadata());
  if (!catalog.ok()) return catalog.status();
  const absl::StatusOr<dbt::Project> project = ProjectOf(environment, state);
  if (!project.ok()) return project.status();
  const MigrationPaths paths = PathsOf(environment, context.run_id());
  const absl::Status written = dbt::WriteProject(dbt::RenderProject(*project), paths.project);
  if (!written.ok()) return written;

  state.set_dbt_project_path(paths.project.string());
  state.set_project_changed(true);
  SetProjectDiagnostics(*project, state);
  const std::string summary = SetCounts(*catalog, *project, state);
  Log(environment, context, summary);
  Report(context, 1, 1, summary);
  workflow::Effects effects;
  effects.writes.push_back(RecordModels(*project));
  return effects;
}

}  // namespace datamigrate::agents
