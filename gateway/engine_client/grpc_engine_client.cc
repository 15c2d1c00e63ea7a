#include "gateway/engine_client/grpc_engine_client.h"

#include <fmt/format.h>
#include <grpcpp/alarm.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "datamigrate/v1/guidance.grpc.pb.h"
#include "datamigrate/v1/migration.grpc.pb.h"
#include "datamigrate/v1/schedules.grpc.pb.h"
#include "gateway/engine_client/circuit_breaker.h"
#include "gateway/engine_client/grpc_calls.h"
#include "gateway/engine_client/grpc_model_client.h"
#include "gateway/engine_client/grpc_run_client.h"

namespace datamigrate::gateway {
namespace {

constexpr auto& kPauses = GrpcCalls::kPauses;

std::shared_ptr<grpc::Channel> OpenChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    const std::string& name) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  // An engine that comes back should be found within a second or two.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetLoadBalancingPolicyName("round_robin");
  if (!name.empty()) arguments.SetSslTargetNameOverride(name);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

// gRPC's name for one host, or for a list of numeric addresses.
absl::StatusOr<std::string> TargetOf(const std::string& engines) {
  if (engines.find(',') == std::string::npos) return engines;
  const bool is_ipv6 = engines.find('[') != std::string::npos;
  const bool is_numeric = engines.find_first_not_of(is_ipv6 ? "0123456789abcdefABCDEF:.[],"
                                                            : "0123456789.:,") == std::string::npos;
  if (!is_numeric) {
    return absl::InvalidArgumentError(
        "a list of engines takes numeric addresses of one kind, as 10.0.0.1:50051,10.0.0.2:50051; "
        "for names, give one name that has many addresses");
  }
  return (is_ipv6 ? "ipv6:" : "ipv4:") + engines;
}

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file || text.find("-----BEGIN ") == std::string::npos) {
    return absl::InvalidArgumentError(fmt::format("cannot read {} as PEM", path));
  }
  return text;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const EngineAddress& address) {
  if (address.ca_file.empty()) {
    if (address.certificate_file.empty()) return grpc::InsecureChannelCredentials();
    return absl::InvalidArgumentError(
        "a certificate for the engine needs the authority that the engine's own is checked with");
  }
  if (address.certificate_file.empty() != address.key_file.empty()) {
    return absl::InvalidArgumentError("the certificate for the engine and its key go together");
  }
  grpc::SslCredentialsOptions options;
  for (const auto& [path, pem] : {std::pair{&address.ca_file, &options.pem_root_certs},
                                  std::pair{&address.certificate_file, &options.pem_cert_chain},
                                  std::pair{&address.key_file, &options.pem_private_key}}) {
    absl::StatusOr<std::string> text = ReadPem(*path);
    if (!text.ok()) return text.status();
    *pem = *std::move(text);
  }
  return grpc::SslCredentials(options);
}

// gRPC 1.51 drives callbacks by a queue that channels share and that goes with the last of them.
// Its threads may then still be leaving it, which aborts the process (grpc_cq_internal_unref): so
// one channel that has made a call, to nowhere and already late, holds the queue until the end.
void KeepCallbackQueue() {
  static auto* const lasting = new std::shared_ptr<grpc::Channel>(
      OpenChannel("unix:/nonexistent/datamigrate", grpc::InsecureChannelCredentials(), ""));
  static const bool is_kept = [] {
    grpc::GenericStub stub(*lasting);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::time_point());
    grpc::ByteBuffer request(nullptr, 0);
    grpc::ByteBuffer answer;
    absl::Notification done;
    stub.UnaryCall(&context, "/none/None", grpc::StubOptions(), &request, &answer,
                   [&](const grpc::Status&) { done.Notify(); });
    done.WaitForNotification();
    return true;
  }();
  static_cast<void>(is_kept);
}

// grpc.health.v1.HealthCheckResponse with status SERVING: field 1, varint 1.
constexpr std::string_view kServing = "\x08\x01";

