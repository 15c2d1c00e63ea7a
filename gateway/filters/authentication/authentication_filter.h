// Finds out who sends a request.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_AUTHENTICATION_AUTHENTICATION_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_AUTHENTICATION_AUTHENTICATION_FILTER_H_

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

// Reads a bearer token (see credential.h), an access token or an API key, or else the session's
// cookie, and sets the request's principal, or refused_credential when it is no good: the rate
// limit comes first, so that guessing is limited too, and then the filter that asks for a
// principal. A token that belongs in cookies is no bearer token, nor the other way round.
// Refused here, with 403, is what another site's page may have made a browser send: a request with
// the cookie that does not come from a page of this host, or that may change something without the
// session's X-CSRF-Token.
class AuthenticationFilter : public Filter {
 public:
  // Errors: kUnauthenticated with a reason that may be shown.
  using CheckToken =
      std::function<absl::StatusOr<Principal>(std::string_view token, absl::Time now)>;

  // True when a check of this token waits for the database.
  using NeedsLookup = std::function<bool(std::string_view token, absl::Time now)>;

  explicit AuthenticationFilter(
      CheckToken check,
      NeedsLookup needs_lookup = [](std::string_view, absl::Time) { return false; })
      : check_(std::move(check)), needs_lookup_(std::move(needs_lookup)) {}

  bool Blocks(const Request& request) const override;

  std::optional<Response> OnRequest(Request& request) override;

 private:
  std::optional<Response> CheckBearer(Request& request, std::string_view token) const;
  std::optional<Response> CheckCookie(Request& request, const std::string& token) const;

  const CheckToken check_;
  const NeedsLookup needs_lookup_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_AUTHENTICATION_AUTHENTICATION_FILTER_H_
