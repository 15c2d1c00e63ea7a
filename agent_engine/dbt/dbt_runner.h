// Runs the real dbt on a project and reads back what it did.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/dbt/dbt_artifacts.h"

namespace datamigrate::dbt {

struct DbtOptions {
  std::filesystem::path dbt{};      // The program: ".../bin/dbt".
  std::filesystem::path project{};  // The folder of dbt_project.yml and profiles.yml.
  // Where dbt puts its artifacts and log; made when absent. Kept out of the project, so that this
  // stays as written.
  std::filesystem::path work{};
  std::string target = "prod";  // The profile's output.
  int threads = 4;
  // Beyond PATH, HOME and LANG: addresses and secrets for profiles.yml.
  std::map<std::string, std::string> environment{};
  std::chrono::milliseconds timeout = std::chrono::hours(2);  // For one command.
  std::function<bool()> is_cancelled{};                       // Asked several times a second.
  std::function<void(const DbtEvent&)> on_event{};            // Progress; on the caller's thread.
};

struct DbtStepResult {
  std::string command;
  int exit_code = 0;  // 0: done; 1: a model or test failed; 2: dbt could not do it at all.
  double seconds = 0;
  int succeeded = 0;
  int failed = 0;
  int skipped = 0;
  int warnings = 0;               // Warnings and deprecations in dbt's log.
  std::vector<NodeResult> nodes;  // Empty for "deps", and when dbt stopped before any node.
  std::vector<std::string>
      failures;  // One line each: the node and dbt's message, or dbt's own errors.
};

// Runs one command: "deps", "parse", "compile", "run", "test", "build". A model or test that fails
// is a result, not an error. Errors: kFailedPrecondition when dbt is not installed;
// kDeadlineExceeded; kCancelled.
absl::StatusOr<DbtStepResult> RunDbt(const DbtOptions& options, std::string_view command,
                                     const std::vector<std::string>& arguments = {});

}  // namespace datamigrate::dbt
