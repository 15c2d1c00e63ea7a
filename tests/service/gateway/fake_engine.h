// An engine in this process, which answers as the test tells it.
#ifndef DATAMIGRATE_TESTS_SERVICE_GATEWAY_FAKE_ENGINE_H_
#define DATAMIGRATE_TESTS_SERVICE_GATEWAY_FAKE_ENGINE_H_

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datamigrate/v1/migration.grpc.pb.h"
#include "datamigrate/v1/schedules.grpc.pb.h"
#include "tests/service/gateway/fake_models.h"
#include "tests/service/gateway/fake_runs.h"

namespace grpc {
class Server;
}

namespace datamigrate::testing {

// The id of the first migration; the next ends with 2, and so on.
inline constexpr std::string_view kFirstId = "00000000-0000-4000-8000-000000000001";

// Keeps schedules by tenant, as schedules.proto says. Thread safe.
class FakeSchedules : public v1::ScheduleService::Service {
 public:
  grpc::Status CreateSchedule(grpc::ServerContext* context,
                              const v1::CreateScheduleRequest* request,
                              v1::Schedule* answer) override;
  grpc::Status ListSchedules(grpc::ServerContext* context, const v1::ListSchedulesRequest* request,
                             v1::ListSchedulesResponse* answer) override;
  grpc::Status DeleteSchedule(grpc::ServerContext* context,
                              const v1::DeleteScheduleRequest* request,
                              v1::DeleteScheduleResponse* answer) override;

  // The request of the last CreateSchedule.
  v1::CreateScheduleRequest last_request() const;

 private:
  mutable std::mutex mutex_;
  std::multimap<std::string, v1::Schedule> by_tenant_;
  v1::CreateScheduleRequest last_request_;
};

// Keeps migrations by tenant, as migration.proto says. Thread safe.
class FakeEngine : public v1::MigrationService::Service {
 public:
  // Without `tls` in plain text; else with that certificate, for clients that show one of the same.
  struct Certificate {
    std::string certificate;  // PEM
    std::string key;
  };
  explicit FakeEngine(const std::optional<Certificate>& tls = std::nullopt);
  ~FakeEngine() override;

  std::string address() const { return address_; }
  FakeModels& models() { return models_; }
  FakeRuns& runs() { return runs_; }

  // Adds an event; a status that ends the migration ends its watchers.
  void AddEvent(const std::string& id, const std::string& kind, v1::MigrationStatus status);
  // The next `count` calls of CreateMigrations fail as if the engine were away.
  void FailCreates(int count);
  int creates() const;
  // Metadata of the last unary call.
  std::map<std::string, std::string> last_metadata() const;
  std::vector<int64_t> watched_after() const;

  grpc::Status CreateMigrations(grpc::ServerContext* context,
                                const v1::CreateMigrationsRequest* request,
                                v1::CreateMigrationsResponse* answer) override;
  grpc::Status GetMigration(grpc::ServerContext* context, const v1::GetMigrationRequest* request,
                            v1::Migration* answer) override;
  grpc::Status ListMigrations(grpc::ServerContext* context,
                              const v1::ListMigrationsRequest* request,
                              v1::ListMigrationsResponse* answer) override;
  grpc::Status WatchMigration(grpc::ServerContext* context,
                              const v1::WatchMigrationRequest* request,
                              grpc::ServerWriter<v1::MigrationEvent>* writer) override;
  grpc::Status CancelMigration(grpc::ServerContext* context,
                               const v1::CancelMigrationRequest* request,
                               v1::Migration* answer) override;
  grpc::Status PauseMigration(grpc::ServerContext* context,
                              const v1::PauseMigrationRequest* request,
                              v1::Migration* answer) override;
  grpc::Status SetMigrationPriority(grpc::ServerContext* context,
                                    const v1::SetMigrationPriorityRequest* request,
                                    v1::Migration* answer) override;
  grpc::Status GetMigrationLimit(grpc::ServerContext* context,
                                 const v1::GetMigrationLimitRequest* request,
                                 v1::MigrationLimit* answer) override;
  grpc::Status SetMigrationLimit(grpc::ServerContext* context,
                                 const v1::SetMigrationLimitRequest* request,
                                 v1::MigrationLimit* answer) override;
  grpc::Status DecideMigration(grpc::ServerContext* context,
                               const v1::DecideMigrationRequest* request,
                               v1::Migration* answer) override;
  grpc::Status ListModels(grpc::ServerContext* context, const v1::ListModelsRequest* request,
                          v1::ListModelsResponse* answer) override;
  grpc::Status GetModel(grpc::ServerContext* context, const v1::GetModelRequest* request,
                        v1::Model* answer) override;
  grpc::Status DownloadProject(grpc::ServerContext* context,
                               const v1::DownloadProjectRequest* request,
                               grpc::ServerWriter<v1::FileChunk>* writer) override;
  grpc::Status DownloadReport(grpc::ServerContext* context,
                              const v1::DownloadReportRequest* request,
                              grpc::ServerWriter<v1::FileChunk>* writer) override;

  // What DownloadProject and DownloadReport send: what is asked for of the text, as far as
  // `most_sent`, in chunks, then `ended`.
  struct Files {
    std::string archive;
    std::string report_page;
    std::string report_json;
    size_t most_sent = std::string::npos;
    grpc::Status ended;
  };
  // From the next download on.
  void Serve(Files files);

  FakeSchedules schedules;

 private:
  struct Kept {
    std::string tenant;
    std::string key;
    v1::Migration migration;
    std::vector<v1::MigrationEvent> events;
  };

  // The files, for a download of the migration; nullopt where the tenant has no such one.
  std::optional<Files> FilesOf(grpc::ServerContext* context, const std::string& id);
  grpc::Status Create(const std::string& tenant, const v1::CreateMigrationRequest& request,
                      v1::Migration* answer);
  Kept* Find(grpc::ServerContext* context, const std::string& id);
  std::string Note(grpc::ServerContext* context);  // returns the tenant

  std::string SourceOf(grpc::ServerContext* context, const std::string& id);

  FakeModels models_;
  FakeRuns runs_{[this](grpc::ServerContext* context, const std::string& id) {
    return SourceOf(context, id);
  }};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Kept> migrations_;
  std::map<std::string, v1::MigrationLimit> limits_;
  Files files_;
  std::map<std::string, std::string> last_metadata_;
  std::vector<int64_t> watched_after_;
  int creates_ = 0;
  int failing_creates_ = 0;
  bool is_stopping_ = false;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace datamigrate::testing

#endif  // DATAMIGRATE_TESTS_SERVICE_GATEWAY_FAKE_ENGINE_H_
