#include "gateway/gateway.h"

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/audit/chain_writer.h"
#include "common/audit/upkeep.h"
#include "common/crypto/api_key.h"
#include "common/crypto/key_file.h"
#include "common/crypto/published_keys.h"
#include "common/guardian/rule_book.h"
#include "common/pg/pool.h"
#include "common/pg/schema.h"
#include "common/telemetry/metrics.h"
#include "gateway/application.h"
#include "gateway/endpoints/account_endpoints.h"
#include "gateway/endpoints/api_key_endpoints.h"
#include "gateway/endpoints/engine_token_endpoints.h"
#include "gateway/endpoints/limit_endpoints.h"
#include "gateway/endpoints/migration_endpoints.h"
#include "gateway/endpoints/model_endpoints.h"
#include "gateway/endpoints/oidc_endpoints.h"
#include "gateway/endpoints/operation_endpoints.h"
#include "gateway/endpoints/organization_endpoints.h"
#include "gateway/endpoints/password_endpoints.h"
#include "gateway/endpoints/policy_endpoints.h"
#include "gateway/endpoints/run_endpoints.h"
#include "gateway/endpoints/schedule_endpoints.h"
#include "gateway/endpoints/second_factor_endpoints.h"
#include "gateway/endpoints/security_endpoints.h"
#include "gateway/endpoints/session_endpoints.h"
#include "gateway/endpoints/stream_leases.h"
#include "gateway/endpoints/upload_endpoints.h"
#include "gateway/engine_client/grpc_engine_client.h"
#include "gateway/engine_client/model_client.h"
#include "gateway/filters/audit/audit_writer.h"
#include "gateway/filters/filter_list.h"
#include "gateway/filters/rate_limit/memory_limiter.h"
#include "gateway/filters/rate_limit/redis_limiter.h"
#include "gateway/http/server.h"
#include "gateway/identity/account_recovery.h"
#include "gateway/identity/api_keys.h"
#include "gateway/identity/engine_tokens.h"
#include "gateway/identity/housekeeper.h"
#include "gateway/identity/oidc/oidc_sign_in.h"
#include "gateway/identity/second_factor.h"
#include "gateway/identity/sign_in.h"
#include "gateway/mail/post_office.h"
#include "gateway/store/account_store.h"
#include "gateway/store/api_key_store.h"
#include "gateway/store/attempt_store.h"
#include "gateway/store/audit_reader.h"
#include "gateway/store/limit_store.h"
#include "gateway/store/organization_store.h"
#include "gateway/store/schema.h"
#include "gateway/store/second_factor_store.h"
#include "gateway/store/session_store.h"
#include "gateway/worker_pool.h"

// jemalloc's options, where that is what allocates (docs/decisions/0015-jemalloc.md): each of some
// thirty threads would keep megabytes for itself, and freed pages would stay for ten seconds.
extern "C" const char* malloc_conf;
const char* malloc_conf =
    "lg_tcache_max:12,tcache_nslots_small_max:40,dirty_decay_ms:1000,muzzy_decay_ms:0";

