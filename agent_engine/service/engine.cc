#include "agent_engine/service/engine.h"

#include <pthread.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "agent_engine/agents/environment.h"
#include "agent_engine/agents/migration_graph.h"
#include "agent_engine/service/exposure.h"
#include "agent_engine/service/guidance_service.h"
#include "agent_engine/service/migration_service.h"
#include "agent_engine/service/model_service.h"
#include "agent_engine/service/run_service.h"
#include "agent_engine/service/schedule_service.h"
#include "agent_engine/service/training_service.h"
#include "agent_engine/store/checkpoint_queue.h"
#include "agent_engine/store/creation_queue.h"
#include "agent_engine/store/event_feed.h"
#include "agent_engine/store/held_migrations.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/run_history.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/store/worker.h"
#include "agent_engine/workflow/runner.h"
#include "common/memory/memory_of_start.h"
#include "common/pg/pool.h"
#include "common/pg/schema.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/server_builder.h"
#include "spdlog/sinks/basic_file_sink.h"
#include "spdlog/spdlog.h"

namespace datamigrate::service {
namespace {

constexpr int kCallThreads = 8;
constexpr size_t kMaxWaitingCalls = 1024;
constexpr int kConnections = 16;
constexpr int kModelThreads = 1024;
constexpr int kAuditConnections = 2;
constexpr int kHeartbeatsPerLease = 3;
constexpr absl::Duration kGradesCount = absl::Hours(24 * 90);  // Models change, and with them this.
constexpr absl::Duration kDrainGrace = absl::Seconds(2);
constexpr std::chrono::seconds kCallGrace{5};

// From here on SIGTERM and SIGINT only wake WaitForStop, whichever thread gets them.
void BlockStopSignals(sigset_t* signals) {
  sigemptyset(signals);
  sigaddset(signals, SIGTERM);
  sigaddset(signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

absl::Status StartLog(const std::string& file) {
  if (file.empty()) return absl::OkStatus();
  try {
    spdlog::set_default_logger(spdlog::basic_logger_mt("engine", file));
    spdlog::flush_on(spdlog::level::info);
  } catch (const spdlog::spdlog_ex& error) {
    return absl::FailedPreconditionError(
        fmt::format("cannot write the log {}: {}", file, error.what()));
  }
  return absl::OkStatus();
}

// Readers see the whole port or no file.
absl::Status WritePortFile(const std::string& path, int port) {
  if (path.empty()) return absl::OkStatus();
  const std::string partial = path + ".partial";
  std::ofstream(partial) << port << "\n";
  std::error_code error;
  std::filesystem::rename(partial, path, error);
  if (error)
    return absl::FailedPreconditionError(fmt::format("cannot write {}: {}", path, error.message()));
  return absl::OkStatus();
}

absl::Status PrepareDatabase(const pg::ConnectionOptions& options) {
  const absl::Status url = pg::CheckUrl(options.url);
  if (!url.ok()) return url;
  const auto connection = pg::Connection::Open(options);
  if (!connection.ok()) return connection.status();
  return pg::ApplySchema(**connection, store::Schema());
}

absl::Status PrepareHome(const std::string& home) {
  std::error_code error;
  std::filesystem::create_directories(home, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("cannot create --home {}: {}", home, error.message()));
}

// Null where none are configured.
absl::StatusOr<std::unique_ptr<KeyWatch>> WatchKeys(const EngineOptions& options) {
  if (options.token_keys.empty()) return nullptr;
  auto read = ReaderOf(options.token_keys, options.token_keys_ca);
  if (!read.ok()) return read.status();
  return std::make_unique<KeyWatch>(*std::move(read), KeyWatchOptions());
}

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file && text.find("-----BEGIN ") != std::string::npos) return text;
  return absl::FailedPreconditionError(fmt::format("cannot read {} as PEM", path));
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(
    const EngineOptions& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return absl::FailedPreconditionError("--tls-certificate and --tls-key go together");
  }
  if (options.tls_certificate.empty()) {
    if (options.tls_client_ca.empty()) return grpc::InsecureServerCredentials();
    return absl::FailedPreconditionError("--tls-client-ca needs --tls-certificate and --tls-key");
  }
  const auto certificate = ReadPem(options.tls_certificate);
  if (!certificate.ok()) return certificate.status();
  const auto key = ReadPem(options.tls_key);
  if (!key.ok()) return key.status();
  grpc::SslServerCredentialsOptions tls(
      options.tls_client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                    : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_key_cert_pairs = {{*key, *certificate}};
  if (!options.tls_client_ca.empty()) {
    const auto authority = ReadPem(options.tls_client_ca);
    if (!authority.ok()) return authority.status();
    tls.pem_root_certs = *authority;
  }
  return grpc::SslServerCredentials(tls);
}

// To the audit log where the gateway's database is at hand, which an engine that asks for tokens
// has; else to our own log.
rewriting::GuardedEventSink GuardedSink(const EngineOptions& options, CallRecorder* recorder) {
  if (!options.token_keys.empty()) {
    return [recorder](const rewriting::GuardedEvent& event) { return recorder->Write(event); };
  }
  return [](const rewriting::GuardedEvent& event) {
    spdlog::info("migration {}, {} {}: {} {}, sha256 {}", event.migration, event.direction,
                 event.model, std::string(guardian::NameOf(event.verdict)),
                 fmt::join(event.rules, " "), event.text_sha256);
    return absl::OkStatus();
  };
}

// Everything that lives as long as the process serves; members are destroyed in reverse.
class Engine {
 public:
  Engine(const EngineOptions& options, const pg::ConnectionOptions& connection,
         workflow::Graph graph, std::unique_ptr<KeyWatch> keys, ModelRouting* models,
         const guidance::GuidedModel& guided_model)
      : options_(options),
        graph_(std::move(graph)),
        keys_(std::move(keys)),
        callers_(keys_.get()),
        pool_({.connection = connection, .max_connections = kConnections}),
        recorder_(&pool_),
        migration_store_(&pool_),
        runs_pool_({.connection = ForRuns(connection), .max_connections = kConnections}),
        queue_(&runs_pool_, {.max_running_per_tenant = options.migrations_per_organization}),
        checkpoints_(&runs_pool_, {}),
        feed_(connection),
        calls_(kCallThreads, kMaxWaitingCalls),
        creations_(&migration_store_, {}),
        history_(&pool_),
        migrations_(
            &migration_store_, &history_, &creations_, &calls_,
            SourceRoots(options.source_roots, std::filesystem::path(options.home) / "uploads"),
            options.migrations_per_organization),
        migration_limits_(&pool_),
        limits_(&migration_limits_, options.migrations_per_organization),
        service_(&migrations_, &limits_, &feed_, &calls_, &callers_, &recorder_),
        model_calls_(kModelThreads),
        models_(models, &migration_store_),
        model_service_(&models_, &model_calls_, &calls_, &callers_, &recorder_),
        runs_(&history_, &migration_store_, &graph_),
        run_service_(&runs_, &calls_, &callers_, &recorder_),
        guidance_(&migrations_, &history_, guided_model),
        guidance_service_(&guidance_, {&model_calls_, &callers_, &recorder_}),
        training_(&migration_store_, &history_),
        training_service_(&training_, {&calls_, &callers_, &recorder_}),
        schedule_store_(&pool_),
        schedules_(&schedule_store_, &migrations_),
        schedule_service_(&schedules_, {&calls_, &callers_, &recorder_}),
        worker_(&queue_, WorkerOptionsOf(connection),
                [this](const store::JobLease& lease, workflow::CancellationToken token) {
                  return RunMigration(lease, token);
                }) {}

  // The port that is served.
  absl::StatusOr<int> Start() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    const auto credentials = CredentialsOf(options_);
    if (!credentials.ok()) return credentials.status();
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(options_.listen, *credentials, &port);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterService(&service_);
    builder.RegisterService(&model_service_);
    builder.RegisterService(&run_service_);
    builder.RegisterService(&guidance_service_);
    builder.RegisterService(&training_service_);
    builder.RegisterService(&schedule_service_);
    server_ = builder.BuildAndStart();
    if (!server_ || port == 0) {
      return absl::UnavailableError(
          fmt::format("cannot listen on {}: is the port in use? Choose another with --listen",
                      options_.listen));
    }
    worker_.Start();
    return port;
  }

  void Stop() {
    server_->GetHealthCheckService()->SetServingStatus(false);
    worker_.Stop(kDrainGrace);
    server_->Shutdown(std::chrono::system_clock::now() + kCallGrace);
  }

 private:
  // Jobs, checkpoints and journals: few statements, by the thousand.
  static pg::ConnectionOptions ForRuns(pg::ConnectionOptions connection) {
    connection.plans_once = true;
    return connection;
  }

  store::WorkerOptions WorkerOptionsOf(const pg::ConnectionOptions& connection) {
    store::WorkerOptions worker;
    worker.owner = store::MakeOwnerName();
    worker.concurrency = options_.concurrency;
    worker.max_waiting = store::kUsualWaiting;
    worker.lease = absl::Seconds(options_.lease_seconds);
    worker.heartbeat = worker.lease / kHeartbeatsPerLease;
    worker.poll = std::min(worker.poll, worker.lease / kHeartbeatsPerLease);
    worker.listen = connection;
    worker.on_sweep = [this] { return Sweep(); };
    worker.on_trouble = [](std::string_view what, const absl::Status& status) {
      spdlog::warn("{}: {}", what, std::string(status.message()));
    };
    return worker;
  }

  // Does what is due, whichever engine comes first; a trouble with one thing keeps nothing else
  // back.
  absl::Status Sweep() {
    absl::Status swept = migration_store_.AnswerOverdue().status();
    swept.Update(store::ReleaseHeld(pool_).status());
    swept.Update(schedule_store_.MakeDue().status());
    return swept;
  }

  absl::StatusOr<store::JobEnd> RunMigration(const store::JobLease& lease,
                                             const workflow::CancellationToken& token) {
    store::RunStore run_store(&runs_pool_, lease, {.queue = &checkpoints_, .leaves_job = true});
    workflow::RunnerOptions options;
    // The worker tries such errors again while attempts last: until then nothing is undone.
    options.is_final = [&run_store, is_last = lease.attempts >= queue_.options().max_attempts](
                           const absl::Status& error) {
      const bool is_tried_again = workflow::IsTransient(error) || absl::IsUnknown(error);
      return !is_tried_again || (is_last && !run_store.has_made_progress());
    };
    options.on_last_wait = [this, &lease] { worker_.LeavePlace(lease); };
    workflow::Runner runner(
        &graph_,
        {.store = &run_store, .journal = &run_store, .events = &run_store, .records = &run_store},
        std::move(options));
    const auto record = migration_store_.Get(lease.tenant, lease.run_id);
    if (!record.ok()) return record.status();
    v1::CreateMigrationRequest request;
    if (!request.ParseFromString(record->request)) {
      return absl::DataLossError("the stored request cannot be read");
    }
    const absl::StatusOr<std::string> source =
        migrations_.SourcePathOf(lease.tenant, request.source());
    if (!source.ok()) return source.status();
    request.set_source(*source);
    if (!request.options().results().empty()) {
      const auto results = migrations_.SourcePathOf(lease.tenant, request.options().results());
      if (!results.ok()) return results.status();
      request.mutable_options()->set_results(*results);
    }
    spdlog::info("migration {} is run, attempt {}", lease.run_id, lease.attempts);
    const absl::Status started =
        runner.Start(lease.run_id, agents::InitialState(lease.run_id, lease.tenant, request));
    if (!started.ok()) return started;
    const auto result = runner.Run(lease.run_id, token);
    if (!result.ok()) {
      spdlog::warn("migration {} stopped: {}", lease.run_id,
                   std::string(result.status().message()));
      if (run_store.has_left_job()) return store::JobEnd::kLeft;  // It has given up.
      return result.status();
    }
    spdlog::info("migration {} has come to its end or a question", lease.run_id);
    if (run_store.has_left_job()) return store::JobEnd::kLeft;
    return result->status == workflow::CheckpointStatus::kCompleted ? store::JobEnd::kCompleted
                                                                    : store::JobEnd::kSuspended;
  }

  const EngineOptions options_;
  const workflow::Graph graph_;
  const std::unique_ptr<KeyWatch> keys_;  // null: callers are believed
  CallerCheck callers_;
  pg::Pool pool_;
  CallRecorder recorder_;
  store::MigrationStore migration_store_;
  pg::Pool runs_pool_;
  store::JobQueue queue_;
  store::CheckpointQueue checkpoints_;
  store::EventFeed feed_;
  WorkPool calls_;
  store::CreationQueue creations_;
  store::RunHistory history_;
  Migrations migrations_;
  store::MigrationLimits migration_limits_;
  Limits limits_;
  MigrationServiceImpl service_;
  CallThreads model_calls_;
  Models models_;
  ModelServiceImpl model_service_;
  Runs runs_;
  RunServiceImpl run_service_;
  Guidance guidance_;
  GuidanceServiceImpl guidance_service_;
  Training training_;
  TrainingServiceImpl training_service_;
  store::ScheduleStore schedule_store_;
  Schedules schedules_;
  ScheduleServiceImpl schedule_service_;
  store::Worker worker_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

absl::Status RunEngine(const EngineOptions& options) {
  sigset_t stop_signals;
  BlockStopSignals(&stop_signals);
  absl::Status status =
      CheckExposure(options.listen, !options.token_keys.empty() || !options.tls_client_ca.empty());
  if (!status.ok()) return status;
  status = StartLog(options.log_file);
  if (!status.ok()) return status;
  status = PrepareHome(options.home);
  if (!status.ok()) return status;
  const pg::ConnectionOptions connection{.url = options.database_url,
                                         .application_name = "datamigrate-engine"};
  status = PrepareDatabase(connection);
  if (!status.ok()) return status;

  const auto models = ModelRouting::Start(
      connection, {.routes_file = options.routes,
                   .ca_file = options.models_ca,
                   .home = options.home,
                   .is_local_only = options.is_local_only,
                   .on_trouble = [](std::string_view what, const absl::Status& trouble) {
                     spdlog::warn("{}: {}", what, std::string(trouble.message()));
                   }});
  if (!models.ok()) return models.status();

  pg::Pool audit_pool({.connection = connection, .max_connections = kAuditConnections});
  CallRecorder model_recorder(&audit_pool);
  auto guard = rewriting::Guard::Create();
  if (!guard.ok()) return guard.status();

  agents::Environment environment;
  environment.models = &(*models)->router();
  environment.guard = *std::move(guard);
  environment.on_guarded = GuardedSink(options, &model_recorder);
  environment.grades = [grades = &(*models)->grades()](std::string_view tenant) {
    const absl::Time now = absl::Now();
    return grades->Sums(tenant, "", now - kGradesCount, now + absl::Minutes(1));
  };
  environment.home = std::filesystem::absolute(options.home);
  environment.dbt_path = options.dbt_path;
  environment.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  auto graph = agents::BuildMigrationGraph(environment);
  if (!graph.ok()) return graph.status();

  auto keys = WatchKeys(options);
  if (!keys.ok()) return keys.status();

  const guidance::GuidedModel guided_model{environment.models, &*environment.guard,
                                           &environment.on_guarded};
  Engine engine(options, connection, *std::move(graph), *std::move(keys), models->get(),
                guided_model);
  const absl::StatusOr<int> port = engine.Start();
  if (!port.ok()) return port.status();
  memory::ReturnMemoryOfStart();
  status = WritePortFile(options.port_file, *port);
  if (status.ok()) {
    spdlog::info("serving on port {}", *port);
    int signal = 0;
    sigwait(&stop_signals, &signal);
    spdlog::info("stopping on signal {}", signal);
  }
  engine.Stop();
  return status;
}

}  // namespace datamigrate::service
