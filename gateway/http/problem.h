// Errors as problem documents (RFC 9457): every answer of 400 and above looks like this.
#ifndef DATAMIGRATE_GATEWAY_HTTP_PROBLEM_H_
#define DATAMIGRATE_GATEWAY_HTTP_PROBLEM_H_

#include <string_view>

#include "gateway/http/message.h"

namespace datamigrate::gateway {

// {"type":"about:blank","title":<reason phrase>,"status":…,"detail":…,"instance":<path>,
// "request_id":…}, as application/problem+json. `detail` says what is wrong and what to do.
Response Problem(const Request& request, int status, std::string_view detail);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_PROBLEM_H_
