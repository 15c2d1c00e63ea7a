// How calls of all of the engine's services are made. Included by the clients of this folder alone.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_CALLS_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_CALLS_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "common/telemetry/metrics.h"
#include "gateway/engine_client/circuit_breaker.h"
#include "gateway/engine_client/engine_cause.h"
#include "gateway/engine_client/grpc_engine_client.h"
#include "gateway/engine_client/stream_reader.h"

namespace datamigrate::gateway {

// One channel with its token, breaker and count of calls. Thread safe.
class GrpcCalls {
 public:
  // Between a call that the engine was not there for and its repetitions.
  static constexpr std::array<absl::Duration, 2> kPauses = {absl::Milliseconds(50),
                                                            absl::Milliseconds(250)};

  GrpcCalls(std::shared_ptr<grpc::Channel> channel, telemetry::Metrics& metrics,
            TokenSource token_of)
      : channel_(std::move(channel)),
        token_of_(std::move(token_of)),
        calls_(metrics.AddCounter("datamigrate_gateway_engine_calls_total",
                                  "Calls to the engine by method and status code.",
                                  {"method", "code"})) {}

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  std::string TokenOf(const CallContext& context) const {
    return token_of_ == nullptr ? std::string() : token_of_(context);
  }

  void Fill(grpc::ClientContext& grpc_context, const CallContext& context) const {
    grpc_context.set_deadline(absl::ToChronoTime(context.deadline));
    grpc_context.AddMetadata("x-datamigrate-tenant", context.tenant);
    grpc_context.AddMetadata("x-datamigrate-user", context.user);
    grpc_context.AddMetadata("x-request-id", context.request_id);
    const std::string token = TokenOf(context);
    if (!token.empty()) grpc_context.AddMetadata("authorization", "Bearer " + token);
  }

  // True when the call may be made; then Note must follow. Else it has failed with NotTried().
  bool Admit(const char* name) {
    if (breaker_.Admit()) return true;
    calls_.Increment({name, "NOT_TRIED"});
    return false;
  }

  // What a call came to. A cause shows that the engine answers, whatever the code.
  void Note(const char* name, const absl::Status& status) {
    breaker_.Note(CauseOf(status).empty() ? status : absl::OkStatus());
    calls_.Increment({name, absl::StatusCodeToString(status.code())});
  }

  static absl::Status NotTried() {
    return absl::UnavailableError("the engine does not answer; it is asked again soon");
  }

  template <typename Stub, typename Asked, typename Answer>
  using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Asked&, Answer*);

  // A call that is made once.
  template <typename Answer, typename Stub, typename Asked>
  absl::StatusOr<Answer> Once(const char* name, Stub& stub, Method<Stub, Asked, Answer> method,
                              const CallContext& context, const Asked& request) {
    if (!Admit(name)) return NotTried();
    grpc::ClientContext grpc_context;
    Fill(grpc_context, context);
    Answer answer;
    const grpc::Status ended = (stub.*method)(&grpc_context, request, &answer);
    const absl::Status status = StatusOf(grpc_context, ended);
    Note(name, status);
    if (!status.ok()) return status;
    return answer;
  }

  // A call that has the same effect twice as once.
  template <typename Answer, typename Stub, typename Asked>
  absl::StatusOr<Answer> Repeatable(const char* name, Stub& stub,
                                    Method<Stub, Asked, Answer> method, const CallContext& context,
                                    const Asked& request) {
    for (size_t attempt = 0;; ++attempt) {
      absl::StatusOr<Answer> answer = Once<Answer>(name, stub, method, context, request);
      if (!absl::IsUnavailable(answer.status()) || attempt == kPauses.size()) return answer;
      if (absl::Now() + kPauses[attempt] >= context.deadline) return answer;
      absl::SleepFor(kPauses[attempt]);
    }
  }

  template <typename Message, typename Stub, typename Start, typename Asked>
  std::unique_ptr<MessageStream<Message>> Open(Stub& stub, Start start, const CallContext& context,
                                               const Asked& request) {
    auto reader = std::make_shared<StreamReader<Asked, Message>>(request);
    Fill(reader->context(), context);
    (stub.async()->*start)(&reader->context(), &reader->request(), reader.get());
    reader->Start();
    return std::make_unique<GrpcMessageStream<Asked, Message>>(std::move(reader));
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const TokenSource token_of_;
  telemetry::Counter& calls_;
  CircuitBreaker breaker_{{}};
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_CALLS_H_
