#include <atomic>
#include <thread>

#include "agent_engine/store/run_store.h"
#include "tests/unit/store/store_fixture.h"

namespace datamigrate::store {
namespace {

using absl::StatusCode;
using workflow::Checkpoint;
using workflow::CheckpointStatus;

class SteeringFixture : public StoreFixture {
 public:
  // The checkpoint of a question that "wait" answers when nobody has within `patience`.
  void Ask(const JobLease& lease, absl::Duration patience = absl::InfiniteDuration()) {
    Checkpoint asking{.run_id = lease.run_id,
                      .step = 1,
                      .node = "plan",
                      .next_node = "plan",
                      .status = CheckpointStatus::kInterrupted};
    asking.question = R"({"q":1})";
    asking.answer_within = patience;
    asking.default_answer = R"({"option":"wait"})";
    REQUIRE(RunStore(&database.pool(), lease).Commit(asking, {}, {}).ok());
  }

  std::string JobStatus(const std::string& id) {
    return database.Value("SELECT status AS value FROM jobs WHERE run_id = '" + id + "'");
  }
};

TEST_CASE_METHOD(SteeringFixture, "A queued migration is paused at once and goes on when resumed",
                 "[store]") {
  const std::string id = Create();
  const std::string younger = Create();
  REQUIRE(store.Pause("acme", id).ok());
  CHECK(store.Pause("acme", id).ok());
  CHECK(StatusOf(id) == MigrationStatus::kPaused);
  CHECK(Take().run_id == younger);
  CHECK_FALSE(queue.Take("one", kLease)->has_value());
  REQUIRE(store.Resume("acme", id).ok());
  CHECK(StatusOf(id) == MigrationStatus::kPending);
  CHECK(Take().run_id == id);
  CHECK(EventKinds(id) == Words{"created", "status_changed", "status_changed", "status_changed"});
  CHECK(store.Pause("globex", id).code() == StatusCode::kNotFound);
  CHECK(store.Pause("acme", "x").code() == StatusCode::kInvalidArgument);
}

TEST_CASE_METHOD(SteeringFixture,
                 "Whoever runs a migration hears of a pause, once, and gives it back", "[store]") {
  const std::string id = Create();
  JobLease lease = Take();
  REQUIRE(store.Pause("acme", id).ok());
  REQUIRE(store.Pause("acme", id).ok());
  CHECK(StatusOf(id) == MigrationStatus::kRunning);
  CHECK(queue.Heartbeat(lease, kLease).value() == StopRequest::kPause);
  REQUIRE(queue.Release(lease).ok());
  CHECK(queue.Release(lease).ok());  // a repeated call is no error
  CHECK(StatusOf(id) == MigrationStatus::kPaused);
  CHECK_FALSE(queue.Take("one", kLease)->has_value());
  CHECK(EventKinds(id) == Words{"created", "status_changed", "pause_requested", "status_changed"});
  REQUIRE(store.Resume("acme", id).ok());
  lease = Take();
  CHECK(lease.attempts == 1);
  CHECK(lease.stop_request == StopRequest::kNone);
}

TEST_CASE_METHOD(SteeringFixture, "A pause outlives the engine that it was asked of", "[store]") {
  const std::string id = Create();
  JobLease lease = Take();
  REQUIRE(store.Pause("acme", id).ok());
  ExpireLease(lease);
  JobLease heir = Take("two");
  CHECK(heir.stop_request == StopRequest::kPause);
  CHECK(IsLeaseLost(queue.Release(lease)));
  REQUIRE(queue.Release(heir).ok());
  CHECK(StatusOf(id) == MigrationStatus::kPaused);
}

TEST_CASE_METHOD(SteeringFixture, "What ends before a pause reaches it has ended", "[store]") {
  const std::string id = Create();
  JobLease lease = Take();
  REQUIRE(store.Pause("acme", id).ok());
  const bool has_failed = GENERATE(false, true);
  REQUIRE((has_failed ? queue.Fail(lease, "broken") : queue.Complete(lease)).ok());
  CHECK(StatusOf(id) == (has_failed ? MigrationStatus::kFailed : MigrationStatus::kCompleted));
  CHECK(store.Pause("acme", id).code() == StatusCode::kFailedPrecondition);
  if (!has_failed) return;
  REQUIRE(store.Resume("acme", id).ok());
  CHECK(Take().stop_request == StopRequest::kNone);
}

TEST_CASE_METHOD(SteeringFixture, "A run that is to be tried again is paused instead", "[store]") {
  const std::string id = Create();
  JobLease lease = Take();
  REQUIRE(store.Pause("acme", id).ok());
  REQUIRE(queue.Fail(lease, "the source is away", absl::Hours(1)).ok());
  CHECK(StatusOf(id) == MigrationStatus::kPaused);
  CHECK(store.Get("acme", id)->error == "the source is away");
}

TEST_CASE_METHOD(SteeringFixture, "Of pausing and cancelling, cancelling wins", "[store]") {
  const std::string id = Create();
  JobLease lease = Take();
  REQUIRE(store.Pause("acme", id).ok());
  REQUIRE(store.Cancel("acme", id).ok());
  CHECK(queue.Heartbeat(lease, kLease).value() == StopRequest::kCancel);
  CHECK(store.Pause("acme", id).code() == StatusCode::kFailedPrecondition);
  // The run had stopped for the pause before it heard of the cancellation.
  REQUIRE(queue.Release(lease).ok());
  CHECK(store.Pause("acme", id).code() == StatusCode::kFailedPrecondition);
  lease = Take();
  CHECK(lease.stop_request == StopRequest::kCancel);
  REQUIRE(queue.Cancelled(lease).ok());
  CHECK(StatusOf(id) == MigrationStatus::kCancelled);

  const std::string paused = Create();
  REQUIRE(store.Pause("acme", paused).ok());
  REQUIRE(store.Cancel("acme", paused).ok());
  CHECK(StatusOf(paused) == MigrationStatus::kCancelled);
  CHECK(store.Pause("acme", paused).code() == StatusCode::kFailedPrecondition);
}

TEST_CASE_METHOD(SteeringFixture, "A pause is taken back while the run has not stopped",
                 "[store]") {
  const std::string id = Create();
  JobLease lease = Take();
  REQUIRE(store.Pause("acme", id).ok());
  REQUIRE(store.Resume("acme", id).ok());
  CHECK(queue.Heartbeat(lease, kLease).value() == StopRequest::kNone);
  REQUIRE(queue.Release(lease).ok());
  CHECK(StatusOf(id) == MigrationStatus::kPending);
}

TEST_CASE_METHOD(SteeringFixture, "A paused question waits on, and its deadline comes no nearer",
                 "[store]") {
  const std::string id = Create();
  JobLease lease = Take();
  Ask(lease, absl::Hours(1));
  const bool is_asked_for_before = GENERATE(false, true);
  if (is_asked_for_before) REQUIRE(store.Pause("acme", id).ok());
  REQUIRE(queue.Suspend(lease).ok());
  if (!is_asked_for_before) REQUIRE(store.Pause("acme", id).ok());
  CHECK(StatusOf(id) == MigrationStatus::kPaused);

  // Two hours pass.
  database.Run("UPDATE user_decisions SET deadline = deadline - interval '2 hours'");
  database.Run("UPDATE jobs SET paused_at = paused_at - interval '2 hours'");
  CHECK(*store.AnswerOverdue() == 0);
  REQUIRE(store.Resume("acme", id).ok());
  CHECK(StatusOf(id) == MigrationStatus::kAwaitingDecision);
  CHECK(*store.AnswerOverdue() == 0);
  CHECK(database.Value("SELECT deadline > clock_timestamp() + interval '59 minutes' AS value"
                       " FROM user_decisions") == "t");
  REQUIRE(store.Decide("acme", id, 1, R"({"option":"yes"})", "ada").ok());
  CHECK(Take().run_id == id);
}

TEST_CASE_METHOD(SteeringFixture, "An answer to a paused question is kept until it is resumed",
                 "[store]") {
  const std::string id = Create();
  JobLease lease = Take();
  Ask(lease);
  REQUIRE(queue.Suspend(lease).ok());
  REQUIRE(store.Pause("acme", id).ok());
  REQUIRE(store.Decide("acme", id, 1, R"({"option":"yes"})", "ada").ok());
  CHECK(StatusOf(id) == MigrationStatus::kPaused);
  CHECK_FALSE(queue.Take("one", kLease)->has_value());
  REQUIRE(store.Resume("acme", id).ok());
  CHECK(StatusOf(id) == MigrationStatus::kPending);
  RunStore run(&database.pool(), Take());
  CHECK((*run.Latest(id))->answer == R"({"option":"yes"})");
}

TEST_CASE_METHOD(SteeringFixture, "A priority that is set later decides what is taken next",
                 "[store]") {
  const std::string old = Create();
  const std::string young = Create();
  const std::string youngest = Create();
  REQUIRE(store.SetPriority("acme", young, kHighestPriority).ok());
  REQUIRE(store.SetPriority("acme", young, kHighestPriority).ok());
  REQUIRE(store.SetPriority("acme", old, kLowestPriority).ok());
  CHECK(store.Get("acme", young)->priority == kHighestPriority);
  CHECK(store.List("acme", {}, 10, "", MigrationOrder::kOldest)->items[0].priority ==
        kLowestPriority);
  CHECK(EventKinds(young) == Words{"created", "priority_changed"});
  const JobLease lease = Take();
  CHECK(lease.run_id == young);
  CHECK(Take().run_id == youngest);
  CHECK(Take().run_id == old);
  CHECK(store.SetPriority("acme", old, 11).code() == StatusCode::kInvalidArgument);
  CHECK(store.SetPriority("acme", old, -11).code() == StatusCode::kInvalidArgument);
  CHECK(store.SetPriority("globex", old, 1).code() == StatusCode::kNotFound);
  REQUIRE(queue.Complete(lease).ok());
  CHECK(store.SetPriority("acme", young, 1).code() == StatusCode::kFailedPrecondition);
}

TEST_CASE_METHOD(SteeringFixture, "Pausing races with the end, and one of them has happened",
                 "[store]") {
  std::atomic<int> paused = 0;
  for (int i = 0; i < 30; ++i) {
    const std::string id = Create();
    const JobLease lease = Take();
    absl::Status asked;
    std::thread person([&] { asked = store.Pause("acme", id); });
    // Either way round, an end is an end; what is left otherwise is paused or queued.
    const absl::Status left = i % 2 == 0 ? queue.Complete(lease) : queue.Release(lease);
    person.join();
    REQUIRE(left.ok());
    const MigrationStatus status = StatusOf(id);
    if (i % 2 == 0) {
      CHECK(status == MigrationStatus::kCompleted);
    } else {
      CHECK(asked.ok());
      CHECK(status == MigrationStatus::kPaused);
      ++paused;
    }
    CHECK(database.Value("SELECT pause_requested AS value FROM jobs WHERE run_id = '" + id + "'") ==
          "f");
  }
  CHECK(paused == 15);
}

}  // namespace
}  // namespace datamigrate::store
