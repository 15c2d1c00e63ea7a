// Walks a graph from a run's newest checkpoint to its end, one checkpoint per node.
//
// A process may die between any two instructions: the next one calls Run again, which starts at the
// node after the last checkpoint. Nodes therefore run at least once, their effects count once.
//
// A node that may run ahead (NodeOptions) begins while checkpoints before it are still on their way
// to the store. Nothing leaves the process before they have arrived: neither an effect (Once), nor
// a node that may not run ahead, nor a question, nor what Run returns.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_RUNNER_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_RUNNER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/workflow/cancellation.h"
#include "agent_engine/workflow/clock.h"
#include "agent_engine/workflow/graph.h"
#include "agent_engine/workflow/ports.h"

namespace datamigrate::workflow {

// Kinds of the runner's own events. kNodeCompleted, kNodeInterrupted and kRunCompleted are
// committed with the checkpoint, once; the others go to the sink at once.
inline constexpr std::string_view kNodeStarted = "node_started";
inline constexpr std::string_view kNodeCompleted = "node_completed";      // payload: {"next": name}
inline constexpr std::string_view kNodeRetrying = "node_retrying";        // {"error", "pause_ms"}
inline constexpr std::string_view kNodeFailed = "node_failed";            // {"error"}
inline constexpr std::string_view kNodeInterrupted = "node_interrupted";  // the question
inline constexpr std::string_view kRunCompleted = "run_completed";

struct RunnerPorts {
  CheckpointStore* store = nullptr;          // required
  Journal* journal = nullptr;                // required
  EventSink* events = nullptr;               // optional
  Clock* clock = nullptr;                    // optional: SystemClock()
  std::function<double()> random = nullptr;  // optional: uniform in [0, 1)
};

struct RunnerOptions {
  int64_t max_steps = 1000;  // of one run, over all processes: a loop that does not end is stopped
  RetryPolicy commit_retry{.max_attempts = 5, .first_pause = absl::Milliseconds(200)};
};

struct RunResult {
  CheckpointStatus status;  // kCompleted or kInterrupted
  Checkpoint checkpoint;    // the newest
};

// Thread safe for different runs; one thread at a time per run (a lease sees to that).
class Runner {
 public:
  // `graph` and the ports must outlive the runner.
  Runner(const Graph* graph, RunnerPorts ports, RunnerOptions options = {});

  // Writes checkpoint 0 unless the run has one already. `entry` starts elsewhere than at the
  // graph's entry, to replay another run from one of its checkpoints.
  absl::Status Start(std::string_view run_id, std::string state,
                     std::optional<std::string> entry = std::nullopt);

  // Goes on from the newest checkpoint until the end, a question without an answer, or an error.
  // The run can be called again after any of them.
  // Errors: kNotFound for a run that was not started; the token's reason when cancelled;
  // kOutOfRange after max_steps; the node's last error, with the node named; the store's.
  absl::StatusOr<RunResult> Run(std::string_view run_id, const CancellationToken& token);

 private:
  absl::StatusOr<RunResult> RunOn(Checkpoint at, const CancellationToken& token);
  absl::StatusOr<Checkpoint> RunStep(const Checkpoint& from, const CancellationToken& token);
  // Stores `checkpoint`; soon where the next node may run ahead, else at once.
  absl::Status Store(const Checkpoint& checkpoint, const Effects& effects,
                     const CancellationToken& token);
  absl::StatusOr<NodeResult> RunNode(const Graph::Node& node, const Checkpoint& from,
                                     const CancellationToken& token);
  absl::StatusOr<NodeResult> RunAttempt(const Graph::Node& node, const Checkpoint& from,
                                        const CancellationToken& token, int attempt);
  absl::Status Commit(const Checkpoint& checkpoint, const Effects& effects,
                      const CancellationToken& token);
  absl::Duration Pause(const RetryPolicy& policy, int attempt);
  void Emit(const Checkpoint& from, std::string_view kind, int attempt, std::string payload);

  const Graph* const graph_;
  RunnerPorts ports_;
  const RunnerOptions options_;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_RUNNER_H_
