#include "agent_engine/agents/migration_graph.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/agents/migration_recovery.h"
#include "agent_engine/agents/state_conversion.h"
#include "agent_engine/dialects/target.h"
#include "agent_engine/store/migration_writer.h"
#include "agent_engine/workflow/typed_graph.h"
#include "fmt/format.h"
#include "google/protobuf/util/json_util.h"

namespace datamigrate::agents {
namespace {

using workflow::NodeContext;
using Builder = workflow::TypedGraphBuilder<v1::MigrationState>;
using Agent = AgentResult (*)(const Environment&, v1::MigrationState&, NodeContext&);
using Undo = AgentResult (*)(const Environment&, NodeContext&);

struct Step {
  std::string_view node;
  Agent agent;
  ProgressRange progress;
  Undo undo = nullptr;
  bool uses_threads = false;  // and so more memory than it may need
};

constexpr auto kSteps = std::to_array<Step>({
    {"assessment", Assess, {0.00, 0.05}},
    {kPlannerNode, Plan, {0.05, 0.08}},
    {"executor", Execute, {0.08, 0.20}, RemoveProject},
    {"data", LoadData, {0.20, 0.40}, RemoveLoadedData, true},
    {"tester", Test, {0.40, 0.90}, nullptr, true},
    {"rebuilder", Rebuild, {0.40, 0.42}},
    {"optimizer", Optimize, {0.90, 0.92}},
    {"evaluation", Evaluate, {0.92, 1.00}, nullptr, true},
});

std::string ToJson(const v1::Migration& summary) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const auto status = google::protobuf::util::MessageToJsonString(summary, &json, options);
  return status.ok() ? json : "{}";
}

// The migration's row follows the state in the checkpoint's own transaction.
workflow::Write UpdateRow(const v1::MigrationState& state, double progress) {
  store::MigrationUpdate update;
  update.progress = progress;
  update.project_path = state.dbt_project_path();
  update.summary_json = ToJson(SummaryOf(state));
  if (state.has_validation_result()) update.score = state.validation_result().score();
  return store::Change([update](store::MigrationWriter& writer) { return writer.Update(update); });
}

Builder::Function NodeOf(const Environment& environment, const Step& step) {
  return [environment, step](v1::MigrationState& state, NodeContext& context) -> AgentResult {
    AgentResult effects = step.agent(environment, state, context);
    if (effects.ok()) effects->writes.push_back(UpdateRow(state, step.progress.end));
    return effects;
  };
}

// Undone, a step's results are the row's no more.
Builder::Undo UndoOf(const Environment& environment, const Step& step) {
  return [environment, step](const v1::MigrationState& left, NodeContext& context) -> AgentResult {
    AgentResult effects = step.undo(environment, context);
    if (!effects.ok()) return effects;
    v1::MigrationState state = left;
    state.clear_validation_result();
    state.clear_deployment_result();
    state.clear_dbt_project_path();
    for (v1::ObjectCount& count : *state.mutable_object_counts()) {
      count.clear_converted();
      count.clear_refused();
    }
    effects->writes.push_back(UpdateRow(state, step.progress.begin));
    return effects;
  };
}

void AddStep(const Environment& environment, const Step& step, Builder& builder) {
  const std::string node(step.node);
  builder.AddNode(node, NodeOf(environment, step), {.ask = QuestionAboutStep(node)});
  if (step.undo != nullptr) builder.SetUndo(node, UndoOf(environment, step));
  if (step.uses_threads) {
    builder.AddStrategy(node, {.name = kOneThread,
                               .run = NodeOf(WithOneThread(environment), step),
                               .helps = OneThreadHelps});
  }
}

// Back to the Rebuilder while there is something to mend and a round is left.
std::string AfterTester(const v1::MigrationState& state) {
  return NeedsRebuilder(state) ? "rebuilder" : "optimizer";
}

workflow::Codec<v1::MigrationState> StateCodec() {
  return {[](const v1::MigrationState& state) { return state.SerializeAsString(); },
          [](std::string_view bytes) -> absl::StatusOr<v1::MigrationState> {
            v1::MigrationState state;
            if (state.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return state;
            return absl::DataLossError("the checkpoint does not hold a migration's state");
          }};
}

}  // namespace

absl::StatusOr<workflow::Graph> BuildMigrationGraph(const Environment& environment) {
  Builder builder(StateCodec());
  for (const Step& step : kSteps) AddStep(environment, step, builder);
  return builder.SetWhenFailed(WhenStepFails)
      .SetEntry("assessment")
      .AddEdge("assessment", std::string(kPlannerNode))
      .AddEdge(std::string(kPlannerNode), "executor")
      .AddEdge("executor", "data")
      .AddEdge("data", "tester")
      .AddConditionalEdge("tester", AfterTester, {"rebuilder", "optimizer"})
      .AddEdge("rebuilder", "tester")
      .AddEdge("optimizer", "evaluation")
      .AddEdge("evaluation", std::string(workflow::kEnd))
      .Build();
}

std::string InitialState(std::string_view migration_id, std::string_view tenant,
                         const v1::CreateMigrationRequest& request) {
  v1::MigrationState state;
  state.set_migration_id(std::string(migration_id));
  state.set_tenant(std::string(tenant));
  state.set_source_connection(request.source());
  state.set_target_warehouse(request.target());
  state.set_status(v1::MIGRATION_STATUS_RUNNING);
  state.set_require_plan_approval(request.options().require_plan_approval());
  state.set_max_rebuild_rounds(request.options().max_rebuild_rounds());
  state.set_results_path(request.options().results());
  state.set_results_tolerance(request.options().results_tolerance());
  state.set_unproven_rewrites(request.options().unproven_rewrites());
  state.set_when_step_fails(request.options().when_step_fails());
  *state.mutable_sqlcmd_variables() = request.options().sqlcmd_variables();
  state.set_source_clock(absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::Now(), absl::UTCTimeZone()));
  return state.SerializeAsString();
}

