// Files as they are sent to callers, whole or in parts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "agent_engine/service/project_archive.h"
#include "datamigrate/v1/migration.pb.h"

namespace datamigrate::service {

// An open file that does not change. Reading it is thread-safe.
struct ServedFile {
  File file;
  int64_t bytes = 0;
  std::string sha256;  // 64 hex digits.
};

// Reads all of it, for its length and digest. Errors: kDataLoss when that fails.
absl::StatusOr<std::shared_ptr<const ServedFile>> Serve(File file);

// kAborted when `part` names another file than this; kOutOfRange when a span does not lie in it.
absl::Status CheckPart(const ServedFile& file, const v1::FilePart& part);

// Migrations' projects as archives. The last few are kept, so that a download that goes on, or asks
// for its length first, does not pack the project again. Thread-safe.
class ProjectArchives {
 public:
  // Errors: as ArchiveFolder's and Serve's.
  absl::StatusOr<std::shared_ptr<const ServedFile>> Open(const std::filesystem::path& folder);

 private:
  struct Kept {
    std::string fingerprint;
    std::shared_ptr<const ServedFile> file;
  };

  std::shared_ptr<const ServedFile> Find(const std::string& fingerprint);
  void Keep(const std::string& fingerprint, std::shared_ptr<const ServedFile> file);

  std::mutex mutex_;
  std::list<Kept> kept_;  // The last used first. Guarded by mutex_.
};

}  // namespace datamigrate::service
