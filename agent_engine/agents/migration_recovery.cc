#include "agent_engine/agents/migration_recovery.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "agent_engine/agents/agent_context.h"
#include "agent_engine/store/migration_writer.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

constexpr absl::Duration kAnswerWithin = absl::Hours(72);

// Removes the paths once; what is not there is no error.
absl::Status Remove(workflow::NodeContext& context,
                    const std::vector<std::filesystem::path>& paths) {
  const auto remove = [&](bool /*was_begun*/) -> absl::StatusOr<std::string> {
    for (const std::filesystem::path& path : paths) {
      std::error_code error;
      std::filesystem::remove_all(path, error);
      if (error) {
        return absl::UnavailableError(
            fmt::format("cannot remove {}: {}", path.string(), error.message()));
      }
    }
    return "removed";
  };
  return context.Once("remove", remove).status();
}

}  // namespace

workflow::WhenFailed WhenStepFails(const v1::MigrationState& state) {
  switch (state.when_step_fails()) {
    case v1::WHEN_STEP_FAILS_ASK:
      return workflow::WhenFailed::kAsk;
    case v1::WHEN_STEP_FAILS_ROLL_BACK:
      return workflow::WhenFailed::kRollBack;
    default:
      return workflow::WhenFailed::kStop;
  }
}

workflow::FailureQuestion QuestionAboutStep(std::string_view node) {
  workflow::FailureQuestion question{.answer_within = kAnswerWithin, .default_option = "give_up"};
  // Nothing after it needs what it chooses.
  question.may_skip = node == "optimizer";
  question.skip_risk = "Views that are read often stay views.";
  return question;
}

Environment WithOneThread(Environment environment) {
  environment.threads = 1;
  return environment;
}

bool OneThreadHelps(const absl::Status& error) {
  return absl::IsResourceExhausted(error);
}

AgentResult RemoveProject(const Environment& environment, workflow::NodeContext& context) {
  const MigrationPaths paths = PathsOf(environment, context.run_id());
  if (absl::Status removed = Remove(context, {paths.project, paths.folder / "dbt"});
      !removed.ok()) {
    return removed;
  }
  Log(environment, context, "rolled back: the project is removed");
  workflow::Effects effects;
  effects.writes.push_back(
      store::Change([](store::MigrationWriter& writer) { return writer.ClearResults(); }));
  return effects;
}

AgentResult RemoveLoadedData(const Environment& environment, workflow::NodeContext& context) {
  const std::filesystem::path database = PathsOf(environment, context.run_id()).database;
  std::filesystem::path wal = database;
  wal += ".wal";
  if (absl::Status removed = Remove(context, {database, wal}); !removed.ok()) return removed;
  Log(environment, context, "rolled back: the loaded data is removed");
  return workflow::Effects{};
}

}  // namespace datamigrate::agents
