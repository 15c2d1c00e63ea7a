#include "gateway/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

#include "gateway/filters/rate_limit/redis_limiter.h"

namespace datamigrate::gateway {
namespace {

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(std::string(what));
}

template <typename Number>
absl::Status SetNumber(const std::string& text, Number minimum, Number maximum, Number& number) {
  Number parsed{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size() || parsed < minimum ||
      parsed > maximum) {
    return Wrong(fmt::format("must be a whole number from {} to {}", minimum, maximum));
  }
  number = parsed;
  return absl::OkStatus();
}

absl::Status SetAddress(const std::string& text, std::string& host, uint16_t& port) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return Wrong("must be HOST:PORT, as 127.0.0.1:8080");
  host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  return SetNumber<uint16_t>(text.substr(colon + 1), 0, 65535, port);
}

absl::Status SetListen(Config& config, const std::string& text) {
  return SetAddress(text, config.listen_host, config.listen_port);
}

absl::Status SetMetricsListen(Config& config, const std::string& text) {
  return SetAddress(text, config.metrics_host, config.metrics_port);
}

absl::Status SetRedisUrl(Config& config, const std::string& text) {
  if (const auto address = ParseRedisUrl(text); !address.ok()) return address.status();
  config.redis_url = text;
  return absl::OkStatus();
}

template <uint32_t Config::*Member>
absl::Status SetCount(Config& config, const std::string& text) {
  return SetNumber<uint32_t>(text, 0, 1000000000, config.*Member);
}

absl::Status SetOrigins(Config& config, const std::string& text) {
  config.allowed_origins.clear();
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string origin = text.substr(begin, end - begin);
    if (!origin.starts_with("http://") && !origin.starts_with("https://")) {
      return Wrong("must be origins such as https://app.example.com, with commas between");
    }
    config.allowed_origins.push_back(origin);
    begin = end + 1;
  }
  return absl::OkStatus();
}

absl::Status SetAlgorithm(Config& config, const std::string& text) {
  if (text != "EdDSA" && text != "HS256") return Wrong("must be EdDSA or HS256");
  config.jwt_algorithm =
      text == "EdDSA" ? crypto::TokenAlgorithm::kEdDsa : crypto::TokenAlgorithm::kHs256;
  return absl::OkStatus();
}

absl::Status SetPublicUrl(Config& config, const std::string& text) {
  const bool is_web = text.starts_with("https://") || text.starts_with("http://");
  if (!is_web || text.ends_with('/') || text.find_first_of(" \"<>#?") != std::string::npos) {
    return Wrong(
        "must be a URL such as https://datamigrate.example.com, without a slash at its end");
  }
  config.public_url = text;
  return absl::OkStatus();
}

template <std::string Config::*Member>
absl::Status SetText(Config& config, const std::string& text) {
  config.*Member = text;
  return absl::OkStatus();
}

// Flag, what it takes, what it does, and how it is stored. The environment's name follows from the
// flag's: --port-file is DATAMIGRATE_PORT_FILE.
struct Option {
  std::string_view flag;
  std::string_view value;
  std::string_view description;
  absl::Status (*set)(Config& config, const std::string& text);
  std::string_view variable = "";  // when it differs
};

