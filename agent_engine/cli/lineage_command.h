// `datamigrate lineage`: which columns each column of a view or routine comes from.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the command to `app`. Running it sets `exit_code`.
void AddLineageCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
