// datamigrate schedules: migrations that are made again and again.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// add, list, remove.
void AddSchedulesCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
