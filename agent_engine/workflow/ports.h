// The interfaces through which a run reaches the world.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_PORTS_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_PORTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent_engine/workflow/effects.h"

namespace datamigrate::workflow {

// kFailed: the run has given up, after it undid what it had done or because a person said so; run
// again, it goes on from there as a running one does.
enum class CheckpointStatus { kRunning, kInterrupted, kCompleted, kFailed };

// The state of a run between two nodes.
struct Checkpoint {
  std::string run_id = {};
  int64_t step = 0;  // 0 before the first node; each node that ends adds one
  // That ran; empty at step 0. "undo:name" when what the node did was undone.
  std::string node = {};
  std::string next_node = {};  // to run next; kEnd when completed
  CheckpointStatus status = CheckpointStatus::kRunning;
  std::string state = {};                                   // bytes of the caller's codec
  std::string question = {};                                // when interrupted
  absl::Duration answer_within = absl::InfiniteDuration();  // then `default_answer` is the answer
  std::string default_answer = {};
  std::optional<std::string> answer = {};  // to `question`, once a person has given it
  // When the node's visit goes on after it, with an answer or another strategy: the step under
  // which its effects are journalled. 0: under the step that follows, as after any other
  // checkpoint.
  int64_t effects_step = 0;
  // What the library keeps beside the state (frame.h): stored with it, never looked into.
  std::string frame = {};
  // Why a node has failed, of the checkpoint that says what follows: errors::ToJson.
  std::string failure = {};
};

// Where runs are kept. Thread safe.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  // The newest checkpoint of the run, or nullopt for a run that never started.
  virtual absl::StatusOr<std::optional<Checkpoint>> Latest(std::string_view run_id) = 0;

  // A stored checkpoint of the run; kNotFound without it.
  virtual absl::StatusOr<Checkpoint> At(std::string_view run_id, int64_t step) = 0;

  // Stores the checkpoint, its writes and its events, all or nothing, after what CommitSoon took.
  // Committing the same step with the same content again is OK and applies nothing, so a lost reply
  // may be asked again. Errors: kFailedPrecondition when another owner has the run; kAlreadyExists
  // when the step is there with other content; a write's own error.
  virtual absl::Status Commit(const Checkpoint& checkpoint, absl::Span<const Write> writes,
                              absl::Span<const Event> events) = 0;

  // Takes a checkpoint without writes to be stored soon, all or nothing, after those of the run
  // before it and never without them. Returns when the store has room for it. What goes wrong
  // later is Settle's to tell, and nothing after it is stored.
  virtual absl::Status CommitSoon(const Checkpoint& checkpoint, absl::Span<const Event> events) {
    return Commit(checkpoint, {}, events);
  }

  // Keeps why the run stops at its newest checkpoint, for people: errors::ToJson. What cannot be
  // kept is dropped, as whoever runs the run has the error, too.
  virtual void NoteFailure(std::string_view /*run_id*/, int64_t /*step*/,
                           std::string_view /*failure*/) {}

  // Waits until everything that CommitSoon took for the run is stored. Errors: as Commit's, from
  // the first checkpoint that could not be stored on.
  virtual absl::Status Settle(std::string_view /*run_id*/) { return absl::OkStatus(); }
};

// Side effects outside the store, each done once. Thread safe.
class Journal {
 public:
  virtual ~Journal() = default;

  struct Entry {
    // What the effect left behind when it was completed before; then it must not be repeated.
    std::optional<std::string> receipt = {};
    // Some attempt began it and did not complete it: it may have happened in part.
    bool was_begun = false;
  };

  // Notes that the effect `key` of `step` is about to happen. `key` is unique within the step.
  virtual absl::StatusOr<Entry> Begin(std::string_view run_id, int64_t step,
                                      std::string_view key) = 0;

  // As Begin, for an effect that depends on `input` alone: a run that was forked takes the receipt
  // that the other run has for the same key and input. By default there is none.
  virtual absl::StatusOr<Entry> BeginWithInput(std::string_view run_id, int64_t step,
                                               std::string_view key, std::string_view /*input*/) {
    return Begin(run_id, step, key);
  }

  // Notes that it happened. The first receipt stays.
  virtual absl::Status Complete(std::string_view run_id, int64_t step, std::string_view key,
                                std::string_view receipt) = 0;
};

// Hears events as they happen. Thread safe; must not block for long. What it cannot pass on it
// drops: events are news, the checkpoint is the truth.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Emit(std::string_view run_id, const Event& event) = 0;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_PORTS_H_
