// The commands that talk to a running engine over gRPC: migrate, watch, list, show, pause, resume,
// cancel, prioritize, limit, decide, download.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the commands to `app`. Running one sets `exit_code`.
void AddEngineCommands(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
