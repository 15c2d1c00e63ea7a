#include "agent_engine/service/run_service.h"

namespace datamigrate::service {

template <typename Request, typename Response>
grpc::ServerUnaryReactor* RunServiceImpl::Answer(
    grpc::CallbackServerContext* context, Operation operation, const Request* request,
    Response* response, absl::StatusOr<Response> (Runs::*method)(const Caller&, const Request&)) {
  return AnswerOnce({pool_, callers_, recorder_}, operation, runs_, method, context, request,
                    response);
}

grpc::ServerUnaryReactor* RunServiceImpl::ListRuns(grpc::CallbackServerContext* context,
                                                   const v1::ListRunsRequest* request,
                                                   v1::ListRunsResponse* response) {
  return Answer(context, {Right::kRead}, request, response, &Runs::List);
}

grpc::ServerUnaryReactor* RunServiceImpl::GetHistory(grpc::CallbackServerContext* context,
                                                     const v1::GetHistoryRequest* request,
                                                     v1::RunHistory* response) {
  return Answer(context, {Right::kRead}, request, response, &Runs::History);
}

grpc::ServerUnaryReactor* RunServiceImpl::GetState(grpc::CallbackServerContext* context,
                                                   const v1::GetStateRequest* request,
                                                   v1::RunState* response) {
  return Answer(context, {Right::kRead}, request, response, &Runs::State);
}

grpc::ServerUnaryReactor* RunServiceImpl::DiffStates(grpc::CallbackServerContext* context,
                                                     const v1::DiffStatesRequest* request,
                                                     v1::StateDiff* response) {
  return Answer(context, {Right::kRead}, request, response, &Runs::Diff);
}

grpc::ServerUnaryReactor* RunServiceImpl::ForkRun(grpc::CallbackServerContext* context,
                                                  const v1::ForkRunRequest* request,
                                                  v1::Run* response) {
  return Answer(context, {Right::kWrite, "forkRun"}, request, response, &Runs::Fork);
}

grpc::ServerUnaryReactor* RunServiceImpl::DrawGraph(grpc::CallbackServerContext* context,
                                                    const v1::DrawGraphRequest* request,
                                                    v1::GraphDrawing* response) {
  return Answer(context, {Right::kRead}, request, response, &Runs::Draw);
}

grpc::ServerUnaryReactor* RunServiceImpl::ListMessages(grpc::CallbackServerContext* context,
                                                       const v1::ListMessagesRequest* request,
                                                       v1::ListMessagesResponse* response) {
  return Answer(context, {Right::kRead}, request, response, &Runs::Messages);
}

grpc::ServerUnaryReactor* RunServiceImpl::ListDecisions(grpc::CallbackServerContext* context,
                                                        const v1::ListDecisionsRequest* request,
                                                        v1::ListDecisionsResponse* response) {
  return Answer(context, {Right::kRead}, request, response, &Runs::Decisions);
}

grpc::ServerUnaryReactor* RunServiceImpl::ListMemory(grpc::CallbackServerContext* context,
                                                     const v1::ListMemoryRequest* request,
                                                     v1::ListMemoryResponse* response) {
  return Answer(context, {Right::kRead}, request, response, &Runs::Memory);
}

}  // namespace datamigrate::service
