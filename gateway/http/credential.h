// Where a request carries the token that says who sends it.
#ifndef DATAMIGRATE_GATEWAY_HTTP_CREDENTIAL_H_
#define DATAMIGRATE_GATEWAY_HTTP_CREDENTIAL_H_

#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace datamigrate::gateway {

// The token of "Authorization: Bearer <token>" (RFC 6750), or, where there is no such field, the
// one that a WebSocket's handshake offers as a subprotocol; "" for none. Valid as long as the
// request.
std::string_view BearerOf(const Request& request);

// The same, or else the session's cookie.
std::string TokenOf(const Request& request);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_CREDENTIAL_H_
