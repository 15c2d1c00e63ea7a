#include "gateway/gateway.h"

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/guardian/rule_book.h"
#include "common/pg/pool.h"
#include "common/pg/schema.h"
#include "common/telemetry/metrics.h"
#include "gateway/application.h"
#include "gateway/endpoints/account_endpoints.h"
#include "gateway/endpoints/migration_endpoints.h"
#include "gateway/endpoints/operation_endpoints.h"
#include "gateway/engine_client/grpc_engine_client.h"
#include "gateway/filters/filter_list.h"
#include "gateway/http/server.h"
#include "gateway/identity/ended_sessions_refresher.h"
#include "gateway/identity/sign_in.h"
#include "gateway/store/account_store.h"
#include "gateway/store/audit_log.h"
#include "gateway/store/schema.h"

namespace datamigrate::gateway {
namespace {

absl::Status PrepareHome(const std::string& home) {
  std::error_code error;
  const bool is_new = std::filesystem::create_directories(home, error);
  if (error) {
    return absl::UnavailableError(
        fmt::format("cannot create the folder {}: {}", home, error.message()));
  }
  if (is_new) std::filesystem::permissions(home, std::filesystem::perms::owner_all, error);
  return absl::OkStatus();
}

absl::Status PrepareDatabase(pg::Pool& pool) {
  absl::StatusOr<pg::Pool::Borrowed> connection = pool.Acquire();
  if (!connection.ok()) return connection.status();
  return pg::ApplySchema(**connection, Schema());
}

// Appears whole: whoever waits for the file may read it at once.
absl::Status WritePortFile(const std::string& path, uint16_t port) {
  const std::string draft = path + ".draft";
  std::ofstream file(draft, std::ios::trunc);
  file << port << '\n';
  file.close();
  if (!file || std::rename(draft.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(fmt::format("cannot write the port file {}", path));
  }
  return absl::OkStatus();
}

pg::PoolOptions PoolOptionsOf(const Config& config) {
  pg::PoolOptions options;
  options.connection.url = config.database_url;
  options.connection.application_name = "datamigrate-gateway";
  options.connection.statement_timeout = absl::Seconds(10);
  options.acquire_timeout = absl::Seconds(5);
  return options;
}

// Members in the order of their dependencies: the last is destroyed first.
class WiredGateway : public Gateway {
 public:
  WiredGateway(const Config& config, crypto::SigningKey key,
               std::unique_ptr<telemetry::Metrics> metrics, std::unique_ptr<EngineClient> engine)
      : config_(config),
        own_metrics_(std::move(metrics)),
        pool_(PoolOptionsOf(config)),
        accounts_(&pool_),
        audit_log_(&pool_),
        engine_(std::move(engine)),
        sign_in_(SignInOptions(), std::move(key), &accounts_, &ended_sessions_),
        readiness_(Checks()) {}

  absl::Status Open() {
    if (absl::Status prepared = PrepareDatabase(pool_); !prepared.ok()) return prepared;
    refresher_ = std::make_unique<EndedSessionsRefresher>(&accounts_, &ended_sessions_,
                                                          SignInOptions().access_token_lifetime);
    absl::StatusOr<guardian::RuleBook> rules = guardian::RuleBook::Compile();
    if (!rules.ok()) return rules.status();
    guardian_rules_ = std::make_unique<const guardian::RuleBook>(*std::move(rules));
    ApplicationOptions options;
    options.workers = config_.workers;
    application_ = std::make_unique<Application>(options, Routes(), Filters());
    ServerOptions server_options;
    server_options.host = config_.listen_host;
    server_options.port = config_.listen_port;
    server_options.io_threads = config_.io_threads;
    server_options.max_connections = config_.max_connections;
    if (absl::Status set = SetEdge(server_options); !set.ok()) return set;
    absl::StatusOr<std::unique_ptr<HttpServer>> server =
        HttpServer::Start(server_options, application_.get());
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    metrics_.AddGauge("datamigrate_gateway_connections", "Open client connections.",
                      [this] { return static_cast<double>(server_->open_connections()); });
    if (config_.port_file.empty()) return absl::OkStatus();
    return WritePortFile(config_.port_file, port());
  }

  uint16_t port() const override { return server_->port(); }
  absl::Status Reload() override { return tls_ == nullptr ? absl::OkStatus() : tls_->Reload(); }
  bool Drain(std::chrono::milliseconds patience) override { return server_->Drain(patience); }

 private:
  // TLS, and whom to believe about the client.
  absl::Status SetEdge(ServerOptions& options) {
    if (!config_.tls_certificate_file.empty()) {
      absl::StatusOr<std::unique_ptr<Tls>> tls = Tls::Load(
          {.certificate_file = config_.tls_certificate_file, .key_file = config_.tls_key_file});
      if (!tls.ok()) return tls.status();
      tls_ = *std::move(tls);
      options.tls = tls_.get();
    }
    absl::StatusOr<TrustedProxies> proxies =
        TrustedProxies::Parse(config_.trusted_proxies, config_.forwarded_header == "forwarded"
                                                           ? TrustedProxies::Field::kForwarded
                                                           : TrustedProxies::Field::kXForwardedFor);
    if (!proxies.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("--trusted-proxies: {}", std::string(proxies.status().message())));
    }
    options.proxies = *std::move(proxies);
    options.takes_proxy_protocol = config_.takes_proxy_protocol;
    return absl::OkStatus();
  }

  std::vector<Readiness::Check> Checks() {
    return {{"postgresql", [this](absl::Time deadline) { return accounts_.Ping(deadline); }},
            {"engine", [this](absl::Time deadline) { return engine_->CheckHealth(deadline); }}};
  }

  std::vector<Route> Routes() {
    std::vector<Route> routes;
    AddAccountRoutes(&sign_in_, &accounts_, routes);
    AddMigrationRoutes(engine_.get(), routes);
    AddOperationRoutes(&readiness_, &metrics_, routes);
    return routes;
  }

  std::vector<std::unique_ptr<Filter>> Filters() {
    FilterListOptions options;
    if (spdlog::should_log(spdlog::level::info)) {
      options.write_access_log = [](std::string_view line) { spdlog::info("{}", line); };
    }
    options.allowed_origins = config_.allowed_origins;
    options.check_token = [this](std::string_view token, absl::Time now) {
      return sign_in_.Check(token, now);
    };
    options.rate_limits.per_minute = config_.rate_limit;
    options.rate_limits.credentials_per_minute = config_.credential_rate_limit;
    options.guardian_rules = guardian_rules_.get();
    return MakeFilters(options, &audit_log_, metrics_);
  }

  const Config config_;
  const std::unique_ptr<telemetry::Metrics> own_metrics_;
  telemetry::Metrics& metrics_ = *own_metrics_;
  pg::Pool pool_;
  AccountStore accounts_;
  PgAuditLog audit_log_;
  EndedSessions ended_sessions_;
  std::unique_ptr<EngineClient> engine_;
  SignIn sign_in_;
  Readiness readiness_;
  std::unique_ptr<EndedSessionsRefresher> refresher_;
  std::unique_ptr<const guardian::RuleBook> guardian_rules_;
  std::unique_ptr<Application> application_;
  std::unique_ptr<Tls> tls_;  // null without TLS
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(const Config& config) {
  if (sodium_init() < 0) return absl::InternalError("libsodium does not work on this machine");
  if (absl::Status prepared = PrepareHome(config.home); !prepared.ok()) return prepared;
  absl::StatusOr<crypto::SigningKey> key = crypto::SigningKey::LoadOrCreate(config.jwt_key_file);
  if (!key.ok()) return key.status();
  auto metrics = std::make_unique<telemetry::Metrics>();
  absl::StatusOr<std::unique_ptr<EngineClient>> engine =
      ConnectEngine({config.engine, config.engine_ca_file, config.engine_certificate_file,
                     config.engine_key_file, config.engine_name},
                    *metrics);
  if (!engine.ok()) return engine.status();
  auto gateway =
      std::make_unique<WiredGateway>(config, *key, std::move(metrics), *std::move(engine));
  if (absl::Status opened = gateway->Open(); !opened.ok()) return opened;
  return std::unique_ptr<Gateway>(std::move(gateway));
}

}  // namespace datamigrate::gateway
