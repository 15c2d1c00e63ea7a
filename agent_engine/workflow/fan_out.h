// The same work for each item of a list that the state gives, a bounded number at a time, as a
// node.
//
// Each item that has ended is journalled with its result: after a crash only the others are run.
// Within one node, for work that need not outlive it, there is parallel_for.h.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_FAN_OUT_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_FAN_OUT_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent_engine/workflow/node.h"

namespace datamigrate::workflow {

struct FanOutItem {
  std::string key = {};    // names the item within its list: 1 to 500 bytes
  std::string input = {};  // bytes of the caller's codec
};

struct ItemResult {
  std::string key = {};
  absl::StatusOr<std::string> result;  // an error only where failures are collected
};

enum class WhenItemFails {
  kStop,     // no further item begins; those under way end, and the node fails with the first error
  kCollect,  // the others go on, and join gets the error; it is as final as a result
};

// Kinds of its events, told at once.
inline constexpr std::string_view kItemCompleted = "item_completed";  // {"message", "fraction"}
inline constexpr std::string_view kItemRetrying = "item_retrying";    // {"error", "pause_ms"}
inline constexpr std::string_view kItemFailed = "item_failed";        // {"error", "context"}

struct FanOut {
  // The items of a state: pure, so that a repetition has the same.
  std::function<absl::StatusOr<std::vector<FanOutItem>>(std::string_view state)> split = nullptr;
  // Runs on one of the threads. Has to look at context.token(), as a node has.
  std::function<absl::StatusOr<std::string>(const FanOutItem& item, NodeContext& context)> run =
      nullptr;
  // The next state from the results, in the order of the items.
  std::function<absl::StatusOr<NodeResult>(
      std::string_view state, const std::vector<ItemResult>& results, NodeContext& context)>
      join = nullptr;
  std::size_t max_parallel = 4;  // at least 1
  WhenItemFails when_item_fails = WhenItemFails::kStop;
  // Of each item. The node's own retries run what has no result yet once more.
  RetryPolicy retry = {};
  absl::Duration timeout = absl::InfiniteDuration();
};

// The node that does it. Errors of the node: kInvalidArgument for a key that is empty, too long or
// given twice; the first item's where one fails; split's and join's own. Their context has the
// phase "split", "item" or "join", and of an item its key as the object.
NodeFunction MakeFanOut(FanOut fan_out);

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_FAN_OUT_H_
