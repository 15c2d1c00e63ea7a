// Puts a project's files into a folder, all or nothing.
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "agent_engine/dbt/project_model.h"

namespace datamigrate::dbt {

// Writes `files` to `directory`, which then holds these files alone. They are written beside it
// first and take its place in one step, so that nobody ever sees half a project, also after a kill.
// Creates parent folders.
//
// A project that this function wrote before is replaced; what dbt itself puts there (target/,
// logs/) goes with it. Errors: kFailedPrecondition when the folder holds anything else: files that
// it did not write, or that were edited since. kResourceExhausted when the disk is full;
// kPermissionDenied, kUnavailable for other failures of the file system. The folder is unchanged
// after any error.
absl::Status WriteProject(const ProjectFiles& files, const std::filesystem::path& directory);

}  // namespace datamigrate::dbt
