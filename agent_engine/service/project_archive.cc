#include "agent_engine/service/project_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "common/archives/utf8_names.h"
#include "fmt/format.h"

namespace datamigrate::service {
namespace {

constexpr int kFileMode = 0644;
constexpr size_t kBlockBytes = 1 << 16;

struct FreeArchive {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

absl::Status Failed(archive* writer) {
  return absl::ResourceExhaustedError(
      fmt::format("packing the project failed: {}", archive_error_string(writer)));
}

absl::Status AddFile(archive* writer, const std::filesystem::path& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!file || error) return absl::OkStatus();  // Removed since it was listed.
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  archive_entry_set_pathname_utf8(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), kFileMode);
  if (archive_write_header(writer, entry.get()) != ARCHIVE_OK) return Failed(writer);
  std::vector<char> block(kBlockBytes);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    if (archive_write_data(writer, block.data(), static_cast<size_t>(file.gcount())) < 0) {
      return Failed(writer);
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::filesystem::path> FilesBelow(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto at = std::filesystem::recursive_directory_iterator(folder, error);
       !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    if (!at->is_symlink(error) && at->is_regular_file(error)) files.push_back(at->path());
  }
  std::ranges::sort(files);
  return files;
}

absl::StatusOr<File> ArchiveFolder(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    return absl::FailedPreconditionError("the migration has not written its dbt project yet");
  }
  File out(std::tmpfile());
  if (!out) return absl::ResourceExhaustedError("no temporary file can be made; is the disk full?");
  const archives::Utf8Names utf8_names;
  const std::unique_ptr<archive, FreeArchive> writer(archive_write_new());
  archive_write_set_format_zip(writer.get());
  if (archive_write_open_fd(writer.get(), fileno(out.get())) != ARCHIVE_OK) {
    return Failed(writer.get());
  }
  for (const std::filesystem::path& file : FilesBelow(folder)) {
    const std::string name =
        (folder.filename() / std::filesystem::relative(file, folder)).generic_string();
    const absl::Status added = AddFile(writer.get(), file, name);
    if (!added.ok()) return added;
  }
  if (archive_write_close(writer.get()) != ARCHIVE_OK) return Failed(writer.get());
  if (lseek(fileno(out.get()), 0, SEEK_SET) < 0) return absl::InternalError("rewinding failed");
  return out;
}

}  // namespace datamigrate::service