constexpr Option kOptions[] = {
    {"listen", "HOST:PORT", "address to serve on; port 0 takes a free one [127.0.0.1:8080]",
     SetListen, "DATAMIGRATE_GATEWAY_LISTEN"},
    {"port-file", "PATH", "write the port there once it listens", SetText<&Config::port_file>,
     "DATAMIGRATE_GATEWAY_PORT_FILE"},
    {"engine", "HOST:PORT", "the agent engine; more with commas between [127.0.0.1:50051]",
     SetText<&Config::engine>},
    {"engine-ca", "PATH", "engines must show a certificate of this authority, PEM [plain]",
     SetText<&Config::engine_ca_file>},
    {"engine-certificate", "PATH", "what the gateway shows to engines, PEM",
     SetText<&Config::engine_certificate_file>},
    {"engine-key", "PATH", "its key, PEM, not encrypted", SetText<&Config::engine_key_file>},
    {"engine-name", "NAME", "the name in the engines' certificates [the host's]",
     SetText<&Config::engine_name>},
    {"database-url", "URL", "PostgreSQL, as postgresql://user@host/database",
     SetText<&Config::database_url>},
    {"home", "DIR", "folder for keys [~/.local/share/datamigrate]", SetText<&Config::home>},
    {"uploads", "DIR",
     "folder for uploads, which engines read as uploads in theirs [uploads in --home]",
     SetText<&Config::uploads_folder>},
    {"jwt-key-file", "PATH", "key that signs tokens, made when missing [jwt.key in --home]",
     SetText<&Config::jwt_key_file>},
    {"jwt-algorithm", "NAME", "EdDSA, or HS256 where all who verify share the key [EdDSA]",
     SetAlgorithm},
    {"jwt-key-days", "N", "make a new key after so many days; 0 for never [90]",
     [](Config& config, const std::string& text) {
       return SetNumber(text, 0, 3650, config.jwt_key_days);
     }},
    {"mail", "ROUTE", "off, file:FOLDER, smtp://HOST:PORT or smtps://HOST:PORT [off]",
     [](Config& config, const std::string& text) {
       config.mail.route = text;
       return absl::OkStatus();
     }},
    {"mail-from", "ADDRESS", "who mails come from [datamigrate@localhost]",
     [](Config& config, const std::string& text) {
       config.mail.from = text;
       return absl::OkStatus();
     }},
    {"mail-user", "NAME", "name at the mail server [none]",
     [](Config& config, const std::string& text) {
       config.mail.user = text;
       return absl::OkStatus();
     }},
    {"mail-password-file", "PATH", "file that holds the mail server's password [none]",
     [](Config& config, const std::string& text) {
       config.mail.password_file = text;
       return absl::OkStatus();
     }},
    {"oidc-issuer", "URL", "identity provider (OpenID Connect) that users may sign in with [none]",
     [](Config& config, const std::string& text) {
       config.oidc.issuer = text;
       return absl::OkStatus();
     }},
    {"oidc-client-id", "ID", "what the identity provider calls this gateway",
     [](Config& config, const std::string& text) {
       config.oidc.client_id = text;
       return absl::OkStatus();
     }},
    {"oidc-client-secret-file", "PATH", "file that holds the secret for it [a public client]",
     SetText<&Config::oidc_secret_file>},
    {"oidc-role-claim", "NAME", "claim that names a user's roles [roles]",
     [](Config& config, const std::string& text) {
       config.oidc.role_claim = text;
       return absl::OkStatus();
     }},
    {"oidc-organization", "ID", "organization that its users are members of [one of their own]",
     SetText<&Config::oidc_organization>},
    {"public-url", "URL", "where users reach the gateway, for links [http://HOST:PORT]",
     SetPublicUrl},
    {"log-file", "PATH", "append the log there [standard error]", SetText<&Config::log_file>,
     "DATAMIGRATE_GATEWAY_LOG_FILE"},
    {"log-level", "LEVEL", "debug, info, warning or error [info]", SetText<&Config::log_level>},
    {"audit-retention-days", "N", "drop audit rows that are older; 0 keeps them all [0]",
     [](Config& config, const std::string& text) {
       return SetNumber(text, 0, 36500, config.audit_retention_days);
     }},
    {"rate-limit", "N", "requests a minute per user, API key or address; 0 for no limit [100]",
     [](Config& config, const std::string& text) {
       return SetNumber<uint32_t>(text, 0, 1000000000, config.rate_limit);
     }},
    {"credential-rate-limit", "N", "sign-in requests a minute per address [30]",
     [](Config& config, const std::string& text) {
       return SetNumber<uint32_t>(text, 1, 1000000, config.credential_rate_limit);
     }},
    {"write-rate-limit", "N", "changing requests a minute per user or API key; 0 for no limit [0]",
     SetCount<&Config::write_rate_limit>},
    {"organization-rate-limit", "N",
     "requests a minute per organization; 0 for no limit [ten times --rate-limit]",
     [](Config& config, const std::string& text) {
       return SetNumber<uint32_t>(text, 0, 1000000000, config.organization_rate_limit.emplace());
     }},
    {"organization-daily-quota", "N", "requests a day per organization; 0 for no limit [0]",
     SetCount<&Config::organization_daily_quota>},
    {"organization-concurrency", "N",
     "requests at a time per organization and gateway; 0 for no limit [100]",
     SetCount<&Config::organization_concurrency>},
    {"redis-url", "URL", "count limits for all gateways in Redis: redis://HOST:PORT or unix:/PATH",
     SetRedisUrl},
    {"metrics-listen", "HOST:PORT", "serve /metrics there, and nowhere else [to this machine only]",
     SetMetricsListen},
    {"allow-origin", "ORIGINS", "web origins that may call the API, with commas between",
     SetOrigins},
    {"io-threads", "N", "threads for connections [2]",
     [](Config& config, const std::string& text) {
       return SetNumber(text, 1, 256, config.io_threads);
     }},
    {"workers", "N", "threads for calls to the engine and the database [16]",
     [](Config& config, const std::string& text) {
       return SetNumber(text, 1, 1024, config.workers);
     }},
    {"max-connections", "N", "connections at a time; more get 503 [2048]",
     [](Config& config, const std::string& text) {
       return SetNumber(text, 1, 1000000, config.max_connections);
     }},
    {"tls-certificate", "PATH",
     "serve HTTPS: certificate and chain, PEM; SIGHUP reads it anew [plain HTTP]",
     SetText<&Config::tls_certificate_file>},
    {"tls-key", "PATH", "the certificate's key, PEM, not encrypted",
     SetText<&Config::tls_key_file>},
    {"trusted-proxies", "NETWORKS", "proxies that say who the client is, as 10.0.0.0/8 [none]",
     SetText<&Config::trusted_proxies>},
    {"forwarded-header", "NAME", "the field they write: x-forwarded-for or forwarded [the first]",
     [](Config& config, const std::string& text) {
       if (text != "x-forwarded-for" && text != "forwarded") {
         return Wrong("must be x-forwarded-for or forwarded");
       }
       config.forwarded_header = text;
       return absl::OkStatus();
     }},
    {"proxy-protocol", "on|off", "their connections begin with a PROXY header [off]",
     [](Config& config, const std::string& text) {
       if (text != "on" && text != "off") return Wrong("must be on or off");
       config.takes_proxy_protocol = text == "on";
       return absl::OkStatus();
     }},
    {"drain-seconds", "N", "how long requests may go on after SIGTERM [20]",
     [](Config& config, const std::string& text) {
       return SetNumber(text, 0, 3600, config.drain_seconds);
     }},
};

