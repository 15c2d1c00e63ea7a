#include "gateway/uploads/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <vector>

#include "common/archives/utf8_names.h"
#include "gateway/uploads/entry_name.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kBlockBytes = 64 * 1024;
constexpr uint64_t kNeverTooDense = uint64_t{1} << 20;
constexpr size_t kLongestShown = 100;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

// What may be shown of a name: printable ASCII, and not all of a long one.
std::string Shown(std::string_view name) {
  std::string shown(name.substr(0, kLongestShown));
  std::ranges::replace_if(
      shown, [](char c) { return c < 0x20 || c >= 0x7f || c == '"'; }, '?');
  return shown;
}

absl::Status Wrong(std::string_view name, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("\"{}\" {}", Shown(name), what));
}

absl::Status TooLarge(std::string_view name, std::string_view what) {
  return absl::OutOfRangeError(fmt::format("\"{}\" {}", Shown(name), what));
}

class Unpacker {
 public:
  Unpacker(const std::string& folder, uint64_t packed_bytes, const UnpackLimits& limits)
      : folder_(folder), packed_bytes_(packed_bytes), limits_(limits) {}

  absl::StatusOr<Unpacked> Run(int descriptor) {
    const archives::Utf8Names utf8;
    reader_.reset(archive_read_new());
    archive_read_support_format_zip_seekable(reader_.get());
    if (lseek(descriptor, 0, SEEK_SET) != 0 ||
        archive_read_open_fd(reader_.get(), descriptor, kBlockBytes) != ARCHIVE_OK) {
      return absl::InvalidArgumentError("the body is not a zip archive");
    }
    for (int entries = 0;; ++entries) {
      archive_entry* entry = nullptr;
      const int found = archive_read_next_header(reader_.get(), &entry);
      if (found == ARCHIVE_EOF) break;
      if (found != ARCHIVE_OK && found != ARCHIVE_WARN) {
        return absl::InvalidArgumentError("the archive is damaged, or no zip archive");
      }
      if (entries >= limits_.max_entries) {
        return absl::OutOfRangeError(
            fmt::format("the archive has more than {} entries", limits_.max_entries));
      }
      if (absl::Status written = Take(entry); !written.ok()) return written;
    }
    if (unpacked_.files == 0) return absl::InvalidArgumentError("the archive holds no file");
    return unpacked_;
  }

 private:
  absl::Status Take(archive_entry* entry) {
    const char* const given = archive_entry_pathname(entry);
    if (given == nullptr) return absl::InvalidArgumentError("an entry's name is not UTF-8");
    const absl::StatusOr<std::string> name = CheckEntryName(given);
    if (!name.ok()) {
      return Wrong(given, fmt::format("is a name that {}", std::string(name.status().message())));
    }
    if (archive_entry_is_encrypted(entry) != 0) return Wrong(*name, "is encrypted");
    if (archive_entry_symlink(entry) != nullptr || archive_entry_hardlink(entry) != nullptr) {
      return Wrong(*name, "is a link");
    }
    const auto type = archive_entry_filetype(entry);
    if (type != AE_IFREG && type != AE_IFDIR) return Wrong(*name, "is no file or folder");
    if (type == AE_IFDIR) return MakeFolder(*name);
    if (!files_.insert(FoldedName(*name)).second) return Wrong(*name, "is there twice");
    // "ZIP 2.0 (deflation)"
    const std::string_view format = archive_format_name(reader_.get());
    if (format.find("(deflation)") == format.npos && format.find("(uncompressed)") == format.npos) {
      return Wrong(*name, "is packed by a method other than store and deflate");
    }
    const size_t slash = name->rfind('/');
    if (slash != std::string::npos) {
      if (absl::Status made = MakeFolder(name->substr(0, slash)); !made.ok()) return made;
    }
    return WriteFile(*name);
  }

  absl::Status MakeFolder(const std::string& name) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(folder_) / name, error);
    // A file may be in the place of one of its folders.
    if (error == std::errc::not_a_directory || error == std::errc::file_exists) {
      return Wrong(name, "is a file and a folder");
    }
    if (error) return absl::UnavailableError("cannot make a folder: " + error.message());
    return absl::OkStatus();
  }

  absl::Status WriteFile(const std::string& name) {
    const std::string path = folder_ + "/" + name;
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0) {
      if (errno == EEXIST || errno == EISDIR) return Wrong(name, "is there twice");
      return absl::UnavailableError("cannot make a file: " +
                                    std::generic_category().message(errno));
    }
    const absl::Status written = CopyTo(file, name);
    const bool is_closed = close(file) == 0;
    if (!written.ok() || is_closed) return written;
    return absl::UnavailableError("cannot write a file: " + std::generic_category().message(errno));
  }

  absl::Status CopyTo(int file, const std::string& name) {
    std::vector<char> block(kBlockBytes);
    uint64_t size = 0;
    while (true) {
      const la_ssize_t length = archive_read_data(reader_.get(), block.data(), block.size());
      if (length == 0) break;
      if (length < 0) return Wrong(name, "is damaged or encrypted");
      size += static_cast<uint64_t>(length);
      unpacked_.bytes += static_cast<uint64_t>(length);
      if (absl::Status small = CheckSize(name, size); !small.ok()) return small;
      for (la_ssize_t done = 0; done < length;) {
        const ssize_t written =
            write(file, block.data() + done, static_cast<size_t>(length - done));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
          return absl::ResourceExhaustedError("cannot write a file: " +
                                              std::generic_category().message(errno));
        }
        done += written;
      }
    }
    ++unpacked_.files;
    return absl::OkStatus();
  }

  absl::Status CheckSize(const std::string& name, uint64_t size) const {
    if (size > limits_.max_file_bytes) {
      return TooLarge(name, fmt::format("unpacks to more than {} bytes", limits_.max_file_bytes));
    }
    if (unpacked_.bytes > limits_.max_bytes) {
      return TooLarge(name, fmt::format("makes the whole more than {} bytes", limits_.max_bytes));
    }
    if (unpacked_.bytes > kNeverTooDense && unpacked_.bytes / limits_.max_ratio > packed_bytes_) {
      return TooLarge(
          name, fmt::format("makes the whole more than {} times the archive", limits_.max_ratio));
    }
    return absl::OkStatus();
  }

  const std::string& folder_;
  const uint64_t packed_bytes_;
  const UnpackLimits& limits_;
  std::unique_ptr<archive, FreeArchive> reader_;
  std::unordered_set<std::string> files_;  // folded
  Unpacked unpacked_;
};

}  // namespace

absl::StatusOr<Unpacked> Unpack(int descriptor, uint64_t packed_bytes, const std::string& folder,
                                const UnpackLimits& limits) {
  return Unpacker(folder, packed_bytes, limits).Run(descriptor);
}

}  // namespace datamigrate::gateway
