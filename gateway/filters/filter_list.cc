#include "gateway/filters/filter_list.h"

#include "gateway/filters/address_list/address_list_filter.h"
#include "gateway/filters/audit/audit_filter.h"
#include "gateway/filters/cors/cors_filter.h"
#include "gateway/filters/guardian/guardian_filter.h"
#include "gateway/filters/representation/representation_filter.h"
#include "gateway/filters/request_id/request_id_filter.h"
#include "gateway/filters/security_headers/security_headers_filter.h"
#include "gateway/filters/sign_in_required/sign_in_required_filter.h"

namespace datamigrate::gateway {

std::vector<std::unique_ptr<Filter>> MakeFilters(const FilterListOptions& options,
                                                 AuditLog* audit_log, RefusalTally* refusals,
                                                 telemetry::Metrics& metrics) {
  std::vector<std::unique_ptr<Filter>> filters;
  filters.push_back(std::make_unique<RequestIdFilter>());
  filters.push_back(std::make_unique<AccessLogFilter>(metrics, options.write_access_log));
  filters.push_back(std::make_unique<RepresentationFilter>());
  filters.push_back(std::make_unique<SecurityHeadersFilter>());
  filters.push_back(std::make_unique<CorsFilter>(options.allowed_origins));
  // Before those that refuse, so that it sees what they say.
  if (audit_log != nullptr) {
    filters.push_back(std::make_unique<AuditFilter>(audit_log, refusals, metrics));
  }
  filters.push_back(std::make_unique<SizeLimitFilter>(options.size_limits));
  filters.push_back(
      std::make_unique<AuthenticationFilter>(options.check_token, options.needs_lookup));
  filters.push_back(std::make_unique<RateLimitFilter>(options.rate_limits, options.make_limiter(),
                                                      options.limit_book, metrics));
  filters.push_back(std::make_unique<AddressListFilter>(options.policy_book));
  filters.push_back(std::make_unique<SignInRequiredFilter>());
  filters.push_back(
      std::make_unique<GuardianFilter>(options.guardian_rules, options.policy_book, metrics));
  return filters;
}

}  // namespace datamigrate::gateway
