// One request to one deployment, and what became of it.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_ATTEMPT_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_ATTEMPT_H_

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "agent_engine/providers/protocol.h"
#include "agent_engine/routing/clock.h"
#include "agent_engine/routing/model_call.h"
#include "agent_engine/routing/routes.h"
#include "common/net/http_transport.h"

namespace datamigrate::routing {

enum class Fault {
  kNone,
  kStopped,      // by the caller: context.stop, or a sink that has had enough
  kTimeout,      // the whole call's time is over
  kBadRequest,   // 400 and the like: the same request fails there again
  kTooLarge,     // for the model's context
  kKeyRefused,   // 401, 403, no money left
  kNotFound,     // 404: the URL or the model is none of the provider's
  kRateLimited,  // 429
  kServer,       // 408, 5xx, 529, an error in a stream
  kUnreachable,  // nothing was sent
  kSilent,       // no answer in time
  kCut,          // the answer broke off
  kBadAnswer,    // not the protocol: HTML, other JSON, too many bytes, a redirect
};

struct AttemptRequest {
  const Model* model = nullptr;
  const Deployment* deployment = nullptr;
  const ModelRequest* request = nullptr;
  std::string key;  // "": none is sent
  bool is_stream = false;
  bool allows_proxy = false;
  std::shared_ptr<const net::AddressRule> addresses;
  size_t max_answer_bytes = 0;
  absl::Duration time_left;
  std::stop_token stop;
};

struct AttemptResult {
  Fault fault = Fault::kNone;
  // "529 overloaded_error", "the answer was cut": for records and messages. Never a key; words of
  // the request only where a provider quotes them in its message.
  std::string reason;
  // What the provider says besides; may quote the request. "": nothing.
  std::string detail;
  std::optional<absl::Duration> retry_after;
  providers::ProviderAnswer answer;  // of streams that broke off: what there was
  // What is billed, as far as it is known; estimated where the provider did not say.
  TokenUsage usage;
  absl::Duration latency = absl::ZeroDuration();
  absl::Duration first_token = absl::ZeroDuration();
};

// Blocks. `sink` gets the text of streams as it comes.
AttemptResult RunAttempt(net::HttpTransport& transport, Clock& clock, const AttemptRequest& attempt,
                         const providers::AnswerStream::TextSink& sink);

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_ATTEMPT_H_
