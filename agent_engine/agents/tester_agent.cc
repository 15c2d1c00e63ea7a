#include <memory>

#include "absl/container/flat_hash_set.h"
#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/dbt_steps.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/agents/model_rewrites.h"
#include "agent_engine/agents/source_comparison.h"
#include "agent_engine/catalog/catalog_proto.h"
#include "agent_engine/dbt/identifiers.h"
#include "agent_engine/verify/project_run.h"
#include "agent_engine/verify/validation.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

// The in-process run's share of the node's work; dbt has the rest.
constexpr double kInProcessShare = 0.25;
constexpr size_t kProgressUnits = 1000;

// What the embedded run gave, while its database is still open.
struct InProcessRun {
  std::unique_ptr<verify::EmbeddedProject> embedded;
  verify::ProjectRun run;
};

absl::StatusOr<InProcessRun> RunInProcess(const Environment& environment,
                                          const dbt::Project& project,
                                          workflow::NodeContext& context) {
  verify::ProjectRunOptions options;
  options.raw_file = PathsOf(environment, context.run_id()).database;
  options.threads = environment.threads;
  options.is_cancelled = [token = context.token()] { return token.IsCancelled(); };
  size_t reported_percent = 0;
  options.on_model = [&](size_t done, size_t total, const std::string& model) {
    const size_t percent = total == 0 ? 100 : done * 100 / total;
    if (percent < reported_percent + 5) return;
    reported_percent = percent;
    Report(context, static_cast<size_t>(percent * kInProcessShare * kProgressUnits / 100),
           kProgressUnits, fmt::format("model {} of {}: {}", done, total, model));
  };
  auto embedded = verify::EmbeddedProject::Open(project, options);
  if (!embedded.ok()) return embedded.status();
  auto run = (*embedded)->Run();
  if (!run.ok()) return run.status();
  return InProcessRun{*std::move(embedded), *std::move(run)};
}

// Every view and procedure whose result was taken from the source, beside it. A model's result is
// the relation under the object's own name.
absl::Status CompareResults(const dbt::Project& project, InProcessRun& done,
                            v1::MigrationState& state) {
  state.clear_result_comparisons();
  const auto results = OpenResults(state);
  if (!results.ok() || *results == nullptr) return results.status();
  for (size_t i = 0; i < project.models.size(); ++i) {
    const dbt::Model& model = project.models[i];
    const bool is_result =
        model.source_kind != "table" &&
        model.alias == dbt::RelationName(model.source_object.name, project.target);
    const auto file = (*results)->FileOf(model.source_object);
    if (!is_result || !file || !done.run.models[i].is_ok) continue;
    const auto compared = verify::CompareWithCapture(done.embedded->connection(),
                                                     data::QuoteRelation(model.schema, model.alias),
                                                     *file, ToleranceOf(state));
    v1::ResultComparison* out = state.add_result_comparisons();
    out->set_object(model.source_object.ToString());
    if (!compared.ok()) {
      out->set_difference(std::string(compared.status().message()));
      continue;
    }
    out->set_captured_rows(compared->captured_rows);
    out->set_model_rows(compared->model_rows);
    out->set_difference(compared->difference);
  }
  return absl::OkStatus();
}

v1::ValidationResult ToProto(const verify::Validation& validation, int round) {
  v1::ValidationResult result;
  for (const verify::Check& check : validation.checks) {
    v1::Check* out = result.add_checks();
    out->set_name(check.name);
    out->set_passed(check.passed);
    out->set_total(check.total);
    out->set_weight(check.weight);
    for (const std::string& finding : check.findings) out->add_findings(finding);
  }
  result.set_score(validation.score);
  result.set_approved(validation.is_approved);
  result.set_round(round);
  return result;
}

void SetModelRuns(const dbt::Project& project, const verify::ProjectRun& run,
                  v1::MigrationState& state) {
  state.clear_failing_models();
  state.clear_model_seconds();
  for (size_t i = 0; i < run.models.size(); ++i) {
    const verify::ModelRun& model = run.models[i];
    (*state.mutable_model_seconds())[model.model] = model.seconds;
    if (model.is_ok || model.is_skipped) continue;
    (*state.mutable_failing_models())[project.models[i].source_object.ToString()] = model.error;
  }
}

// Models that only dbt could not build fail too: the Rebuilder treats them alike.
void AddDbtFailures(const dbt::Project& project, v1::MigrationState& state) {
  for (const v1::DbtStep& step : state.deployment_result().steps()) {
    for (const std::string& name : step.failed_models()) {
      for (const dbt::Model& model : project.models) {
        if (model.name != name) continue;
        (*state.mutable_failing_models())[model.source_object.ToString()] =
            "dbt could not build it; see the log";
      }
    }
  }
}

}  // namespace

AgentResult Test(const Environment& environment, v1::MigrationState& state,
                 workflow::NodeContext& context) {
  const auto catalog = catalog::FromProto(state.metadata());
  if (!catalog.ok()) return catalog.status();
  const absl::StatusOr<dbt::Project> project = ProjectOf(environment, state);
  if (!project.ok()) return project.status();
  auto done = RunInProcess(environment, *project, context);
  if (!done.ok()) return done.status();
  const absl::Status compared = CompareResults(*project, *done, state);
  if (!compared.ok()) return compared;
  done->embedded.reset();
  const auto comparisons = CompareTables(environment, *project, context);
  if (!comparisons.ok()) return comparisons.status();
  absl::flat_hash_set<std::string> faithful;
  for (const data::TableComparison& comparison : *comparisons) {
    if (comparison.is_equal()) faithful.insert(comparison.table);
  }
  const verify::Validation validation = verify::Validate(*catalog, *project, done->run, faithful);
  *state.mutable_validation_result() = ToProto(validation, state.rebuild_round());
  SetModelRuns(*project, done->run, state);
  ChooseRewrites(environment, *catalog, *project, state);
  Log(environment, context,
      fmt::format("score {:.1f}, {} models do not run, {} objects for language models",
                  validation.score, state.failing_models().size(), state.to_rewrite().size()));
  if (!state.failing_models().empty() || NeedsRebuilder(state)) return workflow::Effects{};

  const auto deployed = RunDbtSteps(environment, context, kInProcessShare);
  if (!deployed.ok()) return deployed.status();
  *state.mutable_deployment_result()->mutable_steps() = deployed->steps();
  state.set_project_changed(false);
  AddDbtFailures(*project, state);
  state.mutable_validation_result()->set_approved(validation.is_approved && Succeeded(*deployed));
  Report(context, 1, 1, fmt::format("score {:.1f}", validation.score));
  return workflow::Effects{};
}

}  // namespace datamigrate::agents
