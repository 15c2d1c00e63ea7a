// The options of commands that talk to an engine.
#pragma once

#include "CLI/CLI.hpp"
#include "agent_engine/cli/engine_connection.h"

namespace datamigrate::cli {

// Adds --engine, --tenant and those for TLS and for a gateway that gives tokens. `engine` must
// outlive the parsing.
void AddEngineOptions(CLI::App* command, EngineAddress& engine);

}  // namespace datamigrate::cli
