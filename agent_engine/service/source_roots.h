// Which folders of this machine callers may name as a migration's source.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace datamigrate::service {

// Immutable, so safe to use from any thread.
class SourceRoots {
 public:
  // `roots` are for every tenant. Below `uploads` each tenant has a folder of its own name, and no
  // other's. Folders need not exist.
  SourceRoots(const std::vector<std::string>& roots, const std::filesystem::path& uploads);

  // Whether `source`, with its links followed, is a root or below one. kPermissionDenied for any
  // other, which does not tell whether it exists; kInvalidArgument for a path that is not absolute
  // or has a NUL.
  absl::Status Check(std::string_view tenant, std::string_view source) const;

  // "upload:ID" as the path of that upload of the tenant's; any other source as it is.
  // kInvalidArgument for an ID that is no UUID.
  absl::StatusOr<std::string> PathOf(std::string_view tenant, std::string_view source) const;

 private:
  std::vector<std::filesystem::path> roots_;
  std::filesystem::path uploads_;
};

}  // namespace datamigrate::service
