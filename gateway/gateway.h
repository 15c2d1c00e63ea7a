// The whole gateway, wired.
#ifndef DATAMIGRATE_GATEWAY_GATEWAY_H_
#define DATAMIGRATE_GATEWAY_GATEWAY_H_

#include <chrono>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/config.h"

namespace datamigrate::gateway {

class Gateway {
 public:
  // Applies the schema, reads or makes the signing key, connects and listens. The engine need not
  // be there yet.
  // Errors: what stands in the way, in one line.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(const Config& config);

  virtual ~Gateway() = default;

  virtual uint16_t port() const = 0;

  // Reads the TLS certificate anew, for connections from now on. The error of a certificate that
  // cannot be used; the old one then stays. Nothing to do without TLS.
  virtual absl::Status Reload() = 0;

  // Stops accepting and lets running requests finish; true when none had to be cut. Blocks.
  virtual bool Drain(std::chrono::milliseconds patience) = 0;
};

// Adds a signing key to the key file, which signs in a minute. Running gateways learn of it.
absl::Status RotateTokenKey(const Config& config);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_GATEWAY_H_
