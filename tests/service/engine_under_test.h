// A real engine process on a real PostgreSQL, and a client of it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datamigrate/v1/guidance.grpc.pb.h"
#include "datamigrate/v1/migration.grpc.pb.h"
#include "datamigrate/v1/schedules.grpc.pb.h"
#include "tests/support/child_process.h"

namespace datamigrate::testing {

// What the tests of the services need from outside; empty where one of
// DATAMIGRATE_TEST_DATABASE_URL and DATAMIGRATE_DBT is not set. Warns once that the test is
// skipped.
struct Surroundings {
  std::string database_url;  // Of a database of this process's own.
  std::string dbt;
};
std::optional<Surroundings> FindSurroundings();

// Whether the migration has come to its end with this.
bool IsEnd(const v1::MigrationEvent& event);

// Starts the engine with a short lease; the destructor kills it.
class EngineUnderTest {
 public:
  // Engines of one database share a home. `more`: further arguments.
  EngineUnderTest(const Surroundings& surroundings, const std::filesystem::path& home,
                  std::vector<std::string> more = {});

  // Starts the process and waits until it serves. Throws std::runtime_error, with its log, when it
  // does not.
  void Start();
  void Kill();
  // Stops it as an operator would.
  int Terminate();

  v1::MigrationService::Stub& stub() { return *stub_; }
  v1::ScheduleService::Stub& schedules() { return *schedules_; }
  v1::GuidanceService::Stub& guidance() { return *guidance_; }
  const std::string& address() const { return address_; }

  v1::Migration Create(const std::string& source, const std::string& key);
  v1::Migration Create(const v1::CreateMigrationRequest& request);
  v1::Migration Pause(const std::string& id);
  v1::Migration Resume(const std::string& id);
  v1::Migration Get(const std::string& id);
  // Chooses an option of the question that is open.
  v1::Migration Decide(const std::string& id, const std::string& option);
  // Until it waits for a person or has ended; `last_sequence` moves on.
  v1::Migration WaitForStop(const std::string& id, int64_t& last_sequence);
  // Every event after `after` until the migration ends, or until `stop` says true for one, which is
  // then the last.
  std::vector<v1::MigrationEvent> Watch(const std::string& id, int64_t after,
                                        const std::function<bool(const v1::MigrationEvent&)>& stop);

 private:
  const Surroundings surroundings_;
  const std::filesystem::path home_;
  const std::vector<std::string> more_;
  std::unique_ptr<ChildProcess> process_;
  std::unique_ptr<v1::MigrationService::Stub> stub_;
  std::unique_ptr<v1::ScheduleService::Stub> schedules_;
  std::unique_ptr<v1::GuidanceService::Stub> guidance_;
  std::string address_;
};

}  // namespace datamigrate::testing
