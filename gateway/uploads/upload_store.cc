#include "gateway/uploads/upload_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/crypto/random.h"

namespace datamigrate::gateway {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kRecord = ".json";
constexpr size_t kBlockBytes = 256 * 1024;
constexpr absl::Duration kLongestStaging = absl::Hours(2);

bool IsUuid(std::string_view text) {
  return text.size() == 36 && text.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

absl::Status NotFound() {
  return absl::NotFoundError("there is no such upload: it was removed, or is another's");
}

absl::StatusOr<Upload> ReadRecord(const fs::path& path) {
  std::ifstream file(path);
  const Json record = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) return NotFound();
  Upload upload;
  upload.id = path.stem().string();
  upload.files = record.value("files", 0);
  upload.bytes = record.value("bytes", uint64_t{0});
  upload.created_at = absl::FromUnixSeconds(record.value("created_at", int64_t{0}));
  return upload;
}

// On disk with everything that was written before.
absl::Status Sync(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_good = folder >= 0 && syncfs(folder) == 0;
  if (folder >= 0) close(folder);
  return is_good ? absl::OkStatus() : absl::UnavailableError("cannot write the upload to disk");
}

absl::StatusOr<Unpacked> WriteScript(const std::string& path, const SpooledBody& body) {
  if (body.size() == 0) return absl::InvalidArgumentError("the script is empty");
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return absl::UnavailableError("cannot make a file for the script");
  const absl::Cleanup close_file = [&] { close(file); };
  std::vector<char> block(kBlockBytes);
  for (off_t place = 0; static_cast<uint64_t>(place) < body.size();) {
    const ssize_t length = pread(body.descriptor(), block.data(), block.size(), place);
    if (length <= 0 || write(file, block.data(), static_cast<size_t>(length)) != length) {
      return absl::ResourceExhaustedError("cannot write the script to disk");
    }
    place += length;
  }
  return Unpacked{1, body.size()};
}

// Runs `use` for each entry of a folder; one that is not there has none.
template <typename Use>
void ForEachIn(const fs::path& folder, Use use) {
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    use(*at);
  }
}

bool IsOlder(const fs::directory_entry& entry, absl::Duration age) {
  std::error_code error;
  const auto written = entry.last_write_time(error);
  return !error && fs::file_time_type::clock::now() - written > absl::ToChronoSeconds(age);
}

}  // namespace

UploadStore::UploadStore(std::string folder, const UploadLimits& limits)
    : folder_(std::move(folder)), limits_(limits) {}

absl::Status UploadStore::Prepare() {
  for (const std::string& folder : {spool_folder(), folder_ + "/.staging"}) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
      return absl::UnavailableError(
          fmt::format("cannot make the folder {}: {}", folder, error.message()));
    }
  }
  return absl::OkStatus();
}

std::string UploadStore::PathOf(std::string_view organization, std::string_view id) const {
  return fmt::format("{}/{}/{}", folder_, organization, id);
}

absl::Status UploadStore::CheckQuota(std::string_view organization, uint64_t more) const {
  const std::vector<Upload> uploads = List(organization);
  uint64_t bytes = more;
  for (const Upload& upload : uploads) bytes += upload.bytes;
  if (static_cast<int>(uploads.size()) >= limits_.max_uploads) {
    return absl::ResourceExhaustedError(fmt::format(
        "the organization has {} uploads, which is the most: remove some", limits_.max_uploads));
  }
  if (bytes > limits_.max_bytes) {
    return absl::ResourceExhaustedError(
        fmt::format("the organization's uploads would take more than {} bytes: remove some",
                    limits_.max_bytes));
  }
  return absl::OkStatus();
}

absl::StatusOr<Unpacked> UploadStore::Fill(const std::string& staging, const SpooledBody& body,
                                           Kind kind) const {
  if (kind == Kind::kScript) return WriteScript(staging + "/script.sql", body);
  return Unpack(body.descriptor(), body.size(), staging, limits_.unpack);
}

