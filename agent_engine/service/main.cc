#include <csignal>
#include <cstdlib>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "agent_engine/service/engine.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

int main(int argc, char** argv) {
#ifdef NDEBUG
  // Debian's abseil looks at the order of locks whenever one is taken; the tests do that.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  CLI::App app("Runs migrations. Any number of engines share one PostgreSQL.",
               "datamigrate-engine");
  datamigrate::service::EngineOptions options;
  app.set_version_flag("--version", "datamigrate-engine " DATAMIGRATE_VERSION);
  app.add_option("--listen", options.listen, "HOST:PORT to serve gRPC on; port 0: any free one")
      ->envname("DATAMIGRATE_ENGINE_LISTEN")
      ->capture_default_str();
  app.add_option("--port-file", options.port_file, "Write the port here once it is served");
  app.add_option("--database-url", options.database_url, "PostgreSQL, as libpq takes it")
      ->envname("DATAMIGRATE_DATABASE_URL")
      ->required();
  app.add_option("--home", options.home, "Folder for projects, databases and reports")
      ->envname("DATAMIGRATE_HOME")
      ->required();
  app.add_option(
         "--source-root", options.source_roots,
         "Folders that migrations may read scripts from, besides uploads; none but those are read")
      ->envname("DATAMIGRATE_SOURCE_ROOT");
  app.add_option("--dbt", options.dbt_path, "The dbt program")->envname("DATAMIGRATE_DBT");
  app.add_option("--tls-certificate", options.tls_certificate,
                 "Serve TLS only: certificate and chain, PEM")
      ->envname("DATAMIGRATE_ENGINE_TLS_CERTIFICATE");
  app.add_option("--tls-key", options.tls_key, "The certificate's key, PEM")
      ->envname("DATAMIGRATE_ENGINE_TLS_KEY");
  app.add_option("--tls-client-ca", options.tls_client_ca,
                 "Callers must show a certificate of this authority, PEM")
      ->envname("DATAMIGRATE_ENGINE_TLS_CLIENT_CA");
  app.add_option(
         "--token-keys", options.token_keys,
         "Callers must show an engine token. The gateway's public keys: a file, as jwks.json "
         "in its --home, or https://GATEWAY/.well-known/jwks.json")
      ->envname("DATAMIGRATE_ENGINE_TOKEN_KEYS");
  app.add_option("--token-keys-ca", options.token_keys_ca,
                 "The authority of that URL's certificate, PEM (default: those of this machine)")
      ->envname("DATAMIGRATE_ENGINE_TOKEN_KEYS_CA");
  app.add_option("--routes", options.routes,
                 "Which language model for what: a YAML file, looked at again when it changes "
                 "(default: the one that is shipped)")
      ->envname("DATAMIGRATE_ROUTES");
  app.add_option("--models-ca", options.models_ca,
                 "The authority of model providers' certificates, PEM (default: those of this "
                 "machine)")
      ->envname("DATAMIGRATE_MODELS_CA");
  app.add_flag("--local-only", options.is_local_only,
               "Ask no language model that is off the site, whatever the routing file says")
      ->envname("DATAMIGRATE_LOCAL_ONLY");
  app.add_option("--log-file", options.log_file, "Write the log here instead of standard error");
  app.add_option("--concurrency", options.concurrency,
                 "Migrations at a time; 0: only calls are answered")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  app.add_option("--migrations-per-organization", options.migrations_per_organization,
                 "How many of an organization's migrations run at a time, over all engines, which "
                 "should say the same; 0: any number")
      ->envname("DATAMIGRATE_MIGRATIONS_PER_ORGANIZATION")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_option("--lease-seconds", options.lease_seconds,
                 "After how long a dead engine's migrations are taken over")
      ->check(CLI::Range(2, 3600))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const absl::Status status = datamigrate::service::RunEngine(options);
  if (status.ok()) return EXIT_SUCCESS;
  fmt::print(stderr, "datamigrate-engine: {}\n", std::string(status.message()));
  return EXIT_FAILURE;
}
