// What agents leave for one another: messages within a run, and a memory that outlives runs.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_AGENT_RECORDS_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_AGENT_RECORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent_engine/workflow/effects.h"

namespace datamigrate::workflow {

// "task", "status", "error", "data_request".
std::string_view ToString(MessageKind kind);
// kTask for a word that is none of these.
MessageKind ParseMessageKind(std::string_view text);

// A message that waits for its receiver, or was given to it.
struct ReceivedMessage {
  int64_t number = 0;  // within the run, from 1
  std::string from = {};
  MessageKind kind = MessageKind::kTask;
  int priority = 0;
  bool is_reply_expected = false;
  int64_t reply_to = 0;  // the message that it answers; 0: none
  std::string body = "{}";
  bool is_overdue = false;  // its deadline has passed, by the store's clock
};

// Where messages and memories are kept. Nodes read through it (NodeContext); what they write goes
// with their checkpoint (Effects). Thread safe.
class AgentRecords {
 public:
  virtual ~AgentRecords() = default;

  // What nobody has taken yet of the messages to the node: the most urgent first, then the oldest.
  virtual absl::StatusOr<std::vector<ReceivedMessage>> MessagesTo(std::string_view run_id,
                                                                  std::string_view node) = 0;

  // What the agent remembers under the key, over all runs of the organization; nullopt: nothing.
  virtual absl::StatusOr<std::optional<std::string>> Recall(std::string_view agent,
                                                            std::string_view key) = 0;

  // Changes for the transaction of a checkpoint.
  virtual Write Sending(std::string_view from, const Message& message, int64_t step) = 0;
  virtual Write Taking(std::vector<int64_t> numbers, int64_t step) = 0;
  // Of what came after the step, what was sent is gone, and what was taken or answered is not.
  virtual Write Rewinding(int64_t step) = 0;
  virtual Write Remembering(std::string_view agent, const Memory& memory) = 0;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_AGENT_RECORDS_H_
