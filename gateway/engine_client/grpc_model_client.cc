#include "gateway/engine_client/grpc_model_client.h"

#include <utility>

namespace datamigrate::gateway {
namespace {

// A model that is slow says nothing of the engine.
absl::Status ForLateness(const absl::Status& status) {
  if (!absl::IsDeadlineExceeded(status) || !CauseOf(status).empty()) return status;
  return WithCause(absl::DeadlineExceededError(
                       "no model answered in time; a stream of the answer has more of it"),
                   "timeout");
}

}  // namespace

template <typename Asked, typename Answer, typename Start>
void GrpcModelClient::Ask(const char* name, const CallContext& context, Asked request,
                          std::function<void(absl::StatusOr<Answer>)> done, Start start) {
  auto call = std::make_shared<CallOf<Asked, Answer>>();
  if (!Keep(call)) return done(absl::CancelledError("the gateway is going down"));
  if (!calls_->Admit(name)) {
    Forget(call);
    return done(GrpcCalls::NotTried());
  }
  call->request = std::move(request);
  call->done = std::move(done);
  calls_->Fill(call->context, context);
  start(&call->context, &call->request, &call->answer, [=, this](const grpc::Status& ended) {
    Forget(call);
    const absl::Status status = ForLateness(StatusOf(call->context, ended));
    calls_->Note(name, status);
    call->done(status.ok() ? std::move(call->answer) : absl::StatusOr<Answer>(status));
  });
}

void GrpcModelClient::Complete(const CallContext& context, v1::CompleteRequest request,
                               CompleteDone done) {
  Ask<v1::CompleteRequest, v1::CompleteResponse>(
      "Complete", context, std::move(request), std::move(done),
      [this](auto... arguments) { stub_->async()->Complete(std::move(arguments)...); });
}

void GrpcModelClient::AskAboutMigration(const CallContext& context,
                                        v1::ExplainMigrationRequest request, AskDone done) {
  Ask<v1::ExplainMigrationRequest, v1::Explanation>(
      "AskAboutMigration", context, std::move(request), std::move(done),
      [this](auto... arguments) { guidance_->async()->ExplainMigration(std::move(arguments)...); });
}

bool GrpcModelClient::Keep(const std::shared_ptr<Call>& call) {
  absl::MutexLock lock(&mutex_);
  if (is_stopped_) return false;
  under_way_.insert(call);
  return true;
}

void GrpcModelClient::Forget(const std::shared_ptr<Call>& call) {
  absl::MutexLock lock(&mutex_);
  under_way_.erase(call);
}

void GrpcModelClient::Stop() {
  Calls under_way;
  {
    absl::MutexLock lock(&mutex_);
    is_stopped_ = true;
    under_way = under_way_;
  }
  // Cancelling may end the call on this thread, which takes the lock.
  for (const std::shared_ptr<Call>& call : under_way) call->context.TryCancel();
}

std::unique_ptr<MessageStream<v1::StreamCompleteResponse>> GrpcModelClient::StreamComplete(
    const CallContext& context, const v1::CompleteRequest& request) {
  return calls_->Open<v1::StreamCompleteResponse>(*stub_, &Stub::async::StreamComplete, context,
                                                  request);
}

absl::StatusOr<v1::ListDeploymentsResponse> GrpcModelClient::ListDeployments(
    const CallContext& context, const v1::ListDeploymentsRequest& request) {
  return calls_->Repeatable<v1::ListDeploymentsResponse>("ListDeployments", *stub_,
                                                         &Stub::ListDeployments, context, request);
}

absl::StatusOr<v1::CustomModel> GrpcModelClient::RegisterCustomModel(
    const CallContext& context, const v1::RegisterCustomModelRequest& request) {
  return calls_->Repeatable<v1::CustomModel>("RegisterCustomModel", *stub_,
                                             &Stub::RegisterCustomModel, context, request);
}

absl::StatusOr<v1::RemoveCustomModelResponse> GrpcModelClient::RemoveCustomModel(
    const CallContext& context, const v1::RemoveCustomModelRequest& request) {
  return calls_->Once<v1::RemoveCustomModelResponse>("RemoveCustomModel", *stub_,
                                                     &Stub::RemoveCustomModel, context, request);
}

absl::StatusOr<v1::GetModelUsageResponse> GrpcModelClient::GetModelUsage(
    const CallContext& context, const v1::GetModelUsageRequest& request) {
  return calls_->Repeatable<v1::GetModelUsageResponse>("GetModelUsage", *stub_,
                                                       &Stub::GetModelUsage, context, request);
}

}  // namespace datamigrate::gateway
