// One log line and one observation per answer.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_ACCESS_LOG_ACCESS_LOG_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_ACCESS_LOG_ACCESS_LOG_FILTER_H_

#include <functional>
#include <string_view>

#include "common/telemetry/metrics.h"
#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

// The line holds method, path, status, size, milliseconds, request id, user and address: never a
// query string, a header or a body, which could hold secrets. Metrics are labelled with the route's
// pattern, so that paths cannot multiply the series. Probes are counted but not logged.
class AccessLogFilter : public Filter {
 public:
  using WriteLine = std::function<void(std::string_view)>;

  // Registers its families in `metrics`, which must outlive the filter.
  // An empty `write` leaves the log out and the counts in.
  AccessLogFilter(telemetry::Metrics& metrics, WriteLine write);

  void OnResponse(const Request& request, Response& response) override;

 private:
  telemetry::Counter& requests_;
  telemetry::Histogram& seconds_;
  const WriteLine write_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_ACCESS_LOG_ACCESS_LOG_FILTER_H_