absl::Status CheckRequest(const v1::CreateMigrationRequest& request) {
  const double tolerance = request.options().results_tolerance();
  if (!(tolerance >= 0 && std::isfinite(tolerance))) {
    return absl::InvalidArgumentError("results_tolerance must be a number from 0");
  }
  if (request.source().empty()) {
    return absl::InvalidArgumentError(
        "source is empty: name a script, a folder of scripts or an SSDT project");
  }
  const auto target = dialects::ParseTarget(request.target());
  if (!target) {
    std::string names;
    for (dialects::Target known : dialects::kTargets) {
      names += (names.empty() ? "" : ", ") + std::string(TargetName(known));
    }
    return absl::InvalidArgumentError(
        fmt::format("unknown target '{}': use one of {}", request.target(), names));
  }
  if (*target != dialects::Target::kDuckDb) {
    return absl::InvalidArgumentError(fmt::format(
        "rows are moved to duckdb only; write the project for {} with `datamigrate generate`",
        request.target()));
  }
  return absl::OkStatus();
}

ProgressRange ProgressOf(std::string_view node) {
  const auto step = std::ranges::find(kSteps, node, &Step::node);
  return step == kSteps.end() ? ProgressRange{} : step->progress;
}

v1::Migration SummaryOf(const v1::MigrationState& state) {
  v1::Migration summary;
  *summary.mutable_object_counts() = state.object_counts();
  if (state.has_validation_result()) {
    *summary.mutable_validation_result() = state.validation_result();
  }
  if (state.has_deployment_result()) {
    *summary.mutable_deployment_result() = state.deployment_result();
  }
  for (const auto& [code, times] : CountByCode(state.diagnostics())) {
    (*summary.mutable_diagnostics_by_code())[code] = times;
  }
  summary.set_log_path(state.log_path());
  return summary;
}

}  // namespace datamigrate::agents
