#include "agent_engine/dbt/dbt_runner.h"

#include <cstdlib>
#include <system_error>

#include "agent_engine/dbt/child_process.h"

namespace datamigrate::dbt {
namespace {

namespace fs = std::filesystem;

std::string FromOwnEnvironment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

std::vector<std::string> Environment(const DbtOptions& options) {
  std::map<std::string, std::string> variables = {
      {"PATH", FromOwnEnvironment("PATH", "/usr/local/bin:/usr/bin:/bin")},
      {"HOME", FromOwnEnvironment("HOME", "/tmp")},
      {"LANG", "C.UTF-8"},
      {"PYTHONUNBUFFERED", "1"},
      {"PYTHONDONTWRITEBYTECODE", "1"},
      {"DBT_SEND_ANONYMOUS_USAGE_STATS", "false"},
      {"DO_NOT_TRACK", "1"},
  };
  for (const auto& [name, value] : options.environment) variables[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<std::string> Arguments(const DbtOptions& options, std::string_view command,
                                   const std::vector<std::string>& extra) {
  std::vector<std::string> arguments = {options.dbt.string(),
                                        "--no-use-colors",
                                        "--log-format",
                                        "json",
                                        "--log-path",
                                        (options.work / "logs").string(),
                                        std::string(command),
                                        "--project-dir",
                                        options.project.string(),
                                        "--profiles-dir",
                                        options.project.string(),
                                        "--target",
                                        options.target};
  if (command != "deps") {
    arguments.insert(arguments.end(), {"--target-path", (options.work / "target").string(),
                                       "--threads", std::to_string(options.threads)});
  }
  arguments.insert(arguments.end(), extra.begin(), extra.end());
  return arguments;
}

absl::Status MissingDbt(const DbtOptions& options, const absl::Status& cause) {
  return absl::FailedPreconditionError(
      std::string(cause.message()) +
      "; dbt is not installed there: run deploy/local/setup, or name another dbt with --dbt " +
      "(looked for " + options.dbt.string() + ")");
}

std::string FirstLines(const std::string& text) {
  std::string line = text.substr(0, 2000);
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

void Count(DbtStepResult& result) {
  for (const NodeResult& node : result.nodes) {
    result.succeeded += node.succeeded();
    result.failed += node.failed();
    result.skipped += node.status == "skipped";
    if (node.failed()) result.failures.push_back(node.name + ": " + FirstLines(node.message));
  }
}

}  // namespace

absl::StatusOr<DbtStepResult> RunDbt(const DbtOptions& options, std::string_view command,
                                     const std::vector<std::string>& arguments) {
  DbtStepResult result;
  result.command = command;
  std::error_code error;
  fs::create_directories(options.work / "logs", error);
  if (error) {
    return absl::UnavailableError("cannot create " + options.work.string() + ": " +
                                  error.message());
  }
  const fs::path results_file = options.work / "target" / "run_results.json";
  fs::remove(results_file, error);
  std::vector<std::string> errors;
  ChildCommand child;
  child.arguments = Arguments(options, command, arguments);
  child.environment = Environment(options);
  child.timeout = options.timeout;
  child.is_cancelled = options.is_cancelled;
  child.on_line = [&](std::string_view line) {
    const auto event = ParseLogLine(line);
    if (!event) return;
    result.warnings += event->level == "warn";
    if (event->level == "error") errors.push_back(FirstLines(event->message));
    if (options.on_event) options.on_event(*event);
  };
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = RunChild(child);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (absl::IsNotFound(outcome.status()) || absl::IsPermissionDenied(outcome.status())) {
    return MissingDbt(options, outcome.status());
  }
  if (!outcome.ok()) return outcome.status();
  result.exit_code = outcome->exit_code;
  if (auto nodes = ReadRunResults(results_file); nodes.ok()) result.nodes = std::move(*nodes);
  Count(result);
  if (result.exit_code != 0 && result.failures.empty()) result.failures = std::move(errors);
  if (result.exit_code != 0 && result.failures.empty()) {
    result.failures.push_back(FirstLines(outcome->error_tail));
  }
  return result;
}

}  // namespace datamigrate::dbt
