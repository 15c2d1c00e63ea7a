// A channel to an engine, and who calls.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "agent_engine/cli/engine_token.h"
#include "datamigrate/v1/guidance.grpc.pb.h"
#include "datamigrate/v1/migration.grpc.pb.h"
#include "datamigrate/v1/models.grpc.pb.h"
#include "datamigrate/v1/runs.grpc.pb.h"
#include "datamigrate/v1/schedules.grpc.pb.h"
#include "datamigrate/v1/training.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace datamigrate::cli {

struct EngineAddress {
  std::string address = "127.0.0.1:50051";
  std::string tenant = "local";  // The organization whose migrations are seen.
  // PEM files, as the engine's own flags take them. With an authority the connection is TLS and the
  // engine must show a certificate of it, for `name` or else the host; with a certificate and its
  // key these are shown to the engine.
  std::string ca_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
  std::string name = {};
  GatewayAddress gateway = {};  // for an engine that asks for tokens
};

// Calls that are not streams end after `kCallTimeout`.
inline constexpr std::chrono::seconds kCallTimeout{30};

class EngineConnection {
 public:
  explicit EngineConnection(const EngineAddress& address);

  v1::MigrationService::Stub& stub() { return *stub_; }
  v1::ModelService::Stub& models() { return *models_; }
  v1::RunService::Stub& runs() { return *runs_; }
  v1::ScheduleService::Stub& schedules() { return *schedules_; }
  v1::TrainingService::Stub& training() { return *training_; }
  v1::GuidanceService::Stub& guidance() { return *guidance_; }
  // Puts the caller's identity, and a deadline for calls that answer once, into `context`. Errors:
  // no token was had for the API key; the call is then not to be made.
  grpc::Status Prepare(grpc::ClientContext& context, bool is_stream);
  // The exit code for a failed call; prints what happened and what to do on standard error.
  int Report(const grpc::Status& status) const;

 private:
  EngineAddress address_;
  EngineToken token_;
  std::unique_ptr<v1::MigrationService::Stub> stub_;
  std::unique_ptr<v1::ModelService::Stub> models_;
  std::unique_ptr<v1::RunService::Stub> runs_;
  std::unique_ptr<v1::TrainingService::Stub> training_;
  std::unique_ptr<v1::GuidanceService::Stub> guidance_;
  std::unique_ptr<v1::ScheduleService::Stub> schedules_;
};

}  // namespace datamigrate::cli
