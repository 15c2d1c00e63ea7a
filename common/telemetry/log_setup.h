// Where a process's log goes, decided once in main.
#ifndef DATAMIGRATE_COMMON_TELEMETRY_LOG_SETUP_H_
#define DATAMIGRATE_COMMON_TELEMETRY_LOG_SETUP_H_

#include <string>

#include "absl/status/status.h"

namespace datamigrate::telemetry {

struct LogOptions {
  std::string process;         // first word of every line
  std::string file;            // empty: standard error
  std::string level = "info";  // "debug", "info", "warning" or "error"
};

// Makes spdlog's default logger write lines of
// "2026-11-21T04:13:47.123Z info datamigrate-gateway 4711 text", in UTC.
// A file is appended to, created readable by its owner alone, and flushed on every line.
// Errors: kInvalidArgument for an unknown level; kUnavailable when the file cannot be opened.
absl::Status SetUpLog(const LogOptions& options);

}  // namespace datamigrate::telemetry

#endif  // DATAMIGRATE_COMMON_TELEMETRY_LOG_SETUP_H_
