// Files that hold secrets: read by their owner alone, whole or not there at all.
#ifndef DATAMIGRATE_COMMON_CRYPTO_KEY_FILE_H_
#define DATAMIGRATE_COMMON_CRYPTO_KEY_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace datamigrate::crypto {

// The text of the file at `path`, at most 64 KiB. Wipe it after use.
// Errors: kNotFound when it is missing; kPermissionDenied when others may read it; kDataLoss when
// it is no plain file or too large; kUnavailable when it cannot be read.
absl::StatusOr<std::string> ReadKeyFile(const std::string& path);

// Puts `text` at `path`, mode 0600, unless a file is there already, which is left as it is:
// processes that start together agree on the first one. Errors: kUnavailable.
absl::Status CreateKeyFile(const std::string& path, std::string_view text);

// Puts `text` at `path` in the place of what is there, at once. Errors: kUnavailable.
absl::Status ReplaceKeyFile(const std::string& path, std::string_view text);

// Overwrites the text with zeros, which the compiler may not leave out.
void Wipe(std::string& text);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_KEY_FILE_H_
