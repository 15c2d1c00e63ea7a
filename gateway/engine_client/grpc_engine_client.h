// The engine over gRPC.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_ENGINE_CLIENT_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_ENGINE_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/telemetry/metrics.h"
#include "gateway/engine_client/create_batcher.h"
#include "gateway/engine_client/engine_client.h"

namespace datamigrate::gateway {

struct EngineAddress {
  // "host:port", whose host may have many addresses, or numeric ones with commas between: calls go
  // to each in turn, and to those that are reached.
  std::string engines;
  // PEM files. With a certificate authority the engine must show a certificate of it, for `name`
  // or else the host; with a certificate and its key the gateway shows those. All "": no TLS.
  std::string ca_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
  std::string name = {};
};

// Connects when first needed and again whenever the connection is lost. Calls that have the same
// effect twice as once are tried up to three times within their deadline when the engine is away;
// the others once. While engines do not answer, calls fail at once with kUnavailable but for one
// every two seconds (circuit_breaker.h). Metadata: x-datamigrate-tenant, x-datamigrate-user,
// x-request-id. `metrics` must outlive the client. `defer` says when new migrations that came
// together are sent (create_batcher.h); it must call each function before the client is destroyed.
// Errors: kInvalidArgument for addresses that gRPC does not take, and files that cannot be read.
absl::StatusOr<std::unique_ptr<EngineClient>> ConnectEngine(const EngineAddress& address,
                                                            telemetry::Metrics& metrics,
                                                            CreateBatcher::Defer defer);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_ENGINE_CLIENT_H_