bool IsServing(const grpc::ByteBuffer& answer) {
  std::vector<grpc::Slice> slices;
  if (!answer.Dump(&slices).ok()) return false;
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes == kServing;
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED) {
    // Of the gateway, whose caller is known: signing in anew would not help.
    return absl::InternalError("the engine does not accept this gateway's tokens: " +
                               status.error_message());
  }
  // Both use the canonical codes with the same numbers.
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

class GrpcEngineClient : public EngineClient {
 public:
  GrpcEngineClient(std::shared_ptr<grpc::Channel> channel, telemetry::Metrics& metrics,
                   CreateBatcher::Defer defer, TokenSource token_of)
      : calls_(std::move(channel), metrics, std::move(token_of)),
        stubs_(v1::MigrationService::NewStub(calls_.channel()),
               v1::ScheduleService::NewStub(calls_.channel()),
               v1::GuidanceService::NewStub(calls_.channel())),
        health_(calls_.channel()),
        models_(&calls_),
        runs_(&calls_),
        creates_({}, Sender(), std::move(defer)) {}

  void CreateMigration(const CallContext& context, v1::CreateMigrationRequest request,
                       MigrationDone done) override {
    creates_.Submit(context, calls_.TokenOf(context), std::move(request), std::move(done));
  }
  absl::StatusOr<v1::Migration> GetMigration(const CallContext& context,
                                             const v1::GetMigrationRequest& request) override {
    return Repeatable<v1::Migration>("GetMigration", &Stub::GetMigration, context, request);
  }
  absl::StatusOr<v1::ListMigrationsResponse> ListMigrations(
      const CallContext& context, const v1::ListMigrationsRequest& request) override {
    return Repeatable<v1::ListMigrationsResponse>("ListMigrations", &Stub::ListMigrations, context,
                                                  request);
  }
  absl::StatusOr<v1::Migration> CancelMigration(
      const CallContext& context, const v1::CancelMigrationRequest& request) override {
    return Once<v1::Migration>("CancelMigration", &Stub::CancelMigration, context, request);
  }
  absl::StatusOr<v1::Migration> PauseMigration(const CallContext& context,
                                               const v1::PauseMigrationRequest& request) override {
    return Once<v1::Migration>("PauseMigration", &Stub::PauseMigration, context, request);
  }
  absl::StatusOr<v1::Migration> ResumeMigration(
      const CallContext& context, const v1::ResumeMigrationRequest& request) override {
    return Once<v1::Migration>("ResumeMigration", &Stub::ResumeMigration, context, request);
  }
  absl::StatusOr<v1::Migration> DecideMigration(
      const CallContext& context, const v1::DecideMigrationRequest& request) override {
    return Once<v1::Migration>("DecideMigration", &Stub::DecideMigration, context, request);
  }
  absl::StatusOr<v1::Migration> SetMigrationPriority(
      const CallContext& context, const v1::SetMigrationPriorityRequest& request) override {
    return Once<v1::Migration>("SetMigrationPriority", &Stub::SetMigrationPriority, context,
                               request);
  }
  absl::StatusOr<v1::MigrationLimit> GetMigrationLimit(
      const CallContext& context, const v1::GetMigrationLimitRequest& request) override {
    return Repeatable<v1::MigrationLimit>("GetMigrationLimit", &Stub::GetMigrationLimit, context,
                                          request);
  }
  absl::StatusOr<v1::MigrationLimit> SetMigrationLimit(
      const CallContext& context, const v1::SetMigrationLimitRequest& request) override {
    return Once<v1::MigrationLimit>("SetMigrationLimit", &Stub::SetMigrationLimit, context,
                                    request);
  }
  absl::StatusOr<v1::Schedule> CreateSchedule(const CallContext& context,
                                              const v1::CreateScheduleRequest& request) override {
    return Once<v1::Schedule>("CreateSchedule", &ScheduleStub::CreateSchedule, context, request);
  }
  absl::StatusOr<v1::ListSchedulesResponse> ListSchedules(
      const CallContext& context, const v1::ListSchedulesRequest& request) override {
    return Repeatable<v1::ListSchedulesResponse>("ListSchedules", &ScheduleStub::ListSchedules,
                                                 context, request);
  }
  absl::StatusOr<v1::DeleteScheduleResponse> DeleteSchedule(
      const CallContext& context, const v1::DeleteScheduleRequest& request) override {
    return Once<v1::DeleteScheduleResponse>("DeleteSchedule", &ScheduleStub::DeleteSchedule,
                                            context, request);
  }
  absl::StatusOr<v1::Plan> GetPlan(const CallContext& context,
                                   const v1::GetPlanRequest& request) override {
    return Repeatable<v1::Plan>("GetPlan", &Stub::GetPlan, context, request);
  }
  absl::StatusOr<v1::Explanation> ExplainMigration(
      const CallContext& context, const v1::ExplainMigrationRequest& request) override {
    return Once<v1::Explanation>("ExplainMigration", &GuidanceStub::ExplainMigration, context,
                                 request);
  }
  absl::StatusOr<v1::ListModelsResponse> ListModels(const CallContext& context,
                                                    const v1::ListModelsRequest& request) override {
    return Repeatable<v1::ListModelsResponse>("ListModels", &Stub::ListModels, context, request);
  }
  absl::StatusOr<v1::Model> GetModel(const CallContext& context,
                                     const v1::GetModelRequest& request) override {
    return Repeatable<v1::Model>("GetModel", &Stub::GetModel, context, request);
  }

