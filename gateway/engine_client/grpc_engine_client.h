// The engine over gRPC.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_ENGINE_CLIENT_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_ENGINE_CLIENT_H_

#include <memory>
#include <string>

#include "common/telemetry/metrics.h"
#include "gateway/engine_client/engine_client.h"

namespace datamigrate::gateway {

// Connects to `address` ("host:port") when first needed and again whenever the connection is lost.
// Calls that have the same effect twice as once are tried up to three times within their deadline
// when the engine is away; the others once. Metadata: x-datamigrate-tenant, x-datamigrate-user,
// x-request-id. `metrics` must outlive the client.
std::unique_ptr<EngineClient> ConnectEngine(const std::string& address,
                                            telemetry::Metrics& metrics);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_GRPC_ENGINE_CLIENT_H_
