// Which content coding a client wants (RFC 9110 section 12.5.3).
#ifndef DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_CONTENT_CODING_H_
#define DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_CONTENT_CODING_H_

#include <string_view>

namespace datamigrate::gateway {

// In the order in which they are preferred where a client likes them equally.
enum class Coding { kZstd, kGzip, kIdentity };

// The coding with the highest weight in a value of Accept-Encoding; what is not named has the
// weight of "*". The plain text where no coding is named, or where it has a higher weight than the
// others; for an empty or malformed value too, and where nothing at all is acceptable.
Coding ChooseCoding(std::string_view accept_encoding);

// As Content-Encoding has it: "zstd" (RFC 8878), "gzip"; "identity" for none.
std::string_view NameOf(Coding coding);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_CONTENT_CODING_H_
