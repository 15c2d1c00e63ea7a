#include "tests/service/gateway/fake_engine.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>

#include "common/crypto/digest.h"

namespace datamigrate::testing {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;

bool HasEnded(v1::MigrationStatus status) {
  return status == v1::MIGRATION_STATUS_SUCCEEDED || status == v1::MIGRATION_STATUS_FAILED ||
         status == v1::MIGRATION_STATUS_CANCELLED;
}

grpc::Status NotFound() {
  return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no such migration");
}

std::string TenantOf(const grpc::ServerContext& context) {
  const auto found = context.client_metadata().find("x-datamigrate-tenant");
  return found == context.client_metadata().end()
             ? ""
             : std::string(found->second.data(), found->second.size());
}

grpc::Status Send(const FakeEngine::Files& files, const std::string& file, const v1::FilePart& part,
                  grpc::ServerWriter<v1::FileChunk>* writer) {
  const std::string sha256 = crypto::Sha256Hex(file);
  if (!part.sha256().empty() && part.sha256() != sha256) {
    return grpc::Status(grpc::StatusCode::ABORTED, "the file has changed");
  }
  std::string bytes = part.spans().empty() && !part.describe_only() ? file : "";
  for (const auto& span : part.spans()) {
    bytes += file.substr(static_cast<size_t>(span.first()), static_cast<size_t>(span.length()));
  }
  bytes.resize(std::min(bytes.size(), files.most_sent));
  v1::FileChunk chunk;
  chunk.set_file_bytes(static_cast<int64_t>(file.size()));
  chunk.set_file_sha256(sha256);
  for (size_t begin = 0; begin == 0 || begin < bytes.size(); begin += kChunkBytes) {
    chunk.set_content(bytes.substr(begin, kChunkBytes));
    if (files.ended.ok() || !bytes.empty()) {
      if (!writer->Write(chunk)) return grpc::Status::CANCELLED;
    }
    chunk.Clear();
  }
  return files.ended;
}

}  // namespace

grpc::Status FakeSchedules::CreateSchedule(grpc::ServerContext* context,
                                           const v1::CreateScheduleRequest* request,
                                           v1::Schedule* answer) {
  std::lock_guard lock(mutex_);
  last_request_ = *request;
  answer->set_id(std::string(kFirstId));
  answer->set_name(request->name());
  answer->set_cron(request->cron());
  by_tenant_.emplace(TenantOf(*context), *answer);
  return grpc::Status::OK;
}

grpc::Status FakeSchedules::ListSchedules(grpc::ServerContext* context,
                                          const v1::ListSchedulesRequest* /*request*/,
                                          v1::ListSchedulesResponse* answer) {
  std::lock_guard lock(mutex_);
  const auto [begin, end] = by_tenant_.equal_range(TenantOf(*context));
  for (auto it = begin; it != end; ++it) *answer->add_schedules() = it->second;
  return grpc::Status::OK;
}

grpc::Status FakeSchedules::DeleteSchedule(grpc::ServerContext* context,
                                           const v1::DeleteScheduleRequest* request,
                                           v1::DeleteScheduleResponse* /*answer*/) {
  std::lock_guard lock(mutex_);
  const auto [begin, end] = by_tenant_.equal_range(TenantOf(*context));
  for (auto it = begin; it != end; ++it) {
    if (it->second.id() != request->id()) continue;
    by_tenant_.erase(it);
    return grpc::Status::OK;
  }
  return NotFound();
}

v1::CreateScheduleRequest FakeSchedules::last_request() const {
  std::lock_guard lock(mutex_);
  return last_request_;
}

FakeEngine::FakeEngine(const std::optional<Certificate>& tls) {
  auto credentials = grpc::InsecureServerCredentials();
  if (tls.has_value()) {
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = tls->certificate;
    options.pem_key_cert_pairs = {{tls->key, tls->certificate}};
    credentials = grpc::SslServerCredentials(options);
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", credentials, &port);
  builder.RegisterService(this);
  builder.RegisterService(&schedules);
  builder.RegisterService(&models_);
  builder.RegisterService(&runs_);
  server_ = builder.BuildAndStart();
  address_ = "127.0.0.1:" + std::to_string(port);
}

FakeEngine::~FakeEngine() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
}

std::string FakeEngine::Note(grpc::ServerContext* context) {
  last_metadata_.clear();
  for (const auto& [name, value] : context->client_metadata()) {
    last_metadata_[{name.data(), name.size()}] = {value.data(), value.size()};
  }
  return last_metadata_["x-datamigrate-tenant"];
}

FakeEngine::Kept* FakeEngine::Find(grpc::ServerContext* context, const std::string& id) {
  const std::string tenant = Note(context);
  const auto found = migrations_.find(id);
  return found == migrations_.end() || found->second.tenant != tenant ? nullptr : &found->second;
}

