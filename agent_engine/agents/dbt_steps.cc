#include "agent_engine/agents/dbt_steps.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "agent_engine/agents/agent_context.h"
#include "agent_engine/dbt/dbt_runner.h"
#include "common/errors/error_context.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

constexpr auto kCommands = std::to_array<std::string_view>({"deps", "compile", "run", "test"});
constexpr int kUnusable = 2;  // dbt's exit code for "could not do it at all".
constexpr size_t kProgressUnits = 1000;

v1::DbtStep ToProto(const dbt::DbtStepResult& result) {
  v1::DbtStep step;
  step.set_command(result.command);
  step.set_exit_code(result.exit_code);
  step.set_seconds(result.seconds);
  step.set_succeeded(result.succeeded);
  step.set_failed(result.failed);
  step.set_skipped(result.skipped);
  for (const std::string& failure : result.failures) step.add_failures(failure);
  for (const dbt::NodeResult& node : result.nodes) {
    if (node.failed() && node.resource_type == "model") step.add_failed_models(node.name);
  }
  return step;
}

dbt::DbtOptions OptionsOf(const Environment& environment, workflow::NodeContext& context) {
  const MigrationPaths paths = PathsOf(environment, context.run_id());
  dbt::DbtOptions options;
  options.dbt = environment.dbt_path;
  options.project = paths.project;
  options.work = paths.folder / "dbt";
  options.threads = environment.threads;
  options.environment["DATAMIGRATE_DUCKDB_PATH"] = paths.database.string();
  options.is_cancelled = [token = context.token()] { return token.IsCancelled(); };
  return options;
}

// The part of the node's work that is done when `command` number `index` has done `done` of
// `total`.
double Fraction(double begin, size_t index, int done, int total) {
  const double inside = total == 0 ? 0 : static_cast<double>(done) / total;
  return begin + (1 - begin) * (static_cast<double>(index) + inside) / kCommands.size();
}

void ReportFraction(workflow::NodeContext& context, double fraction, std::string_view message) {
  Report(context, static_cast<size_t>(fraction * kProgressUnits), kProgressUnits, message);
}

absl::StatusOr<v1::DeploymentResult> RunAll(const Environment& environment,
                                            workflow::NodeContext& context, double begin) {
  v1::DeploymentResult result;
  for (size_t index = 0; index < kCommands.size(); ++index) {
    const std::string_view command = kCommands[index];
    dbt::DbtOptions options = OptionsOf(environment, context);
    ReportFraction(context, Fraction(begin, index, 0, 1), fmt::format("dbt {}", command));
    int reported_percent = 0;
    options.on_event = [&](const dbt::DbtEvent& event) {
      if (!event.is_finished || event.total == 0) return;
      const int percent = event.index * 100 / event.total;
      if (percent < reported_percent + 5) return;
      reported_percent = percent;
      ReportFraction(context, Fraction(begin, index, event.index, event.total),
                     fmt::format("dbt {}: {} of {}", command, event.index, event.total));
    };
    const auto step = dbt::RunDbt(options, command);
    if (!step.ok()) {
      return errors::WithContext(step.status(), {.operation = fmt::format("dbt {}", command)});
    }
    *result.add_steps() = ToProto(*step);
    Log(environment, context,
        fmt::format("dbt {}: {} ok, {} failed, {} skipped, {:.1f} s", command, step->succeeded,
                    step->failed, step->skipped, step->seconds));
    for (const std::string& failure : step->failures) Log(environment, context, failure);
    if (step->exit_code >= kUnusable) break;
  }
  return result;
}

}  // namespace

absl::StatusOr<v1::DeploymentResult> RunDbtSteps(const Environment& environment,
                                                 workflow::NodeContext& context, double begin) {
  if (environment.dbt_path.empty()) {
    return absl::FailedPreconditionError(
        "dbt is not configured: start the engine with --dbt PATH (deploy/local/setup installs "
        "one)");
  }
  // dbt builds relations anew each time: what an interrupted attempt left is replaced.
  const auto receipt = context.Once("dbt", [&](bool) -> absl::StatusOr<std::string> {
    const auto result = RunAll(environment, context, begin);
    if (!result.ok()) return result.status();
    return result->SerializeAsString();
  });
  if (!receipt.ok()) return receipt.status();
  v1::DeploymentResult result;
  if (!result.ParseFromString(*receipt)) {
    return absl::DataLossError("the receipt of the dbt run cannot be read");
  }
  return result;
}

bool Succeeded(const v1::DeploymentResult& result) {
  return result.steps_size() == static_cast<int>(kCommands.size()) &&
         std::ranges::all_of(result.steps(), [](const v1::DbtStep& step) {
           return step.exit_code() == 0 && step.failed() == 0;
         });
}

}  // namespace datamigrate::agents
