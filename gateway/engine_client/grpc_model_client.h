// Language models over gRPC. Included by grpc_engine_client.cc alone.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_MODEL_CLIENT_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_MODEL_CLIENT_H_

#include <functional>
#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "datamigrate/v1/guidance.grpc.pb.h"
#include "datamigrate/v1/models.grpc.pb.h"
#include "gateway/engine_client/grpc_calls.h"
#include "gateway/engine_client/model_client.h"

namespace datamigrate::gateway {

class GrpcModelClient : public ModelClient {
 public:
  // `calls` must outlive the client.
  explicit GrpcModelClient(GrpcCalls* calls)
      : calls_(calls),
        stub_(v1::ModelService::NewStub(calls->channel())),
        guidance_(v1::GuidanceService::NewStub(calls->channel())) {}

  void Complete(const CallContext& context, v1::CompleteRequest request,
                CompleteDone done) override;
  void AskAboutMigration(const CallContext& context, v1::ExplainMigrationRequest request,
                         AskDone done) override;
  std::unique_ptr<MessageStream<v1::StreamCompleteResponse>> StreamComplete(
      const CallContext& context, const v1::CompleteRequest& request) override;
  absl::StatusOr<v1::ListDeploymentsResponse> ListDeployments(
      const CallContext& context, const v1::ListDeploymentsRequest& request) override;
  absl::StatusOr<v1::CustomModel> RegisterCustomModel(
      const CallContext& context, const v1::RegisterCustomModelRequest& request) override;
  absl::StatusOr<v1::RemoveCustomModelResponse> RemoveCustomModel(
      const CallContext& context, const v1::RemoveCustomModelRequest& request) override;
  absl::StatusOr<v1::GetModelUsageResponse> GetModelUsage(
      const CallContext& context, const v1::GetModelUsageRequest& request) override;
  void Stop() override;

 private:
  using Stub = v1::ModelService::Stub;

  // One call for which a model is asked. Its context must not go while the call is cancelled, so
  // both share it.
  struct Call {
    virtual ~Call() = default;
    grpc::ClientContext context;
  };
  template <typename Asked, typename Answer>
  struct CallOf : Call {
    Asked request;
    Answer answer;
    std::function<void(absl::StatusOr<Answer>)> done;
  };
  using Calls = std::set<std::shared_ptr<Call>>;

  // Makes the call `name` by `start`, which gets the gRPC call's arguments.
  template <typename Asked, typename Answer, typename Start>
  void Ask(const char* name, const CallContext& context, Asked request,
           std::function<void(absl::StatusOr<Answer>)> done, Start start);
  // False once stopped.
  bool Keep(const std::shared_ptr<Call>& call) ABSL_LOCKS_EXCLUDED(mutex_);
  void Forget(const std::shared_ptr<Call>& call) ABSL_LOCKS_EXCLUDED(mutex_);

  GrpcCalls* const calls_;
  const std::unique_ptr<Stub> stub_;
  const std::unique_ptr<v1::GuidanceService::Stub> guidance_;
  absl::Mutex mutex_;
  Calls under_way_ ABSL_GUARDED_BY(mutex_);
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_MODEL_CLIENT_H_
