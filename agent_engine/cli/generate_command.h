// `datamigrate generate`: scripts in, a dbt project out, without a server.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the command to `app`. Running it sets `exit_code`.
void AddGenerateCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
