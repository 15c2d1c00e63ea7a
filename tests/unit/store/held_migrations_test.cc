#include "agent_engine/store/held_migrations.h"

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "agent_engine/store/migration_limits.h"
#include "tests/unit/store/store_fixture.h"

namespace datamigrate::store {
namespace {

using absl::StatusCode;

class HeldFixture : public StoreFixture {
 public:
  std::string CreateAfter(const Words& before, bool goes_on = false) {
    auto created = store.Create({.tenant = "acme",
                                 .created_by = "ada",
                                 .name = "after",
                                 .request = "r",
                                 .after = before,
                                 .goes_on_after_failure = goes_on});
    INFO(created.status());
    REQUIRE(created.ok());
    return created->id;
  }

  // Takes the migration and leaves it with that end.
  void RunTo(const std::string& id, MigrationStatus end) {
    const JobLease lease = Take();
    REQUIRE(lease.run_id == id);
    REQUIRE(
        (end == MigrationStatus::kCompleted ? queue.Complete(lease) : queue.Fail(lease, "broken"))
            .ok());
  }

  bool IsQueueEmpty() { return !queue.Take("nobody", kLease)->has_value(); }

  int Release() { return ReleaseHeld(database.pool()).value(); }

  std::string WhyQueued(const std::string& id, int64_t ceiling = 0) {
    return store.WhyQueued("acme", id, ceiling).value();
  }
};

TEST_CASE_METHOD(HeldFixture, "A migration begins when all that it comes after have succeeded",
                 "[store]") {
  const std::string one = Create();
  const std::string two = Create();
  const std::string last = CreateAfter({one, two, one});
  CHECK(StatusOf(last) == MigrationStatus::kPending);
  CHECK(WhyQueued(last) == "waits for migration " + one + ", migration " + two);
  CHECK(WhyQueued(one).empty());
  RunTo(one, MigrationStatus::kCompleted);
  CHECK(Release() == 0);
  CHECK(WhyQueued(last) == "waits for migration " + two);
  RunTo(two, MigrationStatus::kCompleted);
  CHECK(IsQueueEmpty());
  CHECK(Release() == 1);
  CHECK(Release() == 0);
  CHECK(Take().run_id == last);
}

TEST_CASE_METHOD(HeldFixture, "One that comes after a failure fails, names it, and can be resumed",
                 "[store]") {
  const std::string first = Create();
  const std::string second = CreateAfter({first});
  const std::string third = CreateAfter({second});
  const bool is_cancelled = GENERATE(false, true);
  if (is_cancelled) {
    REQUIRE(store.Cancel("acme", first).ok());
  } else {
    RunTo(first, MigrationStatus::kFailed);
  }
  CHECK(Release() == 1);
  CHECK(StatusOf(second) == MigrationStatus::kFailed);
  CHECK(store.Get("acme", second)->error == "it comes after migration " + first + ", which " +
                                                (is_cancelled ? "was cancelled" : "has failed") +
                                                "; resume " + first + " first, then this one");
  CHECK(StatusOf(third) == MigrationStatus::kPending);
  CHECK(Release() == 1);
  CHECK(StatusOf(third) == MigrationStatus::kFailed);

  const absl::Status refused = store.Resume("acme", second);
  CHECK(refused.code() == StatusCode::kFailedPrecondition);
  CHECK(std::string(refused.message()).find(first) != std::string::npos);
  REQUIRE(store.Resume("acme", first).ok());
  REQUIRE(store.Resume("acme", second).ok());
  CHECK(Release() == 0);
  RunTo(first, MigrationStatus::kCompleted);
  CHECK(IsQueueEmpty());
  CHECK(Release() == 1);
  CHECK(Take().run_id == second);
}

TEST_CASE_METHOD(HeldFixture, "One that goes on in any case begins after a failure", "[store]") {
  const std::string first = Create();
  const std::string second = CreateAfter({first}, /*goes_on=*/true);
  RunTo(first, MigrationStatus::kFailed);
  CHECK(Release() == 1);
  JobLease lease = Take();
  CHECK(lease.run_id == second);
  // It has begun, so it goes on whatever becomes of the other.
  REQUIRE(queue.Fail(lease, "broken").ok());
  REQUIRE(store.Resume("acme", first).ok());
  REQUIRE(store.Resume("acme", second).ok());
  CHECK(Take().run_id == first);
  CHECK(Take().run_id == second);
}

TEST_CASE_METHOD(HeldFixture, "Only migrations of the tenant can come before", "[store]") {
  const std::string other = Create("theirs", "globex");
  const std::string nobody = "00000000-0000-0000-0000-000000000000";
  const NewMigration good{.tenant = "acme", .request = "r"};
  NewMigration after = good;
  after.after = {GENERATE(false, true) ? other : nobody};
  const auto created = store.CreateAll({good, after, good});
  CHECK(created[0].ok());
  CHECK(created[1].status().code() == StatusCode::kFailedPrecondition);
  CHECK(std::string(created[1].status().message()).find(after.after[0]) != std::string::npos);
  CHECK(created[2].ok());
  CHECK(database.Value("SELECT count(*) AS value FROM migrations") == "3");
  after.after = {"x"};
  CHECK(store.Create(after).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE_METHOD(HeldFixture, "A key gives the same held migration again", "[store]") {
  const std::string first = Create();
  const NewMigration asked{
      .tenant = "acme", .idempotency_key = "k", .request = "r", .after = {first}};
  const auto created = store.Create(asked);
  REQUIRE(created.ok());
  CHECK(store.Create(asked)->id == created->id);
  CHECK(database.Value("SELECT count(*) AS value FROM migration_dependencies") == "1");
}

TEST_CASE_METHOD(HeldFixture, "A held migration can be paused and cancelled", "[store]") {
  const std::string first = Create();
  const std::string paused = CreateAfter({first});
  const std::string cancelled = CreateAfter({first});
  REQUIRE(store.Pause("acme", paused).ok());
  REQUIRE(store.Cancel("acme", cancelled).ok());
  CHECK(StatusOf(cancelled) == MigrationStatus::kCancelled);
  RunTo(first, MigrationStatus::kCompleted);
  CHECK(Release() == 0);
  REQUIRE(store.Resume("acme", paused).ok());
  CHECK(Release() == 1);
  CHECK(Take().run_id == paused);
  CHECK(IsQueueEmpty());
}

TEST_CASE_METHOD(HeldFixture, "Engines that release at once move each migration once", "[store]") {
  const std::string good = Create();
  const std::string bad = Create();
  for (int i = 0; i < 20; ++i) CreateAfter({i % 2 == 0 ? good : bad});
  RunTo(good, MigrationStatus::kCompleted);
  RunTo(bad, MigrationStatus::kFailed);
  std::atomic<int> moved = 0;
  std::vector<std::thread> engines;
  for (int i = 0; i < 4; ++i) {
    engines.emplace_back([&] {
      const absl::StatusOr<int> released = ReleaseHeld(database.pool());
      moved += released.ok() ? *released : 1000;
    });
  }
  for (std::thread& engine : engines) engine.join();
  moved += Release();
  CHECK(moved == 20);
  CHECK(database.Value("SELECT count(*) AS value FROM jobs WHERE status = 'queued'") == "10");
  CHECK(database.Value("SELECT count(*) AS value FROM migrations WHERE status = 'failed'") == "11");
}

TEST_CASE_METHOD(HeldFixture, "A migration does not begin before its time", "[store]") {
  const auto later =
      store.Create({.tenant = "acme", .request = "r", .start_at = absl::Now() + absl::Hours(1)});
  REQUIRE(later.ok());
  CHECK(IsQueueEmpty());
  const std::string reason = WhyQueued(later->id);
  CHECK(reason.substr(0, 10) == "begins at ");
  CHECK(reason.back() == 'Z');
  // A pause does not bring it forward.
  REQUIRE(store.Pause("acme", later->id).ok());
  REQUIRE(store.Resume("acme", later->id).ok());
  CHECK(IsQueueEmpty());
  database.Run("UPDATE jobs SET available_at = clock_timestamp()");
  CHECK(Take().run_id == later->id);
  const auto past =
      store.Create({.tenant = "acme", .request = "r", .start_at = absl::Now() - absl::Hours(1)});
  CHECK(Take().run_id == past->id);
}

TEST_CASE_METHOD(HeldFixture, "Who waits for a limit is told so", "[store]") {
  const std::string running = Create();
  const std::string queued = Create();
  Take();
  CHECK(WhyQueued(queued).empty());
  CHECK(WhyQueued(queued, 1) == "1 of the organization's migrations run, and no more than 1 may");
  CHECK(WhyQueued(queued, 2).empty());
  REQUIRE(MigrationLimits(&database.pool()).Set("acme", 1, "ada").ok());
  CHECK_FALSE(WhyQueued(queued).empty());
  CHECK(WhyQueued(running).empty());
}

}  // namespace
}  // namespace datamigrate::store
