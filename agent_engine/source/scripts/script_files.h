// Finds and reads the scripts of a source: one file, a folder of any depth, or an SSDT project
// folder.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/diagnostics/diagnostic.h"
#include "common/diagnostics/source_file.h"

namespace datamigrate::source {

// Owns the texts that were read. Not thread-safe.
class ScriptFiles {
 public:
  // Finds the scripts below `path`: of a folder with a project file what the project builds, else
  // every script. Folders are walked in the order of their names, pre-deployment scripts first and
  // post-deployment scripts last. Errors: kNotFound: no such path; kInvalidArgument: a folder
  // without a script; kPermissionDenied: it cannot be read.
  static absl::StatusOr<ScriptFiles> Find(const std::filesystem::path& path,
                                          diagnostics::DiagnosticSink& sink);

  // The scripts to run, in order.
  const std::vector<std::filesystem::path>& scripts() const { return scripts_; }
  // Default values of SQLCMD variables that the project gives.
  const std::map<std::string, std::string>& variables() const { return variables_; }
  // The folder that file names are relative to.
  const std::filesystem::path& folder() const { return folder_; }

  // The text of a file, read at the first call; null, once with a diagnostic, when it cannot be
  // read or is no text.
  const diagnostics::SourceFile* Read(const std::filesystem::path& path,
                                      diagnostics::DiagnosticSink& sink);
  // Gives the memory of a text back; views into it end.
  void Forget(const std::filesystem::path& path);

  // The file that a script means by `written`: as Windows writes paths, relative to `including` or
  // to the folder, without regard to case. Empty when there is none.
  std::filesystem::path Resolve(const std::filesystem::path& including, std::string_view written);
  // The file below the folder whose last part is that of `written`, nearest to `beside` first.
  // Empty when there is none.
  std::filesystem::path FindByBaseName(std::string_view written,
                                       const std::filesystem::path& beside);
  // The path that was read as the file of this name.
  std::filesystem::path PathOf(const diagnostics::SourceFile& file) const;

 private:
  void AddFolder(const std::filesystem::path& folder, int max_depth,
                 diagnostics::DiagnosticSink& sink);
  absl::Status UseProject(const std::filesystem::path& project, diagnostics::DiagnosticSink& sink);
  void SortScripts();
  std::string NameOf(const std::filesystem::path& path) const;

  std::filesystem::path folder_;
  std::vector<std::filesystem::path> scripts_;
  std::vector<std::filesystem::path> all_files_;
  std::vector<std::filesystem::path> projects_;
  std::map<std::string, std::string> variables_;
  std::map<std::filesystem::path, std::unique_ptr<diagnostics::SourceFile>> texts_;
  absl::flat_hash_map<std::string, std::vector<size_t>> files_by_base_name_;
};

}  // namespace datamigrate::source
