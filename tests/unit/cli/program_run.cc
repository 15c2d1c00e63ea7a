#include "tests/unit/cli/program_run.h"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/child_process.h"

namespace datamigrate::testing {
namespace {

std::string ShellQuoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

ProgramResult RunDatamigrate(const std::vector<std::string>& arguments, std::string_view input) {
  const TemporaryDirectory folder;
  const auto in = folder.path() / "in";
  const auto out = folder.path() / "out";
  const auto err = folder.path() / "err";
  std::ofstream(in, std::ios::binary) << input;
  std::string command = ShellQuoted(DATAMIGRATE_BINARY_DIR "/bin/datamigrate");
  for (const std::string& argument : arguments) command += " " + ShellQuoted(argument);
  command += " < " + ShellQuoted(in.string()) + " > " + ShellQuoted(out.string()) + " 2> " +
             ShellQuoted(err.string());
  const int status = std::system(command.c_str());
  constexpr int kCannotRun =
      126;  // POSIX shell: 126 and 127 are its own, 128 and more are signals.
  if (status == -1 || WEXITSTATUS(status) == kCannotRun || WEXITSTATUS(status) == kCannotRun + 1) {
    throw std::runtime_error("cannot start datamigrate: " + ReadFile(err));
  }
  const bool has_exited = WIFEXITED(status) && WEXITSTATUS(status) < kCannotRun;
  return {has_exited ? WEXITSTATUS(status) : -1, ReadFile(out), ReadFile(err)};
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace datamigrate::testing