absl::Status UploadStore::Publish(const std::string& staging, const std::string& path,
                                  const Upload& upload) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  const std::string draft = staging + std::string(kRecord);
  std::ofstream record(draft, std::ios::trunc);
  record << Json{{"files", upload.files},
                 {"bytes", upload.bytes},
                 {"created_at", absl::ToUnixSeconds(upload.created_at)}};
  record.close();
  absl::Status synced = record ? Sync(staging) : absl::UnavailableError("cannot write a record");
  if (synced.ok()) fs::rename(staging, path, error);
  if (synced.ok() && !error) fs::rename(draft, path + std::string(kRecord), error);
  if (synced.ok() && !error) return Sync(path);
  fs::remove(draft, error);
  return synced.ok() ? absl::UnavailableError("cannot publish the upload") : synced;
}

absl::StatusOr<Upload> UploadStore::Add(std::string_view organization, const SpooledBody& body,
                                        Kind kind, absl::Time now) {
  if (!IsUuid(organization)) return NotFound();
  // Before the work, too, so that it is not done in vain.
  if (absl::Status has_room = CheckQuota(organization, 0); !has_room.ok()) return has_room;
  Upload upload{.id = crypto::RandomUuid(), .created_at = now};
  const std::string staging = fmt::format("{}/.staging/{}", folder_, upload.id);
  std::error_code error;
  fs::create_directory(staging, error);
  if (error) return absl::UnavailableError("cannot make a folder for the upload");
  const absl::Cleanup remove_staging = [&] {
    std::error_code ignored;
    fs::remove_all(staging, ignored);
  };
  const absl::StatusOr<Unpacked> unpacked = Fill(staging, body, kind);
  if (!unpacked.ok()) return unpacked.status();
  upload.files = unpacked->files;
  upload.bytes = unpacked->bytes;
  absl::MutexLock lock(&publishing_);
  if (absl::Status has_room = CheckQuota(organization, upload.bytes); !has_room.ok()) {
    return has_room;
  }
  const absl::Status published = Publish(staging, PathOf(organization, upload.id), upload);
  if (!published.ok()) return published;
  return upload;
}

absl::StatusOr<Upload> UploadStore::Find(std::string_view organization, std::string_view id) const {
  if (!IsUuid(organization) || !IsUuid(id)) return NotFound();
  return ReadRecord(PathOf(organization, id) + std::string(kRecord));
}

std::vector<Upload> UploadStore::List(std::string_view organization) const {
  std::vector<Upload> uploads;
  if (!IsUuid(organization)) return uploads;
  ForEachIn(fs::path(folder_) / organization, [&](const fs::directory_entry& entry) {
    if (entry.path().extension() != kRecord) return;
    absl::StatusOr<Upload> upload = ReadRecord(entry.path());
    if (upload.ok()) uploads.push_back(*std::move(upload));
  });
  std::ranges::sort(uploads, std::ranges::greater(),
                    [](const Upload& upload) { return std::pair(upload.created_at, upload.id); });
  return uploads;
}

absl::Status UploadStore::Remove(std::string_view organization, std::string_view id) {
  if (absl::StatusOr<Upload> found = Find(organization, id); !found.ok()) return found.status();
  const std::string path = PathOf(organization, id);
  std::error_code error;
  // Without its record it does not count, whatever happens next.
  if (!fs::remove(path + std::string(kRecord), error)) return NotFound();
  fs::remove_all(path, error);
  return absl::OkStatus();
}

absl::Status UploadStore::Sweep(absl::Time now) {
  std::error_code ignored;
  ForEachIn(folder_ + "/.staging", [&](const fs::directory_entry& entry) {
    if (IsOlder(entry, kLongestStaging)) fs::remove_all(entry.path(), ignored);
  });
  ForEachIn(folder_, [&](const fs::directory_entry& organization) {
    const std::string name = organization.path().filename().string();
    if (!IsUuid(name)) return;
    for (const Upload& upload : List(name)) {
      if (now - upload.created_at > limits_.lifetime) {
        if (absl::Status removed = Remove(name, upload.id); !removed.ok()) continue;
      }
    }
    ForEachIn(organization.path(), [&](const fs::directory_entry& entry) {
      const bool has_record = fs::exists(entry.path().string() + std::string(kRecord), ignored);
      if (entry.is_directory(ignored) && !has_record && IsOlder(entry, kLongestStaging)) {
        fs::remove_all(entry.path(), ignored);
      }
    });
  });
  return absl::OkStatus();
}

}  // namespace datamigrate::gateway
