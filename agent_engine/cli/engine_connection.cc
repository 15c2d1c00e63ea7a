#include "agent_engine/cli/engine_connection.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "agent_engine/cli/exit_code.h"
#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace datamigrate::cli {

namespace {

// "" for a file that cannot be read: the connection then fails, and Report says so.
std::string TextOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const EngineAddress& address) {
  if (address.ca_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = TextOf(address.ca_file);
  if (!address.certificate_file.empty()) {
    options.pem_cert_chain = TextOf(address.certificate_file);
    options.pem_private_key = TextOf(address.key_file);
  }
  return grpc::SslCredentials(options);
}

std::shared_ptr<grpc::Channel> OpenChannel(const EngineAddress& address) {
  grpc::ChannelArguments arguments;
  if (!address.name.empty()) arguments.SetSslTargetNameOverride(address.name);
  return grpc::CreateCustomChannel(address.address, CredentialsOf(address), arguments);
}

}  // namespace

EngineConnection::EngineConnection(const EngineAddress& address)
    : address_(address), stub_(v1::MigrationService::NewStub(OpenChannel(address))) {}

void EngineConnection::Prepare(grpc::ClientContext& context, bool is_stream) const {
  context.AddMetadata("x-datamigrate-tenant", address_.tenant);
  context.AddMetadata("x-datamigrate-user", "command-line");
  if (!is_stream) context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
}

int EngineConnection::Report(const grpc::Status& status) const {
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    fmt::print(stderr,
               "datamigrate: no engine answers at {}. Start one with deploy/local/demo or "
               "datamigrate-engine, or name another with --engine HOST:PORT.{}\n",
               address_.address,
               address_.ca_file.empty()
                   ? " An engine that serves TLS needs --engine-ca."
                   : " Or one of the two does not accept the other's certificate.");
    return kUnavailable;
  }
  fmt::print(stderr, "datamigrate: {}\n", status.error_message());
  return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ? kWrongUse : kFailed;
}

}  // namespace datamigrate::cli
