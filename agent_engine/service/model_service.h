// ModelService over the router: reactors here, each call on a thread of its own while it waits.
#pragma once

#include "agent_engine/service/call_recorder.h"
#include "agent_engine/service/call_threads.h"
#include "agent_engine/service/caller.h"
#include "agent_engine/service/model_routing.h"
#include "agent_engine/service/unary_call.h"
#include "agent_engine/service/work_pool.h"
#include "agent_engine/store/migration_store.h"
#include "datamigrate/v1/models.grpc.pb.h"

namespace datamigrate::service {

// What the calls do, without gRPC. Thread-safe.
class Models {
 public:
  // Both must outlive this.
  Models(ModelRouting* routing, store::MigrationStore* migrations)
      : routing_(routing), migrations_(migrations) {}

  // Whether a call may be charged to the migration; an empty id names none. kNotFound for another
  // organization's.
  absl::Status CheckMigration(std::string_view tenant, std::string_view id);

  absl::StatusOr<v1::ListDeploymentsResponse> ListDeployments(
      const Caller& caller, const v1::ListDeploymentsRequest& request);
  absl::StatusOr<v1::CustomModel> RegisterCustomModel(
      const Caller& caller, const v1::RegisterCustomModelRequest& request);
  absl::StatusOr<v1::RemoveCustomModelResponse> RemoveCustomModel(
      const Caller& caller, const v1::RemoveCustomModelRequest& request);
  absl::StatusOr<v1::GetModelUsageResponse> GetModelUsage(const Caller& caller,
                                                          const v1::GetModelUsageRequest& request);
  absl::StatusOr<v1::GetModelReportResponse> GetModelReport(
      const Caller& caller, const v1::GetModelReportRequest& request);

  routing::Router& router() { return routing_->router(); }

 private:
  ModelRouting* const routing_;
  store::MigrationStore* const migrations_;
};

class ModelServiceImpl final : public v1::ModelService::CallbackService {
 public:
  // All must outlive the service.
  ModelServiceImpl(Models* models, CallThreads* threads, WorkPool* pool, CallerCheck* callers,
                   CallRecorder* recorder)
      : models_(models), threads_(threads), pool_(pool), callers_(callers), recorder_(recorder) {}

  grpc::ServerUnaryReactor* Complete(grpc::CallbackServerContext* context,
                                     const v1::CompleteRequest* request,
                                     v1::CompleteResponse* response) override;
  grpc::ServerWriteReactor<v1::StreamCompleteResponse>* StreamComplete(
      grpc::CallbackServerContext* context, const v1::CompleteRequest* request) override;
  grpc::ServerUnaryReactor* ListDeployments(grpc::CallbackServerContext* context,
                                            const v1::ListDeploymentsRequest* request,
                                            v1::ListDeploymentsResponse* response) override;
  grpc::ServerUnaryReactor* RegisterCustomModel(grpc::CallbackServerContext* context,
                                                const v1::RegisterCustomModelRequest* request,
                                                v1::CustomModel* response) override;
  grpc::ServerUnaryReactor* RemoveCustomModel(grpc::CallbackServerContext* context,
                                              const v1::RemoveCustomModelRequest* request,
                                              v1::RemoveCustomModelResponse* response) override;
  grpc::ServerUnaryReactor* GetModelUsage(grpc::CallbackServerContext* context,
                                          const v1::GetModelUsageRequest* request,
                                          v1::GetModelUsageResponse* response) override;
  grpc::ServerUnaryReactor* GetModelReport(grpc::CallbackServerContext* context,
                                           const v1::GetModelReportRequest* request,
                                           v1::GetModelReportResponse* response) override;

 private:
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Operation operation,
                                   const Request* request, Response* response,
                                   absl::StatusOr<Response> (Models::*method)(const Caller&,
                                                                              const Request&));

  Models* const models_;
  CallThreads* const threads_;
  WorkPool* const pool_;
  CallerCheck* const callers_;
  CallRecorder* const recorder_;
};

}  // namespace datamigrate::service