std::string VariableOf(const Option& option) {
  if (!option.variable.empty()) return std::string(option.variable);
  std::string name = fmt::format("DATAMIGRATE_{}", option.flag);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  });
  return name;
}

const Option* FindOption(std::string_view flag) {
  const auto found = std::ranges::find(kOptions, flag, &Option::flag);
  return found == std::end(kOptions) ? nullptr : &*found;
}

absl::Status Apply(const Option& option, Config& config, const std::string& text,
                   std::string_view name) {
  const absl::Status set = option.set(config, text);
  if (set.ok()) return set;
  return Wrong(fmt::format("{} {}", name, std::string(set.message())));
}

absl::StatusOr<std::set<std::string_view>> ReadFlags(const std::vector<std::string>& arguments,
                                                     Config& config) {
  std::set<std::string_view> given;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      config.wants_help = true;
      continue;
    }
    if (argument == "--rotate-jwt-key") {
      config.rotates_jwt_key = true;
      continue;
    }
    if (argument == "--version") {
      config.wants_version = true;
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const Option* option = name.starts_with("--") ? FindOption(name.substr(2)) : nullptr;
    if (option == nullptr) {
      return Wrong(fmt::format("unknown argument \"{}\"; --help lists what there is", name));
    }
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      return Wrong(fmt::format("{} needs a value: {} {}", name, name, option->value));
    }
    const std::string text =
        equals == std::string::npos ? arguments[++i] : argument.substr(equals + 1);
    if (absl::Status set = Apply(*option, config, text, name); !set.ok()) return set;
    given.insert(option->flag);
  }
  return given;
}

