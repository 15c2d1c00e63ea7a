#include "tests/service/engine_under_test.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "catch2/catch.hpp"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "tests/support/test_database.h"

namespace datamigrate::testing {
namespace {

constexpr std::chrono::seconds kStartLimit{30};
constexpr std::chrono::seconds kWatchLimit{240};

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Calls a method that gives a migration; fails the test when it does not.
template <typename Request, typename Method>
v1::Migration Ask(v1::MigrationService::Stub& stub, Method method, const Request& request) {
  v1::Migration migration;
  grpc::ClientContext context;
  const grpc::Status status = (stub.*method)(&context, request, &migration);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return migration;
}

}  // namespace

std::optional<Surroundings> FindSurroundings() {
  const std::string server = Environment("DATAMIGRATE_TEST_DATABASE_URL");
  const std::string dbt = Environment("DATAMIGRATE_DBT");
  if (server.empty() || dbt.empty()) {
    WARN(
        "skipped: DATAMIGRATE_TEST_DATABASE_URL and DATAMIGRATE_DBT are not set (tests/run sets "
        "them)");
    return std::nullopt;
  }
  static TestDatabase database(server);
  return Surroundings{database.url(), dbt};
}

bool IsEnd(const v1::MigrationEvent& event) {
  return event.kind() == "succeeded" || event.kind() == "failed" || event.kind() == "cancelled";
}

EngineUnderTest::EngineUnderTest(const Surroundings& surroundings,
                                 const std::filesystem::path& home, std::vector<std::string> more)
    : surroundings_(surroundings), home_(home), more_(std::move(more)) {}

void EngineUnderTest::Start() {
  static std::atomic<int> starts = 0;
  const std::string number = std::to_string(++starts);
  const std::string port_file = (home_ / ("port-" + number)).string();
  const std::filesystem::path log = home_ / ("engine-" + number + ".log");
  std::vector<std::string> command = {DATAMIGRATE_BINARY_DIR "/bin/datamigrate-engine",
                                      "--listen",
                                      "127.0.0.1:0",
                                      "--port-file",
                                      port_file,
                                      "--home",
                                      home_.string(),
                                      "--dbt",
                                      surroundings_.dbt,
                                      "--lease-seconds",
                                      "2",
                                      "--source-root",
                                      "/"};
  command.insert(command.end(), more_.begin(), more_.end());
  process_ = std::make_unique<ChildProcess>(
      command, log,
      std::vector<std::string>{"DATAMIGRATE_DATABASE_URL=" + surroundings_.database_url});
  const std::string port = WaitForFile(port_file, *process_, kStartLimit);
  if (port.empty()) throw std::runtime_error("the engine does not start: " + ReadFile(log));
  address_ = "127.0.0.1:" + std::to_string(std::stoi(port));
  const auto channel = grpc::CreateChannel(address_, grpc::InsecureChannelCredentials());
  stub_ = v1::MigrationService::NewStub(channel);
  schedules_ = v1::ScheduleService::NewStub(channel);
  guidance_ = v1::GuidanceService::NewStub(channel);
}

void EngineUnderTest::Kill() {
  process_->Stop(SIGKILL);
}

int EngineUnderTest::Terminate() {
  return process_->Stop(SIGTERM);
}

v1::Migration EngineUnderTest::Create(const std::string& source, const std::string& key) {
  v1::CreateMigrationRequest request;
  request.set_source(source);
  request.set_target("duckdb");
  request.set_idempotency_key(key);
  return Create(request);
}

v1::Migration EngineUnderTest::Create(const v1::CreateMigrationRequest& request) {
  return Ask(*stub_, &v1::MigrationService::Stub::CreateMigration, request);
}

v1::Migration EngineUnderTest::Get(const std::string& id) {
  v1::GetMigrationRequest request;
  request.set_id(id);
  return Ask(*stub_, &v1::MigrationService::Stub::GetMigration, request);
}

v1::Migration EngineUnderTest::Decide(const std::string& id, const std::string& option) {
  v1::DecideMigrationRequest request;
  request.set_id(id);
  request.set_question_id(Get(id).question().id());
  request.set_option_id(option);
  return Ask(*stub_, &v1::MigrationService::Stub::DecideMigration, request);
}

v1::Migration EngineUnderTest::Pause(const std::string& id) {
  v1::PauseMigrationRequest request;
  request.set_id(id);
  return Ask(*stub_, &v1::MigrationService::Stub::PauseMigration, request);
}

v1::Migration EngineUnderTest::Resume(const std::string& id) {
  v1::ResumeMigrationRequest request;
  request.set_id(id);
  return Ask(*stub_, &v1::MigrationService::Stub::ResumeMigration, request);
}

v1::Migration EngineUnderTest::WaitForStop(const std::string& id, int64_t& last_sequence) {
  const auto events = Watch(id, last_sequence, [](const v1::MigrationEvent& event) {
    return event.kind() == "waiting" || IsEnd(event);
  });
  REQUIRE_FALSE(events.empty());
  last_sequence = events.back().sequence();
  return Get(id);
}

std::vector<v1::MigrationEvent> EngineUnderTest::Watch(
    const std::string& id, int64_t after,
    const std::function<bool(const v1::MigrationEvent&)>& stop) {
  v1::WatchMigrationRequest request;
  request.set_id(id);
  request.set_after_sequence(after);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kWatchLimit);
  const auto reader = stub_->WatchMigration(&context, request);
  std::vector<v1::MigrationEvent> events;
  v1::MigrationEvent event;
  while (reader->Read(&event)) {
    events.push_back(event);
    if (!stop(event)) continue;
    context.TryCancel();
    break;
  }
  return events;
}

}  // namespace datamigrate::testing
