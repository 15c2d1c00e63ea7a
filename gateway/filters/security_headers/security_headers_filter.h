// Fields that keep browsers from guessing, framing, caching or leaking (OWASP Secure Headers).
#ifndef DATAMIGRATE_GATEWAY_FILTERS_SECURITY_HEADERS_SECURITY_HEADERS_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_SECURITY_HEADERS_SECURITY_HEADERS_FILTER_H_

#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

// Sets the strictest value of each field unless the endpoint set its own.
class SecurityHeadersFilter : public Filter {
 public:
  void OnResponse(const Request& request, Response& response) override;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_SECURITY_HEADERS_SECURITY_HEADERS_FILTER_H_
