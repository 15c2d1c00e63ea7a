#include "tests/unit/dialects/case_file.h"

#include <algorithm>
#include <fstream>

namespace datamigrate::testing {
namespace {

void LoadFile(const std::filesystem::path& path, std::vector<Case>& cases) {
  std::ifstream file(path);
  std::string line;
  std::string section;
  while (std::getline(file, line)) {
    if (!line.starts_with("=== ")) {
      if (!cases.empty() && !section.empty()) cases.back().sections[section] += line + "\n";
      continue;
    }
    const std::string head = line.substr(4);
    if (head.starts_with("case: ")) {
      cases.push_back({path.filename().string(), head.substr(6), {}});
      section.clear();
      continue;
    }
    if (cases.empty()) continue;
    const size_t colon = head.find(": ");
    section = head.substr(0, colon);
    cases.back().sections[section] =
        colon == std::string::npos ? "" : head.substr(colon + 2) + "\n";
  }
}

}  // namespace

std::string Case::Section(const std::string& section) const {
  const auto found = sections.find(section);
  return found == sections.end() ? "" : found->second;
}

std::vector<Case> LoadCases(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".case") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Case> cases;
  for (const std::filesystem::path& path : files) LoadFile(path, cases);
  for (Case& one : cases) {
    for (auto& [name, text] : one.sections) {
      while (text.ends_with('\n')) text.pop_back();
    }
  }
  return cases;
}

}  // namespace datamigrate::testing
