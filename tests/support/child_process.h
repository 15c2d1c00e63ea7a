// A program under test: started, watched, killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace datamigrate::testing {

// Kills the child when it leaves scope. One thread at a time.
class ChildProcess {
 public:
  // Runs `arguments` (the program first), both outputs appended to `log`, with `environment` ("NAME=value") added.
  // Throws std::runtime_error when it cannot be started.
  ChildProcess(const std::vector<std::string>& arguments, const std::filesystem::path& log,
               const std::vector<std::string>& environment = {});
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  bool IsRunning();
  // Sends `signal` and waits for the end; returns the wait status. At once when it has ended already.
  int Stop(int signal);
  // Waits for the end; returns the wait status, or -1 when it still runs after `limit`.
  int Wait(std::chrono::milliseconds limit);

 private:
  pid_t pid_ = -1;
  int status_ = -1;
  bool has_ended_ = false;
};

// Deletes itself and everything below.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string ReadFile(const std::filesystem::path& path);

// Waits until `file` exists and is not empty and returns its text; empty when `limit` passes or `process` ends first.
std::string WaitForFile(const std::filesystem::path& file, ChildProcess& process,
                        std::chrono::milliseconds limit);

}  // namespace datamigrate::testing
