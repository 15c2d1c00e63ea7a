#include "agent_engine/store/migration_limits.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "tests/unit/store/store_fixture.h"

namespace datamigrate::store {
namespace {

class LimitFixture : public StoreFixture {
 public:
  LimitFixture() : limits(&database.pool()) {}

  std::vector<JobLease> TakeUpTo(int most) {
    absl::StatusOr<std::vector<JobLease>> leases = queue.TakeUpTo(most, "one", kLease);
    REQUIRE(leases.ok());
    return *std::move(leases);
  }

  static std::multiset<std::string> TenantsOf(const std::vector<JobLease>& leases) {
    std::multiset<std::string> tenants;
    for (const JobLease& lease : leases) tenants.insert(lease.tenant);
    return tenants;
  }

  MigrationLimits limits;
};

using Tenants = std::multiset<std::string>;

TEST_CASE("What an organization chooses holds below what the operator permits", "[store]") {
  CHECK(EffectiveLimit(std::nullopt, 0) == std::nullopt);
  CHECK(EffectiveLimit(std::nullopt, 3) == 3);
  CHECK(EffectiveLimit(2, 0) == 2);
  CHECK(EffectiveLimit(2, 3) == 2);
  CHECK(EffectiveLimit(5, 3) == 3);
  CHECK(EffectiveLimit(0, 3) == 0);
}

TEST_CASE_METHOD(LimitFixture, "A limit is chosen, changed and taken back", "[store]") {
  CHECK_FALSE(limits.Get("acme")->chosen.has_value());
  REQUIRE(limits.Set("acme", 3, "ada").ok());
  REQUIRE(limits.Set("acme", 2, "bob").ok());
  CHECK(limits.Get("acme")->chosen == 2);
  CHECK(limits.Get("acme")->changed_by == "bob");
  CHECK(limits.Get("acme")->changed_at.has_value());
  CHECK_FALSE(limits.Get("globex")->chosen.has_value());
  CHECK(limits.Set("acme", -1, "ada").code() == absl::StatusCode::kInvalidArgument);
  REQUIRE(limits.Set("acme", std::nullopt, "ada").ok());
  CHECK_FALSE(limits.Get("acme")->chosen.has_value());
}

TEST_CASE_METHOD(LimitFixture, "Behind a tenant at its limit others are taken", "[store]") {
  for (int i = 0; i < 5; ++i) Create("early", "acme");
  Create("late", "globex");
  Create("later", "initech");
  REQUIRE(limits.Set("acme", 2, "ada").ok());
  const std::vector<JobLease> taken = TakeUpTo(10);
  CHECK(TenantsOf(taken) == Tenants{"acme", "acme", "globex", "initech"});
  CHECK(limits.Get("acme")->running == 2);
  CHECK(TakeUpTo(10).empty());
  REQUIRE(queue.Complete(taken[0]).ok());
  CHECK(TenantsOf(TakeUpTo(10)) == Tenants{"acme"});

  REQUIRE(limits.Set("acme", 0, "ada").ok());
  REQUIRE(queue.Complete(taken[1]).ok());
  CHECK(TakeUpTo(10).empty());
  REQUIRE(limits.Set("acme", std::nullopt, "ada").ok());
  CHECK(TenantsOf(TakeUpTo(10)) == Tenants{"acme", "acme"});
}

TEST_CASE_METHOD(LimitFixture, "The operator's limit is every tenant's, and the lower one holds",
                 "[store]") {
  JobQueue limited(&database.pool(), {.max_running_per_tenant = 2});
  for (int i = 0; i < 4; ++i) {
    Create("a", "acme");
    Create("g", "globex");
  }
  REQUIRE(limits.Set("acme", 1, "ada").ok());
  REQUIRE(limits.Set("globex", 9, "gus").ok());
  const auto taken = limited.TakeUpTo(10, "one", kLease);
  REQUIRE(taken.ok());
  CHECK(TenantsOf(*taken) == Tenants{"acme", "globex", "globex"});
}

TEST_CASE_METHOD(LimitFixture, "What a dead engine had is taken over, though its tenant is full",
                 "[store]") {
  Create();
  Create();
  REQUIRE(limits.Set("acme", 1, "ada").ok());
  const std::vector<JobLease> dead = TakeUpTo(5);
  REQUIRE(dead.size() == 1);
  CHECK(TakeUpTo(5).empty());
  ExpireLease(dead[0]);
  const std::vector<JobLease> taken = TakeUpTo(5);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].run_id == dead[0].run_id);
  CHECK(limits.Get("acme")->running == 1);
}

TEST_CASE_METHOD(LimitFixture, "Engines that race for jobs never begin more than the limit",
                 "[store]") {
  constexpr int kEngines = 4;
  constexpr int kJobs = 40;
  const std::map<std::string, int> allowed = {{"acme", 2}, {"globex", 3}, {"initech", kJobs}};
  for (int i = 0; i < kJobs; ++i) {
    for (const auto& [tenant, limit] : allowed) Create("job", tenant);
  }
  REQUIRE(limits.Set("acme", 2, "ada").ok());
  REQUIRE(limits.Set("globex", 3, "gus").ok());

  absl::Mutex mutex;
  std::map<std::string, int> running;
  std::map<std::string, int> most;
  std::atomic<int> done = 0;
  std::atomic<bool> has_failed = false;
  const auto engine = [&] {
    pg::Pool pool({.connection = database.options(), .max_connections = 1});
    JobQueue mine(&pool);
    while (done < 3 * kJobs && !has_failed) {
      const auto leases = mine.TakeUpTo(3, "racer", kLease);
      has_failed = has_failed || !leases.ok();
      if (!leases.ok()) return;
      // What is held is never more than what the database counts, so it may not pass the limit.
      for (const JobLease& lease : *leases) {
        absl::MutexLock lock(&mutex);
        most[lease.tenant] = std::max(most[lease.tenant], ++running[lease.tenant]);
      }
      for (const JobLease& lease : *leases) {
        {
          absl::MutexLock lock(&mutex);
          --running[lease.tenant];
        }
        has_failed = has_failed || !mine.Complete(lease).ok();
        ++done;
      }
    }
  };
  std::vector<std::thread> engines;
  for (int i = 0; i < kEngines; ++i) engines.emplace_back(engine);
  for (std::thread& thread : engines) thread.join();
  CHECK_FALSE(has_failed);
  CHECK(done == 3 * kJobs);
  for (const auto& [tenant, limit] : allowed) {
    INFO(tenant);
    CHECK(most[tenant] <= limit);
    CHECK(most[tenant] > 0);
  }
}

}  // namespace
}  // namespace datamigrate::store
