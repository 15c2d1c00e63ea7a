// A model behind the Guardian: what goes out is scanned, what comes back is scanned, and both are
// told to the audit log.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/knowledge/prompt.h"
#include "agent_engine/routing/model_caller.h"
#include "common/guardian/model/linear_model.h"
#include "common/guardian/scanner.h"

namespace datamigrate::rewriting {

// A verdict for the audit log; never a text.
struct GuardedEvent {
  std::string direction;  // "to_model", "from_model", "from_source".
  std::string object;     // "schema.name".
  std::string agent;
  std::string tenant;
  std::string migration;
  std::string model;  // That answered; empty on the way out.
  guardian::Action verdict = guardian::Action::kAllow;
  std::vector<std::string> rules;
  std::string text_sha256;  // 64 hex digits.
};

// kUnavailable when it cannot be written; then nothing is sent, or the answer is not used.
using GuardedEventSink = std::function<absl::Status(const GuardedEvent& event)>;

// What the Guardian says of a text.
struct Scanned {
  guardian::Action verdict = guardian::Action::kAllow;
  std::vector<std::string> rules;  // Ids of those that spoke, each once.

  bool may_pass() const { return verdict == guardian::Action::kAllow; }
};

// The rules and the model, compiled once. Thread safe: each scan has a scanner of its thread's.
class Guard {
 public:
  static absl::StatusOr<Guard> Create();
  Scanned Scan(std::string_view text, guardian::FieldKind kind) const;

 private:
  explicit Guard(std::shared_ptr<const guardian::RuleBook> rules) : rules_(std::move(rules)) {}
  std::shared_ptr<const guardian::RuleBook> rules_;
};

struct GuardedAnswer {
  routing::ModelAnswer answer;  // Its cost is spent, whether it is let in or not.
  std::string refusal;          // Why it is not to be used, with the rules; empty: it may be.
};

// Asks `caller` and believes nothing: an answer that repeats the canary, or that the Guardian does
// not let pass, is refused. `source_texts` are those of the source in the prompt; one that does not
// pass stops the call before anything is sent (kPermissionDenied, with the rules). Other errors are
// the caller's and the sink's.
absl::StatusOr<GuardedAnswer> AskGuarded(const Guard& guard, routing::ModelCaller& caller,
                                         const GuardedEventSink& sink,
                                         const knowledge::Prompt& prompt,
                                         const std::vector<std::string_view>& source_texts,
                                         const routing::ModelRequest& request,
                                         const routing::CallContext& context,
                                         std::string_view object);

}  // namespace datamigrate::rewriting
