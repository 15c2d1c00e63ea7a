// Records who did what, before the answer leaves.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_AUDIT_AUDIT_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_AUDIT_AUDIT_FILTER_H_

#include "common/telemetry/metrics.h"
#include "gateway/filters/audit/refusal_tally.h"
#include "gateway/filters/filter.h"
#include "gateway/store/audit_log.h"

namespace datamigrate::gateway {

// One row for each request that came to its endpoint by a changing method, whatever its outcome,
// and for each one that the Guardian blocked: the answer leaves when the row is committed, and is
// 503 when it cannot be, as what is not recorded is not confirmed.
// Reads that carry much away (IsAuditedRead) get a row that is written behind the answer; requests
// that were refused with 401, 403 or 429 before their endpoint are counted in a tally.
class AuditFilter : public Filter {
 public:
  // Both must outlive the filter.
  AuditFilter(AuditLog* log, RefusalTally* refusals, telemetry::Metrics& metrics);

  bool Holds(const Request& request, const Response& response) const override;
  void Hold(const Request& request, Response& response, std::function<void()> go_on) override;
  void OnResponse(const Request& request, Response& response) override;

 private:
  Response Unrecorded(const Request& request) const;

  AuditLog* const log_;
  RefusalTally* const refusals_;
  telemetry::Counter& unrecorded_;
};

// What the audit log says of a request and its answer.
audit::Row AuditRowOf(const Request& request, const Response& response);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_AUDIT_AUDIT_FILTER_H_
