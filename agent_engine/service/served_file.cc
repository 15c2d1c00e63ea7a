#include "agent_engine/service/served_file.h"

#include <unistd.h>

#include <vector>

#include "common/crypto/digest.h"
#include "fmt/format.h"

namespace datamigrate::service {
namespace {

constexpr size_t kBlockBytes = 1 << 16;
constexpr size_t kMaxKept = 4;
constexpr int64_t kMaxKeptBytes = int64_t{64} << 20;  // Of one; larger ones are packed each time.

// Changes whenever one of the files does.
std::string FingerprintOf(const std::filesystem::path& folder) {
  std::string listed = folder.string();
  for (const std::filesystem::path& file : FilesBelow(folder)) {
    std::error_code ignored;
    listed +=
        fmt::format("\n{}\t{}\t{}", file.string(), std::filesystem::file_size(file, ignored),
                    std::filesystem::last_write_time(file, ignored).time_since_epoch().count());
  }
  return crypto::Sha256(listed);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServedFile>> Serve(File file) {
  auto served = std::make_shared<ServedFile>();
  crypto::Sha256Stream digest;
  std::vector<char> block(kBlockBytes);
  while (true) {
    const ssize_t length = pread(fileno(file.get()), block.data(), block.size(), served->bytes);
    if (length < 0) return absl::DataLossError("reading a file that was to be sent failed");
    if (length == 0) break;
    digest.Add({block.data(), static_cast<size_t>(length)});
    served->bytes += length;
  }
  served->sha256 = digest.Hex();
  served->file = std::move(file);
  return std::shared_ptr<const ServedFile>(std::move(served));
}

absl::Status CheckPart(const ServedFile& file, const v1::FilePart& part) {
  if (!part.sha256().empty() && part.sha256() != file.sha256) {
    return absl::AbortedError("the file has changed; ask for all of it again");
  }
  for (const v1::FilePart::ByteSpan& span : part.spans()) {
    if (span.first() < 0 || span.length() < 0 || span.first() > file.bytes ||
        span.length() > file.bytes - span.first()) {
      return absl::OutOfRangeError(fmt::format("the file has only {} bytes", file.bytes));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const ServedFile>> ProjectArchives::Open(
    const std::filesystem::path& folder) {
  const std::string fingerprint = FingerprintOf(folder);
  if (auto kept = Find(fingerprint); kept != nullptr) return kept;
  absl::StatusOr<File> packed = ArchiveFolder(folder);
  if (!packed.ok()) return packed.status();
  auto served = Serve(*std::move(packed));
  // What changed while it was packed may be packed half.
  if (served.ok() && FingerprintOf(folder) == fingerprint) Keep(fingerprint, *served);
  return served;
}

std::shared_ptr<const ServedFile> ProjectArchives::Find(const std::string& fingerprint) {
  std::lock_guard lock(mutex_);
  for (auto at = kept_.begin(); at != kept_.end(); ++at) {
    if (at->fingerprint != fingerprint) continue;
    kept_.splice(kept_.begin(), kept_, at);
    return kept_.front().file;
  }
  return nullptr;
}

void ProjectArchives::Keep(const std::string& fingerprint, std::shared_ptr<const ServedFile> file) {
  if (file->bytes > kMaxKeptBytes) return;
  std::lock_guard lock(mutex_);
  kept_.push_front({fingerprint, std::move(file)});
  if (kept_.size() > kMaxKept) kept_.pop_back();
}

}  // namespace datamigrate::service
