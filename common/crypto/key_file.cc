#include "common/crypto/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "common/crypto/random.h"

namespace datamigrate::crypto {
namespace {

constexpr size_t kLargestFile = 64 * 1024;

absl::Status FileError(std::string_view action, const std::string& path) {
  return absl::UnavailableError(
      fmt::format("cannot {} the key file {}: {}", action, path, std::strerror(errno)));
}

absl::Status WriteAll(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("write", path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(fd) != 0) return FileError("write", path);
  return absl::OkStatus();
}

// A file beside `path` with the text, or the reason why not.
absl::StatusOr<std::string> WriteDraft(const std::string& path, std::string_view text) {
  std::string draft = path + "." + RandomUuid();
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return FileError("create", path);
  const absl::Status written = WriteAll(fd, text, path);
  close(fd);
  if (written.ok()) return draft;
  unlink(draft.c_str());
  return written;
}

absl::Status CheckFile(int fd, const std::string& path) {
  struct stat attributes {};
  if (fstat(fd, &attributes) != 0) return FileError("read", path);
  if (!S_ISREG(attributes.st_mode)) {
    return absl::DataLossError(fmt::format("the key file {} is not a plain file", path));
  }
  if ((attributes.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(
        fmt::format("the key file {} can be read by others; run: chmod 600 {}", path, path));
  }
  if (static_cast<size_t>(attributes.st_size) > kLargestFile) {
    return absl::DataLossError(fmt::format("the key file {} is too large", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadKeyFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    return absl::NotFoundError(fmt::format("there is no key file {}", path));
  }
  if (fd < 0) return FileError("read", path);
  absl::Cleanup close_file = [fd] { close(fd); };
  if (absl::Status good = CheckFile(fd, path); !good.ok()) return good;
  std::string text(kLargestFile, '\0');
  size_t length = 0;
  while (length < text.size()) {
    const ssize_t count = read(fd, text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("read", path);
    if (count == 0) break;
    length += static_cast<size_t>(count);
  }
  text.resize(length);
  return text;
}

absl::Status CreateKeyFile(const std::string& path, std::string_view text) {
  absl::StatusOr<std::string> draft = WriteDraft(path, text);
  if (!draft.ok()) return draft.status();
  const bool is_linked = link(draft->c_str(), path.c_str()) == 0 || errno == EEXIST;
  const absl::Status linked = is_linked ? absl::OkStatus() : FileError("create", path);
  unlink(draft->c_str());
  return linked;
}

absl::Status ReplaceKeyFile(const std::string& path, std::string_view text) {
  absl::StatusOr<std::string> draft = WriteDraft(path, text);
  if (!draft.ok()) return draft.status();
  if (rename(draft->c_str(), path.c_str()) == 0) return absl::OkStatus();
  const absl::Status failed = FileError("replace", path);
  unlink(draft->c_str());
  return failed;
}

void Wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
}

}  // namespace datamigrate::crypto
