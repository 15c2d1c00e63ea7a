#include "agent_engine/cli/source_options.h"

namespace datamigrate::cli {

void AddSourceOptions(CLI::App& command, SourceOptions& options) {
  command.add_option("--source", options.path, "A script, a folder of scripts or an SSDT project")
      ->required();
  command.add_option("--variable", options.variables, "SQLCMD variable, NAME=VALUE; repeatable");
}

absl::StatusOr<std::unique_ptr<source::ScriptSource>> OpenSource(const SourceOptions& options,
                                                                 bool load_rows) {
  source::ScriptSourceOptions open;
  open.load_rows = load_rows;
  for (const std::string& variable : options.variables) {
    const size_t equals = variable.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError("--variable " + variable + ": write NAME=VALUE");
    }
    open.variables[variable.substr(0, equals)] = variable.substr(equals + 1);
  }
  return source::ScriptSource::Open(options.path, open);
}

}  // namespace datamigrate::cli
