// Answers to GET and HEAD of something with a known length, whole or in parts: a download that
// broke goes on where it stopped (RFC 9110 sections 13, 14 and 15.3.7).
#ifndef DATAMIGRATE_GATEWAY_HTTP_RANGED_RESPONSE_H_
#define DATAMIGRATE_GATEWAY_HTTP_RANGED_RESPONSE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/http/body_stream.h"
#include "gateway/http/byte_range.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

struct Representation {
  uint64_t size = 0;
  std::string etag;  // a strong one, with its quotes: the same bytes and no others
  std::string media_type;
};

// Opens the bytes of `parts`, one part after the other; all of them where `parts` is empty. Called
// at most once, before RangedResponse returns. Null: what was described is not there any more.
using OpenParts = std::function<std::unique_ptr<BodyStream>(const std::vector<ByteSpan>& parts)>;

// 200, 206 (of one part, or multipart/byteranges), 304, 412 or 416, as the request's Range,
// If-Range, If-Match and If-None-Match ask for; 503 when `open` gives nothing. The caller adds
// fields of its own to it, such as Content-Disposition, where the status is below 300.
Response RangedResponse(const Request& request, const Representation& representation,
                        const OpenParts& open);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_RANGED_RESPONSE_H_