absl::StatusOr<std::string> DefaultHome(
    const std::function<std::optional<std::string>(const std::string&)>& environment) {
  if (const auto xdg = environment("XDG_DATA_HOME"); xdg.has_value() && !xdg->empty()) {
    return *xdg + "/datamigrate";
  }
  if (const auto home = environment("HOME"); home.has_value() && !home->empty()) {
    return *home + "/.local/share/datamigrate";
  }
  return Wrong("--home is needed: neither XDG_DATA_HOME nor HOME is set");
}

}  // namespace

absl::StatusOr<Config> ReadConfig(
    const std::vector<std::string>& arguments,
    const std::function<std::optional<std::string>(const std::string&)>& environment) {
  Config config;
  const auto given = ReadFlags(arguments, config);
  if (!given.ok()) return given.status();
  if (config.wants_help || config.wants_version) return config;
  for (const Option& option : kOptions) {
    const std::string variable = VariableOf(option);
    const std::optional<std::string> text = environment(variable);
    if (given->contains(option.flag) || !text.has_value() || text->empty()) continue;
    if (absl::Status set = Apply(option, config, *text, variable); !set.ok()) return set;
  }
  if (config.database_url.empty() && !config.rotates_jwt_key) {
    return Wrong(
        "--database-url is needed: where PostgreSQL is, as postgresql://user@host/database");
  }
  if (config.tls_certificate_file.empty() != config.tls_key_file.empty()) {
    return Wrong("--tls-certificate and --tls-key go together: one of them is missing");
  }
  if (config.takes_proxy_protocol && config.trusted_proxies.empty()) {
    return Wrong("--proxy-protocol on needs --trusted-proxies: who may say who the client is");
  }
  if (config.home.empty()) {
    auto home = DefaultHome(environment);
    if (!home.ok()) return home.status();
    config.home = *std::move(home);
  }
  if (config.jwt_key_file.empty()) config.jwt_key_file = config.home + "/jwt.key";
  return config;
}

std::string Usage() {
  std::string text =
      "datamigrate-gateway: the HTTP door of DataMigrate.\n\n"
      "Usage: datamigrate-gateway --database-url URL [flags]\n\n"
      "Flags, each also as an environment variable:\n";
  for (const Option& option : kOptions) {
    fmt::format_to(std::back_inserter(text), "  {:<32} {}\n  {:<32} {}\n",
                   fmt::format("--{} {}", option.flag, option.value), option.description, "",
                   VariableOf(option));
  }
  text +=
      "  --rotate-jwt-key                 make a new signing key, which signs in a minute, and "
      "end\n"
      "  --help, --version\n\n"
      "Example:\n"
      "  datamigrate-gateway --listen 127.0.0.1:8080 --engine 127.0.0.1:50051 \\\n"
      "      --database-url postgresql://datamigrate@127.0.0.1/datamigrate\n\n"
      "SIGHUP reads the certificate anew.\n"
      "Exit status: 0 after SIGTERM or SIGINT, 1 when it cannot start.\n";
  return text;
}

}  // namespace datamigrate::gateway
