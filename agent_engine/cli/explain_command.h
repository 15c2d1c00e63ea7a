// `datamigrate explain`: a migration in words.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the command to `app`. Running it sets `exit_code`.
void AddExplainCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
