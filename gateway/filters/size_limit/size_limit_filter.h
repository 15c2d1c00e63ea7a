// Refuses requests with more or longer parts than any honest client sends.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_SIZE_LIMIT_SIZE_LIMIT_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_SIZE_LIMIT_SIZE_LIMIT_FILTER_H_

#include <cstddef>

#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

struct SizeLimits {
  size_t max_target_bytes = 4096;  // else 414
  size_t max_header_fields = 100;  // else 431
};

// The bytes of head and body are bounded earlier, while they are read; this filter bounds what
// they are made of, and checks the body once more against its route.
class SizeLimitFilter : public Filter {
 public:
  explicit SizeLimitFilter(SizeLimits limits) : limits_(limits) {}

  std::optional<Response> OnRequest(Request& request) override;

 private:
  const SizeLimits limits_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_SIZE_LIMIT_SIZE_LIMIT_FILTER_H_
