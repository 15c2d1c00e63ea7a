// How one kind of provider is spoken to: requests into bytes, bytes into answers. Pure functions of
// their input, so that every fault can be tried without a network.
#ifndef DATAMIGRATE_AGENT_ENGINE_PROVIDERS_PROTOCOL_H_
#define DATAMIGRATE_AGENT_ENGINE_PROVIDERS_PROTOCOL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/routing/model_call.h"
#include "common/net/http_transport.h"

namespace datamigrate::providers {

// What the model that is asked can do.
struct WriteOptions {
  std::string model;  // as the provider names it
  bool is_stream = false;
  bool takes_temperature = true;
  bool forces_tools = true;  // tool_choice "required" is taken
  bool takes_schema = true;  // the provider holds the answer to answer_schema
  int64_t context_tokens = 0;
};

struct ProviderRequest {
  std::string path;  // after the deployment's URL
  std::vector<net::HeaderField> fields;
  std::string body;
};

struct ProviderAnswer {
  std::string text;
  std::vector<routing::ToolCall> tool_calls;
  routing::StopReason stop_reason = routing::StopReason::kEnd;
  std::string model;  // that says it has answered; "": it does not say
  routing::TokenUsage usage;
};

// What the provider says of an error: in the body of an answer that is none, or in a stream.
struct ProviderError {
  std::string type;     // an identifier as "overloaded_error"; "": none
  std::string message;  // at most 300 bytes of UTF-8, without line breaks; may quote the request
};

// One streamed answer. One thread at a time.
class AnswerStream {
 public:
  using TextSink = std::function<bool(std::string_view text)>;

  virtual ~AnswerStream() = default;

  // Takes the next bytes, however they are cut, and gives the text in them to `sink`, whose false
  // ends the reading with kCancelled.
  // Errors: kDataLoss for what is not the protocol; kUnavailable for an error that the provider
  // sends, with its type; error() then has it.
  virtual absl::Status Feed(std::string_view bytes, const TextSink& sink) = 0;

  // To be called when the bytes have ended. Errors: kUnavailable when the answer was cut.
  virtual absl::Status End() = 0;

  // What has come so far. Usage that the provider has not told yet is 0.
  virtual const ProviderAnswer& answer() const = 0;
  virtual const ProviderError& error() const = 0;
};

// Thread safe.
class Protocol {
 public:
  virtual ~Protocol() = default;

  // Why the provider could not take the request; "" when it can.
  virtual std::string Refusal(const routing::ModelRequest& request) const = 0;

  // Precondition: texts are UTF-8, schemas and arguments JSON.
  virtual ProviderRequest Write(const routing::ModelRequest& request,
                                const WriteOptions& options) const = 0;

  // The field that carries the key.
  virtual net::HeaderField KeyField(std::string_view key) const = 0;

  // Errors: kDataLoss for a body that is no answer of the protocol.
  virtual absl::StatusOr<ProviderAnswer> Read(std::string_view body) const = 0;

  virtual std::unique_ptr<AnswerStream> NewStream() const = 0;

  // The body of an answer that is not 200; empty fields for one that cannot be read.
  virtual ProviderError ReadError(std::string_view body) const = 0;
};

// "anthropic", "openai", "openai_responses", "ollama", "vllm"; null for others.
const Protocol* ProtocolNamed(std::string_view name);

// The names above, for messages.
std::string ProtocolNames();

}  // namespace datamigrate::providers

#endif  // DATAMIGRATE_AGENT_ENGINE_PROVIDERS_PROTOCOL_H_
