// datamigrate models list | register | remove | test | usage | report: the language models of an
// engine.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// Adds the commands to `app`. Running one sets `exit_code`.
void AddModelsCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
