// RunService over Runs: reactors here, work on a pool of threads.
#pragma once

#include "agent_engine/service/call_recorder.h"
#include "agent_engine/service/caller.h"
#include "agent_engine/service/runs.h"
#include "agent_engine/service/unary_call.h"
#include "agent_engine/service/work_pool.h"
#include "datamigrate/v1/runs.grpc.pb.h"

namespace datamigrate::service {

class RunServiceImpl final : public v1::RunService::CallbackService {
 public:
  // All must outlive the service.
  RunServiceImpl(Runs* runs, WorkPool* pool, CallerCheck* callers, CallRecorder* recorder)
      : runs_(runs), pool_(pool), callers_(callers), recorder_(recorder) {}

  grpc::ServerUnaryReactor* ListRuns(grpc::CallbackServerContext* context,
                                     const v1::ListRunsRequest* request,
                                     v1::ListRunsResponse* response) override;
  grpc::ServerUnaryReactor* GetHistory(grpc::CallbackServerContext* context,
                                       const v1::GetHistoryRequest* request,
                                       v1::RunHistory* response) override;
  grpc::ServerUnaryReactor* GetState(grpc::CallbackServerContext* context,
                                     const v1::GetStateRequest* request,
                                     v1::RunState* response) override;
  grpc::ServerUnaryReactor* DiffStates(grpc::CallbackServerContext* context,
                                       const v1::DiffStatesRequest* request,
                                       v1::StateDiff* response) override;
  grpc::ServerUnaryReactor* ForkRun(grpc::CallbackServerContext* context,
                                    const v1::ForkRunRequest* request, v1::Run* response) override;
  grpc::ServerUnaryReactor* DrawGraph(grpc::CallbackServerContext* context,
                                      const v1::DrawGraphRequest* request,
                                      v1::GraphDrawing* response) override;
  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const v1::ListMessagesRequest* request,
                                         v1::ListMessagesResponse* response) override;
  grpc::ServerUnaryReactor* ListDecisions(grpc::CallbackServerContext* context,
                                          const v1::ListDecisionsRequest* request,
                                          v1::ListDecisionsResponse* response) override;
  grpc::ServerUnaryReactor* ListMemory(grpc::CallbackServerContext* context,
                                       const v1::ListMemoryRequest* request,
                                       v1::ListMemoryResponse* response) override;

 private:
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Operation operation,
                                   const Request* request, Response* response,
                                   absl::StatusOr<Response> (Runs::*method)(const Caller&,
                                                                            const Request&));

  Runs* const runs_;
  WorkPool* const pool_;
  CallerCheck* const callers_;
  CallRecorder* const recorder_;
};

}  // namespace datamigrate::service
