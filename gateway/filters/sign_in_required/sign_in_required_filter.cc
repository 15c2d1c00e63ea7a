#include "gateway/filters/sign_in_required/sign_in_required_filter.h"

#include <fmt/format.h>

#include "gateway/http/problem.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {

namespace {

std::optional<Response> RefuseWithout(const Request& request, Permission permission) {
  const Principal& principal = *request.principal;
  switch (permission) {
    case Permission::kIdentified:
      return std::nullopt;
    case Permission::kOwn:
      if (principal.key_id.empty()) return std::nullopt;
      return Problem(request, 403, "An API key cannot do this; sign in as a user.");
    case Permission::kNotNamed:
      return Problem(request, 403, "Nobody is allowed to do this.");
    default:
      if (principal.permissions.Has(permission)) return std::nullopt;
      if (principal.role.empty() && principal.key_id.empty()) {
        return Problem(request, 403,
                       "The organization requires a second factor: set one up with POST "
                       "/api/v1/auth/totp, then refresh the token.");
      }
      return Problem(
          request, 403,
          fmt::format("This needs the permission {}, which your {} does not have.",
                      NameOf(permission), principal.key_id.empty() ? "role" : "API key"));
  }
}

}  // namespace

std::optional<Response> SignInRequiredFilter::OnRequest(Request& request) {
  if (request.route == nullptr || !request.route->needs_principal) return std::nullopt;
  if (request.principal.has_value()) return RefuseWithout(request, request.route->permission);
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
