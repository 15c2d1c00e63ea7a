// The agent engine as the gateway sees it: migration.proto and schedules.proto of
// proto/datamigrate/v1 without gRPC.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_ENGINE_CLIENT_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_ENGINE_CLIENT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "datamigrate/v1/guidance.pb.h"
#include "datamigrate/v1/migration.pb.h"
#include "datamigrate/v1/schedules.pb.h"
#include "gateway/access/permission.h"

namespace datamigrate::gateway {

class ModelClient;  // gateway/engine_client/model_client.h
class RunClient;    // gateway/engine_client/run_client.h

// For whom a call is made, and until when.
struct CallContext {
  std::string tenant;
  std::string user;
  std::string request_id;
  absl::Time deadline;
  PermissionSet permissions = {};
  std::string api_key_id = "";  // of the key that was shown; "" for a session
};

// Messages of one server stream, asked for one at a time.
template <typename Message>
class MessageStream {
 public:
  // The next message; nothing at the end; else why the stream broke.
  using Next = absl::StatusOr<std::optional<Message>>;

  // May be called while a Read is pending, which then completes soon.
  virtual ~MessageStream() = default;

  // `done` is called once, from any thread. Not called again before that, nor after the end.
  virtual void Read(std::function<void(Next)> done) = 0;

  // Makes a pending Read complete soon, with kCancelled. From any thread.
  virtual void Cancel() = 0;
};

// Thread safe. Calls block until the answer or the context's deadline, but for CreateMigration;
// streams do not block.
// Errors are the engine's (see migration.proto), or kUnavailable and kDeadlineExceeded.
class EngineClient {
 public:
  using MigrationDone = std::function<void(absl::StatusOr<v1::Migration>)>;

  virtual ~EngineClient() = default;

  // `request.idempotency_key` must be set: the call may be sent more than once. Does not block:
  // `done` is called once, from any thread, possibly before this returns, and may not block either.
  virtual void CreateMigration(const CallContext& context, v1::CreateMigrationRequest request,
                               MigrationDone done) = 0;
  virtual absl::StatusOr<v1::Migration> GetMigration(const CallContext& context,
                                                     const v1::GetMigrationRequest& request) = 0;
  virtual absl::StatusOr<v1::ListMigrationsResponse> ListMigrations(
      const CallContext& context, const v1::ListMigrationsRequest& request) = 0;
  virtual absl::StatusOr<v1::Migration> CancelMigration(
      const CallContext& context, const v1::CancelMigrationRequest& request) = 0;
  virtual absl::StatusOr<v1::Migration> PauseMigration(
      const CallContext& context, const v1::PauseMigrationRequest& request) = 0;
  virtual absl::StatusOr<v1::Migration> ResumeMigration(
      const CallContext& context, const v1::ResumeMigrationRequest& request) = 0;
  virtual absl::StatusOr<v1::Migration> DecideMigration(
      const CallContext& context, const v1::DecideMigrationRequest& request) = 0;
  virtual absl::StatusOr<v1::Migration> SetMigrationPriority(
      const CallContext& context, const v1::SetMigrationPriorityRequest& request) = 0;
  virtual absl::StatusOr<v1::MigrationLimit> GetMigrationLimit(
      const CallContext& context, const v1::GetMigrationLimitRequest& request) = 0;
  virtual absl::StatusOr<v1::MigrationLimit> SetMigrationLimit(
      const CallContext& context, const v1::SetMigrationLimitRequest& request) = 0;
  virtual absl::StatusOr<v1::Schedule> CreateSchedule(const CallContext& context,
                                                      const v1::CreateScheduleRequest& request) = 0;
  virtual absl::StatusOr<v1::ListSchedulesResponse> ListSchedules(
      const CallContext& context, const v1::ListSchedulesRequest& request) = 0;
  virtual absl::StatusOr<v1::DeleteScheduleResponse> DeleteSchedule(
      const CallContext& context, const v1::DeleteScheduleRequest& request) = 0;
  virtual absl::StatusOr<v1::Plan> GetPlan(const CallContext& context,
                                           const v1::GetPlanRequest& request) = 0;
  // Without a question, which a model would take long to answer.
  virtual absl::StatusOr<v1::Explanation> ExplainMigration(
      const CallContext& context, const v1::ExplainMigrationRequest& request) = 0;
  virtual absl::StatusOr<v1::ListModelsResponse> ListModels(
      const CallContext& context, const v1::ListModelsRequest& request) = 0;
  virtual absl::StatusOr<v1::Model> GetModel(const CallContext& context,
                                             const v1::GetModelRequest& request) = 0;

  // Streams live until they end or are destroyed; context.deadline bounds them too.
  virtual std::unique_ptr<MessageStream<v1::MigrationEvent>> WatchMigration(
      const CallContext& context, const v1::WatchMigrationRequest& request) = 0;
  virtual std::unique_ptr<MessageStream<v1::FileChunk>> DownloadProject(
      const CallContext& context, const v1::DownloadProjectRequest& request) = 0;
  virtual std::unique_ptr<MessageStream<v1::FileChunk>> DownloadReport(
      const CallContext& context, const v1::DownloadReportRequest& request) = 0;

  // The engine's other services; they live as long as this.
  virtual ModelClient& models() = 0;
  virtual RunClient& runs() = 0;

  // Whether the engine answers and says that it serves (grpc.health.v1).
  virtual absl::Status CheckHealth(absl::Time deadline) = 0;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_ENGINE_CLIENT_H_
