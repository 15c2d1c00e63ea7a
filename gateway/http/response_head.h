// The first lines of a response, as they go on the wire.
#ifndef DATAMIGRATE_GATEWAY_HTTP_RESPONSE_HEAD_H_
#define DATAMIGRATE_GATEWAY_HTTP_RESPONSE_HEAD_H_

#include <string>

#include "absl/time/time.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// RFC 9110 section 5.6.7, as "Thu, 01 Jan 1970 00:00:00 GMT".
std::string HttpDate(absl::Time time);

struct Framing {
  bool keep_alive = true;
  bool is_chunked = false;  // else by length, or by the end of the connection
  bool has_length = true;
};

// Status line and fields up to the empty line. Framing fields and Date are ours alone: the
// response's own fields of those names are left out.
std::string ResponseHead(const Response& response, const Framing& framing, absl::Time now);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_RESPONSE_HEAD_H_
