// Measures how long an engine takes to answer CreateMigration, one call after another.
//
//   create_latency HOST:PORT SOURCE CALLS   → {"calls":…,"median_ms":…,"p99_ms":…}
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "datamigrate/v1/migration.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace {

namespace v1 = datamigrate::v1;

// Milliseconds for one call; negative when it failed. The migration is cancelled at once, so that
// no work piles up.
double Call(v1::MigrationService::Stub& stub, const std::string& source, int number) {
  v1::CreateMigrationRequest request;
  request.set_source(source);
  request.set_target("duckdb");
  request.set_name("create latency");
  request.set_idempotency_key("create-latency-" + std::to_string(number) + "-" +
                              std::to_string(std::rand()));
  v1::Migration migration;
  grpc::ClientContext context;
  context.AddMetadata("x-datamigrate-tenant", "bench");
  const auto start = std::chrono::steady_clock::now();
  const grpc::Status status = stub.CreateMigration(&context, request, &migration);
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.error_message().c_str());
    return -1;
  }
  grpc::ClientContext cancel_context;
  cancel_context.AddMetadata("x-datamigrate-tenant", "bench");
  v1::CancelMigrationRequest cancel;
  cancel.set_id(migration.id());
  stub.CancelMigration(&cancel_context, cancel, &migration);
  return taken.count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: create_latency HOST:PORT SOURCE CALLS\n");
    return 2;
  }
  std::srand(static_cast<unsigned>(std::chrono::steady_clock::now().time_since_epoch().count()));
  const auto stub = v1::MigrationService::NewStub(
      grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  std::vector<double> times;
  for (int i = 0; i < std::atoi(argv[3]); ++i) {
    const double time = Call(*stub, argv[2], i);
    if (time < 0) return 1;
    times.push_back(time);
  }
  if (times.empty()) return 2;
  std::sort(times.begin(), times.end());
  std::printf("{\"calls\":%zu,\"median_ms\":%.2f,\"p99_ms\":%.2f}\n", times.size(),
              times[times.size() / 2], times[times.size() * 99 / 100]);
  return 0;
}
