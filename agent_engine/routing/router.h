// Which model answers, and what is done when it does not.
//
// A call goes to the model of its tier; its deployments are tried least busy first, then the models
// of its chain. A deployment that fails cools down and is probed with one call before it gets more.
// Budgets are reserved before a call leaves and settled by what it cost.
//
//   routing::RouterParts parts;
//   parts.transport = &transport;
//   parts.clock = &clock;
//   routing::Router router(*routing::ParseRoutes(routing::kDefaultRoutes), parts);
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_ROUTER_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_ROUTER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent_engine/routing/model_call.h"
#include "agent_engine/routing/model_caller.h"
#include "agent_engine/routing/routes.h"

namespace datamigrate::net {
class HttpTransport;
}

namespace datamigrate::routing {

class AnswerCache;
class Clock;
class KeySource;
class UsageLedger;

// What the router reaches the world through. All must outlive it and be thread safe.
struct RouterParts {
  net::HttpTransport* transport = nullptr;  // required
  Clock* clock = nullptr;                   // required
  KeySource* keys = nullptr;                // required
  UsageLedger* ledger = nullptr;            // null: nothing is recorded and no budget holds
  AnswerCache* cache = nullptr;             // null: every call is made
  std::function<double()> random = {};      // [0, 1), for jitter; empty: a generator of its own
};

// How a deployment does, for `datamigrate models list` and metrics.
struct DeploymentStatus {
  std::string model;
  std::string tenant;  // of a registered model; "": all see it
  std::string deployment;
  std::string protocol;
  std::string url;
  std::string provider_model;
  bool has_key = false;  // or needs none
  std::string closed;    // why it is not asked at all; "": it is
  int in_flight = 0;
  int failures_in_a_row = 0;
  std::string last_failure;                         // without secrets
  absl::Duration cools_for = absl::ZeroDuration();  // until it is probed
};

class Router : public ModelCaller {
 public:
  Router(Routes routes, const RouterParts& parts);
  ~Router() override;

  absl::StatusOr<ModelAnswer> Complete(const ModelRequest& request,
                                       const CallContext& context) override;
  absl::StatusOr<ModelAnswer> Stream(const ModelRequest& request, const CallContext& context,
                                     const PieceSink& sink) override;
  bool IsConfigured(const Task& task) const override;
  std::optional<CallEstimate> Estimate(const ModelRequest& request, const Task& task,
                                       int64_t output_tokens) const override;

  // Calls that run go on by the old routes. Deployments that are in both keep how they do.
  void SetRoutes(Routes routes);
  std::shared_ptr<const Routes> routes() const;

  std::vector<DeploymentStatus> Deployments() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_ROUTER_H_
