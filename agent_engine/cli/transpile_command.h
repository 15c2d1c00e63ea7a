// `datamigrate transpile`: T-SQL in, a target's SQL out.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the command to `app`. Running it sets `exit_code`.
void AddTranspileCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
