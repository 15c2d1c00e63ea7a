// Runs over gRPC. Included by grpc_engine_client.cc alone.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_RUN_CLIENT_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_RUN_CLIENT_H_

#include <memory>

#include "datamigrate/v1/runs.grpc.pb.h"
#include "gateway/engine_client/grpc_calls.h"
#include "gateway/engine_client/run_client.h"

namespace datamigrate::gateway {

class GrpcRunClient : public RunClient {
 public:
  // `calls` must outlive the client.
  explicit GrpcRunClient(GrpcCalls* calls)
      : calls_(calls), stub_(v1::RunService::NewStub(calls->channel())) {}

  absl::StatusOr<v1::RunHistory> GetHistory(const CallContext& context,
                                            const v1::GetHistoryRequest& request) override;
  absl::StatusOr<v1::RunState> GetState(const CallContext& context,
                                        const v1::GetStateRequest& request) override;
  absl::StatusOr<v1::StateDiff> DiffStates(const CallContext& context,
                                           const v1::DiffStatesRequest& request) override;
  absl::StatusOr<v1::Run> ForkRun(const CallContext& context,
                                  const v1::ForkRunRequest& request) override;
  absl::StatusOr<v1::GraphDrawing> DrawGraph(const CallContext& context,
                                             const v1::DrawGraphRequest& request) override;

 private:
  using Stub = v1::RunService::Stub;

  GrpcCalls* const calls_;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_RUN_CLIENT_H_
