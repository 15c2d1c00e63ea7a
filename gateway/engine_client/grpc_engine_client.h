// The engine over gRPC.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_ENGINE_CLIENT_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_ENGINE_CLIENT_H_

#include <functional>
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

// The token that proves a call's caller to the engine; "" for none. Thread safe, does not block.
using TokenSource = std::function<std::string(const CallContext& context)>;

// Connects when first needed and again whenever the connection is lost. Calls that have the same
// effect twice as once are tried up to three times within their deadline when the engine is away;
// the others once. While engines do not answer, calls fail at once with kUnavailable but for one
// every two seconds (circuit_breaker.h). Metadata: x-datamigrate-tenant, x-datamigrate-user,
// x-request-id, and the token as authorization; an item of a group of creates has a token of its
// own. `defer` says when new migrations that came together are sent (create_batcher.h); it must
// call each function before the client is destroyed. `metrics` must outlive the client, as must
// what `token_of` uses.
// Errors: kInvalidArgument for addresses that gRPC does not take, and files that cannot be read.
absl::StatusOr<std::unique_ptr<EngineClient>> ConnectEngine(const EngineAddress& address,
                                                            telemetry::Metrics& metrics,
                                                            CreateBatcher::Defer defer,
                                                            TokenSource token_of = nullptr);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_ENGINE_CLIENT_H_
