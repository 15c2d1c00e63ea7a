#include "agent_engine/agents/agent_context.h"

#include <fstream>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent_engine/agents/generation.h"
#include "agent_engine/agents/model_rewrites.h"
#include "agent_engine/agents/plan.h"
#include "agent_engine/catalog/catalog_proto.h"
#include "nlohmann/json.hpp"

namespace datamigrate::agents {
namespace {

constexpr int kDefaultRebuildRounds = 3;

}  // namespace

void Report(workflow::NodeContext& context, size_t done, size_t total, std::string_view message) {
  const double fraction = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  const nlohmann::json payload = {{"fraction", fraction}, {"message", message}};
  context.Emit("progress", payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

absl::StatusOr<dbt::Project> ProjectOf(const Environment& environment,
                                       const v1::MigrationState& state) {
  auto catalog = catalog::FromProto(state.metadata());
  if (!catalog.ok()) return catalog.status();
  GenerationOptions options;
  options.target =
      dialects::ParseTarget(state.target_warehouse()).value_or(dialects::Target::kDuckDb);
  options.threads = environment.threads;
  for (const auto& [object, reason] : state.quarantined()) options.quarantined[object] = reason;
  options.rewrites = AcceptedRewrites(state);
  options.placements = PlacementsOf(state);
  dbt::Project project = GenerateProject(*catalog, options);
  for (dbt::Model& model : project.models) {
    const auto chosen = state.materializations().find(model.name);
    if (chosen == state.materializations().end()) continue;
    model.materialization =
        chosen->second == "table" ? dbt::Materialization::kTable : dbt::Materialization::kView;
  }
  return project;
}

absl::StatusOr<std::unique_ptr<source::ScriptSource>> OpenScripts(const v1::MigrationState& state) {
  source::ScriptSourceOptions options;
  for (const auto& [name, value] : state.sqlcmd_variables()) options.variables[name] = value;
  options.now = state.source_clock();
  return source::ScriptSource::Open(state.source_connection(), options);
}

absl::StatusOr<std::unique_ptr<verify::CapturedResults>> OpenResults(
    const v1::MigrationState& state) {
  if (state.results_path().empty()) return nullptr;
  auto results = verify::CapturedResults::Open(state.results_path());
  if (!results.ok()) return results.status();
  return std::make_unique<verify::CapturedResults>(*std::move(results));
}

verify::Tolerance ToleranceOf(const v1::MigrationState& state) {
  verify::Tolerance tolerance;
  if (state.results_tolerance() > 0) tolerance.usual = state.results_tolerance();
  return tolerance;
}

bool NeedsRebuilder(const v1::MigrationState& state) {
  const int rounds =
      state.max_rebuild_rounds() > 0 ? state.max_rebuild_rounds() : kDefaultRebuildRounds;
  if (state.fruitless_rounds() >= rounds) return false;
  return !state.failing_models().empty() || !state.to_rewrite().empty();
}

std::string ChosenOption(const workflow::NodeContext& context) {
  const nlohmann::json parsed =
      nlohmann::json::parse(context.answer().value_or("{}"), nullptr, false);
  return parsed.is_object() ? parsed.value("option", "") : "";
}

void Log(const Environment& environment, const workflow::NodeContext& context,
         std::string_view line) {
  std::ofstream file(PathsOf(environment, context.run_id()).log, std::ios::app);
  file << absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone()) << " "
       << context.place().node << ": " << line << "\n";
}

}  // namespace datamigrate::agents
