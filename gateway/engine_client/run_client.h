// The workflow runs behind migrations: proto/datamigrate/v1/runs.proto without gRPC.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_RUN_CLIENT_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_RUN_CLIENT_H_

#include "absl/status/statusor.h"
#include "datamigrate/v1/runs.pb.h"
#include "gateway/engine_client/engine_client.h"

namespace datamigrate::gateway {

// Thread safe. Calls block until the answer or the context's deadline.
// Errors are the engine's (see runs.proto), or kUnavailable and kDeadlineExceeded.
class RunClient {
 public:
  virtual ~RunClient() = default;

  virtual absl::StatusOr<v1::RunHistory> GetHistory(const CallContext& context,
                                                    const v1::GetHistoryRequest& request) = 0;
  virtual absl::StatusOr<v1::RunState> GetState(const CallContext& context,
                                                const v1::GetStateRequest& request) = 0;
  virtual absl::StatusOr<v1::StateDiff> DiffStates(const CallContext& context,
                                                   const v1::DiffStatesRequest& request) = 0;
  // Made once: a second call would make a second run.
  virtual absl::StatusOr<v1::Run> ForkRun(const CallContext& context,
                                          const v1::ForkRunRequest& request) = 0;
  virtual absl::StatusOr<v1::GraphDrawing> DrawGraph(const CallContext& context,
                                                     const v1::DrawGraphRequest& request) = 0;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_RUN_CLIENT_H_
