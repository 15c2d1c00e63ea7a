#include "agent_engine/source/scripts/script_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/source/scripts/ssdt_project.h"
#include "agent_engine/source/text_encoding.h"

namespace datamigrate::source {

namespace fs = std::filesystem;
using diagnostics::DiagnosticId;
using diagnostics::DiagnosticSink;
using diagnostics::SourceFile;

namespace {

// What tools of twenty-five years have named T-SQL scripts.
constexpr std::array<std::string_view, 13> kScriptExtensions = {
    ".sql", ".tsql", ".ddl", ".dml", ".tab", ".viw", ".prc",
    ".udf", ".fnc",  ".trg", ".idx", ".udt", ".sqlx"};

constexpr int kMaxDepth = 100;         // Folders in folders.
constexpr int kDepthBesideScript = 2;  // Of a single script: its folder and the folders in it.

bool IsScript(const fs::path& path) {
  const std::string extension = catalog::FoldName(path.extension().string());
  return std::ranges::find(kScriptExtensions, extension) != kScriptExtensions.end();
}

// Folders that tools make and people do not write.
bool IsToolFolder(const std::string& name) {
  return name.size() > 1 && name[0] == '.' && name != "..";
}

void Report(DiagnosticSink& sink, DiagnosticId id, const std::string& file,
            std::vector<std::string> arguments, std::string hint = "") {
  sink.Report({id, {}, std::move(arguments), std::move(hint), "", file, {}});
}

// 0 before the build, 1 the build itself, 2 after it.
int DeploymentStage(const fs::path& path) {
  const std::string text = catalog::FoldName(path.string());
  if (text.find("predeploy") != std::string::npos) return 0;
  return text.find("postdeploy") != std::string::npos ? 2 : 1;
}

// Orders file names as people number them: "2" before "10".
bool NaturalLess(const std::string& left, const std::string& right) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  size_t i = 0, j = 0;
  while (i < left.size() && j < right.size()) {
    if (is_digit(left[i]) && is_digit(right[j])) {
      const size_t left_end = std::min(left.find_first_not_of("0123456789", i), left.size());
      const size_t right_end = std::min(right.find_first_not_of("0123456789", j), right.size());
      std::string_view a(left.data() + i, left_end - i), b(right.data() + j, right_end - j);
      a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
      b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
      if (a.size() != b.size()) return a.size() < b.size();
      if (a != b) return a < b;
      i = left_end;
      j = right_end;
    } else {
      if (left[i] != right[j]) return left[i] < right[j];
      ++i, ++j;
    }
  }
  return left.size() - i < right.size() - j;
}

std::string ErrorText(int error) {
  return std::generic_category().message(error);
}

// The whole file; on failure false and why.
bool ReadBytes(const fs::path& path, std::string& bytes, std::string& why) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!stream || error) {
    why = error ? error.message() : ErrorText(errno == 0 ? EIO : errno);
    return false;
  }
  bytes.resize(size);
  stream.read(bytes.data(), static_cast<std::streamsize>(size));
  if (static_cast<uintmax_t>(stream.gcount()) != size) {
    why = ErrorText(errno == 0 ? EIO : errno);
    return false;
  }
  return true;
}

// Finds `part` in `folder` without regard to case.
fs::path FindPart(const fs::path& folder, const std::string& part) {
  std::error_code error;
  if (part == "." || part.empty()) return folder;
  if (fs::exists(folder / part, error)) return folder / part;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (catalog::EqualNames(entry->path().filename().string(), part)) return entry->path();
  }
  return {};
}

std::string ForwardSlashes(std::string_view path) {
  std::string text(path);
  std::ranges::replace(text, '\\', '/');
  return text;
}

fs::path FindBelow(const fs::path& folder, const std::string& written) {
  fs::path found = written.starts_with('/') ? fs::path("/") : folder;
  for (const fs::path& part : fs::path(written).relative_path()) {
    found = FindPart(found, part.string());
    if (found.empty()) return {};
  }
  std::error_code error;
  return fs::is_regular_file(found, error) ? found.lexically_normal() : fs::path();
}

}  // namespace

