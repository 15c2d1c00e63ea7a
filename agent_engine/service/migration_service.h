// MigrationService over the store: reactors here, work on a pool of threads.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/service/call_recorder.h"
#include "agent_engine/service/caller.h"
#include "agent_engine/service/limits.h"
#include "agent_engine/service/served_file.h"
#include "agent_engine/service/source_roots.h"
#include "agent_engine/service/unary_call.h"
#include "agent_engine/service/work_pool.h"
#include "agent_engine/store/creation_queue.h"
#include "agent_engine/store/event_feed.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/run_history.h"
#include "datamigrate/v1/migration.grpc.pb.h"

namespace datamigrate::service {

// What the calls do, without gRPC. Thread-safe.
class Migrations {
 public:
  using Created = std::function<void(absl::StatusOr<v1::Migration>)>;

  // The pointers must outlive this. `ceiling`: as Limits takes it.
  Migrations(store::MigrationStore* store, store::RunHistory* history,
             store::CreationQueue* creations, WorkPool* pool, SourceRoots source_roots, int ceiling)
      : store_(store),
        history_(history),
        creations_(creations),
        pool_(pool),
        source_roots_(std::move(source_roots)),
        ceiling_(ceiling) {}

  struct Creation {
    Caller caller;
    const v1::CreateMigrationRequest* request;
    Created created;  // called once, from any thread, possibly before CreateAll returns
  };
  // Requests are not read any more when all of them are answered.
  void CreateAll(const std::vector<Creation>& creations);
  // What CreateAll writes. Errors: the request is refused.
  absl::StatusOr<store::NewMigration> Prepare(const Caller& caller,
                                              const v1::CreateMigrationRequest& request) const;
  absl::StatusOr<v1::Migration> Get(const Caller& caller, const v1::GetMigrationRequest& request);
  absl::StatusOr<v1::ListMigrationsResponse> List(const Caller& caller,
                                                  const v1::ListMigrationsRequest& request);
  absl::StatusOr<v1::Migration> Cancel(const Caller& caller,
                                       const v1::CancelMigrationRequest& request);
  absl::StatusOr<v1::Migration> Pause(const Caller& caller,
                                      const v1::PauseMigrationRequest& request);
  absl::StatusOr<v1::Migration> Resume(const Caller& caller,
                                       const v1::ResumeMigrationRequest& request);
  absl::StatusOr<v1::Migration> SetPriority(const Caller& caller,
                                            const v1::SetMigrationPriorityRequest& request);
  absl::StatusOr<v1::Migration> Decide(const Caller& caller,
                                       const v1::DecideMigrationRequest& request);
  absl::StatusOr<v1::Plan> Plan(const Caller& caller, const v1::GetPlanRequest& request);
  absl::StatusOr<v1::ListModelsResponse> ListModels(const Caller& caller,
                                                    const v1::ListModelsRequest& request);
  absl::StatusOr<v1::Model> GetModel(const Caller& caller, const v1::GetModelRequest& request);

  // Where a request's source is read; see SourceRoots::PathOf.
  absl::StatusOr<std::string> SourcePathOf(std::string_view tenant, std::string_view source) const;

  store::MigrationStore& store() { return *store_; }

 private:
  absl::StatusOr<v1::Migration> Find(const Caller& caller, const std::string& id);

  // What is to be written for the request, and who is told then; one that is refused is told so.
  std::optional<store::CreationQueue::Item> ItemOf(const Creation& creation);
  absl::Status Check(const Caller& caller, const v1::CreateMigrationRequest& request) const;
  // Whether the plan that the migration asks about can be changed so.
  absl::Status CheckPlanEdits(const Caller& caller, const v1::DecideMigrationRequest& request);
  // Whether the caller may have the engine read `named`, a path or "upload:ID".
  absl::Status CheckPath(const Caller& caller, const std::string& named) const;
  // Answers with the migration that an idempotency key had created before.
  void FindAgain(const Caller& caller, const std::string& id, const Created& created);

