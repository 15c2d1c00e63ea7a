// Asking a model: what agents see of the router.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_MODEL_CALLER_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_MODEL_CALLER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/routing/model_call.h"

namespace datamigrate::routing {

// Why a call gave no answer; CauseOf reads it from the status. The message says what, where, why
// and what to do, without a word of the request and without keys.
enum class FailureCause {
  kBadRequest,         // kInvalidArgument: no provider would take it
  kUnknownModel,       // kNotFound: neither the routing file nor the register has the model
  kNotConfigured,      // kFailedPrecondition: no deployment has its key; the rules go on alone
  kLocalOnly,          // kFailedPrecondition: every deployment is off the site
  kTooLarge,           // kInvalidArgument: it fits no model's context
  kBudgetSpent,        // kResourceExhausted: names the budget, what is spent and when it opens
  kAllFailed,          // kUnavailable: each deployment's reason is in the message
  kAnswerNotInSchema,  // kDataLoss: no model's answer matched answer_schema
  kTimeout,            // kDeadlineExceeded: context.timeout passed
  kStopped,            // kCancelled: context.stop
  kKeyReused,          // kAlreadyExists: the idempotency key was used for another request
  kRecords,            // kUnavailable: budgets or usage cannot be read or written
};
std::string_view NameOf(FailureCause cause);  // "budget_spent", ...

// Nothing for a status that no ModelCaller made.
std::optional<FailureCause> CauseOf(const absl::Status& status);
absl::Status Failure(FailureCause cause, std::string_view message);

// The most that a call would cost at the model that is asked first.
struct CallEstimate {
  std::string model;
  int64_t input_tokens = 0;
  int64_t cost_microdollars = 0;
};

// Thread safe. Calls block until the answer is there, context.timeout has passed or context.stop is
// set; one call keeps one thread.
class ModelCaller {
 public:
  // Called for each piece on the calling thread. False ends the call with kCancelled.
  using PieceSink = std::function<bool(const StreamPiece& piece)>;

  virtual ~ModelCaller() = default;

  virtual absl::StatusOr<ModelAnswer> Complete(const ModelRequest& request,
                                               const CallContext& context) = 0;

  // As Complete; its text is given out as it comes. With an answer_schema the text comes in one
  // piece, when it has been checked. After an error, what was given out is void.
  virtual absl::StatusOr<ModelAnswer> Stream(const ModelRequest& request,
                                             const CallContext& context, const PieceSink& sink) = 0;

  // True when some deployment could be asked: it has its key, and may be reached. Agents that find
  // false leave the model's step out.
  virtual bool IsConfigured(const Task& task) const = 0;

  // For an answer of `output_tokens`; nothing where IsConfigured is false. Asks nobody.
  virtual std::optional<CallEstimate> Estimate(const ModelRequest& request, const Task& task,
                                               int64_t output_tokens) const = 0;
};

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_MODEL_CALLER_H_
