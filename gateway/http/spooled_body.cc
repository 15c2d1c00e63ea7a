#include "gateway/http/spooled_body.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace datamigrate::gateway {
namespace {

std::string LastError() {
  return std::generic_category().message(errno);
}

}  // namespace

absl::StatusOr<std::shared_ptr<SpooledBody>> SpooledBody::Create(const std::string& folder) {
  const int descriptor = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return absl::UnavailableError(
        fmt::format("cannot make a file for a body in {}: {}", folder, LastError()));
  }
  return std::shared_ptr<SpooledBody>(new SpooledBody(descriptor));
}

SpooledBody::~SpooledBody() {
  close(descriptor_);
}

absl::Status SpooledBody::Append(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t written =
        pwrite(descriptor_, piece.data(), piece.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const bool is_full = errno == ENOSPC || errno == EDQUOT;
      const std::string message = fmt::format("cannot write a body to disk: {}", LastError());
      return is_full ? absl::ResourceExhaustedError(message) : absl::UnavailableError(message);
    }
    size_ += static_cast<uint64_t>(written);
    sha256_.Add(piece.substr(0, static_cast<size_t>(written)));
    piece.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::gateway
