#include "gateway/engine_client/grpc_run_client.h"

namespace datamigrate::gateway {

absl::StatusOr<v1::RunHistory> GrpcRunClient::GetHistory(const CallContext& context,
                                                         const v1::GetHistoryRequest& request) {
  return calls_->Repeatable<v1::RunHistory>("GetHistory", *stub_, &Stub::GetHistory, context,
                                            request);
}

absl::StatusOr<v1::RunState> GrpcRunClient::GetState(const CallContext& context,
                                                     const v1::GetStateRequest& request) {
  return calls_->Repeatable<v1::RunState>("GetState", *stub_, &Stub::GetState, context, request);
}

absl::StatusOr<v1::StateDiff> GrpcRunClient::DiffStates(const CallContext& context,
                                                        const v1::DiffStatesRequest& request) {
  return calls_->Repeatable<v1::StateDiff>("DiffStates", *stub_, &Stub::DiffStates, context,
                                           request);
}

absl::StatusOr<v1::Run> GrpcRunClient::ForkRun(const CallContext& context,
                                               const v1::ForkRunRequest& request) {
  return calls_->Once<v1::Run>("ForkRun", *stub_, &Stub::ForkRun, context, request);
}

absl::StatusOr<v1::GraphDrawing> GrpcRunClient::DrawGraph(const CallContext& context,
                                                          const v1::DrawGraphRequest& request) {
  return calls_->Repeatable<v1::GraphDrawing>("DrawGraph", *stub_, &Stub::DrawGraph, context,
                                              request);
}

}  // namespace datamigrate::gateway
