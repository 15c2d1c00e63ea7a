#include "agent_engine/cli/engine_connection.h"

#include <cstdio>

#include "agent_engine/cli/exit_code.h"
#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace datamigrate::cli {

EngineConnection::EngineConnection(const EngineAddress& address)
    : address_(address),
      stub_(v1::MigrationService::NewStub(
          grpc::CreateChannel(address.address, grpc::InsecureChannelCredentials()))) {}

void EngineConnection::Prepare(grpc::ClientContext& context, bool is_stream) const {
  context.AddMetadata("x-datamigrate-tenant", address_.tenant);
  context.AddMetadata("x-datamigrate-user", "command-line");
  if (!is_stream) context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
}

int EngineConnection::Report(const grpc::Status& status) const {
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    fmt::print(stderr,
               "datamigrate: no engine answers at {}. Start one with deploy/local/demo or "
               "datamigrate-engine, or name another with --engine HOST:PORT.\n",
               address_.address);
    return kUnavailable;
  }
  fmt::print(stderr, "datamigrate: {}\n", status.error_message());
  return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ? kWrongUse : kFailed;
}

}  // namespace datamigrate::cli
