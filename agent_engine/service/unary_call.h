// A call that answers once: who asks is checked, the work is done on the pool, and what a caller
// past the gateway changed is in the audit log before the answer is given.
#pragma once

#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "agent_engine/service/call_metadata.h"
#include "agent_engine/service/call_recorder.h"
#include "agent_engine/service/caller.h"
#include "agent_engine/service/messages.h"
#include "agent_engine/service/work_pool.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

namespace datamigrate::service {

// What a call needs, and as what the audit log has it; "" for calls that only read.
struct Operation {
  Right right;
  std::string_view action = "";
};

// What every call goes through. All must outlive the call.
struct CallParts {
  WorkPool* pool;
  CallerCheck* callers;
  CallRecorder* recorder;
};

// Answers with `(object->*method)(caller, *request)`. `object` must outlive the call.
template <typename Object, typename Request, typename Response>
grpc::ServerUnaryReactor* AnswerOnce(const CallParts& parts, Operation operation, Object* object,
                                     absl::StatusOr<Response> (Object::*method)(const Caller&,
                                                                                const Request&),
                                     grpc::CallbackServerContext* context, const Request* request,
                                     Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<Caller> checked = parts.callers->Check(ClaimOf(*context), operation.right);
  if (!checked.ok()) {
    reactor->Finish(ToGrpc(checked.status()));
    return reactor;
  }
  const bool is_recorded = checked->is_client && !operation.action.empty();
  RecordedCall call = is_recorded ? CallOf(*context, operation.action, *request) : RecordedCall();
  if constexpr (requires { request->id(); }) call.object = request->id();
  const bool is_queued = parts.pool->Submit([=, recorder = parts.recorder, call = std::move(call),
                                             caller = *std::move(checked)]() mutable {
    absl::StatusOr<Response> answer = (object->*method)(caller, *request);
    if (is_recorded) {
      call.outcome = answer.status();
      absl::Status written = recorder->Write(caller, call);
      if (!written.ok()) answer = written;
    }
    if (answer.ok()) *response = *std::move(answer);
    reactor->Finish(ToGrpc(answer.status()));
  });
  if (!is_queued) reactor->Finish(Overloaded());
  return reactor;
}

}  // namespace datamigrate::service
