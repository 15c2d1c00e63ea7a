// datamigrate guardian: what the Guardian says of texts, without a server.
#ifndef DATAMIGRATE_AGENT_ENGINE_CLI_GUARDIAN_COMMAND_H_
#define DATAMIGRATE_AGENT_ENGINE_CLI_GUARDIAN_COMMAND_H_

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

void AddGuardianCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli

#endif  // DATAMIGRATE_AGENT_ENGINE_CLI_GUARDIAN_COMMAND_H_
