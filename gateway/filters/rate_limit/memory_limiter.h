// Limits of one gateway, in its memory.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_MEMORY_LIMITER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_MEMORY_LIMITER_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/filters/rate_limit/limiter.h"
#include "gateway/filters/rate_limit/sliding_window.h"

namespace datamigrate::gateway {

// Keeps at most `max_keys` of each window. Of days the counts of all keys go when more come.
class MemoryLimiter : public Limiter {
 public:
  explicit MemoryLimiter(size_t max_keys) : max_keys_(max_keys), minutes_(max_keys) {}

  LimitVerdict Charge(const std::vector<Limit>& limits, absl::Time now) override;

 private:
  // What the limit would say, counted when `counts`.
  LimitVerdict Ask(const Limit& limit, absl::Time now, bool counts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  LimitVerdict AskDay(const Limit& limit, absl::Time now, bool counts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_keys_;
  absl::Mutex mutex_;
  SlidingWindow minutes_ ABSL_GUARDED_BY(mutex_);
  int64_t day_ ABSL_GUARDED_BY(mutex_) = 0;  // that `today_` counts
  std::unordered_map<std::string, uint32_t> today_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_MEMORY_LIMITER_H_