  store::MigrationStore* store_;
  store::RunHistory* history_;
  store::CreationQueue* creations_;
  WorkPool* pool_;
  const SourceRoots source_roots_;
  const int ceiling_;
};

class MigrationServiceImpl final : public v1::MigrationService::CallbackService {
 public:
  // All must outlive the service.
  MigrationServiceImpl(Migrations* migrations, Limits* limits, store::EventFeed* feed,
                       WorkPool* pool, CallerCheck* callers, CallRecorder* recorder)
      : migrations_(migrations),
        limits_(limits),
        feed_(feed),
        pool_(pool),
        callers_(callers),
        recorder_(recorder) {}

  grpc::ServerUnaryReactor* CreateMigration(grpc::CallbackServerContext* context,
                                            const v1::CreateMigrationRequest* request,
                                            v1::Migration* response) override;
  grpc::ServerUnaryReactor* CreateMigrations(grpc::CallbackServerContext* context,
                                             const v1::CreateMigrationsRequest* request,
                                             v1::CreateMigrationsResponse* response) override;
  grpc::ServerUnaryReactor* GetMigration(grpc::CallbackServerContext* context,
                                         const v1::GetMigrationRequest* request,
                                         v1::Migration* response) override;
  grpc::ServerUnaryReactor* ListMigrations(grpc::CallbackServerContext* context,
                                           const v1::ListMigrationsRequest* request,
                                           v1::ListMigrationsResponse* response) override;
  grpc::ServerUnaryReactor* CancelMigration(grpc::CallbackServerContext* context,
                                            const v1::CancelMigrationRequest* request,
                                            v1::Migration* response) override;
  grpc::ServerUnaryReactor* PauseMigration(grpc::CallbackServerContext* context,
                                           const v1::PauseMigrationRequest* request,
                                           v1::Migration* response) override;
  grpc::ServerUnaryReactor* ResumeMigration(grpc::CallbackServerContext* context,
                                            const v1::ResumeMigrationRequest* request,
                                            v1::Migration* response) override;
  grpc::ServerUnaryReactor* SetMigrationPriority(grpc::CallbackServerContext* context,
                                                 const v1::SetMigrationPriorityRequest* request,
                                                 v1::Migration* response) override;
  grpc::ServerUnaryReactor* DecideMigration(grpc::CallbackServerContext* context,
                                            const v1::DecideMigrationRequest* request,
                                            v1::Migration* response) override;
  grpc::ServerUnaryReactor* GetPlan(grpc::CallbackServerContext* context,
                                    const v1::GetPlanRequest* request, v1::Plan* response) override;
  grpc::ServerUnaryReactor* GetMigrationLimit(grpc::CallbackServerContext* context,
                                              const v1::GetMigrationLimitRequest* request,
                                              v1::MigrationLimit* response) override;
  grpc::ServerUnaryReactor* SetMigrationLimit(grpc::CallbackServerContext* context,
                                              const v1::SetMigrationLimitRequest* request,
                                              v1::MigrationLimit* response) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context,
                                     const v1::GetModelRequest* request,
                                     v1::Model* response) override;
  grpc::ServerWriteReactor<v1::MigrationEvent>* WatchMigration(
      grpc::CallbackServerContext* context, const v1::WatchMigrationRequest* request) override;
  grpc::ServerWriteReactor<v1::FileChunk>* DownloadProject(
      grpc::CallbackServerContext* context, const v1::DownloadProjectRequest* request) override;
  grpc::ServerWriteReactor<v1::FileChunk>* DownloadReport(
      grpc::CallbackServerContext* context, const v1::DownloadReportRequest* request) override;

 private:
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Operation operation,
                                   const Request* request, Response* response,
                                   absl::StatusOr<Response> (Migrations::*method)(const Caller&,
                                                                                  const Request&));
  // `created`, behind a row in the audit log: for a caller who comes past the gateway.
  Migrations::Created Recorded(const Caller& caller, RecordedCall call,
                               Migrations::Created created);

  Migrations* migrations_;
  Limits* limits_;
  store::EventFeed* feed_;
  WorkPool* pool_;
  CallerCheck* callers_;
  CallRecorder* recorder_;
  ProjectArchives archives_;
};

}  // namespace datamigrate::service
