#include "agent_engine/service/source_roots.h"

#include <algorithm>
#include <system_error>

namespace datamigrate::service {
namespace {

namespace fs = std::filesystem;

// Without links as far as the path exists, and without a slash at its end; "" when that cannot be
// found out.
fs::path Resolved(const fs::path& path) {
  std::error_code error;
  fs::path resolved = fs::canonical(path, error);
  // It is not there, or not all of it.
  if (error) resolved = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) return {};
  return resolved.has_filename() || resolved == resolved.root_path() ? resolved
                                                                     : resolved.parent_path();
}

bool IsWithin(const fs::path& path, const fs::path& root) {
  const auto [root_end, path_at] =
      std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return !root.empty() && root_end == root.end();
}

bool IsOneFolder(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

SourceRoots::SourceRoots(const std::vector<std::string>& roots, const fs::path& uploads)
    : uploads_(Resolved(uploads)) {
  for (const std::string& root : roots) roots_.push_back(Resolved(root));
}

absl::Status SourceRoots::Check(std::string_view tenant, std::string_view source) const {
  const fs::path path(source);
  if (!path.is_absolute() || source.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError("source must be an absolute path, such as /srv/scripts");
  }
  const fs::path resolved = Resolved(path);
  if (!resolved.empty()) {
    // An upload is its tenant's alone, even where the uploads are below a root.
    if (IsWithin(resolved, uploads_)) {
      if (IsOneFolder(tenant) && IsWithin(resolved, uploads_ / tenant)) return absl::OkStatus();
    } else if (std::ranges::any_of(
                   roots_, [&](const fs::path& root) { return IsWithin(resolved, root); })) {
      return absl::OkStatus();
    }
  }
  return absl::PermissionDeniedError(
      "source is not below a folder that this engine reads: whoever runs it names those with "
      "--source-root");
}

absl::StatusOr<std::string> SourceRoots::PathOf(std::string_view tenant,
                                                std::string_view source) const {
  constexpr std::string_view kUpload = "upload:";
  if (!source.starts_with(kUpload)) return std::string(source);
  const std::string_view id = source.substr(kUpload.size());
  const bool is_uuid =
      id.size() == 36 && id.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
  if (!is_uuid || !IsOneFolder(tenant)) {
    return absl::InvalidArgumentError("what follows \"upload:\" in source is not an upload's id");
  }
  const fs::path path = uploads_ / tenant / id;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return absl::NotFoundError("there is no such upload: uploads are removed after a week");
  }
  return path.string();
}

}  // namespace datamigrate::service
