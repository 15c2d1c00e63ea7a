// What the runner keeps in a checkpoint beside the state: where in sub-graphs the run is, how far a
// node that failed has come, and what can be undone.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_FRAME_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace datamigrate::workflow {

// The visit of a node that has failed and goes on.
struct Recovery {
  std::size_t strategy = 0;             // to be tried next; 0: the node's own function
  std::vector<std::string> tried = {};  // how those before ended, oldest first
  // The run waits, or waited, for what a person says of this failure (errors::ToJson).
  std::string asked_about = {};
  // The answer to the node's own question, which the next attempt is to find.
  std::optional<std::string> answer = {};
};

// A visit that ended and that its node can undo.
struct UndoableVisit {
  int64_t step = 0;    // of its checkpoint
  int64_t before = 0;  // the checkpoint that it began at
  std::string node = {};
};

struct Frame {
  std::vector<std::string> outer_states = {};  // of the sub-graphs around, outermost first
  Recovery recovery = {};
  std::string run_id = {};  // whose visits these are: a fork does not undo what its parent did
  std::vector<UndoableVisit> undoable = {};
  std::string rolling_back = {};  // why (errors::ToJson); empty: it is not
};

// Bytes for Checkpoint::frame; none for a frame that says nothing.
std::string Encode(const Frame& frame);

// kDataLoss for bytes that Encode did not make.
absl::StatusOr<Frame> DecodeFrame(std::string_view bytes);

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_FRAME_H_
