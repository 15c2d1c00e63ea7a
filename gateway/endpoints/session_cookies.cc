#include "gateway/endpoints/session_cookies.h"

#include <fmt/format.h>

#include <string_view>

namespace datamigrate::gateway {
namespace {

void SetCookie(Response& response, std::string_view name, std::string_view value,
               absl::Duration lifetime, std::string_view more) {
  response.headers.Add("Set-Cookie", fmt::format("{}={}; Path=/; Secure; Max-Age={}; {}", name,
                                                 value, absl::ToInt64Seconds(lifetime), more));
}

}  // namespace

void SetSessionCookies(const SignedIn& signed_in, absl::Duration session_lifetime,
                       Response& response) {
  SetCookie(response, kSessionCookie, signed_in.access_token, signed_in.access_token_lifetime,
            "HttpOnly; SameSite=Lax");
  SetCookie(response, kRefreshCookie, signed_in.refresh_token, session_lifetime,
            "HttpOnly; SameSite=Strict");
  if (signed_in.csrf_token.empty()) return;
  SetCookie(response, kCsrfCookie, signed_in.csrf_token, session_lifetime, "SameSite=Strict");
}

void ClearSessionCookies(Response& response) {
  SetCookie(response, kSessionCookie, "", absl::ZeroDuration(), "HttpOnly; SameSite=Lax");
  SetCookie(response, kRefreshCookie, "", absl::ZeroDuration(), "HttpOnly; SameSite=Strict");
  SetCookie(response, kCsrfCookie, "", absl::ZeroDuration(), "SameSite=Strict");
}

}  // namespace datamigrate::gateway