  std::unique_ptr<MessageStream<v1::MigrationEvent>> WatchMigration(
      const CallContext& context, const v1::WatchMigrationRequest& request) override {
    return Open<v1::MigrationEvent>(&Async::WatchMigration, context, request);
  }
  std::unique_ptr<MessageStream<v1::FileChunk>> DownloadProject(
      const CallContext& context, const v1::DownloadProjectRequest& request) override {
    return Open<v1::FileChunk>(&Async::DownloadProject, context, request);
  }
  std::unique_ptr<MessageStream<v1::FileChunk>> DownloadReport(
      const CallContext& context, const v1::DownloadReportRequest& request) override {
    return Open<v1::FileChunk>(&Async::DownloadReport, context, request);
  }

  ModelClient& models() override { return models_; }
  RunClient& runs() override { return runs_; }

  absl::Status CheckHealth(absl::Time deadline) override {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    grpc::ByteBuffer request(nullptr, 0);  // an empty message: the whole server
    grpc::ByteBuffer answer;
    grpc::Status status;
    absl::Notification done;
    health_.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &request,
                      &answer, [&](grpc::Status result) {
                        status = std::move(result);
                        done.Notify();
                      });
    done.WaitForNotification();
    if (!status.ok()) return FromGrpc(status);
    if (!IsServing(answer)) return absl::UnavailableError("the engine says that it does not serve");
    return absl::OkStatus();
  }

 private:
  using Stub = v1::MigrationService::Stub;
  using ScheduleStub = v1::ScheduleService::Stub;
  using GuidanceStub = v1::GuidanceService::Stub;
  using Async = class v1::MigrationService::Stub::async;

  template <typename Service, typename Answer, typename Asked>
  using Method = grpc::Status (Service::*)(grpc::ClientContext*, const Asked&, Answer*);

  Stub& migrations() const { return *std::get<std::unique_ptr<Stub>>(stubs_); }

  // One call of CreateMigrations and its repetitions.
  struct CreateCall {
    v1::CreateMigrationsRequest request;
    absl::Time deadline;
    CreateBatcher::Answered answered;
    v1::CreateMigrationsResponse answer;
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::Alarm> pause;
    size_t attempt = 0;
  };

  CreateBatcher::Send Sender() {
    return [this](v1::CreateMigrationsRequest request, absl::Time deadline,
                  CreateBatcher::Answered answered) {
      auto call = std::make_shared<CreateCall>();
      call->request = std::move(request);
      call->deadline = deadline;
      call->answered = std::move(answered);
      StartCreates(call);
    };
  }

  void StartCreates(const std::shared_ptr<CreateCall>& call) {
    if (!calls_.Admit("CreateMigrations")) return call->answered(GrpcCalls::NotTried());
    call->context = std::make_unique<grpc::ClientContext>();
    call->context->set_deadline(absl::ToChronoTime(call->deadline));
    call->answer.Clear();
    migrations().async()->CreateMigrations(call->context.get(), &call->request, &call->answer,
                                     [this, call](const grpc::Status& ended) {
                                       EndCreates(call, StatusOf(*call->context, ended));
                                     });
  }

  void EndCreates(const std::shared_ptr<CreateCall>& call, const absl::Status& status) {
    calls_.Note("CreateMigrations", status);
    if (status.ok()) return call->answered(std::move(call->answer));
    const bool repeats = absl::IsUnavailable(status) && call->attempt < kPauses.size() &&
                         absl::Now() + kPauses[call->attempt] < call->deadline;
    if (!repeats) return call->answered(status);
    call->pause = std::make_unique<grpc::Alarm>();
    call->pause->Set(absl::ToChronoTime(absl::Now() + kPauses[call->attempt++]),
                     [this, call](bool) {
                       const std::shared_ptr<CreateCall> kept = call;
                       kept->pause.reset();  // it holds this function, which holds the call
                       StartCreates(kept);
                     });
  }

  template <typename Answer, typename Service, typename Asked>
  absl::StatusOr<Answer> Once(const char* name, Method<Service, Answer, Asked> method,
                              const CallContext& context, const Asked& request) {
    return calls_.Once<Answer>(name, *std::get<std::unique_ptr<Service>>(stubs_), method, context,
                               request);
  }

  template <typename Answer, typename Service, typename Asked>
  absl::StatusOr<Answer> Repeatable(const char* name, Method<Service, Answer, Asked> method,
                                    const CallContext& context, const Asked& request) {
    return calls_.Repeatable<Answer>(name, *std::get<std::unique_ptr<Service>>(stubs_), method,
                                     context, request);
  }

  template <typename Message, typename Asked, typename Start>
  std::unique_ptr<MessageStream<Message>> Open(Start start, const CallContext& context,
                                               const Asked& request) {
    return calls_.Open<Message>(migrations(), start, context, request);
  }

  GrpcCalls calls_;
  const std::tuple<std::unique_ptr<Stub>, std::unique_ptr<ScheduleStub>,
                   std::unique_ptr<GuidanceStub>>
      stubs_;
  grpc::GenericStub health_;
  GrpcModelClient models_;
  GrpcRunClient runs_;
  // Last: it waits for its calls, which use the above.
  CreateBatcher creates_;
};

}  // namespace

absl::Status StatusOf(const grpc::ClientContext& context, const grpc::Status& ended) {
  if (ended.ok()) return absl::OkStatus();
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto found = trailing.find("x-datamigrate-cause");
  const std::string cause =
      found == trailing.end() ? "" : std::string(found->second.data(), found->second.size());
  return WithCause(FromGrpc(ended), cause);
}

absl::StatusOr<std::unique_ptr<EngineClient>> ConnectEngine(const EngineAddress& address,
                                                            telemetry::Metrics& metrics,
                                                            CreateBatcher::Defer defer,
                                                            TokenSource token_of) {
  const absl::StatusOr<std::string> target = TargetOf(address.engines);
  if (!target.ok()) return target.status();
  const auto credentials = CredentialsOf(address);
  if (!credentials.ok()) return credentials.status();
  KeepCallbackQueue();
  return std::make_unique<GrpcEngineClient>(OpenChannel(*target, *credentials, address.name),
                                            metrics, std::move(defer), std::move(token_of));
}

}  // namespace datamigrate::gateway
