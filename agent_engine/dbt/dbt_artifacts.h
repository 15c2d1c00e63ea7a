// Reads what dbt leaves in its target folder and what it logs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace datamigrate::dbt {

// One entry of run_results.json.
struct NodeResult {
  std::string unique_id;      // "model.northwind.dbo__invoices".
  std::string resource_type;  // "model", "test", ….
  std::string name;           // The id's third part.
  std::string status;         // "success", "pass", "warn", "fail", "error", "skipped".
  std::string message;        // With the place, as dbt gives it.
  double seconds = 0;
  int64_t failures = 0;  // Rows that a test found.

  bool succeeded() const { return status == "success" || status == "pass" || status == "warn"; }
  bool failed() const { return status == "fail" || status == "error" || status == "runtime error"; }
};

// kNotFound when the file is absent; kDataLoss when it is not what dbt writes.
absl::StatusOr<std::vector<NodeResult>> ReadRunResults(const std::filesystem::path& file);

// One line of dbt's JSON log, as far as it says how the work goes.
struct DbtEvent {
  std::string name;   // dbt's: "LogStartLine", "LogModelResult", ….
  std::string level;  // "debug", "info", "warn", "error".
  std::string message;
  std::string node;  // Name of the model or test; empty where the event is about none.
  int index = 0;     // Of `total`, from 1; 0 where the event does not count.
  int total = 0;
  bool is_finished = false;  // The node is done.
};

// Empty for a line that is not a JSON log line.
std::optional<DbtEvent> ParseLogLine(std::string_view line);

}  // namespace datamigrate::dbt
