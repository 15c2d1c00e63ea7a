// Which content coding a client wants (RFC 9110 section 12.5.3), and gzip itself (RFC 1952).
#ifndef DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_CONTENT_CODING_H_
#define DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_CONTENT_CODING_H_

#include <optional>
#include <string>
#include <string_view>

namespace datamigrate::gateway {

// Whether the value of Accept-Encoding prefers gzip to the plain text: it is named, or "*" is, with
// a weight above zero and not below that of "identity". False for an empty or malformed value.
bool WantsGzip(std::string_view accept_encoding);

// Nothing when zlib has no memory.
std::optional<std::string> Gzip(std::string_view text);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_CONTENT_CODING_H_
