// datamigrate runs: looking into the workflow runs behind migrations, and beginning new ones from
// them.
#pragma once

#include "CLI/CLI.hpp"

namespace datamigrate::cli {

// list, history, state, diff, fork, replay, graph.
void AddRunsCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
