// `datamigrate training`: examples to train a model with.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the command to `app`. Running it sets `exit_code`.
void AddTrainingCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
