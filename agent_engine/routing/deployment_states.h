// How each deployment does: what is under way, how it failed, when it may be asked again.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_DEPLOYMENT_STATES_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_DEPLOYMENT_STATES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/routing/routes.h"

namespace datamigrate::routing {

// Thread safe. Times are Clock::Steady's.
class DeploymentStates {
 public:
  struct Status {
    int in_flight = 0;
    int failures = 0;  // in a row
    std::string last_failure;
    absl::Duration cools_until = -absl::InfiniteDuration();
  };

  // What a call may ask, or from when on.
  struct Picked {
    const Deployment* deployment;
  };
  struct Wait {
    absl::Duration until;  // InfiniteDuration: there are no candidates
  };

  // Takes the least busy of `candidates` that may be asked now; of equals the one that was asked
  // longest ago. One that has cooled is lent to one call, and to more when that one has succeeded.
  // `tokens` count against its tokens per minute. Finish must follow.
  std::variant<Picked, Wait> Pick(const std::vector<const Deployment*>& candidates, int64_t tokens,
                                  absl::Duration now) ABSL_LOCKS_EXCLUDED(mutex_);

  enum class Outcome {
    kAnswered,   // all is well again
    kFailed,     // counts; enough in a row let it cool
    kMustWait,   // it said so itself: it cools until `cool_until` whatever failed before
    kNoVerdict,  // says nothing of the deployment: the call was stopped, or its request was bad
  };
  struct Result {
    Outcome outcome = Outcome::kNoVerdict;
    std::string failure = {};
    absl::Duration cool_until = absl::ZeroDuration();  // of kMustWait
    int64_t more_tokens = 0;  // that were used beyond those of Pick; may be negative
  };
  void Finish(const Deployment& deployment, const Result& result, const CooldownRules& rules,
              absl::Duration now) ABSL_LOCKS_EXCLUDED(mutex_);

  Status StatusOf(const std::string& deployment) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // A minute's allowance that refills evenly.
  struct Bucket {
    double level = 0;  // what is left
    absl::Duration at = -absl::InfiniteDuration();

    void Refill(double per_minute, absl::Duration now);
    // When `amount` will be there.
    absl::Duration ReadyAt(double amount, double per_minute) const;
  };

  struct State {
    Status status;
    bool is_probed = false;  // one call looks whether it is well again
    absl::Duration asked_at = -absl::InfiniteDuration();
    Bucket requests;
    Bucket tokens;
  };

  // When the deployment may be asked; `now` or before: at once.
  absl::Duration OpensAt(const Deployment& deployment, State& state, int64_t tokens,
                         absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, State, std::less<>> states_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_DEPLOYMENT_STATES_H_
