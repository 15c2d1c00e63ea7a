// Cases of tests/cases: "=== case: name" begins one, "=== section" its parts; text runs to the next
// line that begins with "===".
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace datamigrate::testing {

struct Case {
  std::string file;
  std::string name;
  std::map<std::string, std::string> sections;  // Text without its last line break.

  bool Has(const std::string& section) const { return sections.contains(section); }
  // Empty when there is none.
  std::string Section(const std::string& section) const;
};

// All cases of the *.case files of a folder, in order of file name.
std::vector<Case> LoadCases(const std::filesystem::path& folder);

}  // namespace datamigrate::testing
