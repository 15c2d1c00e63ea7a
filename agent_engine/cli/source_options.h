// How commands that read scripts name them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "agent_engine/source/scripts/script_source.h"

namespace datamigrate::cli {

struct SourceOptions {
  std::string path;
  std::vector<std::string> variables;  // NAME=VALUE
};

void AddSourceOptions(CLI::App& command, SourceOptions& options);

// `load_rows`: whether the statements that load rows are run too.
absl::StatusOr<std::unique_ptr<source::ScriptSource>> OpenSource(const SourceOptions& options,
                                                                 bool load_rows);

}  // namespace datamigrate::cli
