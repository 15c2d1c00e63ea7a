// A store with its schema in a database of its own.
#ifndef DATAMIGRATE_TESTS_UNIT_STORE_STORE_FIXTURE_H_
#define DATAMIGRATE_TESTS_UNIT_STORE_STORE_FIXTURE_H_

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/schema.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::store {

inline constexpr absl::Duration kLease = absl::Seconds(30);

using Words = std::vector<std::string>;

class StoreFixture {
 public:
  StoreFixture() : store(&database.pool()), queue(&database.pool()) {
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, Schema()).ok());
  }

  std::string Create(const std::string& name = "shop", const std::string& tenant = "acme") {
    auto created = store.Create(
        {.tenant = tenant, .created_by = "ada", .name = name, .request = "request of " + name});
    REQUIRE(created.ok());
    return created->id;
  }

  JobLease Take(const std::string& owner = "one") {
    auto lease = queue.Take(owner, kLease);
    REQUIRE(lease.ok());
    REQUIRE(lease->has_value());
    return **lease;
  }

  void ExpireLease(const JobLease& lease) {
    database.Run(
        "UPDATE jobs SET lease_until = clock_timestamp() - interval '1 second'"
        " WHERE id = '" +
        lease.job_id + "'");
  }

  MigrationStatus StatusOf(const std::string& id, const std::string& tenant = "acme") {
    return store.Get(tenant, id)->status;
  }

  std::vector<std::string> EventKinds(const std::string& id) {
    std::vector<std::string> kinds;
    absl::StatusOr<std::vector<EventRecord>> events = store.EventsSince("acme", id, 0);
    REQUIRE(events.ok());
    for (const EventRecord& event : *events) kinds.push_back(event.kind);
    return kinds;
  }

  TestDatabase database;
  MigrationStore store;
  JobQueue queue;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_TESTS_UNIT_STORE_STORE_FIXTURE_H_
