#include "agent_engine/service/migration_service.h"

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

#include "agent_engine/agents/migration_report.h"
#include "agent_engine/service/call_metadata.h"
#include "agent_engine/service/download_reactor.h"
#include "agent_engine/service/messages.h"
#include "agent_engine/service/watch_reactor.h"
#include "fmt/format.h"

namespace datamigrate::service {
namespace {

constexpr std::string_view kCreate = "createMigration";
constexpr int kMaxCreatedAtOnce = 256;

void Fill(v1::CreateMigrationsResponse::Result& result, absl::StatusOr<v1::Migration> created) {
  const grpc::Status status = ToGrpc(created.status());
  result.set_code(status.error_code());
  result.set_message(status.error_message());
  if (created.ok()) *result.mutable_migration() = *std::move(created);
}

// Ends at once: the answer to a call that is refused.
template <typename Message>
class RefusedStream : public grpc::ServerWriteReactor<Message> {
 public:
  explicit RefusedStream(const absl::Status& status) { this->Finish(ToGrpc(status)); }
  void OnDone() override { delete this; }
};

// Errors: kFailedPrecondition where there is no such file.
absl::StatusOr<std::shared_ptr<const ServedFile>> ServeReport(const std::filesystem::path& path) {
  File file(path.empty() ? nullptr : std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    return absl::FailedPreconditionError(
        "the migration has no report of this kind; it is written when the migration is evaluated");
  }
  return Serve(std::move(file));
}

}  // namespace

template <typename Request, typename Response>
grpc::ServerUnaryReactor* MigrationServiceImpl::Answer(
    grpc::CallbackServerContext* context, Operation operation, const Request* request,
    Response* response,
    absl::StatusOr<Response> (Migrations::*method)(const Caller&, const Request&)) {
  return AnswerOnce({pool_, callers_, recorder_}, operation, migrations_, method, context, request,
                    response);
}

Migrations::Created MigrationServiceImpl::Recorded(const Caller& caller, RecordedCall call,
                                                   Migrations::Created created) {
  return [this, caller, call = std::move(call),
          created = std::move(created)](absl::StatusOr<v1::Migration> migration) {
    // Where creations are answered nothing may block.
    auto record = [=, this] {
      RecordedCall done = call;
      done.outcome = migration.status();
      if (migration.ok()) done.object = migration->id();
      const absl::Status written = recorder_->Write(caller, done);
      created(written.ok() ? migration : absl::StatusOr<v1::Migration>(written));
    };
    if (!pool_->Submit(record)) created(absl::UnavailableError(kOverloaded));
  };
}

grpc::ServerUnaryReactor* MigrationServiceImpl::CreateMigration(
    grpc::CallbackServerContext* context, const v1::CreateMigrationRequest* request,
    v1::Migration* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<Caller> checked = callers_->Check(ClaimOf(*context), Right::kWrite);
  if (!checked.ok()) {
    reactor->Finish(ToGrpc(checked.status()));
    return reactor;
  }
  Migrations::Created finish = [reactor, response](absl::StatusOr<v1::Migration> created) {
    if (created.ok()) *response = *std::move(created);
    reactor->Finish(ToGrpc(created.status()));
  };
  if (checked->is_client) {
    finish = Recorded(*checked, CallOf(*context, kCreate, *request), std::move(finish));
  }
  const bool is_queued = pool_->Submit([this, request, finish, caller = *std::move(checked)] {
    migrations_->CreateAll({{caller, request, finish}});
  });
  if (!is_queued) reactor->Finish(Overloaded());
  return reactor;
}

grpc::ServerUnaryReactor* MigrationServiceImpl::CreateMigrations(
    grpc::CallbackServerContext* context, const v1::CreateMigrationsRequest* request,
    v1::CreateMigrationsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const int count = request->items_size();
  if (count == 0 || count > kMaxCreatedAtOnce) {
    reactor->Finish({grpc::StatusCode::INVALID_ARGUMENT,
                     fmt::format("1 to {} migrations are created at once", kMaxCreatedAtOnce)});
    return reactor;
  }
  for (int i = 0; i < count; ++i) response->add_results();
  auto open = std::make_shared<std::atomic<int>>(count);
  // The last answer ends the call, and request and response with it: nothing reads them after that.
  auto create_all = [this, context, reactor, request, response, open, count] {
    std::vector<Migrations::Creation> creations;
    for (int i = 0; i < count; ++i) {
      const auto& item = request->items(i);
      v1::CreateMigrationsResponse::Result* const result = response->mutable_results(i);
      const auto created = [=](absl::StatusOr<v1::Migration> migration) {
        Fill(*result, std::move(migration));
        if (open->fetch_sub(1) == 1) reactor->Finish(grpc::Status::OK);
      };
      const absl::StatusOr<Caller> caller =
          callers_->Check({item.tenant(), item.user(), item.token()}, Right::kWrite);
      if (caller.ok()) {
        Migrations::Created answer = created;
        if (caller->is_client) {
          answer = Recorded(*caller, CallOf(*context, kCreate, item.request()), answer);
        }
        creations.push_back({*caller, &item.request(), std::move(answer)});
      } else {
        created(caller.status());
      }
    }
    migrations_->CreateAll(creations);
  };
  if (!pool_->Submit(create_all)) reactor->Finish(Overloaded());
  return reactor;
}

grpc::ServerUnaryReactor* MigrationServiceImpl::GetMigration(grpc::CallbackServerContext* context,
                                                             const v1::GetMigrationRequest* request,
                                                             v1::Migration* response) {
  return Answer(context, {Right::kRead}, request, response, &Migrations::Get);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::ListMigrations(
    grpc::CallbackServerContext* context, const v1::ListMigrationsRequest* request,
    v1::ListMigrationsResponse* response) {
  return Answer(context, {Right::kRead}, request, response, &Migrations::List);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::CancelMigration(
    grpc::CallbackServerContext* context, const v1::CancelMigrationRequest* request,
    v1::Migration* response) {
  return Answer(context, {Right::kWrite, "cancelMigration"}, request, response,
                &Migrations::Cancel);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::PauseMigration(
    grpc::CallbackServerContext* context, const v1::PauseMigrationRequest* request,
    v1::Migration* response) {
  return Answer(context, {Right::kWrite, "pauseMigration"}, request, response, &Migrations::Pause);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::ResumeMigration(
    grpc::CallbackServerContext* context, const v1::ResumeMigrationRequest* request,
    v1::Migration* response) {
  return Answer(context, {Right::kWrite, "resumeMigration"}, request, response,
                &Migrations::Resume);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::SetMigrationPriority(
    grpc::CallbackServerContext* context, const v1::SetMigrationPriorityRequest* request,
    v1::Migration* response) {
  return Answer(context, {Right::kWrite, "setMigrationPriority"}, request, response,
                &Migrations::SetPriority);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::DecideMigration(
    grpc::CallbackServerContext* context, const v1::DecideMigrationRequest* request,
    v1::Migration* response) {
  return Answer(context, {Right::kDecide, "decideMigration"}, request, response,
                &Migrations::Decide);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::GetPlan(grpc::CallbackServerContext* context,
                                                        const v1::GetPlanRequest* request,
                                                        v1::Plan* response) {
  return Answer(context, {Right::kRead}, request, response, &Migrations::Plan);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::GetMigrationLimit(
    grpc::CallbackServerContext* context, const v1::GetMigrationLimitRequest* request,
    v1::MigrationLimit* response) {
  return AnswerOnce({pool_, callers_, recorder_}, {Right::kRead}, limits_, &Limits::Get, context,
                    request, response);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::SetMigrationLimit(
    grpc::CallbackServerContext* context, const v1::SetMigrationLimitRequest* request,
    v1::MigrationLimit* response) {
  return AnswerOnce({pool_, callers_, recorder_}, {Right::kLimit, "setMigrationLimit"}, limits_,
                    &Limits::Set, context, request, response);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::ListModels(grpc::CallbackServerContext* context,
                                                           const v1::ListModelsRequest* request,
                                                           v1::ListModelsResponse* response) {
  return Answer(context, {Right::kRead}, request, response, &Migrations::ListModels);
}

grpc::ServerUnaryReactor* MigrationServiceImpl::GetModel(grpc::CallbackServerContext* context,
                                                         const v1::GetModelRequest* request,
                                                         v1::Model* response) {
  return Answer(context, {Right::kRead}, request, response, &Migrations::GetModel);
}

grpc::ServerWriteReactor<v1::MigrationEvent>* MigrationServiceImpl::WatchMigration(
    grpc::CallbackServerContext* context, const v1::WatchMigrationRequest* request) {
  absl::StatusOr<Caller> caller = callers_->Check(ClaimOf(*context), Right::kRead);
  if (!caller.ok()) return new RefusedStream<v1::MigrationEvent>(caller.status());
  return StartWatch(&migrations_->store(), feed_, pool_, *std::move(caller), *request);
}

grpc::ServerWriteReactor<v1::FileChunk>* MigrationServiceImpl::DownloadProject(
    grpc::CallbackServerContext* context, const v1::DownloadProjectRequest* request) {
  absl::StatusOr<Caller> caller = callers_->Check(ClaimOf(*context), Right::kRead);
  if (!caller.ok()) return new RefusedStream<v1::FileChunk>(caller.status());
  RecordedCall call = CallOf(*context, "downloadProject", *request);
  call.object = request->migration_id();
  auto open = [this, caller = *std::move(caller),
               call = std::move(call)]() -> absl::StatusOr<std::shared_ptr<const ServedFile>> {
    const auto record = migrations_->store().Get(caller.tenant, call.object);
    if (!record.ok()) return record.status();
    if (caller.is_client) {
      if (absl::Status written = recorder_->Write(caller, call); !written.ok()) return written;
    }
    return archives_.Open(record->project_path);
  };
  return StartDownload(pool_, std::move(open), request->part());
}

grpc::ServerWriteReactor<v1::FileChunk>* MigrationServiceImpl::DownloadReport(
    grpc::CallbackServerContext* context, const v1::DownloadReportRequest* request) {
  absl::StatusOr<Caller> caller = callers_->Check(ClaimOf(*context), Right::kRead);
  if (!caller.ok()) return new RefusedStream<v1::FileChunk>(caller.status());
  auto open = [this, caller = *std::move(caller), id = request->migration_id(),
               format = request->format()]() -> absl::StatusOr<std::shared_ptr<const ServedFile>> {
    const auto record = migrations_->store().Get(caller.tenant, id);
    if (!record.ok()) return record.status();
    const std::filesystem::path page = ToMessage(*record, {}).deployment_result().report_path();
    return ServeReport(format == v1::REPORT_FORMAT_JSON ? agents::ReportJsonPath(page) : page);
  };
  return StartDownload(pool_, std::move(open), request->part());
}

}  // namespace datamigrate::service
