// Cookies that sign a browser in, and what tells our pages from others' (CSRF).
#ifndef DATAMIGRATE_GATEWAY_HTTP_COOKIES_H_
#define DATAMIGRATE_GATEWAY_HTTP_COOKIES_H_

#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Browsers take "__Host-" cookies over TLS (or from localhost) alone, for the whole host and no
// other (RFC 6265bis section 4.1.3.2), so no neighbour can plant one.
inline constexpr std::string_view kSessionCookie = "__Host-datamigrate";          // access token
inline constexpr std::string_view kRefreshCookie = "__Host-datamigrate-refresh";  // refresh token
inline constexpr std::string_view kCsrfCookie =
    "__Host-datamigrate-csrf";  // for our pages' scripts

// The value of the cookie `name`. Nothing when it is missing, or there twice: one of two may be
// somebody else's.
std::optional<std::string> CookieOf(const Request& request, std::string_view name);

// 403 when the browser says that a page of another origin sent the request: Sec-Fetch-Site other
// than "same-origin" or "none", or an Origin whose host is not the request's. Programs send
// neither. Following a link from elsewhere (GET, top level) is no such request.
std::optional<Response> RefuseForeignPage(const Request& request);

// 403 for a request that may change something unless X-CSRF-Token is the token with this SHA-256
// (hex). A page cannot send that field with a WebSocket's handshake, but its browser sends Origin
// (RFC 6455 section 4.1), which must be there, and is RefuseForeignPage's to judge.
std::optional<Response> RefuseWithoutCsrfToken(const Request& request,
                                               std::string_view csrf_sha256);

// The same where the session is not known yet: the field must equal the cookie beside it.
std::optional<Response> RefuseWithoutCsrfCookie(const Request& request);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_COOKIES_H_
