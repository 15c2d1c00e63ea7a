// What every agent of a migration gets besides the state: where it works, and how it tells what it
// does.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent_engine/agents/environment.h"
#include "agent_engine/dbt/project_model.h"
#include "agent_engine/source/scripts/script_source.h"
#include "agent_engine/verify/captured_results.h"
#include "agent_engine/workflow/node_context.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::agents {

// Tells that the node has done `done` of `total` (total > 0), with a line for people.
void Report(workflow::NodeContext& context, size_t done, size_t total, std::string_view message);

// The catalog's project with the accepted rewrites, what a person changed in the plan, without what
// the Rebuilder took out, and with the Optimizer's materializations. The same state gives the same
// project.
absl::StatusOr<dbt::Project> ProjectOf(const Environment& environment,
                                       const v1::MigrationState& state);

// Opens the scripts that the migration reads.
absl::StatusOr<std::unique_ptr<source::ScriptSource>> OpenScripts(const v1::MigrationState& state);

// The results that were taken from the source; null where the migration names none. kNotFound: the
// folder is gone.
absl::StatusOr<std::unique_ptr<verify::CapturedResults>> OpenResults(
    const v1::MigrationState& state);

// How far apart numbers may be in them.
verify::Tolerance ToleranceOf(const v1::MigrationState& state);

// Whether the Rebuilder has something to do, and may go on: rounds that change nothing are counted.
// Those that do change something end by themselves, as each leaves less to do.
bool NeedsRebuilder(const v1::MigrationState& state);

// The id of the option that a person chose; empty without an answer.
std::string ChosenOption(const workflow::NodeContext& context);

// Adds a line with the time to the migration's log file. Failing to write it changes nothing else.
void Log(const Environment& environment, const workflow::NodeContext& context,
         std::string_view line);

}  // namespace datamigrate::agents
