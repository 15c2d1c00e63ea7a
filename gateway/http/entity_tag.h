// Entity tags in conditions (RFC 9110 sections 8.8.3 and 13.1).
#ifndef DATAMIGRATE_GATEWAY_HTTP_ENTITY_TAG_H_
#define DATAMIGRATE_GATEWAY_HTTP_ENTITY_TAG_H_

#include <string_view>

namespace datamigrate::gateway {

// Whether `etag`, with its quotes, is in a list of tags, or that is "*". Weakly, as If-None-Match
// compares: W/"a" and "a" are the same.
bool MatchesEtag(std::string_view list, std::string_view etag);

// The same as If-Match compares: a weak tag is like no other.
bool MatchesEtagStrongly(std::string_view list, std::string_view etag);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_ENTITY_TAG_H_
