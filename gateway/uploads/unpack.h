// Unpacks zip archives of strangers into a folder.
#ifndef DATAMIGRATE_GATEWAY_UPLOADS_UNPACK_H_
#define DATAMIGRATE_GATEWAY_UPLOADS_UNPACK_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace datamigrate::gateway {

struct UnpackLimits {
  uint64_t max_bytes = uint64_t{1} << 30;        // of all files
  uint64_t max_file_bytes = uint64_t{64} << 20;  // of one
  int max_entries = 20000;
  // Unpacked to packed. What unpacks to less than a megabyte may be as dense as it likes.
  uint64_t max_ratio = 200;
};

struct Unpacked {
  int files = 0;
  uint64_t bytes = 0;
};

// Writes the archive that `descriptor` reads (seekable, `packed_bytes` long) to `folder`, which
// must be empty and nobody else's. Takes files and folders, stored or deflated.
// Errors: kInvalidArgument for what is no zip archive, encrypted, packed otherwise, a link or a
// device, has a name that CheckEntryName refuses or one twice, or holds no file; kOutOfRange for
// more than the limits allow: each names the entry. Others when it cannot be written. The folder
// then holds part of it.
absl::StatusOr<Unpacked> Unpack(int descriptor, uint64_t packed_bytes, const std::string& folder,
                                const UnpackLimits& limits);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_UPLOADS_UNPACK_H_
