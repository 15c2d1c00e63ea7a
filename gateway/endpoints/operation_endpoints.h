// What operators, probes and curious people ask.
//
//   GET /health   200 while the process runs: {"status":"ok","version"}
//   GET /ready    200 when PostgreSQL and the engine answer, else 503: {"status","checks":{...}}
//   GET /metrics  Prometheus text, to this machine or on an address of its own
//   GET /api      the list of routes
//   GET /api/v1/openapi.json  all of the API, as OpenAPI 3.1
//   GET /         a page that says what this is
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_OPERATION_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_OPERATION_ENDPOINTS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/telemetry/metrics.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {

// Asks what the gateway depends on, one probe at a time and at most once a second: the others get
// the last finding. Thread safe.
class Readiness {
 public:
  struct Check {
    std::string name;  // "postgresql"
    std::function<absl::Status(absl::Time deadline)> ask;
  };

  struct Finding {
    std::string name;
    absl::Status status;
  };

  explicit Readiness(std::vector<Check> checks) : checks_(std::move(checks)) {}

  // Blocks for at most two seconds per check.
  std::vector<Finding> Ask();

 private:
  std::vector<Finding> AskAll() const;

  const std::vector<Check> checks_;
  absl::Mutex mutex_;
  bool is_asking_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time asked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::vector<Finding> findings_ ABSL_GUARDED_BY(mutex_);
};

enum class MetricsAudience { kEverybody, kThisMachine };

// For the listener that is meant for it, or for requests that come from a loopback address.
void AddMetricsRoute(const telemetry::Metrics* metrics, MetricsAudience audience,
                     std::vector<Route>& routes);

// The pointer must outlive the routes. Call last: GET /api and the document list the routes added
// before. Throws as ApiDocument does for a route without a description.
void AddOperationRoutes(Readiness* readiness, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_OPERATION_ENDPOINTS_H_
