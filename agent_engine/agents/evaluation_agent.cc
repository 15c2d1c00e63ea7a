#include <algorithm>
#include <string>

#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/dbt_steps.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/agents/migration_report.h"
#include "agent_engine/agents/source_comparison.h"
#include "agent_engine/verify/validation.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

// The dbt run's share of the node's work when the project has changed since.
constexpr double kComparisonShare = 0.3;

void AddDifferences(const std::vector<data::TableComparison>& comparisons,
                    v1::MigrationState& state) {
  for (const data::TableComparison& comparison : comparisons) {
    if (comparison.is_equal()) continue;
    state.add_errors(fmt::format("{}: {} rows in the source, {} in the target, {} chunks differ",
                                 comparison.table, comparison.source_rows, comparison.target_rows,
                                 comparison.differences.size()));
  }
}

void AddResultDifferences(v1::MigrationState& state) {
  for (const v1::ResultComparison& result : state.result_comparisons()) {
    if (result.difference().empty()) continue;
    state.add_errors(fmt::format("{}: {}", result.object(), result.difference()));
  }
}

std::string ResultSummary(const v1::MigrationState& state) {
  if (state.result_comparisons().empty()) return "";
  const auto equal = std::ranges::count(state.result_comparisons(), "",
                                        [](const auto& result) { return result.difference(); });
  return fmt::format("{} of {} results equal the source's; ", equal,
                     state.result_comparisons_size());
}

}  // namespace

AgentResult Evaluate(const Environment& environment, v1::MigrationState& state,
                     workflow::NodeContext& context) {
  const absl::StatusOr<dbt::Project> project = ProjectOf(environment, state);
  if (!project.ok()) return project.status();
  if (state.project_changed()) {
    const auto deployed = RunDbtSteps(environment, context, kComparisonShare);
    if (!deployed.ok()) return deployed.status();
    *state.mutable_deployment_result()->mutable_steps() = deployed->steps();
    state.set_project_changed(false);
  }
  const auto comparisons = CompareTables(environment, *project, context);
  if (!comparisons.ok()) return comparisons.status();
  state.clear_errors();
  AddDifferences(*comparisons, state);
  const int different_tables = state.errors_size();
  AddResultDifferences(state);
  for (const std::string& error : state.errors()) Log(environment, context, error);
  v1::ValidationResult* validation = state.mutable_validation_result();
  validation->set_approved(validation->score() >= verify::kApprovalScore &&
                           state.errors().empty() && Succeeded(state.deployment_result()));
  const std::string summary =
      fmt::format("{} of {} tables equal the source; {}{}", comparisons->size() - different_tables,
                  comparisons->size(), ResultSummary(state),
                  validation->approved() ? "approved" : "not approved");
  Log(environment, context, summary);

  const MigrationPaths paths = PathsOf(environment, context.run_id());
  const absl::Status reported = WriteReport(*project, state, *comparisons, paths.report);
  if (!reported.ok()) return reported;
  state.mutable_deployment_result()->set_report_path(paths.report.string());
  state.set_status(v1::MIGRATION_STATUS_SUCCEEDED);
  Report(context, 1, 1, summary);
  return workflow::Effects{};
}

}  // namespace datamigrate::agents
