// The engine process: store, worker and gRPC server, put together.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace datamigrate::service {

struct EngineOptions {
  std::string listen = "127.0.0.1:50051";
  std::string port_file;
  std::string database_url;
  std::string home;
  std::string dbt_path;
  std::string log_file;
  std::vector<std::string> source_roots;  // See source_roots.h; uploads are in "uploads" below `home`.
  // PEM files. With a certificate and its key only TLS is served; with an authority besides, only callers that show a
  // certificate of it. All empty: plain text.
  std::string tls_certificate;
  std::string tls_key;
  std::string tls_client_ca;
  // Where the gateway's public keys are, as ReaderOf takes it: then each call needs a token that one of them has signed.
  // "": what calls say of their callers is believed, so `listen` must be this machine's alone, or callers show
  // certificates.
  std::string token_keys;
  std::string token_keys_ca;  // PEM; for a URL
  std::string routes;         // The routing file of language models; "": the routes that are shipped.
  std::string models_ca;      // PEM, of providers' certificates; "": this machine's authorities.
  bool is_local_only = false;  // No call of a model leaves the site, whatever the file says.
  int concurrency = 2;
  int lease_seconds = 30;
  // Of an organization's, over all engines of the database, which should say the same; 0: any
  // number.
  int migrations_per_organization = 0;
};

// Serves until SIGTERM or SIGINT, then stops taking work, gives running migrations back to the queue, and returns.
// Errors: the reason why it could not start.
absl::Status RunEngine(const EngineOptions& options);

}  // namespace datamigrate::service
