#include "gateway/filters/authentication/authentication_filter.h"

#include "absl/strings/match.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kScheme = "Bearer ";

bool HasScheme(std::string_view credential) {
  return credential.size() > kScheme.size() &&
         absl::EqualsIgnoreCase({credential.data(), kScheme.size()},
                                {kScheme.data(), kScheme.size()});
}

}  // namespace

std::optional<Response> AuthenticationFilter::OnRequest(Request& request) {
  const std::string_view credential = request.headers.Get("Authorization");
  if (credential.empty()) return std::nullopt;
  if (!HasScheme(credential) || request.headers.Count("Authorization") > 1) {
    request.refused_credential = "one Authorization field of the form \"Bearer <token>\" is needed";
    return std::nullopt;
  }
  absl::StatusOr<Principal> principal =
      check_(credential.substr(kScheme.size()), request.received_at);
  if (principal.ok()) {
    request.principal = *std::move(principal);
  } else {
    request.refused_credential = std::string(principal.status().message());
  }
  return std::nullopt;
}

}  // namespace datamigrate::gateway
