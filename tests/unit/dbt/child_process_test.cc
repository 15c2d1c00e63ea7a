#include "agent_engine/dbt/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

namespace datamigrate::dbt {
namespace {

using namespace std::chrono_literals;

ChildCommand Shell(const std::string& script) {
  ChildCommand command;
  command.arguments = {"/bin/sh", "-c", script};
  command.environment = {"PATH=/usr/bin:/bin", "GIVEN=yes"};
  return command;
}

TEST_CASE("Lines, exit code and the end of standard error come back", "[dbt]") {
  ChildCommand command = Shell("echo one; printf 'two\\nlast'; echo bad >&2; exit 3");
  std::vector<std::string> lines;
  command.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  const auto outcome = RunChild(command);
  REQUIRE(outcome.ok());
  CHECK(outcome->exit_code == 3);
  CHECK(outcome->error_tail == "bad\n");
  CHECK(lines == std::vector<std::string>{"one", "two", "last"});
}

TEST_CASE("Only the given environment is passed", "[dbt]") {
  setenv("DATAMIGRATE_TEST_SECRET", "leaked", 1);
  ChildCommand command = Shell("echo \"$GIVEN:$DATAMIGRATE_TEST_SECRET\"");
  std::string line;
  command.on_line = [&](std::string_view text) { line = text; };
  REQUIRE(RunChild(command).ok());
  CHECK(line == "yes:");
}

TEST_CASE("No open file of the parent is passed", "[dbt]") {
  const int file = open("/etc/passwd", O_RDONLY);  // On purpose without O_CLOEXEC.
  REQUIRE(file >= 0);
  ChildCommand command = Shell("ls /proc/self/fd | wc -l");
  std::string line;
  command.on_line = [&](std::string_view text) { line = text; };
  REQUIRE(RunChild(command).ok());
  close(file);
  // Standard input, output, error and the folder that ls itself reads.
  CHECK(std::stoi(line) == 4);
}

TEST_CASE("Much output does not stop the child", "[dbt]") {
  ChildCommand command = Shell("yes 0123456789 | head -c 3000000; yes x | head -c 3000000 >&2");
  size_t bytes = 0;
  command.on_line = [&](std::string_view line) { bytes += line.size() + 1; };
  const auto outcome = RunChild(command);
  REQUIRE(outcome.ok());
  CHECK(bytes >= 3'000'000);
  CHECK(outcome->error_tail.size() <= 8192);
}

TEST_CASE("A late child is killed with its own children", "[dbt]") {
  ChildCommand command = Shell("sleep 600 & echo $!; wait");
  command.timeout = 300ms;
  pid_t grandchild = 0;
  command.on_line = [&](std::string_view line) { grandchild = std::stoi(std::string(line)); };
  const auto outcome = RunChild(command);
  CHECK(absl::IsDeadlineExceeded(outcome.status()));
  REQUIRE(grandchild > 0);
  // It may still be a zombie of another parent; it does not run any more.
  for (int i = 0; i < 100 && kill(grandchild, 0) == 0; ++i) std::this_thread::sleep_for(10ms);
  const std::string stat = "/proc/" + std::to_string(grandchild) + "/stat";
  FILE* file = std::fopen(stat.c_str(), "r");
  char state = 'Z';
  if (file != nullptr) {
    CHECK(std::fscanf(file, "%*d %*s %c", &state) == 1);
    std::fclose(file);
  }
  CHECK(state == 'Z');
}

TEST_CASE("A cancelled child that ignores the request is killed", "[dbt]") {
  ChildCommand command = Shell("trap '' TERM; echo ready; while true; do sleep 1; done");
  bool is_ready = false;
  command.on_line = [&](std::string_view) { is_ready = true; };
  command.is_cancelled = [&] { return is_ready; };
  CHECK(absl::IsCancelled(RunChild(command).status()));
}

TEST_CASE("A program that cannot be started is told apart", "[dbt]") {
  ChildCommand command = Shell("");
  command.arguments = {"/nowhere/dbt"};
  CHECK(absl::IsNotFound(RunChild(command).status()));
  command.arguments = {"/etc/passwd"};
  CHECK(absl::IsPermissionDenied(RunChild(command).status()));
  command.arguments.clear();
  CHECK(absl::IsInvalidArgument(RunChild(command).status()));
}

TEST_CASE("A signal is an exit code above 128", "[dbt]") {
  const auto outcome = RunChild(Shell("kill -9 $$"));
  REQUIRE(outcome.ok());
  CHECK(outcome->exit_code == 128 + SIGKILL);
}

}  // namespace
}  // namespace datamigrate::dbt