absl::StatusOr<ScriptFiles> ScriptFiles::Find(const fs::path& path, DiagnosticSink& sink) {
  fs::path root = path.lexically_normal();
  if (!root.has_filename() && root.has_relative_path()) root = root.parent_path();
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (status.type() == fs::file_type::not_found) {
    return absl::NotFoundError(absl::StrCat("there is no file or folder ", root.string()));
  }
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat(root.string(), " cannot be read: ", error.message()));
  }
  ScriptFiles files;
  if (!fs::is_directory(status)) {
    files.folder_ = root.has_parent_path() ? root.parent_path() : fs::path(".");
    if (root.extension() == ".sqlproj") {
      files.AddFolder(files.folder_, kMaxDepth, sink);
      if (absl::Status used = files.UseProject(root, sink); !used.ok()) return used;
      return files;
    }
    files.AddFolder(files.folder_, kDepthBesideScript, sink);
    files.scripts_ = {root};
    return files;
  }
  files.folder_ = root;
  files.AddFolder(root, kMaxDepth, sink);
  files.SortScripts();
  if (files.projects_.size() == 1) {
    const fs::path project = files.projects_[0];
    if (absl::Status used = files.UseProject(project, sink); !used.ok()) {
      Report(sink, DiagnosticId::kProjectNotReadable, files.NameOf(project),
             {files.NameOf(project), std::string(used.message())},
             "every script below it is read instead");
    }
  }
  if (files.scripts_.empty()) {
    return absl::NotFoundError(
        absl::StrCat("the folder ", root.string(), " holds no script (.sql)"));
  }
  return files;
}

void ScriptFiles::AddFolder(const fs::path& root, int max_depth, DiagnosticSink& sink) {
  std::set<fs::path> seen;
  std::vector<std::pair<fs::path, int>> open = {{root, 1}};
  while (!open.empty()) {
    const auto [folder, depth] = open.back();
    open.pop_back();
    std::error_code error;
    if (!seen.insert(fs::canonical(folder, error)).second) {
      Report(sink, DiagnosticId::kLinkLoop, NameOf(folder), {NameOf(folder)});
      continue;
    }
    fs::directory_iterator entry(folder, error), end;
    for (; !error && entry != end; entry.increment(error)) {
      const fs::path path = entry->path();
      std::error_code entry_error;
      if (entry->is_directory(entry_error)) {
        const bool enters = depth < max_depth && !IsToolFolder(path.filename().string());
        if (enters) open.emplace_back(path, depth + 1);
        continue;
      }
      if (!entry->is_regular_file(entry_error)) {
        if (IsScript(path)) {
          Report(sink, DiagnosticId::kUnreadableFile, NameOf(path),
                 {NameOf(path), "it is not a regular file"});
        }
        continue;
      }
      files_by_base_name_[catalog::FoldName(path.filename().string())].push_back(all_files_.size());
      all_files_.push_back(path);
      if (IsScript(path)) scripts_.push_back(path);
      if (path.extension() == ".sqlproj") projects_.push_back(path);
    }
    if (error) {
      Report(sink, DiagnosticId::kUnreadableFile, NameOf(folder),
             {NameOf(folder), error.message()});
    }
  }
}

void ScriptFiles::SortScripts() {
  std::vector<std::pair<std::string, fs::path>> keyed;
  for (fs::path& path : scripts_) {
    keyed.emplace_back(std::to_string(DeploymentStage(path.lexically_relative(folder_))) +
                           catalog::FoldName(path.string()),
                       std::move(path));
  }
  std::ranges::sort(keyed, [](const auto& left, const auto& right) {
    return NaturalLess(left.first, right.first) ||
           (!NaturalLess(right.first, left.first) && left.second < right.second);
  });
  scripts_.clear();
  for (auto& [key, path] : keyed) scripts_.push_back(std::move(path));
}

