// Limits how many requests a user, or an address without one, may send a minute.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_RATE_LIMIT_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_RATE_LIMIT_FILTER_H_

#include <cstdint>
#include <string>

#include "common/telemetry/metrics.h"
#include "gateway/filters/filter.h"
#include "gateway/filters/rate_limit/sliding_window.h"

namespace datamigrate::gateway {

struct RateLimits {
  uint32_t per_minute = 100;             // 0: no limit at all
  uint32_t credentials_per_minute = 30;  // sign-in and the like, by address
  size_t max_keys = 100000;
};

// The address part that one subscriber holds: an IPv4 address, or the /64 of an IPv6 address.
std::string SubscriberOf(const std::string& address);

// Sets RateLimit-Limit, -Remaining, -Reset and -Policy (draft-ietf-httpapi-ratelimit-headers-07),
// and answers 429 with Retry-After beyond the limit. Routes of RateClass::kNone are not counted;
// requests that match no route are, as ordinary ones.
class RateLimitFilter : public Filter {
 public:
  RateLimitFilter(RateLimits limits, telemetry::Metrics& metrics);

  std::optional<Response> OnRequest(Request& request) override;
  void OnResponse(const Request& request, Response& response) override;

 private:
  const RateLimits limits_;
  SlidingWindow window_;
  telemetry::Counter& refused_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_RATE_LIMIT_FILTER_H_