std::string FakeEngine::SourceOf(grpc::ServerContext* context, const std::string& id) {
  std::lock_guard lock(mutex_);
  const Kept* kept = Find(context, id);
  return kept == nullptr ? "" : kept->migration.source();
}

void FakeEngine::AddEvent(const std::string& id, const std::string& kind,
                          v1::MigrationStatus status) {
  {
    std::lock_guard lock(mutex_);
    Kept& kept = migrations_.at(id);
    kept.migration.set_status(status);
    v1::MigrationEvent& event = kept.events.emplace_back();
    event.set_sequence(static_cast<int64_t>(kept.events.size()));
    event.set_kind(kind);
    event.set_status(status);
  }
  changed_.notify_all();
}

void FakeEngine::FailCreates(int count) {
  std::lock_guard lock(mutex_);
  failing_creates_ = count;
}

int FakeEngine::creates() const {
  std::lock_guard lock(mutex_);
  return creates_;
}

std::map<std::string, std::string> FakeEngine::last_metadata() const {
  std::lock_guard lock(mutex_);
  return last_metadata_;
}

std::vector<int64_t> FakeEngine::watched_after() const {
  std::lock_guard lock(mutex_);
  return watched_after_;
}

grpc::Status FakeEngine::CreateMigrations(grpc::ServerContext* context,
                                          const v1::CreateMigrationsRequest* request,
                                          v1::CreateMigrationsResponse* answer) {
  std::lock_guard lock(mutex_);
  Note(context);
  ++creates_;
  if (failing_creates_ > 0) {
    --failing_creates_;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  }
  for (const auto& item : request->items()) {
    v1::CreateMigrationsResponse::Result* result = answer->add_results();
    const grpc::Status status = Create(item.tenant(), item.request(), result->mutable_migration());
    result->set_code(status.error_code());
    result->set_message(status.error_message());
  }
  return grpc::Status::OK;
}

grpc::Status FakeEngine::Create(const std::string& tenant,
                                const v1::CreateMigrationRequest& request, v1::Migration* answer) {
  if (request.source().empty()) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "\"source\" is missing");
  }
  for (auto& [id, kept] : migrations_) {
    if (kept.tenant != tenant || kept.key != request.idempotency_key()) continue;
    if (kept.migration.source() != request.source()) {
      return grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "the key was used for another request");
    }
    *answer = kept.migration;
    return grpc::Status::OK;
  }
  const std::string number = std::to_string(migrations_.size() + 1);
  const std::string id =
      std::string(kFirstId).replace(kFirstId.size() - number.size(), std::string::npos, number);
  Kept& kept = migrations_[id];
  kept.tenant = tenant;
  kept.key = request.idempotency_key();
  kept.migration.set_id(id);
  kept.migration.set_source(request.source());
  kept.migration.set_target(request.target());
  kept.migration.set_status(v1::MIGRATION_STATUS_QUEUED);
  *answer = kept.migration;
  return grpc::Status::OK;
}

grpc::Status FakeEngine::GetMigration(grpc::ServerContext* context,
                                      const v1::GetMigrationRequest* request,
                                      v1::Migration* answer) {
  std::lock_guard lock(mutex_);
  const Kept* kept = Find(context, request->id());
  if (kept == nullptr) return NotFound();
  *answer = kept->migration;
  return grpc::Status::OK;
}

grpc::Status FakeEngine::ListMigrations(grpc::ServerContext* context,
                                        const v1::ListMigrationsRequest* request,
                                        v1::ListMigrationsResponse* answer) {
  std::lock_guard lock(mutex_);
  const std::string tenant = Note(context);
  for (const auto& [id, kept] : migrations_) {
    if (kept.tenant != tenant || id <= request->page_token()) continue;
    if (request->page_size() > 0 && answer->migrations_size() == request->page_size()) {
      answer->set_next_page_token(answer->migrations(answer->migrations_size() - 1).id());
      break;
    }
    *answer->add_migrations() = kept.migration;
  }
  return grpc::Status::OK;
}

grpc::Status FakeEngine::WatchMigration(grpc::ServerContext* context,
                                        const v1::WatchMigrationRequest* request,
                                        grpc::ServerWriter<v1::MigrationEvent>* writer) {
  std::unique_lock lock(mutex_);
  watched_after_.push_back(request->after_sequence());
  Kept* kept = Find(context, request->id());
  if (kept == nullptr) return NotFound();
  for (size_t next = static_cast<size_t>(request->after_sequence()); !is_stopping_;) {
    if (next < kept->events.size()) {
      const v1::MigrationEvent event = kept->events[next++];
      lock.unlock();
      if (!writer->Write(event)) return grpc::Status::CANCELLED;
      lock.lock();
    } else if (HasEnded(kept->migration.status())) {
      return grpc::Status::OK;
    } else {
      // Cancellation is noticed when the wait is over.
      changed_.wait_for(lock, std::chrono::milliseconds(20));
      if (context->IsCancelled()) return grpc::Status::CANCELLED;
    }
  }
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
}

