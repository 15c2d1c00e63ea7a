// Runs a program as a child and reads what it prints, line by line. Safe to call from any thread of
// a threaded process.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace datamigrate::dbt {

struct ChildCommand {
  std::vector<std::string> arguments{};  // The program's path first; it is not looked up in PATH.
  std::vector<std::string>
      environment{};        // "NAME=value"; the whole environment, nothing is inherited.
  std::string directory{};  // To run in; empty for the caller's.
  std::chrono::milliseconds timeout = std::chrono::hours(6);
  std::function<bool()> is_cancelled{};  // Asked several times a second; may be empty.
  std::function<void(std::string_view line)> on_line{};  // Lines of standard output; may be empty.
};

struct ChildOutcome {
  int exit_code = 0;       // 128 + the signal for a child that a signal ended.
  std::string error_tail;  // The last 8 KiB of standard error.
};

// Runs the child to its end. It leads a process group of its own, which is killed as a whole, and
// it dies with the thread that started it. No descriptor but its three standard ones is open in it;
// its standard input is empty. Errors: kNotFound when the program is absent, kPermissionDenied when
// it is not executable, kDeadlineExceeded after `timeout`, kCancelled, kResourceExhausted when no
// process or pipe can be made.
absl::StatusOr<ChildOutcome> RunChild(const ChildCommand& command);

}  // namespace datamigrate::dbt
