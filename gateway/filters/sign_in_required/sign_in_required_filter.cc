#include "gateway/filters/sign_in_required/sign_in_required_filter.h"

#include <fmt/format.h>

#include "gateway/http/problem.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {

std::optional<Response> SignInRequiredFilter::OnRequest(Request& request) {
  if (request.route == nullptr || !request.route->needs_principal) return std::nullopt;
  if (request.principal.has_value()) return std::nullopt;
  const bool sent_none = request.refused_credential.empty();
  Response response =
      Problem(request, 401,
              sent_none ? "Sign in first: send \"Authorization: Bearer <token>\" with a token from "
                          "POST /api/v1/auth/login."
                        : fmt::format("Sign in again: {}.", request.refused_credential));
  response.headers.Set("WWW-Authenticate", sent_none ? "Bearer realm=\"datamigrate\""
                                                     : "Bearer realm=\"datamigrate\", "
                                                       "error=\"invalid_token\"");
  return response;
}

}  // namespace datamigrate::gateway
