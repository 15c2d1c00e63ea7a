// `datamigrate assess`: what a database holds and how hard it is to migrate.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the command to `app`. Running it sets `exit_code`.
void AddAssessCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
