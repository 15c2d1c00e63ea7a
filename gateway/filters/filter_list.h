// The chain.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_FILTER_LIST_H_
#define DATAMIGRATE_GATEWAY_FILTERS_FILTER_LIST_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/guardian/rule_book.h"
#include "common/telemetry/metrics.h"
#include "gateway/filters/access_log/access_log_filter.h"
#include "gateway/filters/audit/refusal_tally.h"
#include "gateway/filters/authentication/authentication_filter.h"
#include "gateway/filters/filter.h"
#include "gateway/filters/rate_limit/rate_limit_filter.h"
#include "gateway/filters/size_limit/size_limit_filter.h"
#include "gateway/policy/policy_book.h"
#include "gateway/store/audit_log.h"

namespace datamigrate::gateway {

struct FilterListOptions {
  AccessLogFilter::WriteLine write_access_log;
  std::vector<std::string> allowed_origins;
  SizeLimits size_limits;
  AuthenticationFilter::CheckToken check_token;
  AuthenticationFilter::NeedsLookup needs_lookup;
  RateLimits rate_limits;
  std::function<std::unique_ptr<Limiter>()> make_limiter;
  const LimitBook* limit_book = nullptr;               // must be set
  const guardian::RuleBook* guardian_rules = nullptr;  // must be set, and outlive the filters
  const PolicyBook* policy_book = nullptr;             // must be set, and outlive the filters
};

// Every filter, but the audit's where `audit_log` is null, in the order in which a request meets them. The pointers must outlive the filters.
std::vector<std::unique_ptr<Filter>> MakeFilters(const FilterListOptions& options,
                                                 AuditLog* audit_log, RefusalTally* refusals,
                                                 telemetry::Metrics& metrics);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_FILTER_LIST_H_
