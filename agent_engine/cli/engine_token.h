// The token that an engine asks for, had from a gateway for an API key.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace datamigrate::cli {

struct GatewayAddress {
  std::string url;           // "https://gateway.example.com"; "": no tokens
  std::string ca_file;       // PEM; "": the authorities that this machine trusts
  std::string api_key_file;  // readable by its owner alone; "": the variable DATAMIGRATE_API_KEY
};

// Asks for a token when the last one is about to expire. Not thread-safe.
class EngineToken {
 public:
  explicit EngineToken(GatewayAddress gateway) : gateway_(std::move(gateway)) {}

  // Good for half a minute at least; "" where there is no gateway. Blocks. Errors, with what to do: those of the key's
  // file; kUnavailable when the gateway is not reached; kFailedPrecondition when it refuses.
  absl::StatusOr<std::string> Get(absl::Time now);

 private:
  absl::StatusOr<std::string> ReadApiKey() const;
  absl::Status Ask(absl::Time now);

  const GatewayAddress gateway_;
  std::string token_;
  absl::Time good_until_ = absl::InfinitePast();
};

}  // namespace datamigrate::cli
