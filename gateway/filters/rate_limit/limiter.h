// Counts requests against several limits at once.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_LIMITER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_LIMITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace datamigrate::gateway {

enum class LimitWindow {
  kMinute,  // the last 60 seconds, sliding
  kDay,     // the present day, UTC
};

// At most `limit` (> 0) requests under `key` in a window.
struct Limit {
  std::string key;
  uint32_t limit;
  LimitWindow window = LimitWindow::kMinute;
};

struct LimitVerdict {
  bool is_allowed = true;
  // Of the limit that refuses, or that has least left.
  uint32_t limit = 0;
  uint32_t remaining = 0;
  uint32_t reset_seconds = 1;  // until it has more, at least 1
  LimitWindow window = LimitWindow::kMinute;
};

class Limiter {
 public:
  virtual ~Limiter() = default;

  // Counts one request under every limit, or under none when one of them is reached. `limits` is
  // not empty. Thread safe.
  virtual LimitVerdict Charge(const std::vector<Limit>& limits, absl::Time now) = 0;

  // True when Charge would wait for something outside this process.
  virtual bool Blocks() const { return false; }
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_LIMITER_H_
