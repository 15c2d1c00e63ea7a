// What is asked of a language model, by whom, and what came back: the same for every provider.
//
//   routing::ModelRequest request;
//   request.system = rules;
//   request.messages = {routing::UserMessage(question)};
//   routing::CallContext context;
//   context.agent = "rebuilder";
//   context.task = routing::Complexity::kComplex;
//   absl::StatusOr<routing::ModelAnswer> answer = router.Complete(request, context);
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_MODEL_CALL_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_MODEL_CALL_H_

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace datamigrate::routing {

// ---- the request ----

struct TextPart {
  std::string text;  // UTF-8
  friend bool operator==(const TextPart&, const TextPart&) = default;
};

// What a model wants done. An assistant's message, or an answer, has these.
struct ToolCall {
  std::string id;         // made by the provider, or by the router for those that make none
  std::string name;       // a ModelTool's
  std::string arguments;  // a JSON object
  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

// What came of a ToolCall. A user's message has these.
struct ToolResult {
  std::string call_id;  // of an earlier ToolCall
  std::string text;
  bool is_error = false;
  friend bool operator==(const ToolResult&, const ToolResult&) = default;
};

using Part = std::variant<TextPart, ToolCall, ToolResult>;

enum class Role { kUser, kAssistant };

struct Message {
  Role role = Role::kUser;
  std::vector<Part> parts;
  friend bool operator==(const Message&, const Message&) = default;
};

inline Message UserMessage(std::string text) {
  return {Role::kUser, {TextPart{std::move(text)}}};
}
inline Message AssistantMessage(std::string text) {
  return {Role::kAssistant, {TextPart{std::move(text)}}};
}

struct ModelTool {
  std::string name;  // 1 to 64 letters, digits, "_" and "-"
  std::string description;
  std::string parameters;  // JSON schema of its arguments, an object
};

enum class ToolChoice { kAuto, kNone, kRequired };

// A value. Texts are UTF-8; other bytes are refused (kInvalidArgument) before anything is sent.
struct ModelRequest {
  std::string system;  // "": none
  // The system text and the tools are the same in many calls: providers that keep them are asked
  // to.
  bool cache_system = false;
  std::vector<Message> messages;  // not empty; the last one is usually the user's
  std::vector<ModelTool> tools;
  ToolChoice tool_choice = ToolChoice::kAuto;
  // JSON schema that the answer's text has to match; "": any text. The answer is checked whatever
  // the provider promises, and asked for once more, with what was wrong, when it does not match.
  std::string answer_schema;
  int max_output_tokens = 4096;       // > 0
  std::optional<double> temperature;  // 0 to 1; models that take none are asked without
  std::vector<std::string> stop;      // at most 4
};

// ---- who asks, and how ----

// How hard the task is; the routing file says which model that means.
enum class Complexity { kSimple, kMedium, kComplex, kCritical };
std::string_view NameOf(Complexity complexity);  // "simple", "medium", "complex", "critical"
std::optional<Complexity> ComplexityNamed(std::string_view name);

// A tier, or a model by its name in the routing file or in the register of custom models.
using Task = std::variant<Complexity, std::string>;

enum class CacheUse {
  kReadAndWrite,
  kWrite,  // asks anew and keeps the answer
  kNone,
};

// A value.
struct CallContext {
  std::string tenant = "local";  // the organization; answers are never shared between two
  std::string migration;         // id; "": none
  std::string agent;             // "rebuilder", "planner", ...; "": unnamed
  Task task = Complexity::kMedium;
  // For everything together: attempts, pauses and other models. > 0. Measured by a clock that no
  // change of the wall clock moves.
  absl::Duration timeout = absl::Minutes(5);
  // Ends the call with kCancelled; what the provider has done by then is billed and recorded.
  std::stop_token stop = {};
  // The same key of a tenant answers with the same answer and bills nothing again, whatever
  // `cache` says. "": none. Errors: kAlreadyExists for another request under a used key.
  std::string idempotency_key;
  CacheUse cache = CacheUse::kReadAndWrite;
  // False: other models of the chain are not asked when this one fails.
  bool may_fall_back = true;
};

// ---- the answer ----

enum class StopReason {
  kEnd,        // it had said all
  kMaxTokens,  // it was cut at max_output_tokens or at the end of the model's context
  kStopText,
  kToolCalls,  // it waits for the results of `tool_calls`
  kRefusal,    // the provider or the model would not answer
};
std::string_view NameOf(StopReason reason);  // "end", "max_tokens", "stop_text", "tool_calls", ...

struct TokenUsage {
  int64_t input = 0;         // all of the request, the two below among them
  int64_t cached_input = 0;  // read from the provider's cache
  int64_t cache_write = 0;   // written to it
  int64_t output = 0;
  bool is_estimated = false;  // the provider did not say; counted from the texts' length
  friend bool operator==(const TokenUsage&, const TokenUsage&) = default;
};

// One deployment that was asked.
struct Attempt {
  std::string model;       // name in the routing file
  std::string deployment;  // name in the routing file
  std::string failure;     // why it gave no answer, without secrets; "": it did
  absl::Duration latency = absl::ZeroDuration();
  int64_t cost_microdollars = 0;
};

struct ModelAnswer {
  std::string text;
  std::vector<ToolCall> tool_calls;
  StopReason stop_reason = StopReason::kEnd;
  std::string model;           // name in the routing file
  std::string deployment;      // name in the routing file
  std::string provider_model;  // as the provider names it, which need not be what was asked for
  TokenUsage usage;
  // Of all attempts of this call together, in millionths of a dollar; 0 from the cache.
  int64_t cost_microdollars = 0;
  absl::Duration latency = absl::ZeroDuration();
  absl::Duration first_token = absl::ZeroDuration();  // of streams
  std::vector<Attempt> attempts;                      // the last one gave the answer
  bool is_from_cache = false;
};

// ---- streams ----

// What a stream gives out, in order. The texts since the last restart, joined, are the answer's
// text.
struct StreamPiece {
  enum class Kind {
    kText,
    // Another model begins anew, as the one before broke off: what was given out is void. Comes
    // only where the new text does not begin with the old one.
    kRestart,
  };
  Kind kind = Kind::kText;
  std::string text;   // of kText
  std::string model;  // that now speaks; of kRestart
};

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_MODEL_CALL_H_
