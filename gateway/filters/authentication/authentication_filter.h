// Finds out who sends a request.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_AUTHENTICATION_AUTHENTICATION_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_AUTHENTICATION_AUTHENTICATION_FILTER_H_

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

// Reads "Authorization: Bearer <token>" (RFC 6750) and sets the request's principal, or
// refused_credential when the token is no good. Refuses nothing itself: the rate limit comes first,
// so that guessing tokens is limited too, and then the filter that asks for a principal.
class AuthenticationFilter : public Filter {
 public:
  // Errors: kUnauthenticated with a reason that may be shown.
  using CheckToken =
      std::function<absl::StatusOr<Principal>(std::string_view token, absl::Time now)>;

  explicit AuthenticationFilter(CheckToken check) : check_(std::move(check)) {}

  std::optional<Response> OnRequest(Request& request) override;

 private:
  const CheckToken check_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_AUTHENTICATION_AUTHENTICATION_FILTER_H_
