#include "agent_engine/dbt/project_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "agent_engine/dbt/identifiers.h"

namespace datamigrate::dbt {
namespace {

namespace fs = std::filesystem;

// Lists the files that were written and a hash of each: "hash path", one a line.
constexpr char kReceipt[] = ".datamigrate-files";

absl::Status FileError(const std::string& what, const fs::path& path, int error) {
  const std::string message = what + " " + path.string() + ": " + std::strerror(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

std::string ContentHash(std::string_view content) {
  return NameHash(content) + NameHash(std::string(content) + "\n");
}

bool IsSafePath(const std::string& path) {
  const fs::path parsed(path);
  if (path.empty() || parsed.is_absolute()) return false;
  for (const fs::path& part : parsed) {
    if (part == ".." || part == ".") return false;
  }
  return true;
}

absl::Status WriteFile(const fs::path& path, std::string_view content) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return FileError("cannot create", path, errno);
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      close(file);
      return FileError("cannot write", path, error);
    }
    content.remove_prefix(static_cast<size_t>(written));
  }
  if (close(file) != 0) return FileError("cannot write", path, errno);
  return absl::OkStatus();
}

absl::Status WriteAll(const ProjectFiles& files, const fs::path& directory) {
  std::string receipt;
  std::set<fs::path> folders;
  for (const auto& [path, content] : files) {
    if (!IsSafePath(path)) return absl::InternalError("not a path inside the project: " + path);
    const fs::path target = directory / path;
    std::error_code error;
    if (folders.insert(target.parent_path()).second) {
      fs::create_directories(target.parent_path(), error);
      if (error) return FileError("cannot create", target.parent_path(), error.value());
    }
    if (absl::Status status = WriteFile(target, content); !status.ok()) return status;
    receipt += ContentHash(content) + " " + path + "\n";
  }
  return WriteFile(directory / kReceipt, receipt);
}

// Files are safe on the disk before the new project takes the old one's place.
void Flush(const fs::path& directory) {
  const int folder = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  syncfs(folder);
  close(folder);
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

bool IsWrittenByDbt(const fs::path& relative) {
  const fs::path top = *relative.begin();
  return top == "target" || top == "logs" || top == "dbt_packages" || top == ".user.yml" ||
         top == "package-lock.yml";
}

absl::Status Refuse(const fs::path& directory, const std::string& reason) {
  return absl::FailedPreconditionError(directory.string() + " " + reason +
                                       "; choose another folder or move it away");
}

// Whether `directory` may be replaced: it is absent, empty, or an unchanged project of ours.
absl::Status CheckReplaceable(const fs::path& directory) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(directory, error);
  if (status.type() == fs::file_type::not_found) return absl::OkStatus();
  if (status.type() != fs::file_type::directory) return Refuse(directory, "is not a folder");
  if (fs::is_empty(directory, error)) return absl::OkStatus();
  std::ifstream receipt(directory / kReceipt);
  if (!receipt) return Refuse(directory, "is not empty and not a project of DataMigrate");
  std::set<fs::path> known{kReceipt};
  std::string hash, path;
  while (receipt >> hash && receipt.get() == ' ' && std::getline(receipt, path)) {
    known.insert(path);
    if (fs::exists(directory / path, error) && ContentHash(ReadFile(directory / path)) != hash) {
      return Refuse(directory, "has the edited file " + path);
    }
  }
  for (auto entry = fs::recursive_directory_iterator(directory, error);
       entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (error) return FileError("cannot read", directory, error.value());
    const fs::path relative = entry->path().lexically_relative(directory);
    if (IsWrittenByDbt(relative)) {
      entry.disable_recursion_pending();
    } else if (!entry->is_directory(error) && !known.contains(relative)) {
      return Refuse(directory, "has the file " + relative.string() + ", which is not ours");
    }
  }
  if (error) return FileError("cannot read", directory, error.value());
  return absl::OkStatus();
}

// Puts `fresh` at `directory`. What was there ends up at `fresh`.
absl::Status Exchange(const fs::path& fresh, const fs::path& directory) {
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, directory.c_str(), RENAME_NOREPLACE) == 0) {
    return absl::OkStatus();
  }
  if (errno == EEXIST &&
      renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, directory.c_str(), RENAME_EXCHANGE) == 0) {
    return absl::OkStatus();
  }
  if (errno != EINVAL && errno != ENOSYS && errno != EEXIST) {
    return FileError("cannot put the project at", directory, errno);
  }
  // A file system without the exchange: the old project steps aside for a moment.
  const fs::path aside = fresh.string() + "-old";
  if (rename(directory.c_str(), aside.c_str()) != 0 && errno != ENOENT) {
    return FileError("cannot move away", directory, errno);
  }
  if (rename(fresh.c_str(), directory.c_str()) != 0) {
    const int error = errno;
    rename(aside.c_str(), directory.c_str());
    return FileError("cannot put the project at", directory, error);
  }
  std::error_code ignored;
  fs::remove_all(aside, ignored);
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteProject(const ProjectFiles& files, const fs::path& directory) {
  std::error_code error;
  fs::path target = fs::absolute(directory, error).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  if (absl::Status status = CheckReplaceable(target); !status.ok()) return status;
  fs::create_directories(target.parent_path(), error);
  if (error) return FileError("cannot create", target.parent_path(), error.value());
  std::string pattern = (target.parent_path() / ("." + target.filename().string() + ".new-XXXXXX"));
  if (mkdtemp(pattern.data()) == nullptr) return FileError("cannot create", pattern, errno);
  const fs::path fresh(pattern);
  absl::Status status = WriteAll(files, fresh);
  if (status.ok()) {
    fs::permissions(fresh, fs::perms(0755), error);
    Flush(fresh);
    status = Exchange(fresh, target);
  }
  fs::remove_all(fresh, error);
  return status;
}

}  // namespace datamigrate::dbt
