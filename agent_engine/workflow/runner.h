// Walks a graph from a run's newest checkpoint to its end, one checkpoint per node.
//
// A process may die between any two instructions: the next one calls Run again, which starts at the
// node after the last checkpoint. Nodes therefore run at least once, their effects count once.
//
// A node that fails is tried again, as its policy says; then its other strategies are; then a
// person is asked, where it says so; then what the run did is undone, and the run has failed. Each
// of these is a checkpoint (recovery.h), so after a crash none of them happens twice.
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
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/workflow/agent_records.h"
#include "agent_engine/workflow/cancellation.h"
#include "agent_engine/workflow/clock.h"
#include "agent_engine/workflow/frame.h"
#include "agent_engine/workflow/graph.h"
#include "agent_engine/workflow/ports.h"
#include "agent_engine/workflow/recovery.h"

namespace datamigrate::workflow {

// Kinds of the runner's own events, beside those of recovery.h. kNodeCompleted, kNodeInterrupted
// and kRunCompleted are committed with the checkpoint, once; the others go to the sink at once.
inline constexpr std::string_view kNodeStarted = "node_started";
inline constexpr std::string_view kNodeCompleted = "node_completed";      // payload: {"next": name}
inline constexpr std::string_view kNodeRetrying = "node_retrying";        // {"error", "pause_ms"}
inline constexpr std::string_view kNodeFailed = "node_failed";            // {"error", "context"}
inline constexpr std::string_view kNodeInterrupted = "node_interrupted";  // the question
inline constexpr std::string_view kRunCompleted = "run_completed";

struct RunnerPorts {
  CheckpointStore* store = nullptr;          // required
  Journal* journal = nullptr;                // required
  EventSink* events = nullptr;               // optional
  Clock* clock = nullptr;                    // optional: SystemClock()
  std::function<double()> random = nullptr;  // optional: uniform in [0, 1)
  AgentRecords* records = nullptr;           // optional: without it nodes have no messages
};

struct RunnerOptions {
  int64_t max_steps = 1000;  // of one run, over all processes: a loop that does not end is stopped
  RetryPolicy commit_retry{.max_attempts = 5, .first_pause = absl::Milliseconds(200)};
  // Whether nobody will run the run again after this error of a node: then what it did is undone.
  // Empty: unless it is transient or of unknown outcome.
  std::function<bool(const absl::Status&)> is_final = nullptr;
  // Called when no node of the run is left to run, before Run waits until all of it is stored. May
  // be empty.
  std::function<void()> on_last_wait = nullptr;
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
  // graph's entry, to replay another run from one of its checkpoints; not within a sub-graph.
  absl::Status Start(std::string_view run_id, std::string state,
                     std::optional<std::string> entry = std::nullopt);

  // Goes on from the newest checkpoint until the end, a question without an answer, or an error.
  // The run can be called again after any of them.
  // Errors: kNotFound for a run that was not started; the token's reason when cancelled;
  // kOutOfRange after max_steps; the node's last error, with the node named and what is known of it
  // (errors::ContextOf); kFailedPrecondition when the run has given up or was rolled back, which
  // its newest checkpoint says; the store's.
  absl::StatusOr<RunResult> Run(std::string_view run_id, const CancellationToken& token);

 private:
  // What a node left, and which messages it has read.
  struct Visit {
    NodeResult result;
    std::vector<int64_t> taken_messages = {};
  };

  absl::StatusOr<RunResult> RunOn(Checkpoint at, const CancellationToken& token);
  absl::StatusOr<Checkpoint> RunStep(const Checkpoint& from, const CancellationToken& token);
  // Into a sub-graph or out of one.
  absl::StatusOr<Checkpoint> CrossBorder(const Checkpoint& from, Frame frame,
                                         const Graph::Node& node, const CancellationToken& token);
  // What a person has said about a node that failed.
  absl::StatusOr<Checkpoint> Obey(const Checkpoint& from, Frame frame, const Graph::Node& node,
                                  const CancellationToken& token);
  absl::StatusOr<Checkpoint> VisitNode(const Checkpoint& from, const Frame& frame,
                                       const Graph::Node& node, const CancellationToken& token);
  absl::StatusOr<Checkpoint> EndVisit(const Checkpoint& from, const Frame& frame,
                                      const Graph::Node& node, Visit visit,
                                      const CancellationToken& token);
  // Where the visit leads, or what it asks; takes its state and events.
  absl::StatusOr<Following> LeadOn(const Checkpoint& from, Frame frame, const Graph::Node& node,
                                   Visit& visit) const;
  absl::StatusOr<Checkpoint> AfterFailure(const Checkpoint& from, const Frame& frame,
                                          const Graph::Node& node, const absl::Status& error,
                                          const CancellationToken& token);
  WhenFailed PolicyOf(const Checkpoint& from, const Frame& frame) const;
  // Begins to undo what the run did, where there is something, the run wants it and nobody tries
  // again.
  absl::StatusOr<Checkpoint> RollBackOrFail(const Checkpoint& from, const Frame& frame,
                                            const absl::Status& error,
                                            const CancellationToken& token);
  // Undoes the frame's last visit.
  absl::StatusOr<Checkpoint> UndoOne(const Checkpoint& from, const Frame& frame,
                                     const CancellationToken& token);
  absl::StatusOr<Effects> RunUndo(const Checkpoint& from, const UndoableVisit& visit,
                                  std::string_view state, const CancellationToken& token);
  absl::StatusOr<Visit> RunNode(const Graph::Node& node, const Checkpoint& from, const Frame& frame,
                                const CancellationToken& token);
  // `work` as often as the node's options say.
  absl::Status RunAttemptsOf(const Graph::Node& node, const Checkpoint& from,
                             const CancellationToken& token,
                             absl::FunctionRef<absl::Status(int, const CancellationToken&)> work);
  // Makes messages and memories writes of the checkpoint.
  absl::Status AddRecords(const std::string& node, int64_t step,
                          const std::vector<int64_t>& taken_messages, Effects& effects) const;
  NodePorts PortsFor(const Checkpoint& from) const;

  absl::StatusOr<Checkpoint> StoreFollowing(const Checkpoint& from, Following next,
                                            const std::vector<Write>& writes,
                                            const CancellationToken& token);
  // Stores `checkpoint`; soon where the next node may run ahead, else at once.
  absl::Status Store(const Checkpoint& checkpoint, const std::vector<Write>& writes,
                     const std::vector<Event>& events, const CancellationToken& token);
  absl::Status Commit(const Checkpoint& checkpoint, const std::vector<Write>& writes,
                      const std::vector<Event>& events, const CancellationToken& token);
  void Emit(const Checkpoint& from, std::string_view kind, int attempt, std::string payload);

  const Graph* const graph_;
  RunnerPorts ports_;
  Pacing pacing_;
  const RunnerOptions options_;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_RUNNER_H_
