// What follows when a node has failed, as the checkpoint that says so: another strategy, a
// question, a rollback. The runner stores it and goes on from there.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_RECOVERY_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_RECOVERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/workflow/frame.h"
#include "agent_engine/workflow/graph.h"
#include "agent_engine/workflow/ports.h"
#include "common/errors/error_context.h"

namespace datamigrate::workflow {

// Kinds of events, committed with their checkpoints.
inline constexpr std::string_view kStrategyFailed =
    "strategy_failed";                                                // {"error","context","next"}
inline constexpr std::string_view kNodeSkipped = "node_skipped";      // {"next"}
inline constexpr std::string_view kRollbackBegun = "rollback_begun";  // {"error","context","undo"}
inline constexpr std::string_view kNodeUndone = "node_undone";        // {"step"}
inline constexpr std::string_view kRunFailed = "run_failed";          // {"error","context"}

// Before the name of a node, where a checkpoint speaks of undoing it.
inline constexpr std::string_view kUndoPrefix = "undo:";

// A checkpoint that is to follow another, and what it tells.
struct Following {
  Checkpoint checkpoint = {};
  std::vector<Event> events = {};
  bool ends_visit = false;  // of a node, which has done what it is for
};

// The step under which the effects of the visit that goes on, or begins, at `from` are journalled.
int64_t EffectsStep(const Checkpoint& from);

// The answer that the node at `from` is to find.
std::optional<std::string> AnswerFor(const Checkpoint& from, const Frame& frame);

// The name of a strategy of the node: kFirstStrategy for its own function.
std::string StrategyName(const Graph::Node& node, std::size_t strategy);

// The first strategy of the node behind `strategy` that may help after the error; nullopt: none.
std::optional<std::size_t> NextStrategy(const Graph::Node& node, std::size_t strategy,
                                        const absl::Status& error);

// The same node with another strategy of it.
Following TryStrategy(const Checkpoint& from, Frame frame, const Graph::Node& node,
                      std::size_t strategy, const errors::ErrorContext& failure);

// The same node when a person has said what is to be done.
Following AskPerson(const Checkpoint& from, Frame frame, const FailureQuestion& question,
                    const errors::ErrorContext& failure, bool is_transient);

// Behind the node, with the state from before it.
Following Skip(const Checkpoint& from, Frame frame, std::string next);

// The run has failed before the node, which is tried again when the run is resumed.
Following GiveUp(const Checkpoint& from, Frame frame, errors::ErrorContext failure);

// The first visit to undo. Precondition: the frame has one.
Following BeginRollback(const Checkpoint& from, Frame frame, const errors::ErrorContext& failure);

// Where the run stands when the frame's last visit is undone: before it, with the state and the
// sub-graphs of then. The last of all ends the run as failed.
Following StepBack(const Checkpoint& from, Frame frame, const Checkpoint& before,
                   const Frame& frame_before);

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_RECOVERY_H_
