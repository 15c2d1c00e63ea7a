// Scripts that were sent to the gateway, as folders that the engine reads.
//
//   <uploads>/.spool/                 bodies on their way, without names
//   <uploads>/.staging/<id>/          being unpacked
//   <uploads>/<organization>/<id>/    the scripts
//   <uploads>/<organization>/<id>.json   their record: without it they do not count
#ifndef DATAMIGRATE_GATEWAY_UPLOADS_UPLOAD_STORE_H_
#define DATAMIGRATE_GATEWAY_UPLOADS_UPLOAD_STORE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/http/spooled_body.h"
#include "gateway/uploads/unpack.h"

namespace datamigrate::gateway {

struct UploadLimits {
  UnpackLimits unpack;
  // Of one organization, in all gateways that share the folder.
  int max_uploads = 100;
  uint64_t max_bytes = uint64_t{4} << 30;
  absl::Duration lifetime = absl::Hours(7 * 24);
};

struct Upload {
  std::string id;  // UUID
  int files = 0;
  uint64_t bytes = 0;
  absl::Time created_at;
};

// Thread safe; calls wait for the disk. Organizations and ids are UUIDs: other texts are not found.
class UploadStore {
 public:
  enum class Kind { kZip, kScript };

  // `folder` is made with the first Prepare.
  UploadStore(std::string folder, const UploadLimits& limits);

  // Makes the folders. Errors: kUnavailable when they cannot be.
  absl::Status Prepare();

  // Where bodies go while they arrive.
  std::string spool_folder() const { return folder_ + "/.spool"; }

  // Unpacks a zip archive, or keeps a script as "script.sql", and publishes it, on disk, at once.
  // Errors: as Unpack's; kInvalidArgument for an empty script; kResourceExhausted when the
  // organization has too much already.
  absl::StatusOr<Upload> Add(std::string_view organization, const SpooledBody& body, Kind kind,
                             absl::Time now);

  absl::StatusOr<Upload> Find(std::string_view organization, std::string_view id) const;
  // Newest first.
  std::vector<Upload> List(std::string_view organization) const;
  absl::Status Remove(std::string_view organization, std::string_view id);

  // Removes what has outlived its time, and what a crash left.
  absl::Status Sweep(absl::Time now);

 private:
  std::string PathOf(std::string_view organization, std::string_view id) const;
  absl::Status CheckQuota(std::string_view organization, uint64_t more) const;
  absl::StatusOr<Unpacked> Fill(const std::string& staging, const SpooledBody& body,
                                Kind kind) const;
  absl::Status Publish(const std::string& staging, const std::string& path, const Upload& upload);

  const std::string folder_;
  const UploadLimits limits_;
  absl::Mutex publishing_;  // what is published together stays within the quota
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_UPLOADS_UPLOAD_STORE_H_
