// What a graph is made of: functions, and what happens when one fails.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_NODE_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_NODE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent_engine/workflow/attempts.h"
#include "agent_engine/workflow/effects.h"
#include "agent_engine/workflow/node_context.h"

namespace datamigrate::workflow {

struct NodeResult {
  std::string state;
  Effects effects;
};

// Runs on the runner's thread. Has to look at context.token() often enough, as nothing else stops
// it. Anything it does outside its result has to go through context.Once.
using NodeFunction =
    std::function<absl::StatusOr<NodeResult>(std::string_view state, NodeContext& context)>;

// Names the next node (or kEnd) from the state. Must be a pure function.
using RouteFunction = std::function<absl::StatusOr<std::string>(std::string_view state)>;

// Another way to do what a node does, for when the ways before it have failed.
struct Strategy {
  std::string name = {};  // [a-z0-9_]+
  NodeFunction run = nullptr;
  // Whether it may go better after this error; one that may not is left out. Empty: after any.
  std::function<bool(const absl::Status&)> helps = nullptr;
};

// Takes back what a visit of a node did: `state` is what the node left then. Repeated after a crash
// like a node; what it does outside goes through context.Once. It neither asks nor sends messages:
// those of what is undone are withdrawn.
using UndoFunction =
    std::function<absl::StatusOr<Effects>(std::string_view state, NodeContext& context)>;

// The state that a sub-graph begins with, and what becomes of the outer one at its end. Pure.
struct SubGraphStates {
  std::function<absl::StatusOr<std::string>(std::string_view outer)> enter = nullptr;
  std::function<absl::StatusOr<std::string>(std::string_view outer, std::string_view inner)> leave =
      nullptr;
};

// What a person is asked when a node has failed by every strategy (with kCancelled a node says that
// somebody did not want it: nothing is tried or asked after that): to try it again, to give up, to
// roll back where something can be undone, and to go on without it where that is allowed.
struct FailureQuestion {
  // The run may go on behind the node with the state from before it.
  bool may_skip = false;
  std::string skip_risk = "What the node was to do is missing from here on.";
  // When nobody has answered within this time, `default_option` is the answer.
  absl::Duration answer_within = absl::InfiniteDuration();
  // "retry", "skip", "give_up" or "roll_back"; empty: roll back where that is possible, else give
  // up.
  std::string default_option = {};
};

// What becomes of a run of which a node has failed by every strategy.
enum class WhenFailed {
  kAsk,       // a person is asked where the node has a question; else as kRollBack
  kRollBack,  // what can be undone is, where the error is final; else as kStop
  kStop,      // everything stays as it is, until the run is resumed
};

// What a run wants, by its state. Pure.
using FailurePolicy = std::function<WhenFailed(std::string_view state)>;

struct NodeOptions {
  RetryPolicy retry = {};
  // Per attempt; then the token says kDeadlineExceeded.
  absl::Duration timeout = absl::InfiniteDuration();
  // The node may begin before the checkpoint before it is stored, as it does nothing outside of its
  // result but through context.Once and context.Emit, which wait for that or come after it. A crash
  // may then repeat nodes before it whose checkpoints were still on their way: what they did
  // outside has its receipt, and nothing else of them was ever seen.
  bool may_run_ahead = false;
  // Asked after the last strategy; without it the run fails.
  std::optional<FailureQuestion> ask = {};
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_NODE_H_
