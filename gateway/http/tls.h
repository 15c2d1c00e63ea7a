// TLS 1.2 and 1.3 for the listener: certificate, ciphers, tickets, reload.
#ifndef DATAMIGRATE_GATEWAY_HTTP_TLS_H_
#define DATAMIGRATE_GATEWAY_HTTP_TLS_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace boost::asio::ssl {
class context;
}

namespace datamigrate::gateway {

struct TlsOptions {
  std::string certificate_file;  // PEM: the server's certificate, then those that lead to its root
  std::string key_file;          // PEM, not encrypted
  // Session tickets are encrypted with a key that is replaced this often; then sessions start anew.
  std::chrono::seconds ticket_lifetime{12 * 3600};
};

// Hands the present context to new connections; those that are open keep theirs. Thread safe.
class Tls {
 public:
  // Errors: kNotFound, kPermissionDenied and kInvalidArgument for files that cannot be read, are no
  // certificate or key, or do not belong together; kFailedPrecondition for a certificate that has
  // expired or is not good yet.
  static absl::StatusOr<std::unique_ptr<Tls>> Load(const TlsOptions& options);

  // Reads the files again. After an error, which is as Load's, the old certificate stays.
  absl::Status Reload();

  // For one new connection.
  std::shared_ptr<boost::asio::ssl::context> Current();

 private:
  struct Files {
    std::string certificates;
    std::string key;
  };

  explicit Tls(const TlsOptions& options) : options_(options) {}
  absl::StatusOr<Files> Read() const;

  const TlsOptions options_;
  std::mutex mutex_;
  Files files_;                                         // guarded by mutex_
  std::shared_ptr<boost::asio::ssl::context> context_;  // guarded by mutex_
  std::chrono::steady_clock::time_point renewed_at_;    // guarded by mutex_
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_TLS_H_
