#include <filesystem>
#include <vector>

#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/guarded_source.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/agents/outside_statements.h"
#include "agent_engine/agents/state_conversion.h"
#include "agent_engine/catalog/catalog_proto.h"
#include "agent_engine/source/scripts/script_source.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

std::string Summary(const v1::MigrationState& state) {
  std::string text;
  for (const v1::ObjectCount& count : state.object_counts()) {
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", count.found(), count.kind(),
                        count.found() == 1 ? "" : "s");
  }
  return text.empty() ? "no objects" : text;
}

// The source's own texts are untrusted: what the Guardian minds in them is told.
absl::Status GuardSource(const Environment& environment, const catalog::Catalog& catalog,
                         v1::MigrationState& state, workflow::NodeContext& context) {
  if (!environment.guard) return absl::OkStatus();
  const std::vector<MindedText> minded = FindMindedTexts(*environment.guard, catalog);
  AddDiagnostics(FindingsOf(minded), state.mutable_diagnostics());
  return TellOf(minded, environment, state.tenant(), context);
}

}  // namespace

AgentResult Assess(const Environment& environment, v1::MigrationState& state,
                   workflow::NodeContext& context) {
  const MigrationPaths paths = PathsOf(environment, context.run_id());
  std::error_code error;
  std::filesystem::create_directories(paths.folder, error);
  if (error) {
    return absl::FailedPreconditionError(
        fmt::format("cannot create {}: {}. Free space or choose another --home.",
                    paths.folder.string(), error.message()));
  }
  state.set_log_path(paths.log.string());
  auto source = OpenScripts(state);
  if (!source.ok()) return source.status();
  *state.mutable_metadata() = catalog::ToProto((*source)->catalog());
  state.clear_diagnostics();
  AddDiagnostics((*source)->diagnostics(), state.mutable_diagnostics());
  AddDiagnostics(FindOutsideStatements((*source)->catalog()), state.mutable_diagnostics());
  if (absl::Status guarded = GuardSource(environment, (*source)->catalog(), state, context);
      !guarded.ok()) {
    return guarded;
  }
  state.set_source_diagnostics(state.diagnostics_size());
  state.clear_object_counts();
  for (v1::ObjectCount& count : CountObjects((*source)->catalog())) {
    *state.add_object_counts() = std::move(count);
  }
  if (state.object_counts().empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{} defines no table, view or routine. Name a script, a folder of scripts or "
                    "an SSDT project.",
                    state.source_connection()));
  }
  Log(environment, context, Summary(state));
  Report(context, 1, 1, Summary(state));
  return workflow::Effects{};
}

}  // namespace datamigrate::agents
