// Refuses requests whose texts are attacks, and does what policies say.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_GUARDIAN_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_GUARDIAN_FILTER_H_

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/guardian/scanner.h"
#include "common/telemetry/metrics.h"
#include "gateway/filters/filter.h"
#include "gateway/filters/guardian/harmless_names.h"
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
  ~GuardianFilter() override;

  std::optional<Response> BeforeEndpoint(Request& request) override;

 private:
  class Borrowed;

  // What one thread scans with.
  struct Tools {
    guardian::Scanner scanner;
    HarmlessNames names;
  };

  std::unique_ptr<Tools> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  void GiveBack(std::unique_ptr<Tools> tools) ABSL_LOCKS_EXCLUDED(mutex_);

  const guardian::RuleBook* const rules_;
  const RuleScores scores_;
  const PolicyBook* const policies_;
  telemetry::Counter& blocked_;
  absl::Mutex mutex_;
  // Those that no thread uses now; as many as threads ever scanned at once.
  std::vector<std::unique_ptr<Tools>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_GUARDIAN_FILTER_H_
