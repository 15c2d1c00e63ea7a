// What a running node may know and do.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_NODE_CONTEXT_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_NODE_CONTEXT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "agent_engine/workflow/cancellation.h"
#include "agent_engine/workflow/clock.h"
#include "agent_engine/workflow/ports.h"

namespace datamigrate::workflow {

// One attempt of one node. Lives as long as the attempt; its methods are thread safe.
class NodeContext {
 public:
  struct Place {
    std::string run_id;
    std::string node;
    int64_t step = 0;  // of the checkpoint that this node will write
    int attempt = 1;
    int64_t effects_step = 0;  // under which its effects are journalled; 0: `step`
  };

  // `answer` is the reply to the question this node asked last, if that is why it runs again.
  // `settle` is called before each effect: it makes sure that what the node builds on is stored.
  NodeContext(Place place, CancellationToken token, std::optional<std::string> answer,
              Journal* journal, EventSink* events, Clock* clock,
              std::function<absl::Status()> settle = nullptr);

  const Place& place() const { return place_; }
  const std::string& run_id() const { return place_.run_id; }
  const CancellationToken& token() const { return token_; }
  const std::optional<std::string>& answer() const { return answer_; }

  // Tells the world at once, outside the checkpoint: an attempt that fails has told it all the
  // same. For progress; what must be told exactly once belongs into Effects::events.
  void Emit(std::string kind, std::string json_payload = "");

  // Performs a side effect outside the store once per visit of the node, however often that is
  // repeated after a crash or goes on after an answer, and returns its receipt. `perform` gets true
  // when an earlier attempt began it and did not complete it: look first what that one left. A
  // failed `perform` completes nothing.
  absl::StatusOr<std::string> Once(
      std::string_view key, absl::FunctionRef<absl::StatusOr<std::string>(bool was_begun)> perform);

  // As above, for an effect whose receipt depends on `input` alone, such as a question to a model:
  // a fork of the run, which asks the same, is given the receipt that is there.
  absl::StatusOr<std::string> OnceFor(
      std::string_view key, std::string_view input,
      absl::FunctionRef<absl::StatusOr<std::string>(bool was_begun)> perform);

 private:
  const Place place_;
  const CancellationToken token_;
  const std::optional<std::string> answer_;
  Journal* const journal_;
  EventSink* const events_;
  Clock* const clock_;
  const std::function<absl::Status()> settle_;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_NODE_CONTEXT_H_
