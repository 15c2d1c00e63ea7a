// What a running node may know and do.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_NODE_CONTEXT_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_NODE_CONTEXT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "agent_engine/workflow/agent_records.h"
#include "agent_engine/workflow/attempts.h"
#include "agent_engine/workflow/cancellation.h"
#include "agent_engine/workflow/clock.h"
#include "agent_engine/workflow/ports.h"

namespace datamigrate::workflow {

// The phase (errors::ErrorContext) of an error that is the store's and no fault of the node.
inline constexpr char kStoringPhase[] = "storing";

// Through what a node reaches the world.
struct NodePorts {
  Journal* journal = nullptr;  // required
  EventSink* events = nullptr;
  Pacing pacing = {&SystemClock(), UniformRandom};
  AgentRecords* records = nullptr;
  // Called before each effect: makes sure that what the node builds on is stored.
  std::function<absl::Status()> settle = nullptr;
};

// One attempt of one node, or of one item of a fan-out. Lives as long as the attempt; its methods
// are thread safe.
class NodeContext {
 public:
  struct Place {
    std::string run_id;
    std::string node;
    int64_t step = 0;  // of the checkpoint that this node will write
    int attempt = 1;
    int64_t effects_step = 0;   // under which its effects are journalled; 0: `step`
    std::string strategy = {};  // the one under way; empty: the node's own
    std::string item = {};      // the item's key; empty: the node itself
  };

  // `answer` is the reply to the question this node asked last, if that is why it runs again.
  NodeContext(Place place, CancellationToken token, std::optional<std::string> answer,
              NodePorts ports);

  const Place& place() const { return place_; }
  const std::string& run_id() const { return place_.run_id; }
  const CancellationToken& token() const { return token_; }
  const std::optional<std::string>& answer() const { return answer_; }
  const Pacing& pacing() const { return ports_.pacing; }

  // The context of an attempt of an item: its effects are journalled under its key.
  NodeContext ForItem(std::string item, int attempt, CancellationToken token) const;

  // Tells the world at once, outside the checkpoint: an attempt that fails has told it all the
  // same. For progress; what must be told exactly once belongs into Effects::events.
  void Emit(std::string kind, std::string json_payload = "");

  // Performs a side effect outside the store once per visit of the node, however often that is
  // repeated after a crash, goes on after an answer or tries another strategy, and returns its
  // receipt. `perform` gets true when an earlier attempt began it and did not complete it: look
  // first what that one left. A failed `perform` completes nothing.
  absl::StatusOr<std::string> Once(
      std::string_view key, absl::FunctionRef<absl::StatusOr<std::string>(bool was_begun)> perform);

  // As above, for an effect whose receipt depends on `input` alone, such as a question to a model:
  // a fork of the run, which asks the same, is given the receipt that is there.
  absl::StatusOr<std::string> OnceFor(
      std::string_view key, std::string_view input,
      absl::FunctionRef<absl::StatusOr<std::string>(bool was_begun)> perform);

  // The messages to this node that no visit before has taken: the most urgent first, then the
  // oldest. They are taken with the checkpoint that ends this visit. kFailedPrecondition where
  // nobody keeps messages.
  absl::StatusOr<std::vector<ReceivedMessage>> Messages();

  // What this node remembered under the key, in any run of the organization; nullopt: nothing.
  absl::StatusOr<std::optional<std::string>> Recall(std::string_view key) const;

  // What Messages has given out, ascending.
  std::vector<int64_t> TakenMessages() const;

 private:
  struct Taken;

  const Place place_;
  const CancellationToken token_;
  const std::optional<std::string> answer_;
  const NodePorts ports_;
  std::shared_ptr<Taken> taken_;  // by the node and its items
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_NODE_CONTEXT_H_
