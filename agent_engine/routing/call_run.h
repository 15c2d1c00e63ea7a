// One call on its way through models, deployments, budgets and the cache.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_CALL_RUN_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_CALL_RUN_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/routing/attempt.h"
#include "agent_engine/routing/deployment_states.h"
#include "agent_engine/routing/model_caller.h"
#include "agent_engine/routing/router.h"
#include "agent_engine/routing/routes.h"
#include "agent_engine/routing/stream_joiner.h"
#include "agent_engine/routing/usage_ledger.h"
#include "common/net/address_rule.h"

namespace datamigrate::routing {

// Routes with what is made of them once.
struct RouteTable {
  Routes routes;
  std::shared_ptr<const net::AddressRule> local;

  // Why the deployment may not be asked: "" when it may.
  std::string Closed(const Deployment& deployment, KeySource& keys) const;
  bool IsOffSite(const Deployment& deployment) const;
};

// Used once, by one thread. All that is given must outlive it.
class CallRun {
 public:
  CallRun(const RouterParts& parts, DeploymentStates& states, const RouteTable& table,
          const ModelRequest& request, const CallContext& context,
          const ModelCaller::PieceSink* sink);

  absl::StatusOr<ModelAnswer> Run();

 private:
  // Whether the model's turn is over, and how.
  struct Turn {
    std::optional<absl::StatusOr<ModelAnswer>> result;  // of the call; nothing: the next model
  };

  // The model that is asked for, those of its chain, and any that is large enough where none of
  // them is.
  absl::StatusOr<std::vector<const Model*>> Candidates();
  void AddLarger(std::vector<const Model*>& candidates) const;
  std::string Unfit(const Model& model) const;
  std::vector<const Deployment*> OpenDeployments(const Model& model);

  std::optional<ModelAnswer> FromCache(const Model& model);
  void Keep(const Model& model, const ModelAnswer& answer);

  Turn AskModel(const Model& model, bool is_last);
  // Waits for a deployment; nothing when the next model is to be asked.
  const Deployment* PickOne(const std::vector<const Deployment*>& deployments, bool is_last);
  AttemptResult Ask(const Model& model, const Deployment& deployment, const ModelRequest& request);
  absl::StatusOr<std::string> Reserve(const Model& model, const ModelRequest& request);
  void Settle(const Model& model, const Deployment& deployment, const AttemptResult& result,
              std::string_view reservation);
  void FinishState(const Deployment& deployment, const AttemptResult& result);
  absl::StatusOr<ModelAnswer> Answered(const Model& model, const Deployment& deployment,
                                       AttemptResult result);
  bool PauseBeforeRound(int round);

  ModelRequest RequestFor(const Model& model) const;
  bool IsStream(const ModelRequest& request) const;
  absl::Duration TimeLeft() const;
  void Note(const Model& model, std::string_view deployment, const AttemptResult& result,
            int64_t cost);
  void NoteSkipped(std::string_view what, std::string why);
  absl::Status Failed() const;
  absl::Status Stopped() const;
  absl::Status OutOfTime() const;

  const RouterParts& parts_;
  Clock& clock_;
  DeploymentStates& states_;
  const RouteTable& table_;
  const Routes& routes_;
  const ModelRequest& request_;
  const CallContext& context_;
  const ModelCaller::PieceSink* const sink_;  // null: the caller wants no pieces

  const absl::Duration began_;
  const std::string id_;
  std::string digest_;  // of the request
  int64_t input_tokens_ = 0;
  StreamJoiner joiner_;
  bool has_piece_ = false;
  absl::Duration first_token_ = absl::ZeroDuration();

  std::vector<Attempt> attempts_;
  std::vector<std::string> failures_;  // "deployment: why", for the message
  int64_t cost_ = 0;
  bool all_were_bad_request_ = true;
  bool all_were_too_large_ = true;
  bool all_were_off_site_ = true;
  bool was_asked_ = false;
  bool was_not_in_schema_ = false;
  std::optional<absl::Duration> opens_again_;  // the earliest time a deployment named
};

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_CALL_RUN_H_