absl::Status ScriptFiles::UseProject(const fs::path& path, DiagnosticSink& sink) {
  std::string bytes, why;
  if (!ReadBytes(path, bytes, why)) return absl::PermissionDeniedError(why);
  const auto decoded = DecodeText(std::move(bytes));
  if (!decoded) return absl::InvalidArgumentError("it is not text");
  auto project = ParseSsdtProject(decoded->text);
  if (!project.ok()) return project.status();
  variables_ = project->variables;
  // "SqlCmd variables" of SQL Server Data Tools: these always have a value.
  variables_.emplace("DatabaseName", path.stem().string());
  variables_.emplace("DefaultFilePrefix", path.stem().string());
  variables_.emplace("DefaultDataPath", "");
  variables_.emplace("DefaultLogPath", "");
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::vector<fs::path> chosen;
  std::set<fs::path> taken;
  const auto add_items = [&](const std::vector<std::string>& items) {
    for (const std::string& item : items) {
      if (item.find('*') != std::string::npos) {
        for (const fs::path& script : scripts_) {
          const std::string name = script.lexically_relative(folder).generic_string();
          if (MatchesItemPattern(item, name) && taken.insert(script).second)
            chosen.push_back(script);
        }
        continue;
      }
      const fs::path found = FindBelow(folder, item);
      if (found.empty()) {
        Report(sink, DiagnosticId::kProjectItemMissing, NameOf(path), {NameOf(path), item});
      } else if (taken.insert(found.lexically_normal()).second) {
        chosen.push_back(found);
      }
    }
  };
  add_items(project->pre_deployment);
  std::vector<fs::path> last;
  std::swap(chosen, last);
  add_items(project->post_deployment);
  std::swap(chosen, last);
  add_items(project->build);
  if (project->builds_every_script) {
    for (const fs::path& script : scripts_) {
      const std::string name = script.lexically_relative(folder).generic_string();
      const bool removed = std::ranges::any_of(project->removed, [&](const std::string& pattern) {
        return MatchesItemPattern(pattern, name);
      });
      const bool built = name.starts_with("bin/") || name.starts_with("obj/");
      if (!removed && !built && taken.insert(script.lexically_normal()).second) {
        chosen.push_back(script);
      }
    }
  }
  chosen.insert(chosen.end(), last.begin(), last.end());
  if (chosen.empty()) return absl::InvalidArgumentError("it builds no script");
  scripts_ = std::move(chosen);
  return absl::OkStatus();
}

std::string ScriptFiles::NameOf(const fs::path& path) const {
  const fs::path relative = path.lexically_relative(folder_);
  return relative.empty() || relative == "." ? path.filename().string() : relative.generic_string();
}

const SourceFile* ScriptFiles::Read(const fs::path& path, DiagnosticSink& sink) {
  const auto [found, is_new] = texts_.try_emplace(path);
  if (!is_new) return found->second.get();
  const std::string name = NameOf(path);
  std::string bytes, why;
  if (!ReadBytes(path, bytes, why)) {
    Report(sink, DiagnosticId::kUnreadableFile, name, {name, why});
    return nullptr;
  }
  constexpr size_t kMaxBytes = std::numeric_limits<uint32_t>::max() - 1;
  if (bytes.size() > kMaxBytes) {
    Report(sink, DiagnosticId::kFileTooLarge, name, {name});
    return nullptr;
  }
  auto decoded = DecodeText(std::move(bytes));
  if (!decoded) {
    Report(sink, DiagnosticId::kNotText, name, {name}, "save it as UTF-8");
    return nullptr;
  }
  if (decoded->text.size() > kMaxBytes) {
    Report(sink, DiagnosticId::kFileTooLarge, name, {name});
    return nullptr;
  }
  found->second = std::make_unique<SourceFile>(name, std::move(decoded->text));
  return found->second.get();
}

void ScriptFiles::Forget(const fs::path& path) {
  texts_.erase(path);
}

fs::path ScriptFiles::Resolve(const fs::path& including, std::string_view written) {
  const std::string path = ForwardSlashes(written);
  fs::path found = FindBelow(including.parent_path(), path);
  if (found.empty()) found = FindBelow(folder_, path);
  return found;
}

fs::path ScriptFiles::FindByBaseName(std::string_view written, const fs::path& beside) {
  const std::string base = fs::path(ForwardSlashes(written)).filename().string();
  const auto found = files_by_base_name_.find(catalog::FoldName(base));
  if (base.empty() || found == files_by_base_name_.end()) return {};
  for (const size_t index : found->second) {
    if (all_files_[index].parent_path() == beside.parent_path()) return all_files_[index];
  }
  return all_files_[found->second.front()];
}

fs::path ScriptFiles::PathOf(const SourceFile& file) const {
  for (const auto& [path, text] : texts_) {
    if (text.get() == &file) return path;
  }
  return {};
}

}  // namespace datamigrate::source
