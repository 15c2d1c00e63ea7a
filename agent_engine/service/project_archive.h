// A folder as a zip file.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

namespace datamigrate::service {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Every regular file below `folder`, without links, in order.
std::vector<std::filesystem::path> FilesBelow(const std::filesystem::path& folder);

// Packs every regular file below `folder`, without links, into an unnamed temporary file,
// positioned at its beginning; paths in the archive start with the folder's own name. The same
// files give the same bytes. Memory does not grow with the project. Errors: kFailedPrecondition
// when the folder is absent; kResourceExhausted when the disk is full.
absl::StatusOr<File> ArchiveFolder(const std::filesystem::path& folder);

}  // namespace datamigrate::service
