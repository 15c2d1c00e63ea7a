#include "agent_engine/source/scripts/ssdt_project.h"

#include <algorithm>
#include <utility>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/source/text_encoding.h"

namespace datamigrate::source {
namespace {

struct Tag {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  bool closes = false;      // </name>
  bool is_empty = false;    // <name/>
  std::string text_before;  // Character content before the tag.

  std::string Attribute(std::string_view wanted) const {
    for (const auto& [key, value] : attributes) {
      if (key == wanted) return value;
    }
    return {};
  }
};

std::string DecodeEntities(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string decoded;
  while (!text.empty()) {
    const auto* entity = std::ranges::find_if(kEntities, [&](const auto& candidate) {
      return text.substr(0, candidate.first.size()) == candidate.first;
    });
    if (entity != std::end(kEntities)) {
      decoded += entity->second;
      text.remove_prefix(entity->first.size());
    } else {
      decoded += text[0];
      text.remove_prefix(1);
    }
  }
  return decoded;
}

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Reads tags one after the other; comments, declarations and processing instructions are passed
// over.
class TagReader {
 public:
  explicit TagReader(std::string_view xml) : xml_(xml) {}

  // False at the end of the text or where it is no XML.
  bool Next(Tag& tag) {
    tag = Tag();
    while (true) {
      const size_t open = xml_.find('<', at_);
      if (open == std::string_view::npos) return false;
      tag.text_before += DecodeEntities(xml_.substr(at_, open - at_));
      at_ = open;
      if (Skip("<!--", "-->") || Skip("<?", "?>") || Skip("<!", ">")) continue;
      return ReadTag(tag);
    }
  }

 private:
  bool Skip(std::string_view begin, std::string_view end) {
    if (xml_.substr(at_, begin.size()) != begin) return false;
    const size_t found = xml_.find(end, at_ + begin.size());
    at_ = found == std::string_view::npos ? xml_.size() : found + end.size();
    return true;
  }

  void SkipSpace() {
    while (at_ < xml_.size() && IsSpace(xml_[at_])) ++at_;
  }

  std::string ReadName() {
    const size_t begin = at_;
    while (at_ < xml_.size() && !IsSpace(xml_[at_]) &&
           std::string_view("=/>").find(xml_[at_]) == std::string_view::npos) {
      ++at_;
    }
    return std::string(xml_.substr(begin, at_ - begin));
  }

  bool ReadTag(Tag& tag) {
    ++at_;
    if (at_ < xml_.size() && xml_[at_] == '/') {
      tag.closes = true;
      ++at_;
    }
    tag.name = ReadName();
    if (tag.name.empty()) return false;
    while (true) {
      SkipSpace();
      if (at_ >= xml_.size()) return false;
      if (xml_[at_] == '>') {
        ++at_;
        return true;
      }
      if (xml_[at_] == '/') {
        tag.is_empty = true;
        ++at_;
        continue;
      }
      if (!ReadAttribute(tag)) return false;
    }
  }

  bool ReadAttribute(Tag& tag) {
    std::string key = ReadName();
    SkipSpace();
    if (key.empty() || at_ + 1 >= xml_.size() || xml_[at_] != '=') return false;
    ++at_;
    SkipSpace();
    if (at_ >= xml_.size() || (xml_[at_] != '"' && xml_[at_] != '\'')) return false;
    const size_t end = xml_.find(xml_[at_], at_ + 1);
    if (end == std::string_view::npos) return false;
    tag.attributes.emplace_back(std::move(key),
                                DecodeEntities(xml_.substr(at_ + 1, end - at_ - 1)));
    at_ = end + 1;
    return true;
  }

  std::string_view xml_;
  size_t at_ = 0;
};

// An Include may list several paths between semicolons.
void AppendPaths(std::string_view list, std::vector<std::string>& paths) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(';'), list.size());
    std::string path(list.substr(0, end));
    std::ranges::replace(path, '\\', '/');
    if (!path.empty()) paths.push_back(std::move(path));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

void TakeItem(const Tag& tag, SsdtProject& project) {
  const std::string include = tag.Attribute("Include");
  if (tag.name == "Build") AppendPaths(include, project.build);
  if (tag.name == "Build") AppendPaths(tag.Attribute("Remove"), project.removed);
  if (tag.name == "PreDeploy") AppendPaths(include, project.pre_deployment);
  if (tag.name == "PostDeploy") AppendPaths(include, project.post_deployment);
  const bool names_sdk = tag.name == "Project" || tag.name == "Sdk" || tag.name == "Import";
  const std::string sdk = tag.Attribute("Sdk") + tag.Attribute("Name");
  if (names_sdk && sdk.find("Microsoft.Build.Sql") != std::string::npos) {
    project.builds_every_script = true;
  }
}

std::string Trim(std::string text) {
  while (!text.empty() && IsSpace(text.back())) text.pop_back();
  text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

bool Matches(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern.substr(0, 3) == "**/") {
    if (Matches(pattern.substr(3), path)) return true;
    const size_t next = path.find('/');
    return next != std::string_view::npos && Matches(pattern, path.substr(next + 1));
  }
  if (pattern == "**") return true;
  if (pattern[0] == '*') {
    if (Matches(pattern.substr(1), path)) return true;
    return !path.empty() && path[0] != '/' && Matches(pattern, path.substr(1));
  }
  return !path.empty() && (pattern[0] == path[0] || (pattern[0] == '?' && path[0] != '/')) &&
         Matches(pattern.substr(1), path.substr(1));
}

}  // namespace

absl::StatusOr<SsdtProject> ParseSsdtProject(std::string_view xml) {
  SsdtProject project;
  TagReader reader(xml);
  Tag tag;
  bool has_project = false;
  std::string variable;
  while (reader.Next(tag)) {
    if (tag.name == "Project" && !tag.closes) has_project = true;
    if (!tag.closes) TakeItem(tag, project);
    if (tag.name == "SqlCmdVariable") variable = tag.closes ? "" : tag.Attribute("Include");
    if (tag.name == "DefaultValue" && tag.closes && !variable.empty()) {
      project.variables[variable] = Trim(tag.text_before);
    }
  }
  if (!has_project)
    return absl::InvalidArgumentError("it is no MSBuild project: no <Project> element");
  return project;
}

bool MatchesItemPattern(std::string_view pattern, std::string_view path) {
  return Matches(catalog::FoldName(pattern), catalog::FoldName(path));
}

}  // namespace datamigrate::source
