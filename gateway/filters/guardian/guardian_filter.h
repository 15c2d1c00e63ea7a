// Refuses requests whose texts are attacks, and does what policies say.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_GUARDIAN_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_GUARDIAN_FILTER_H_

#include <optional>

#include "common/guardian/scanner.h"
#include "common/telemetry/metrics.h"
#include "gateway/filters/filter.h"
#include "gateway/filters/guardian/harmless_names.h"
#include "gateway/policy/lending_pool.h"
#include "gateway/policy/policy_book.h"

namespace datamigrate::gateway {

// Scans every text of a request's JSON body, query and path parameters, each as what its name says
// (field_kinds.h), right before the endpoint runs, and does with them what the organization's
// policy says. A blocked one is answered with 403, the field and the rules, never the text. Without
// a policy of the organization's own, secrets and personal data pass: a request may need them.
class GuardianFilter : public Filter {
 public:
  // `rules` and `policies` must outlive the filter.
  GuardianFilter(const guardian::RuleBook* rules, const PolicyBook* policies,
                 telemetry::Metrics& metrics);

  std::optional<Response> BeforeEndpoint(Request& request) override;

 private:
  // What one thread scans with.
  struct Tools {
    guardian::Scanner scanner;
    HarmlessNames names;
  };

  const RuleScores scores_;
  const PolicyBook* const policies_;
  telemetry::Counter& blocked_;
  LendingPool<Tools> tools_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_GUARDIAN_FILTER_H_
