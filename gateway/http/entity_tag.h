// Entity tags, and conditions on them (RFC 9110 sections 8.8.3 and 13.1).
#ifndef DATAMIGRATE_GATEWAY_HTTP_ENTITY_TAG_H_
#define DATAMIGRATE_GATEWAY_HTTP_ENTITY_TAG_H_

#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Whether `etag`, with its quotes, is in a list of tags, or that is "*". Weakly, as If-None-Match
// compares: W/"a" and "a" are the same.
bool MatchesEtag(std::string_view list, std::string_view etag);

// The same as If-Match compares: a weak tag is like no other.
bool MatchesEtagStrongly(std::string_view list, std::string_view etag);

// The strong tag of `body` in a content coding, "" for none, as answers to GET carry it. The same
// in every gateway, so that a client may ask another one. Its collisions harm only who makes them.
std::string EtagOf(std::string_view body, std::string_view coding = "");

// For a change of something whose GET answers with `body` now: 412 when the request's If-Match
// names other bodies alone, whatever coding they came in.
std::optional<Response> RefuseUnlessMatch(const Request& request, std::string_view body);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_ENTITY_TAG_H_
