// Limits how many requests a user, an API key, an organization and an address may send.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_RATE_LIMIT_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_RATE_LIMIT_FILTER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/telemetry/metrics.h"
#include "gateway/filters/filter.h"
#include "gateway/filters/rate_limit/effective_limits.h"
#include "gateway/filters/rate_limit/limit_book.h"
#include "gateway/filters/rate_limit/limiter.h"

namespace datamigrate::gateway {

// Sets RateLimit-Limit, -Remaining, -Reset and -Policy (draft-ietf-httpapi-ratelimit-headers-07) of
// the limit that has least left, and answers 429 with Retry-After beyond one. Routes of
// RateClass::kNone are not counted; requests that match no route are, as ordinary ones.
class RateLimitFilter : public Filter {
 public:
  // `book` must outlive the filter.
  RateLimitFilter(RateLimits limits, std::unique_ptr<Limiter> limiter, const LimitBook* book,
                  telemetry::Metrics& metrics);

  bool Blocks(const Request& request) const override;
  std::optional<Response> OnRequest(Request& request) override;
  void OnResponse(const Request& request, Response& response) override;

 private:
  bool IsCounted(const Request& request) const;
  std::vector<Limit> LimitsOf(const Request& request) const;
  // Takes one of the organization's places; false when all are taken.
  bool TakePlace(const Request& request);

  const RateLimits limits_;
  const std::unique_ptr<Limiter> limiter_;
  const LimitBook* const book_;
  telemetry::Counter& refused_;
  absl::Mutex mutex_;
  std::unordered_map<std::string, uint32_t> running_ ABSL_GUARDED_BY(mutex_);  // by organization
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_RATE_LIMIT_FILTER_H_