namespace datamigrate::gateway {
namespace {

constexpr size_t kMaxLimitKeys = 100000;

// A new key is published for so long before it signs.
constexpr absl::Duration kKeyDelay = absl::Minutes(1);

std::string PublicUrlOf(const Config& config) {
  if (!config.public_url.empty()) return config.public_url;
  return fmt::format("http://{}:{}", config.listen_host, config.listen_port);
}

OidcOptions OidcOptionsOf(const Config& config) {
  OidcOptions options = config.oidc;
  options.redirect_url = PublicUrlOf(config) + "/api/v1/auth/oidc/callback";
  return options;
}

// Fills in the secret. Errors: what stands in the way of using the provider.
absl::Status ReadOidcSecret(Config& config) {
  if (config.oidc.issuer.empty()) return absl::OkStatus();
  if (config.oidc.client_id.empty()) {
    return absl::InvalidArgumentError("--oidc-client-id is needed beside --oidc-issuer");
  }
  if (config.oidc_secret_file.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> secret = crypto::ReadKeyFile(config.oidc_secret_file);
  if (!secret.ok()) return secret.status();
  config.oidc.client_secret = secret->substr(0, secret->find('\n'));
  return absl::OkStatus();
}

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
absl::Status WriteWhole(const std::string& path, std::string_view text) {
  const std::string draft = path + ".draft";
  std::ofstream file(draft, std::ios::trunc);
  file << text << '\n';
  file.close();
  if (!file || std::rename(draft.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(fmt::format("cannot write the file {}", path));
  }
  return absl::OkStatus();
}

pg::PoolOptions PoolOptionsOf(const Config& config, int max_connections = 8) {
  pg::PoolOptions options;
  options.connection.url = config.database_url;
  options.connection.application_name = "datamigrate-gateway";
  options.connection.statement_timeout = absl::Seconds(10);
  options.acquire_timeout = absl::Seconds(5);
  options.max_connections = max_connections;
  return options;
}

TokenSource TokensOf(EngineTokens* tokens) {
  return [tokens](const CallContext& context) {
    return tokens->For({context.user, context.tenant, context.api_key_id, context.permissions},
                       absl::Now());
  };
}

// What is made before the gateway, as making it can fail; the last is destroyed first.
struct Parts {
  std::unique_ptr<telemetry::Metrics> metrics;
  std::unique_ptr<TokenKeyRing> keys;
  std::unique_ptr<EngineTokens> engine_tokens;
  std::unique_ptr<EngineClient> engine;
};

// Members in the order of their dependencies: the last is destroyed first.
class WiredGateway : public Gateway {
 public:
  WiredGateway(const Config& config, Parts parts, crypto::SealingKey sealing_key,
               std::unique_ptr<Mailer> mailer)
      : config_(config),
        parts_(std::move(parts)),
        pool_(PoolOptionsOf(config)),
        accounts_(&pool_),
        sessions_(&pool_),
        attempts_(&pool_),
        organizations_(&pool_),
        limit_store_(&pool_),
        api_key_store_(&pool_),
        api_keys_(&api_key_store_, &organizations_),
        audit_chains_(&audit_pool_),
        audit_writer_(
            {}, [this](auto rows) { return audit_chains_.Write(rows); }, metrics_),
        uploads_(config.uploads_folder, {}),
        second_factor_store_(&pool_),
        second_factor_(sealing_key, &second_factor_store_),
        office_(std::move(mailer), PublicUrlOf(config), metrics_),
        sign_in_(SignInOptions(), SignInParts()),
        recovery_(SignInOptions(), SignInParts()),
        oidc_(OidcOptionsOf(config), config.oidc_organization, std::move(sealing_key), &sign_in_,
              &accounts_, &organizations_),
        readiness_(Checks()) {}

  absl::Status Open() {
    if (absl::Status prepared = PrepareDatabase(pool_); !prepared.ok()) return prepared;
    if (absl::Status prepared = uploads_.Prepare(); !prepared.ok()) return prepared;
    absl::StatusOr<guardian::RuleBook> rules = guardian::RuleBook::Compile();
    if (!rules.ok()) return rules.status();
    guardian_rules_ = std::make_unique<const guardian::RuleBook>(*std::move(rules));
    rule_scores_ = ScoresOf(*guardian_rules_);
    // Before the first request: it must not be judged by another policy or limit than its own.
    if (absl::Status read = ReloadPolicies(Policies()); !read.ok()) return read;
    if (absl::Status read = LoadLimits(); !read.ok()) return read;
    if (absl::Status published = PublishKeys(); !published.ok()) return published;
    housekeeper_ = std::make_unique<Housekeeper>(Chores());
    slow_housekeeper_ = std::make_unique<Housekeeper>(SlowChores());
    ApplicationOptions options;
    options.workers = config_.workers;
    options.spool_folder = uploads_.spool_folder();
    application_ = std::make_unique<Application>(options, Routes(), Filters());
    ServerOptions server_options;
    server_options.host = config_.listen_host;
    server_options.port = config_.listen_port;
    server_options.io_threads = config_.io_threads;
    server_options.max_connections = config_.max_connections;
    server_options.lease_interval = config_.stream_lease_interval;
    if (absl::Status set = SetEdge(server_options); !set.ok()) return set;
    absl::StatusOr<std::unique_ptr<HttpServer>> server =
        HttpServer::Start(server_options, application_.get());
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    metrics_.AddGauge("datamigrate_gateway_connections", "Open client connections.",
                      [this] { return static_cast<double>(server_->open_connections()); });
    if (absl::Status opened = OpenMetrics(); !opened.ok()) return opened;
    if (config_.port_file.empty()) return absl::OkStatus();
    return WriteWhole(config_.port_file, std::to_string(port()));
  }

  // The application waits for what it has begun, and a model's answer may take minutes.
  ~WiredGateway() override { engine_->models().Stop(); }

  uint16_t port() const override { return server_->port(); }
  absl::Status Reload() override { return tls_ == nullptr ? absl::OkStatus() : tls_->Reload(); }
  bool Drain(std::chrono::milliseconds patience) override { return server_->Drain(patience); }

 private:
  // A listener for figures alone, where one is configured.
  absl::Status OpenMetrics() {
    if (config_.metrics_host.empty()) return absl::OkStatus();
    std::vector<Route> routes;
    AddMetricsRoute(&metrics_, MetricsAudience::kEverybody, routes);
    ApplicationOptions options;
    options.workers = 1;
    options.password_workers = 1;
    metrics_application_ = std::make_unique<Application>(options, std::move(routes),
                                                         std::vector<std::unique_ptr<Filter>>());
    ServerOptions server_options;
    server_options.host = config_.metrics_host;
    server_options.port = config_.metrics_port;
    server_options.io_threads = 1;
    server_options.max_connections = 64;
    absl::StatusOr<std::unique_ptr<HttpServer>> server =
        HttpServer::Start(server_options, metrics_application_.get());
    if (!server.ok()) return server.status();
    metrics_server_ = *std::move(server);
    spdlog::info("figures are on {}:{}", config_.metrics_host, metrics_server_->port());
    return absl::OkStatus();
  }

  SignIn::Parts SignInParts() {
    return {&keys_,     &accounts_,       &sessions_, &organizations_,
            &attempts_, &ended_sessions_, &office_,   &second_factor_};
  }

  PolicyParts Policies() { return {&policy_store_, &policy_book_, &rule_scores_}; }

  // What may take minutes has a thread of its own: the other chores tell of ended sessions.
  std::vector<Chore> SlowChores() {
    const auto drop_old_audit_rows = [this]() -> absl::Status {
      if (config_.audit_retention_days == 0) return absl::OkStatus();
      audit::Row by;
      by.request_id = "retention";
      const absl::Time before = absl::Now() - absl::Hours(24) * config_.audit_retention_days;
      return audit::DropOldRows(pool_, before, by).status();
    };
    return {{"old audit rows", absl::Hours(1), drop_old_audit_rows}};
  }

  std::vector<Chore> Chores() {
    const absl::Duration token_lifetime = sign_in_.options().access_token_lifetime;
    const auto merge_ended = [this, token_lifetime]() -> absl::Status {
      const auto changed = sessions_.ChangedWithin(token_lifetime + absl::Minutes(1));
      if (changed.ok()) ended_sessions_.Merge(*changed);
      return changed.status();
    };
    const auto load_keys = [this]() -> absl::Status {
      auto keys =
          crypto::TokenKeys::LoadOrCreate(config_.jwt_key_file, config_.jwt_algorithm, absl::Now());
      if (!keys.ok()) return keys.status();
      keys_.Replace(*std::move(keys));
      return PublishKeys();
    };
    const auto rotate_keys = [this, token_lifetime]() -> absl::Status {
      if (config_.jwt_key_days == 0) return absl::OkStatus();
      return crypto::TokenKeys::RotateIfOlder(config_.jwt_key_file, config_.jwt_algorithm,
                                              absl::Hours(24) * config_.jwt_key_days, absl::Now(),
                                              kKeyDelay, token_lifetime)
          .status();
    };
    return {{"ended sessions", absl::Seconds(5), merge_ended},
            {"API keys", absl::Seconds(5), [this] { return api_keys_.Refresh(); }},
            {"organizations' limits", absl::Seconds(2), [this] { return LoadLimits(); }},
            {"refused requests", absl::Seconds(5),
             [this] {
               refusals_.Flush();
               return absl::OkStatus();
             }},
            {"policies", absl::Seconds(2), [this] { return ReloadPolicies(Policies()); }},
            {"old uploads", absl::Minutes(10), [this] { return uploads_.Sweep(absl::Now()); }},
            {"old sign-in attempts", absl::Minutes(10), [this] { return attempts_.Sweep(); }},
            {"rotating the signing key", absl::Hours(1), rotate_keys},
            {"reading the signing keys", absl::Seconds(2), load_keys}};
  }

  // Of organizations without any of their own.
  RateLimits Limits() const {
    const uint64_t of_ten_users = uint64_t{10} * config_.rate_limit;
    RateLimits limits;
    limits.per_minute = config_.rate_limit;
    limits.credentials_per_minute = config_.credential_rate_limit;
    limits.writes_per_minute = config_.write_rate_limit;
    limits.organization_per_minute = config_.organization_rate_limit.value_or(
        static_cast<uint32_t>(std::min<uint64_t>(of_ten_users, UINT32_MAX)));
    limits.organization_per_day = config_.organization_daily_quota;
    limits.organization_concurrent = config_.organization_concurrency;
    return limits;
  }

  absl::Status LoadLimits() {
    auto limits = limit_store_.All();
    if (limits.ok()) limit_book_.Replace(*std::move(limits));
    return limits.status();
  }

  // Beside the URL, for engines that share the folder: they read it before each key signs.
  absl::Status PublishKeys() {
    std::string document = crypto::PublishKeys(*keys_.keys());
    if (document == published_keys_) return absl::OkStatus();
    const absl::Status written = WriteWhole(config_.home + "/jwks.json", document);
    if (written.ok()) published_keys_ = std::move(document);
    return written;
  }

  std::unique_ptr<Limiter> MakeLimiter() {
    if (config_.redis_url.empty()) return std::make_unique<MemoryLimiter>(kMaxLimitKeys);
    RedisLimiterOptions options;
    options.address = *ParseRedisUrl(config_.redis_url);
    options.max_connections = config_.workers;
    options.max_keys = kMaxLimitKeys;
    return std::make_unique<RedisLimiter>(std::move(options), metrics_);
  }

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
    AddPasswordRoutes(&recovery_, routes);
    AddSecondFactorRoutes({&recovery_, &second_factor_, &organizations_}, routes);
    AddOidcRoutes(&oidc_, sign_in_.options().session_lifetime, routes);
    AddSessionRoutes(&sessions_, &ended_sessions_, routes);
    AddOrganizationRoutes({&sign_in_, &accounts_, &organizations_, &ended_sessions_, &office_},
                          routes);
    AddApiKeyRoutes(&api_key_store_, &api_keys_, routes);
    const auto erase = [this](const std::string& organization_id, const std::string& user_id,
                              const audit::Row& by) {
      return audit::EraseUserFrom(pool_, organization_id, user_id, by);
    };
    AddPolicyRoutes(Policies(), routes);
    AddLimitRoutes({&limit_store_, &limit_book_, Limits()}, routes);
    AddSecurityRoutes({&audit_reader_, &exporters_, &organizations_, erase}, routes);
    AddMigrationRoutes({engine_, &leases_}, routes);
    AddRunRoutes(&engine_->runs(), routes);
    AddModelRoutes({&engine_->models(),
                    engine_,
                    &leases_,
                    {&answer_scanners_, &rule_scores_},
                    &policy_book_,
                    AuditLogKept()},
                   routes);
    AddScheduleRoutes(engine_, routes);
    AddEngineTokenRoutes(parts_.engine_tokens.get(), routes);
    AddUploadRoutes(&uploads_, routes);
    if (config_.metrics_host.empty()) {
      AddMetricsRoute(&metrics_, MetricsAudience::kThisMachine, routes);
    }
    AddOperationRoutes(&readiness_, routes);
    return routes;
  }

  absl::StatusOr<Principal> CheckToken(std::string_view token, absl::Time now) {
    return token.starts_with(crypto::kApiKeyPrefix) ? api_keys_.Check(token, now)
                                                    : sign_in_.Check(token, now);
  }

  std::vector<std::unique_ptr<Filter>> Filters() {
    FilterListOptions options;
    if (spdlog::should_log(spdlog::level::info)) {
      options.write_access_log = [](std::string_view line) { spdlog::info("{}", line); };
    }
    options.allowed_origins = config_.allowed_origins;
    options.check_token = [this](std::string_view token, absl::Time now) {
      return CheckToken(token, now);
    };
    options.needs_lookup = [this](std::string_view token, absl::Time now) {
      return api_keys_.NeedsLookup(token, now);
    };
    options.rate_limits = Limits();
    options.limit_book = &limit_book_;
    options.make_limiter = [this] { return MakeLimiter(); };
    options.guardian_rules = guardian_rules_.get();
    options.policy_book = &policy_book_;
    return MakeFilters(options, AuditLogKept(), &refusals_, metrics_);
  }

  AuditLog* AuditLogKept() { return config_.keeps_audit_log ? &audit_writer_ : nullptr; }

  const Config config_;
  const Parts parts_;
  telemetry::Metrics& metrics_ = *parts_.metrics;
  TokenKeyRing& keys_ = *parts_.keys;
  EngineClient* const engine_ = parts_.engine.get();
  std::string published_keys_;  // as the file has them; the housekeeper's
  pg::Pool pool_;
  AccountStore accounts_;
  SessionStore sessions_;
  AttemptStore attempts_;
  OrganizationStore organizations_;
  LimitStore limit_store_;
  LimitBook limit_book_;
  ApiKeyStore api_key_store_;
  ApiKeys api_keys_;
  // Connections of their own: rows are written however busy the others are, and reports that take
  // long leave the others alone.
  pg::Pool audit_pool_{PoolOptionsOf(config_, 1)};
  pg::Pool report_pool_{PoolOptionsOf(config_, 2)};
  audit::ChainWriter audit_chains_;
  AuditWriter audit_writer_;
  RefusalTally refusals_{&audit_writer_};
  AuditReader audit_reader_{&report_pool_};
  WorkerPool exporters_{1, 64};
  PolicyStore policy_store_{&pool_};
  PolicyBook policy_book_;
  RuleScores rule_scores_;
  EndedSessions ended_sessions_;
  UploadStore uploads_;
  SecondFactorStore second_factor_store_;
  SecondFactor second_factor_;
  PostOffice office_;
  SignIn sign_in_;
  AccountRecovery recovery_;
  OidcSignIn oidc_;
  Readiness readiness_;
  WorkerPool lease_checkers_{1, 1024};
  StreamLeases leases_{[this](std::string_view token) { return CheckToken(token, absl::Now()); },
                       &lease_checkers_};
  std::unique_ptr<Housekeeper> housekeeper_;
  std::unique_ptr<Housekeeper> slow_housekeeper_;
  std::unique_ptr<Application> metrics_application_;
  std::unique_ptr<HttpServer> metrics_server_;
  std::unique_ptr<const guardian::RuleBook> guardian_rules_;
  ScannerPool answer_scanners_{[this] {
    return std::make_unique<guardian::Scanner>(*guardian_rules_, guardian::LinearModel::BuiltIn());
  }};
  std::unique_ptr<Application> application_;
  std::unique_ptr<Tls> tls_;  // null without TLS
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

absl::Status RotateTokenKey(const Config& config) {
  if (sodium_init() < 0) return absl::InternalError("libsodium does not work on this machine");
  if (absl::Status prepared = PrepareHome(config.home); !prepared.ok()) return prepared;
  const absl::Time now = absl::Now();
  const auto keys = crypto::TokenKeys::LoadOrCreate(config.jwt_key_file, config.jwt_algorithm, now);
  // A change of the algorithm is what rotating is for.
  if (!keys.ok() && !absl::IsFailedPrecondition(keys.status())) return keys.status();
  return crypto::TokenKeys::Rotate(config.jwt_key_file, config.jwt_algorithm, now, kKeyDelay,
                                   SignInOptions().access_token_lifetime);
}

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(const Config& asked) {
  Config config = asked;
  if (config.uploads_folder.empty()) config.uploads_folder = config.home + "/uploads";
  if (absl::Status read = ReadOidcSecret(config); !read.ok()) return read;
  if (sodium_init() < 0) return absl::InternalError("libsodium does not work on this machine");
  if (absl::Status prepared = PrepareHome(config.home); !prepared.ok()) return prepared;
  absl::StatusOr<crypto::TokenKeys> keys =
      crypto::TokenKeys::LoadOrCreate(config.jwt_key_file, config.jwt_algorithm, absl::Now());
  if (!keys.ok()) return keys.status();
  absl::StatusOr<crypto::SealingKey> sealing_key =
      crypto::SealingKey::LoadOrCreate(config.home + "/sealing.key");
  if (!sealing_key.ok()) return sealing_key.status();
  absl::StatusOr<std::unique_ptr<Mailer>> mailer = MakeMailer(config.mail);
  if (!mailer.ok()) return mailer.status();
  Parts parts;
  parts.metrics = std::make_unique<telemetry::Metrics>();
  parts.keys = std::make_unique<TokenKeyRing>(*std::move(keys));
  parts.engine_tokens = std::make_unique<EngineTokens>(parts.keys.get());
  absl::StatusOr<std::unique_ptr<EngineClient>> engine =
      ConnectEngine({config.engine, config.engine_ca_file, config.engine_certificate_file,
                     config.engine_key_file, config.engine_name},
                    *parts.metrics, HttpServer::AfterTurn, TokensOf(parts.engine_tokens.get()));
  if (!engine.ok()) return engine.status();
  parts.engine = *std::move(engine);
  auto gateway = std::make_unique<WiredGateway>(config, std::move(parts), *std::move(sealing_key),
                                                *std::move(mailer));
  if (absl::Status opened = gateway->Open(); !opened.ok()) return opened;
  return std::unique_ptr<Gateway>(std::move(gateway));
}

}  // namespace datamigrate::gateway