grpc::Status FakeEngine::CancelMigration(grpc::ServerContext* context,
                                         const v1::CancelMigrationRequest* request,
                                         v1::Migration* answer) {
  std::lock_guard lock(mutex_);
  Kept* kept = Find(context, request->id());
  if (kept == nullptr) return NotFound();
  if (HasEnded(kept->migration.status())) {
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "the migration has ended");
  }
  kept->migration.set_status(v1::MIGRATION_STATUS_CANCELLED);
  *answer = kept->migration;
  return grpc::Status::OK;
}

grpc::Status FakeEngine::PauseMigration(grpc::ServerContext* context,
                                        const v1::PauseMigrationRequest* request,
                                        v1::Migration* answer) {
  std::lock_guard lock(mutex_);
  Kept* kept = Find(context, request->id());
  if (kept == nullptr) return NotFound();
  kept->migration.set_status(v1::MIGRATION_STATUS_PAUSED);
  *answer = kept->migration;
  return grpc::Status::OK;
}

grpc::Status FakeEngine::SetMigrationPriority(grpc::ServerContext* context,
                                              const v1::SetMigrationPriorityRequest* request,
                                              v1::Migration* answer) {
  std::lock_guard lock(mutex_);
  Kept* kept = Find(context, request->id());
  if (kept == nullptr) return NotFound();
  kept->migration.set_priority(request->priority());
  *answer = kept->migration;
  return grpc::Status::OK;
}

grpc::Status FakeEngine::GetMigrationLimit(grpc::ServerContext* context,
                                           const v1::GetMigrationLimitRequest* /*request*/,
                                           v1::MigrationLimit* answer) {
  std::lock_guard lock(mutex_);
  *answer = limits_[Note(context)];
  return grpc::Status::OK;
}

grpc::Status FakeEngine::SetMigrationLimit(grpc::ServerContext* context,
                                           const v1::SetMigrationLimitRequest* request,
                                           v1::MigrationLimit* answer) {
  std::lock_guard lock(mutex_);
  v1::MigrationLimit& limit = limits_[Note(context)];
  limit.clear_chosen();
  if (request->has_most_running()) limit.set_chosen(request->most_running());
  *answer = limit;
  return grpc::Status::OK;
}

grpc::Status FakeEngine::DecideMigration(grpc::ServerContext* context,
                                         const v1::DecideMigrationRequest* request,
                                         v1::Migration* answer) {
  std::lock_guard lock(mutex_);
  Kept* kept = Find(context, request->id());
  if (kept == nullptr) return NotFound();
  kept->migration.set_current_step(request->question_id() + "=" + request->option_id());
  *answer = kept->migration;
  return grpc::Status::OK;
}

grpc::Status FakeEngine::ListModels(grpc::ServerContext* context,
                                    const v1::ListModelsRequest* request,
                                    v1::ListModelsResponse* answer) {
  std::lock_guard lock(mutex_);
  if (Find(context, request->migration_id()) == nullptr) return NotFound();
  answer->add_models()->set_name("stg_customers");
  return grpc::Status::OK;
}

grpc::Status FakeEngine::GetModel(grpc::ServerContext* context, const v1::GetModelRequest* request,
                                  v1::Model* answer) {
  std::lock_guard lock(mutex_);
  if (Find(context, request->migration_id()) == nullptr) return NotFound();
  answer->set_name(request->name());
  answer->set_target_sql("select 1");
  return grpc::Status::OK;
}

grpc::Status FakeEngine::DownloadProject(grpc::ServerContext* context,
                                         const v1::DownloadProjectRequest* request,
                                         grpc::ServerWriter<v1::FileChunk>* writer) {
  const std::optional<Files> files = FilesOf(context, request->migration_id());
  if (!files.has_value()) return NotFound();
  return Send(*files, files->archive, request->part(), writer);
}

grpc::Status FakeEngine::DownloadReport(grpc::ServerContext* context,
                                        const v1::DownloadReportRequest* request,
                                        grpc::ServerWriter<v1::FileChunk>* writer) {
  const std::optional<Files> files = FilesOf(context, request->migration_id());
  if (!files.has_value()) return NotFound();
  const bool is_json = request->format() == v1::REPORT_FORMAT_JSON;
  return Send(*files, is_json ? files->report_json : files->report_page, request->part(), writer);
}

void FakeEngine::Serve(Files files) {
  std::lock_guard lock(mutex_);
  files_ = std::move(files);
}

std::optional<FakeEngine::Files> FakeEngine::FilesOf(grpc::ServerContext* context,
                                                     const std::string& id) {
  std::lock_guard lock(mutex_);
  if (Find(context, id) == nullptr) return std::nullopt;
  return files_;
}

}  // namespace datamigrate::testing
