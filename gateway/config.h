// What the gateway is told at start, by flags and the environment.
#ifndef DATAMIGRATE_GATEWAY_CONFIG_H_
#define DATAMIGRATE_GATEWAY_CONFIG_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/token_keys.h"
#include "gateway/identity/oidc/oidc_provider.h"
#include "gateway/mail/mail.h"

namespace datamigrate::gateway {

struct Config {
  std::string listen_host = "127.0.0.1";
  uint16_t listen_port = 8080;
  std::string port_file;                   // "": none
  std::string engine = "127.0.0.1:50051";  // or more, as EngineAddress takes them
  std::string engine_ca_file;              // "": without TLS
  std::string engine_certificate_file;
  std::string engine_key_file;
  std::string engine_name;
  std::string database_url;
  std::string home;            // "": made from XDG_DATA_HOME or HOME
  std::string uploads_folder;  // "": uploads under home
  std::string jwt_key_file;    // "": jwt.key under home
  crypto::TokenAlgorithm jwt_algorithm = crypto::TokenAlgorithm::kEdDsa;
  int jwt_key_days = 90;         // 0: never rotated by the gateway
  bool rotates_jwt_key = false;  // rotate, then end
  MailOptions mail;
  OidcOptions oidc;
  std::string oidc_secret_file;   // "": a public client
  std::string oidc_organization;  // id; "": each user has an organization of their own
  std::string public_url;         // "": made from the address that it listens on
  std::string log_file;           // "": standard error
  std::string log_level = "info";
  int audit_retention_days = 0;  // 0: audit rows stay
  uint32_t rate_limit = 100;
  uint32_t credential_rate_limit = 30;
  uint32_t write_rate_limit = 0;
  std::optional<uint32_t> organization_rate_limit;  // nothing: ten times rate_limit
  uint32_t organization_daily_quota = 0;
  uint32_t organization_concurrency = 100;
  std::string redis_url;     // "": limits are counted in memory
  std::string metrics_host;  // "": /metrics is served on the main address, to this machine alone
  uint16_t metrics_port = 0;
  std::vector<std::string> allowed_origins;
  int io_threads = 2;
  int workers = 16;
  int max_connections = 2048;
  // How soon a stream of events ends after its credential, about; without an option.
  std::chrono::milliseconds stream_lease_interval{5000};
  int drain_seconds = 20;
  std::string tls_certificate_file;  // "": without TLS
  std::string tls_key_file;
  std::string trusted_proxies;                       // networks, with commas between; "": none
  std::string forwarded_header = "x-forwarded-for";  // or "forwarded"
  bool takes_proxy_protocol = false;
  bool keeps_audit_log = true;  // false in benchmarks alone: no flag says so
  bool wants_help = false;
  bool wants_version = false;
};

// Reads flags ("--listen HOST:PORT" or "--listen=HOST:PORT"), then the environment
// (DATAMIGRATE_LISTEN, ...) for flags that were not given, then defaults.
// `environment` returns nothing for a variable that is not set.
// Errors: kInvalidArgument, saying which flag is wrong and what it takes.
absl::StatusOr<Config> ReadConfig(
    const std::vector<std::string>& arguments,
    const std::function<std::optional<std::string>(const std::string&)>& environment);

// What --help prints.
std::string Usage();

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_CONFIG_H_
