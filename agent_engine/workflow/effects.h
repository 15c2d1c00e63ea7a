// What a node hands back besides its state.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_EFFECTS_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_EFFECTS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace datamigrate::workflow {

// Base of whatever a checkpoint store commits through (a database transaction). The library passes
// it on and never looks inside.
class WriteContext {
 public:
  virtual ~WriteContext() = default;
};

// A change that the store makes in the same transaction as the checkpoint: all or nothing. May be
// called more than once when the store has to repeat its transaction; only the last one counts, so
// it changes nothing but what it reaches through its context.
using Write = std::function<absl::Status(WriteContext&)>;

// A question for a person. The run is suspended until it is answered; then the same node runs
// again from the state it returned with the question and finds the answer in its context.
struct Interrupt {
  std::string question = {};  // JSON; the library does not read it
  // When nobody has answered within this time, by the store's clock, `default_answer` is the
  // answer.
  absl::Duration answer_within = absl::InfiniteDuration();
  std::string default_answer = {};
};

// Something to tell the world. The runner's own kinds are in runner.h; nodes choose theirs.
struct Event {
  std::string kind = {};     // "node_started", "model_translated", ...
  std::string node = {};     // filled in by the runner
  std::string item = {};     // of a fan-out: its key
  int64_t step = 0;          // the step under way; filled in by the runner
  int attempt = 0;           // of the node within this process, from 1; filled in by the runner
  std::string payload = {};  // JSON object, or empty
  absl::Time at = {};        // filled in by the runner
};

enum class MessageKind { kTask, kStatus, kError, kDataRequest };

// From one agent to another of the same run. The receiver finds it with NodeContext::Messages.
struct Message {
  // A node. Of a name that several sub-graphs have, the one next to the sender.
  std::string to = {};
  MessageKind kind = MessageKind::kTask;
  int priority = 0;  // higher is read first
  // How long it is of use, by the store's clock; afterwards it counts as overdue.
  absl::Duration within = absl::InfiniteDuration();
  bool is_reply_expected = false;
  int64_t reply_to = 0;     // the number of the message that this answers; 0: none
  std::string body = "{}";  // JSON
};

// What the node will know in later runs, too: of the same organization and node.
struct Memory {
  std::string key = {};
  std::optional<std::string> value = {};  // JSON; absent: it is forgotten
};

// Everything here is committed together with the node's new state.
struct Effects {
  std::vector<Write> writes = {};
  std::vector<Event> events = {};  // told exactly once, with the checkpoint
  std::optional<Interrupt> interrupt = {};
  std::vector<Message> messages = {};  // sent exactly once, with the checkpoint
  std::vector<Memory> memories = {};
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_EFFECTS_H_
