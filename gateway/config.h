// What the gateway is told at start, by flags and the environment.
#ifndef DATAMIGRATE_GATEWAY_CONFIG_H_
#define DATAMIGRATE_GATEWAY_CONFIG_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

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
  std::string home;          // "": made from XDG_DATA_HOME or HOME
  std::string jwt_key_file;  // "": jwt.key under home
  std::string log_file;      // "": standard error
  std::string log_level = "info";
  uint32_t rate_limit = 100;
  uint32_t credential_rate_limit = 30;
  std::vector<std::string> allowed_origins;
  int io_threads = 2;
  int workers = 16;
  int max_connections = 2048;
  int drain_seconds = 20;
  std::string tls_certificate_file;  // "": without TLS
  std::string tls_key_file;
  std::string trusted_proxies;                       // networks, with commas between; "": none
  std::string forwarded_header = "x-forwarded-for";  // or "forwarded"
  bool takes_proxy_protocol = false;
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
