#include "common/telemetry/log_setup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace datamigrate::telemetry {
namespace {

absl::Status CheckWritable(const std::string& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::UnavailableError(
        fmt::format("cannot write the log file {}: {}", file, std::strerror(errno)));
  }
  close(fd);
  return absl::OkStatus();
}

}  // namespace

absl::Status SetUpLog(const LogOptions& options) {
  const spdlog::level::level_enum level = spdlog::level::from_str(options.level);
  if (level == spdlog::level::off) {
    return absl::InvalidArgumentError(
        fmt::format("unknown log level \"{}\": use debug, info, warning or error", options.level));
  }
  spdlog::sink_ptr sink;
  if (options.file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    if (absl::Status writable = CheckWritable(options.file); !writable.ok()) return writable;
    try {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    } catch (const spdlog::spdlog_ex& error) {
      return absl::UnavailableError(error.what());
    }
  }
  auto logger = std::make_shared<spdlog::logger>(options.process, std::move(sink));
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ %l %n %P %v", spdlog::pattern_time_type::utc));
  logger->set_level(level);
  logger->flush_on(level);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

}  // namespace datamigrate::telemetry
