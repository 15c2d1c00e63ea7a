// Refuses requests without a principal where the route needs one.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_SIGN_IN_REQUIRED_SIGN_IN_REQUIRED_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_SIGN_IN_REQUIRED_SIGN_IN_REQUIRED_FILTER_H_

#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

// Answers 401 with a WWW-Authenticate field (RFC 6750 section 3).
class SignInRequiredFilter : public Filter {
 public:
  std::optional<Response> OnRequest(Request& request) override;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_SIGN_IN_REQUIRED_SIGN_IN_REQUIRED_FILTER_H_
