// Language models as the gateway sees them: proto/datamigrate/v1/models.proto, and questions of
// guidance.proto, without gRPC.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_MODEL_CLIENT_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_MODEL_CLIENT_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "datamigrate/v1/guidance.pb.h"
#include "datamigrate/v1/models.pb.h"
#include "gateway/engine_client/engine_client.h"

namespace datamigrate::gateway {

// Thread safe. Calls block until the answer or the context's deadline, but for Complete,
// StreamComplete and AskAboutMigration. Errors are the engine's (see models.proto), with their
// causes (engine_cause.h), or kUnavailable and kDeadlineExceeded.
class ModelClient {
 public:
  using CompleteDone = std::function<void(absl::StatusOr<v1::CompleteResponse>)>;
  using AskDone = std::function<void(absl::StatusOr<v1::Explanation>)>;

  virtual ~ModelClient() = default;

  // Does not block: `done` is called once, from any thread, possibly before this returns. Made
  // once, whatever becomes of it, as it costs.
  virtual void Complete(const CallContext& context, v1::CompleteRequest request,
                        CompleteDone done) = 0;
  // The same, with a question in the request.
  virtual void AskAboutMigration(const CallContext& context, v1::ExplainMigrationRequest request,
                                 AskDone done) = 0;
  virtual std::unique_ptr<MessageStream<v1::StreamCompleteResponse>> StreamComplete(
      const CallContext& context, const v1::CompleteRequest& request) = 0;
  virtual absl::StatusOr<v1::ListDeploymentsResponse> ListDeployments(
      const CallContext& context, const v1::ListDeploymentsRequest& request) = 0;
  virtual absl::StatusOr<v1::CustomModel> RegisterCustomModel(
      const CallContext& context, const v1::RegisterCustomModelRequest& request) = 0;
  virtual absl::StatusOr<v1::RemoveCustomModelResponse> RemoveCustomModel(
      const CallContext& context, const v1::RemoveCustomModelRequest& request) = 0;
  virtual absl::StatusOr<v1::GetModelUsageResponse> GetModelUsage(
      const CallContext& context, const v1::GetModelUsageRequest& request) = 0;

  // Ends what Complete and AskAboutMigration have under way, and whatever comes, with kCancelled:
  // they may last for minutes, and nobody waits for them any more.
  virtual void Stop() = 0;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_MODEL_CLIENT_H_
