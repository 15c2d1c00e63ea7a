// `datamigrate plan`: look at a migration's plan, change it, approve or reject it.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the command to `app`. Running it sets `exit_code`.
void AddPlanCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
