#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include "CLI/CLI.hpp"
#include "agent_engine/cli/assess_command.h"
#include "agent_engine/cli/audit_command.h"
#include "agent_engine/cli/engine_commands.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/explain_command.h"
#include "agent_engine/cli/generate_command.h"
#include "agent_engine/cli/guardian_command.h"
#include "agent_engine/cli/lineage_command.h"
#include "agent_engine/cli/models_command.h"
#include "agent_engine/cli/parse_command.h"
#include "agent_engine/cli/plan_command.h"
#include "agent_engine/cli/runs_command.h"
#include "agent_engine/cli/schedules_command.h"
#include "agent_engine/cli/training_command.h"
#include "agent_engine/cli/transpile_command.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(
      "DataMigrate moves a SQL Server database to a modern warehouse as a tested dbt project.",
      "datamigrate");
  app.set_version_flag("--version", "datamigrate " DATAMIGRATE_VERSION);
  app.require_subcommand(1);
  int exit_code = datamigrate::cli::kSuccess;
  datamigrate::cli::AddParseCommand(app, exit_code);
  datamigrate::cli::AddTranspileCommand(app, exit_code);
  datamigrate::cli::AddAssessCommand(app, exit_code);
  datamigrate::cli::AddGenerateCommand(app, exit_code);
  datamigrate::cli::AddLineageCommand(app, exit_code);
  datamigrate::cli::AddGuardianCommand(app, exit_code);
  datamigrate::cli::AddAuditCommand(app, exit_code);
  datamigrate::cli::AddEngineCommands(app, exit_code);
  datamigrate::cli::AddExplainCommand(app, exit_code);
  datamigrate::cli::AddModelsCommand(app, exit_code);
  datamigrate::cli::AddPlanCommand(app, exit_code);
  datamigrate::cli::AddRunsCommand(app, exit_code);
  datamigrate::cli::AddSchedulesCommand(app, exit_code);
  datamigrate::cli::AddTrainingCommand(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_help = error.get_exit_code() == 0;
    app.exit(error);
    return is_help ? datamigrate::cli::kSuccess : datamigrate::cli::kWrongUse;
  } catch (const std::system_error& error) {
    // The output cannot be written. A reader that has closed the pipe wants no message.
    if (error.code().value() != EPIPE) std::fprintf(stderr, "datamigrate: %s\n", error.what());
    return datamigrate::cli::kFailed;
  }
  return exit_code;
}
