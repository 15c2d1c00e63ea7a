// The cookies of a browser's session in an answer.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_SESSION_COOKIES_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_SESSION_COOKIES_H_

#include "absl/time/time.h"
#include "gateway/http/cookies.h"
#include "gateway/http/message.h"
#include "gateway/identity/sign_in.h"

namespace datamigrate::gateway {

// All are Secure and for the whole host; both tokens are HttpOnly. The refresh and CSRF cookies are
// SameSite=Strict, the access token's is Lax, so that a link from a mail finds the user signed in.
void SetSessionCookies(const SignedIn& signed_in, absl::Duration session_lifetime,
                       Response& response);

void ClearSessionCookies(Response& response);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_SESSION_COOKIES_H_
