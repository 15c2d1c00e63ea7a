// The command line as its callers see it: arguments and standard input in; exit code and both
// outputs back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::testing {

struct ProgramResult {
  int exit_code = -1;  // -1 when a signal ended the program.
  std::string out;
  std::string err;
};

// Runs the `datamigrate` of this build to its end. Throws std::runtime_error when it cannot be
// started.
ProgramResult RunDatamigrate(const std::vector<std::string>& arguments,
                             std::string_view input = "");

// The lines of `text` without their ends; text after the last end is a line too.
std::vector<std::string> LinesOf(const std::string& text);

}  // namespace datamigrate::testing
