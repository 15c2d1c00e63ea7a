// Names of files in an archive, as a stranger chose them.
#ifndef DATAMIGRATE_GATEWAY_UPLOADS_ENTRY_NAME_H_
#define DATAMIGRATE_GATEWAY_UPLOADS_ENTRY_NAME_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace datamigrate::gateway {

// "sales/views/a.sql" for a name that is a relative path of ordinary names on every system: UTF-8,
// no ".", "..", empty or over-long part, no backslash, colon or control character, no device name
// of Windows and no part that ends in a dot or a space. A slash at the end of a folder's is left
// out. Errors: kInvalidArgument, saying what is wrong with it.
absl::StatusOr<std::string> CheckEntryName(std::string_view name);

// Equal for names that are the same file on a system that does not tell upper from lower case.
std::string FoldedName(std::string_view name);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_UPLOADS_ENTRY_NAME_H_
