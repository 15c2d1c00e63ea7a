// Records who changed what, before the answer leaves.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_AUDIT_AUDIT_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_AUDIT_AUDIT_FILTER_H_

#include "common/telemetry/metrics.h"
#include "gateway/filters/filter.h"
#include "gateway/store/audit_log.h"

namespace datamigrate::gateway {

// Writes one row for each request of a changing method whose endpoint ran, whatever its outcome.
// When the row cannot be written the client gets 503 instead of the answer: what is not recorded
// is not confirmed. Requests that other filters refused are in the access log and the metrics.
class AuditFilter : public Filter {
 public:
  // `log` must outlive the filter.
  AuditFilter(AuditLog* log, telemetry::Metrics& metrics);

  void AfterEndpoint(const Request& request, Response& response) override;

 private:
  AuditLog* const log_;
  telemetry::Counter& failures_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_AUDIT_AUDIT_FILTER_H_
