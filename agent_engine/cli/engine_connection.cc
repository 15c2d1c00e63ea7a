#include "agent_engine/cli/engine_connection.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "agent_engine/cli/exit_code.h"
#include "common/net/this_machine.h"
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
    : address_(address), token_(address.gateway) {
  const std::shared_ptr<grpc::Channel> channel = OpenChannel(address);
  stub_ = v1::MigrationService::NewStub(channel);
  models_ = v1::ModelService::NewStub(channel);
  runs_ = v1::RunService::NewStub(channel);
  training_ = v1::TrainingService::NewStub(channel);
  guidance_ = v1::GuidanceService::NewStub(channel);
  schedules_ = v1::ScheduleService::NewStub(channel);
}

grpc::Status EngineConnection::Prepare(grpc::ClientContext& context, bool is_stream) {
  const bool is_private = !address_.ca_file.empty() || net::IsOnThisMachine(address_.address);
  if (!address_.gateway.url.empty() && !is_private) {
    return {grpc::StatusCode::FAILED_PRECONDITION,
            fmt::format("a token would travel to {} in clear text; give --engine-ca, the authority "
                        "of the engine's certificate",
                        address_.address)};
  }
  const absl::StatusOr<std::string> token = token_.Get(absl::Now());
  if (!token.ok()) {
    return {grpc::StatusCode::FAILED_PRECONDITION, std::string(token.status().message())};
  }
  if (!token->empty()) context.AddMetadata("authorization", "Bearer " + *token);
  context.AddMetadata("x-datamigrate-tenant", address_.tenant);
  context.AddMetadata("x-datamigrate-user", "command-line");
  if (!is_stream) context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  return grpc::Status::OK;
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
