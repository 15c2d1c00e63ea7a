// `datamigrate parse`: checks T-SQL and shows what was not understood.
#pragma once

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the command to `app`. Running it sets `exit_code`.
void AddParseCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
