// Reads what a SQL Server Data Tools project (.sqlproj) says about its scripts.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace datamigrate::source {

struct SsdtProject {
  // Items by the path written in the project, with '/' between its parts.
  std::vector<std::string> build;
  std::vector<std::string> pre_deployment;
  std::vector<std::string> post_deployment;
  std::vector<std::string>
      removed;  // Build Remove="...": patterns left out of the glob of SDK-style projects.
  bool builds_every_script =
      false;  // SDK-style: every .sql file below the project but what is removed.
  std::map<std::string, std::string> variables;  // Default values of SqlCmdVariable items.
};

// Errors: kInvalidArgument for text that is no XML or has no <Project>.
absl::StatusOr<SsdtProject> ParseSsdtProject(std::string_view xml);

// Whether `path` fits an MSBuild pattern: * within a part, ** over parts, case-insensitive.
bool MatchesItemPattern(std::string_view pattern, std::string_view path);

}  // namespace datamigrate::source
