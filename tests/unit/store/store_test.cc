#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "agent_engine/store/creation_queue.h"
#include "agent_engine/store/event_feed.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/migration_writer.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/workflow/graph.h"
#include "common/pg/listener.h"
#include "tests/unit/store/store_fixture.h"

namespace datamigrate::store {
namespace {

using absl::StatusCode;
using workflow::Checkpoint;
using workflow::CheckpointStatus;

constexpr char kNobody[] = "00000000-0000-0000-0000-000000000000";

Checkpoint Step(const std::string& run, int64_t step, const std::string& next = "test") {
  return {.run_id = run,
          .step = step,
          .node = "plan",
          .next_node = next,
          .state = std::string("\0state", 6)};
}

TEST_CASE_METHOD(StoreFixture, "A migration is created with its job and its first event",
                 "[store]") {
  std::string id = Create("shop \"名前\"");
  absl::StatusOr<MigrationRecord> record = store.Get("acme", id);
  REQUIRE(record.ok());
  CHECK(record->name == "shop \"名前\"");
  CHECK(record->created_by == "ada");
  CHECK(record->request == "request of shop \"名前\"");
  CHECK(record->status == MigrationStatus::kPending);
  CHECK(absl::Now() - record->created_at < absl::Minutes(1));
  CHECK(EventKinds(id) == Words{"created"});
  CHECK(Take().run_id == id);
  CHECK_FALSE(queue.Take("two", kLease)->has_value());
}

TEST_CASE_METHOD(StoreFixture, "An idempotency key creates one migration", "[store]") {
  NewMigration request{.tenant = "acme", .name = "a", .idempotency_key = "k", .request = "same"};
  auto first = store.Create(request);
  auto again = store.Create(request);
  REQUIRE(first.ok());
  REQUIRE(again.ok());
  CHECK(first->is_new);
  CHECK_FALSE(again->is_new);
  CHECK(first->id == again->id);
  request.request = "other";
  CHECK(store.Create(request).status().code() == StatusCode::kAlreadyExists);
  request.tenant = "globex";
  CHECK(store.Create(request)->is_new);
  CHECK(database.Value("SELECT count(*) AS value FROM jobs") == "2");
}

TEST_CASE_METHOD(StoreFixture, "Many callers with one key at once get the same migration",
                 "[store]") {
  std::vector<std::thread> threads;
  std::vector<std::string> ids(6);
  for (std::string& id : ids) {
    threads.emplace_back([&] {
      auto created = store.Create({.tenant = "acme", .idempotency_key = "k", .request = "r"});
      id = created.ok() ? created->id : std::string(created.status().message());
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 1);
  CHECK(database.Value("SELECT count(*) AS value FROM migrations") == "1");
}

TEST_CASE_METHOD(StoreFixture, "Lists are filtered and ordered, page by page", "[store]") {
  const std::vector<std::string> names = {"beta", "Alpha 100%", "alpha_2", "gamma", "alpha 3"};
  for (const std::string& name : names) Create(name);
  const auto all = [&](const MigrationFilter& filter, MigrationOrder order) {
    std::vector<std::string> found;
    std::string token;
    do {
      const auto page = store.List("acme", filter, 2, token, order);
      REQUIRE(page.ok());
      for (const auto& record : page->items) found.push_back(record.name);
      token = page->next_token;
    } while (!token.empty());
    return found;
  };
  CHECK(all({}, MigrationOrder::kOldest) == names);
  CHECK(all({}, MigrationOrder::kNewest) == Words(names.rbegin(), names.rend()));
  Words sorted = all({}, MigrationOrder::kName);
  CHECK(sorted.size() == 5);
  CHECK(std::set<std::string>(sorted.begin(), sorted.end()).size() == 5);
  CHECK(all({.name = "ALPHA"}, MigrationOrder::kOldest) ==
        Words{"Alpha 100%", "alpha_2", "alpha 3"});
  CHECK(all({.name = "%"}, MigrationOrder::kOldest) == Words{"Alpha 100%"});
  CHECK(all({.target = "duckdb"}, MigrationOrder::kOldest).size() == 5);
  CHECK(all({.target = "snowflake"}, MigrationOrder::kOldest).empty());
  CHECK(store.List("acme", {}, 1)->items[0].target == "duckdb");
  const absl::Time third = store.List("acme", {.name = "alpha_2"}, 1)->items[0].created_at;
  CHECK(all({.created_from = third}, MigrationOrder::kOldest) ==
        Words{"alpha_2", "gamma", "alpha 3"});
  CHECK(all({.created_before = third}, MigrationOrder::kOldest) == Words{"beta", "Alpha 100%"});
  const std::string token = store.List("acme", {}, 2, "", MigrationOrder::kName)->next_token;
  CHECK(store.List("acme", {}, 2, token).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE_METHOD(StoreFixture, "Many are created at once, each with an answer of its own",
                 "[store]") {
  const NewMigration keyed{.tenant = "acme", .name = "a", .idempotency_key = "k", .request = "r"};
  NewMigration otherwise = keyed;
  otherwise.request = "other";
  NewMigration elsewhere = keyed;
  elsewhere.tenant = "globex";
  const NewMigration free{.tenant = "acme", .name = "quoted \"{\\, NULL", .request = {"\0\xff", 2}};
  const auto created = store.CreateAll({keyed, free, free, keyed, otherwise, elsewhere});
  REQUIRE(created.size() == 6);
  for (const size_t i : {0, 1, 2, 3, 5}) REQUIRE(created[i].ok());
  CHECK(created[0]->is_new);
  CHECK(created[1]->id != created[2]->id);
  CHECK(created[3]->id == created[0]->id);
  CHECK_FALSE(created[3]->is_new);
  CHECK(created[4].status().code() == StatusCode::kAlreadyExists);
  CHECK(created[5]->is_new);
  const auto record = store.Get("acme", created[1]->id);
  CHECK(record->name == free.name);
  CHECK(record->request == free.request);
  CHECK(record->idempotency_key.empty());
  CHECK(record->created_at == created[1]->created_at);
  CHECK(EventKinds(created[2]->id) == Words{"created"});
  CHECK(database.Value("SELECT count(*) AS value FROM jobs") == "4");
}

TEST_CASE_METHOD(StoreFixture, "A text that the database refuses harms only its own migration",
                 "[store]") {
  const NewMigration good{.tenant = "acme", .request = "r"};
  const NewMigration bad{.tenant = "\xff", .request = "r"};
  const auto created = store.CreateAll({good, bad, good});
  CHECK(created[0].ok());
  CHECK_FALSE(created[1].ok());
  CHECK(created[2].ok());
}

TEST_CASE_METHOD(StoreFixture, "The queue answers every migration, also those that wait at its end",
                 "[store]") {
  std::atomic<int> answered = 0;
  {
    CreationQueue creations(&store, {.writers = 1, .max_group = 7});
    for (int i = 0; i < 30; ++i) {
      const NewMigration migration{.tenant = "acme", .name = std::to_string(i), .request = "r"};
      REQUIRE(creations
                  .Submit({{migration,
                            [&](const auto& created) { answered += created.ok() ? 1 : 100; }}})
                  .empty());
    }
  }
  CHECK(answered == 30);
  CHECK(database.Value("SELECT count(*) AS value FROM migrations") == "30");
}

TEST_CASE_METHOD(StoreFixture, "What is submitted together is written together", "[store]") {
  std::vector<CreationQueue::Item> items;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 20; ++i) {
    items.push_back({{.tenant = "acme", .request = "r"},
                     [&](const auto& created) { answered += created.ok() ? 1 : 100; }});
  }
  {
    CreationQueue creations(&store, {});
    REQUIRE(creations.Submit(std::move(items)).empty());
  }
  CHECK(answered == 20);
  CHECK(database.Value("SELECT count(DISTINCT xmin::text) AS value FROM migrations") == "1");
}

TEST_CASE_METHOD(StoreFixture, "What the queue has no room for comes back", "[store]") {
  std::vector<CreationQueue::Item> items;
  std::atomic<int> answered = 0;
  for (const char* name : {"a", "b", "c"}) {
    items.push_back(
        {{.tenant = "acme", .name = name, .request = "r"}, [&](const auto&) { ++answered; }});
  }
  {
    CreationQueue creations(&store, {.max_waiting = 2});
    const auto left = creations.Submit(std::move(items));
    REQUIRE(left.size() == 1);
    CHECK(left[0].migration.name == "c");
  }
  CHECK(answered == 2);
}

TEST_CASE_METHOD(StoreFixture, "Workers hear of new jobs, though not from what creates them",
                 "[store]") {
  pg::Listener listener(database.options(), {kJobsChannel});
  // The first answer, without names, says that it listens.
  REQUIRE(listener.Wait(absl::Now() + absl::Seconds(10)).ok());
  const auto heard = [&](absl::Duration patience) {
    const auto arrived = listener.Wait(absl::Now() + patience);
    REQUIRE(arrived.ok());
    return arrived->size();
  };
  REQUIRE(store.CreateAll({{.tenant = "acme", .request = "r"}}).front().ok());
  REQUIRE(store.AnnounceJobs().ok());
  CHECK(heard(absl::Seconds(10)) == 1);
  Create();
  CHECK(heard(absl::Seconds(10)) == 1);
  CreationQueue creations(&store, {});
  REQUIRE(creations.Submit({{{.tenant = "acme", .request = "r"}, [](const auto&) {}}}).empty());
  CHECK(heard(absl::Seconds(10)) == 1);
}

TEST_CASE_METHOD(StoreFixture, "Creating can be done in less than ten milliseconds", "[store]") {
  Create();  // opens the connection
  std::vector<absl::Duration> times;
  for (int i = 0; i < 100; ++i) {
    absl::Time before = absl::Now();
    Create("m" + std::to_string(i));
    times.push_back(absl::Now() - before);
  }
  std::sort(times.begin(), times.end());
  // The fast tenth shows what it costs; the rest shows what else the machine and its disk do.
  CHECK(times[10] < absl::Milliseconds(10));
  WARN("create: median " << absl::FormatDuration(times[50]) << ", 95th percentile "
                         << absl::FormatDuration(times[95]));
}

TEST_CASE_METHOD(StoreFixture, "What another tenant owns is not there", "[store]") {
  std::string id = Create();
  CHECK(store.Get("globex", id).status().code() == StatusCode::kNotFound);
  CHECK(store.Cancel("globex", id).code() == StatusCode::kNotFound);
  CHECK(store.Resume("globex", id).code() == StatusCode::kNotFound);
  CHECK(store.Decide("globex", id, 1, "{}", "eve").code() == StatusCode::kNotFound);
  CHECK(store.EventsSince("globex", id, 0).status().code() == StatusCode::kNotFound);
  CHECK(store.AppendEvent("globex", id, "k", "{}").status().code() == StatusCode::kNotFound);
  CHECK(store.ListModels("globex", id, "", 10).status().code() == StatusCode::kNotFound);
  CHECK(store.GetModel("globex", id, "m").status().code() == StatusCode::kNotFound);
  CHECK(store.Decisions("globex", id).status().code() == StatusCode::kNotFound);
  CHECK(store.Chunks("globex", id).status().code() == StatusCode::kNotFound);
  CHECK(store.List("globex", {}, 10)->items.empty());
  CHECK(store.Get("acme", kNobody).status().code() == StatusCode::kNotFound);
  CHECK(store.Get("acme", "'; DROP TABLE jobs").status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE_METHOD(StoreFixture, "Pages neither repeat nor skip rows while rows are added",
                 "[store]") {
  std::vector<std::string> expected;
  for (int i = 0; i < 25; ++i) expected.insert(expected.begin(), Create());
  std::vector<std::string> seen;
  std::string token;
  do {
    auto page = store.List("acme", {}, 10, token);
    REQUIRE(page.ok());
    for (const MigrationRecord& item : page->items) seen.push_back(item.id);
    token = page->next_token;
    Create("newcomer");
  } while (!token.empty());
  CHECK(seen == expected);

  // Rows of one instant are told apart by their ids.
  database.Run("UPDATE migrations SET created_at = '2024-05-06 07:08:09.123456+00'");
  std::set<std::string> distinct;
  int pages = 0;
  do {
    auto page = store.List("acme", {}, 9, token);
    for (const MigrationRecord& item : page->items) distinct.insert(item.id);
    token = page->next_token;
    ++pages;
  } while (!token.empty());
  CHECK(distinct.size() == 28);
  CHECK(pages == 4);

  CHECK(store.List("acme", {}, 9, "nonsense").status().code() == StatusCode::kInvalidArgument);
  CHECK(store.List("acme", {}, 9, "123.").status().code() == StatusCode::kInvalidArgument);
  Take();
  CHECK(store.List("acme", {.status = MigrationStatus::kRunning}, 10)->items.size() == 1);
  CHECK(store.List("acme", {.status = MigrationStatus::kFailed}, 10)->items.empty());
}

TEST_CASE_METHOD(StoreFixture, "Owners that race for jobs get each job once", "[store]") {
  for (int i = 0; i < 20; ++i) Create();
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> taken(4);
  for (auto& mine : taken) {
    threads.emplace_back([&] {
      while (true) {
        auto lease = queue.Take("racer", kLease);
        // Skipped rows may all be in another's hands for a moment; stop when none are left.
        if (!lease.ok() || !lease->has_value()) break;
        mine.push_back((*lease)->run_id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  while (auto rest = *queue.Take("racer", kLease)) taken[0].push_back(rest->run_id);
  std::vector<std::string> all;
  for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  CHECK(all.size() == 20);
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == 20);
}

TEST_CASE_METHOD(StoreFixture, "Urgent jobs go first, then the oldest; kinds are kept apart",
                 "[store]") {
  std::string old = Create("old");
  Create("young");
  auto urgent = store.Create({.tenant = "acme", .request = "u", .priority = 5});
  auto other = store.Create({.tenant = "acme", .request = "o", .job_kind = "other", .priority = 9});
  CHECK((*queue.Take("one", kLease, {"migration"}))->run_id == urgent->id);
  CHECK((*queue.Take("one", kLease, {"migration"}))->run_id == old);
  CHECK((*queue.Take("one", kLease, {"other"}))->run_id == other->id);
}

TEST_CASE_METHOD(StoreFixture, "An expired lease is taken over, and the old owner writes nothing",
                 "[store]") {
  std::string id = Create();
  JobLease zombie = Take("one");
  CHECK(zombie.attempts == 1);
  RunStore zombie_run(&database.pool(), zombie);
  REQUIRE(zombie_run.Commit(Step(id, 0), {}, {}).ok());
  CHECK_FALSE(queue.Take("two", kLease)->has_value());
  REQUIRE(queue.Heartbeat(zombie, kLease).ok());

  ExpireLease(zombie);
  JobLease heir = Take("two");
  CHECK(heir.run_id == id);
  CHECK(heir.fencing_token > zombie.fencing_token);
  RunStore heir_run(&database.pool(), heir);
  std::size_t events_before = EventKinds(id).size();

  bool was_called = false;
  auto write = Change([&](MigrationWriter& writer) {
    was_called = true;
    return writer.Update({.score = 1});
  });
  CHECK(IsLeaseLost(queue.Heartbeat(zombie, kLease).status()));
  CHECK(IsLeaseLost(zombie_run.Commit(Step(id, 1), {write}, {{.kind = "late"}})));
  CHECK(IsLeaseLost(zombie_run.Begin(id, 1, "key").status()));
  CHECK(IsLeaseLost(zombie_run.Complete(id, 1, "key", "receipt")));
  CHECK(IsLeaseLost(zombie_run.Write(write)));
  zombie_run.Emit(id, {.kind = "late"});
  CHECK(IsLeaseLost(queue.Complete(zombie)));
  CHECK(IsLeaseLost(queue.Suspend(zombie)));
  CHECK(IsLeaseLost(queue.Release(zombie)));
  CHECK(IsLeaseLost(queue.Fail(zombie, "late")));
  CHECK(IsLeaseLost(queue.Cancelled(zombie)));

  CHECK_FALSE(was_called);
  CHECK(EventKinds(id).size() == events_before);
  CHECK(StatusOf(id) == MigrationStatus::kRunning);
  CHECK(heir_run.Latest(id).value()->step == 0);
  CHECK(database.Value("SELECT count(*) AS value FROM journal") == "0");
  CHECK(heir_run.Commit(Step(id, 1), {}, {}).ok());
}

TEST_CASE_METHOD(StoreFixture, "The same owner fences its own former lease", "[store]") {
  Create();
  JobLease before = Take("one");
  ExpireLease(before);
  JobLease after = Take("one");
  CHECK(IsLeaseLost(queue.Heartbeat(before, kLease).status()));
  CHECK(queue.Heartbeat(after, kLease).ok());
}

TEST_CASE_METHOD(StoreFixture, "A job that kills its owners is given up; progress forgives",
                 "[store]") {
  std::string id = Create();
  JobLease lease;
  for (int i = 0; i < 4; ++i) {
    lease = Take();
    ExpireLease(lease);
  }
  lease = Take();
  CHECK(lease.attempts == 5);
  REQUIRE(RunStore(&database.pool(), lease).Commit(Step(id, 0), {}, {}).ok());
  for (int i = 0; i < 5; ++i) {
    ExpireLease(lease);
    CHECK(queue.FailExhausted().value() == 0);
    lease = Take();
  }
  ExpireLease(lease);
  CHECK_FALSE(queue.Take("one", kLease)->has_value());
  CHECK(queue.FailExhausted().value() == 1);
  CHECK(StatusOf(id) == MigrationStatus::kFailed);
  CHECK(store.Get("acme", id)->error.find("5 times at the same step, test;") != std::string::npos);
  CHECK(store.Get("acme", id)->is_set_aside);
  const std::string failed = Create();
  REQUIRE(queue.Fail(Take(), "broken").ok());
  CHECK_FALSE(store.Get("acme", failed)->is_set_aside);
  const auto aside = store.List("acme", {.is_set_aside = true}, 10);
  REQUIRE(aside->items.size() == 1);
  CHECK(aside->items[0].id == id);
  REQUIRE(store.Resume("acme", id).ok());
  CHECK(store.List("acme", {.is_set_aside = true}, 10)->items.empty());
  CHECK(store.Get("acme", id)->error.empty());
  CHECK(Take().attempts == 1);
}

TEST_CASE_METHOD(StoreFixture, "A job moves its migration", "[store]") {
  std::string id = Create();
  JobLease lease = Take();
  CHECK(StatusOf(id) == MigrationStatus::kRunning);
  REQUIRE(queue.Fail(lease, "the source is away", absl::Hours(1)).ok());
  CHECK(StatusOf(id) == MigrationStatus::kPending);
  CHECK(store.Get("acme", id)->error == "the source is away");
  CHECK(store.EventsSince("acme", id, 2)->front().payload_json ==
        R"({"error": "the source is away", "status": "pending"})");
  CHECK_FALSE(queue.Take("one", kLease)->has_value());  // not before the hour is over
  database.Run("UPDATE jobs SET available_at = clock_timestamp()");
  lease = Take();
  REQUIRE(queue.Release(lease).ok());
  lease = Take();
  CHECK(lease.attempts == 2);
  REQUIRE(queue.Complete(lease).ok());
  CHECK(queue.Complete(lease).ok());  // a repeated call is no error
  absl::StatusOr<MigrationRecord> record = store.Get("acme", id);
  CHECK(record->status == MigrationStatus::kCompleted);
  CHECK(record->progress == 1);
  CHECK(record->error.empty());
  CHECK(record->finished_at.has_value());
  CHECK(EventKinds(id) == Words{"created", "status_changed", "status_changed", "status_changed",
                                "status_changed", "status_changed", "status_changed"});
  CHECK(store.Cancel("acme", id).code() == StatusCode::kFailedPrecondition);
  CHECK(store.Resume("acme", id).code() == StatusCode::kFailedPrecondition);
}

TEST_CASE_METHOD(StoreFixture, "Cancelling stops a queued job at once and asks a running one",
                 "[store]") {
  std::string queued = Create();
  REQUIRE(store.Cancel("acme", queued).ok());
  CHECK(store.Cancel("acme", queued).ok());
  CHECK(StatusOf(queued) == MigrationStatus::kCancelled);
  CHECK_FALSE(queue.Take("one", kLease)->has_value());
  REQUIRE(store.Resume("acme", queued).ok());

  JobLease lease = Take();
  CHECK(queue.Heartbeat(lease, kLease).value() == StopRequest::kNone);
  REQUIRE(store.Cancel("acme", queued).ok());
  CHECK(StatusOf(queued) == MigrationStatus::kRunning);
  CHECK(queue.Heartbeat(lease, kLease).value() == StopRequest::kCancel);
  CHECK(store.Resume("acme", queued).code() == StatusCode::kFailedPrecondition);
  ExpireLease(lease);
  lease = Take("two");
  CHECK(lease.stop_request == StopRequest::kCancel);
  REQUIRE(queue.Cancelled(lease).ok());
  CHECK(StatusOf(queued) == MigrationStatus::kCancelled);
  REQUIRE(store.Resume("acme", queued).ok());
  CHECK(Take().stop_request == StopRequest::kNone);
}

TEST_CASE_METHOD(StoreFixture, "A checkpoint, its writes and its events are one", "[store]") {
  std::string id = Create();
  RunStore run(&database.pool(), Take());
  CHECK_FALSE(run.Latest(id).value().has_value());
  REQUIRE(run.Commit(Step(id, 0, "plan"), {}, {}).ok());
  auto update = Change([](MigrationWriter& writer) {
    absl::Status status =
        writer.UpsertModels({{.name = "stg_b", .object = "dbo.b", .status = "ok"},
                             {.name = "stg_a",
                              .object = "dbo.a",
                              .status = "ok",
                              .source_sql = std::string("x\0y", 3),
                              .target_sql = "{a,\"b\"}\\",
                              .diagnostics_json = R"([{"m":"\u0000"}])"},
                             {.name = "stg_b", .object = "dbo.b", .status = "failed"}});
    if (!status.ok()) return status;
    return writer.Update(
        {.progress = 0.5, .score = 97.5, .project_path = "/p", .summary_json = R"({"n":1})"});
  });
  Checkpoint checkpoint = Step(id, 1);
  REQUIRE(run.Commit(checkpoint, {update}, {{.kind = "node_completed", .node = "plan"}}).ok());
  REQUIRE(run.Commit(checkpoint, {update}, {{.kind = "node_completed"}}).ok());  // reply was lost
  CHECK(EventKinds(id) == Words{"created", "status_changed", "node_completed"});
  Checkpoint other = checkpoint;
  other.state = "other";
  CHECK(run.Commit(other, {}, {}).code() == StatusCode::kAlreadyExists);

  absl::StatusOr<MigrationRecord> record = store.Get("acme", id);
  CHECK(record->progress == 0.5);
  CHECK(record->score == 97.5);
  CHECK(record->project_path == "/p");
  CHECK(record->summary_json == R"({"n": 1})");
  CHECK(record->current_step == "test");
  absl::StatusOr<ModelRecord> model = store.GetModel("acme", id, "stg_a");
  REQUIRE(model.ok());
  CHECK(model->source_sql == "x\uFFFDy");
  CHECK(model->target_sql == "{a,\"b\"}\\");
  CHECK(store.GetModel("acme", id, "stg_b")->status == "failed");
  CHECK(store.GetModel("acme", id, "stg_c").status().code() == StatusCode::kNotFound);

  auto failing = Change([](MigrationWriter& writer) {
    absl::Status status = writer.ClearResults();
    return status.ok() ? absl::InternalError("after the clearing") : status;
  });
  CHECK(run.Commit(Step(id, 2), {failing}, {{.kind = "lost"}}).code() == StatusCode::kInternal);
  CHECK(run.Latest(id).value()->step == 1);
  CHECK(store.GetModel("acme", id, "stg_a").ok());
  CHECK(EventKinds(id).back() == "node_completed");

  absl::StatusOr<std::optional<Checkpoint>> latest = run.Latest(id);
  CHECK((*latest)->state == checkpoint.state);
  CHECK((*latest)->next_node == "test");
  CHECK(CheckpointHistory(database.pool(), id)->size() == 2);
  CHECK(CheckpointAt(database.pool(), id, 1)->state == checkpoint.state);
  CHECK(CheckpointAt(database.pool(), id, 7).status().code() == StatusCode::kNotFound);
  CHECK(run.Commit(Step(kNobody, 0), {}, {}).code() == StatusCode::kInvalidArgument);

  auto clearing = Change([](MigrationWriter& writer) { return writer.ClearResults(); });
  REQUIRE(run.Commit(Step(id, 2), {clearing}, {}).ok());
  record = store.Get("acme", id);
  CHECK_FALSE(record->score.has_value());
  CHECK(record->project_path.empty());
  CHECK(store.GetModel("acme", id, "stg_b").status().code() == StatusCode::kNotFound);
}

TEST_CASE_METHOD(StoreFixture, "The journal tells what was begun and what was done", "[store]") {
  std::string id = Create();
  RunStore run(&database.pool(), Take());
  auto first = run.Begin(id, 1, "load");
  CHECK_FALSE(first->was_begun);
  auto again = run.Begin(id, 1, "load");
  CHECK(again->was_begun);
  CHECK_FALSE(again->receipt.has_value());
  REQUIRE(run.Complete(id, 1, "load", std::string("\0receipt", 8)).ok());
  REQUIRE(run.Complete(id, 1, "load", "second").ok());
  CHECK(run.Begin(id, 1, "load")->receipt == std::string("\0receipt", 8));
  CHECK_FALSE(run.Begin(id, 2, "load")->was_begun);
}

TEST_CASE_METHOD(StoreFixture, "A question waits for its answer, however the two meet", "[store]") {
  std::string id = Create();
  JobLease lease = Take();
  RunStore run(&database.pool(), lease);
  Checkpoint asking = Step(id, 1, "plan");
  asking.status = CheckpointStatus::kInterrupted;
  asking.question = R"({"q": 1})";
  REQUIRE(run.Commit(asking, {}, {}).ok());
  CHECK(store.Decide("acme", id, 2, "{}", "ada").code() == StatusCode::kNotFound);

  bool answer_comes_first = GENERATE(false, true);
  if (answer_comes_first) {
    REQUIRE(store.Decide("acme", id, 1, R"({"a": 1})", "ada").ok());
    REQUIRE(queue.Suspend(lease).ok());
  } else {
    REQUIRE(queue.Suspend(lease).ok());
    CHECK(StatusOf(id) == MigrationStatus::kAwaitingDecision);
    CHECK_FALSE(queue.Take("two", kLease)->has_value());
    CHECK(store.Resume("acme", id).code() == StatusCode::kFailedPrecondition);
    REQUIRE(store.Decide("acme", id, 1, R"({"a": 1})", "ada").ok());
  }
  CHECK(StatusOf(id) == MigrationStatus::kPending);
  CHECK(store.Decide("acme", id, 1, R"({"a": 1})", "ada").ok());
  CHECK(store.Decide("acme", id, 1, R"({"a": 2})", "ada").code() ==
        StatusCode::kFailedPrecondition);
  RunStore next(&database.pool(), Take("two"));
  absl::StatusOr<std::optional<Checkpoint>> latest = next.Latest(id);
  CHECK((*latest)->status == CheckpointStatus::kInterrupted);
  CHECK((*latest)->question == R"({"q": 1})");
  CHECK((*latest)->answer == R"({"a": 1})");
  auto decisions = store.Decisions("acme", id);
  REQUIRE(decisions->size() == 1);
  CHECK(decisions->front().decided_by == "ada");
  CHECK(decisions->front().decided_at.has_value());
}

TEST_CASE_METHOD(StoreFixture, "Events are numbered without gaps whoever adds them", "[store]") {
  std::string id = Create();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        (void)store.AppendEvent("acme", id, "tick", R"({"text":"\u0000"})");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  auto events = store.EventsSince("acme", id, 0);
  REQUIRE(events->size() == 41);
  for (std::size_t i = 0; i < events->size(); ++i) {
    CHECK((*events)[i].sequence == static_cast<int64_t>(i) + 1);
  }
  CHECK(store.EventsSince("acme", id, 39)->size() == 2);
  CHECK(store.EventsSince("acme", id, 0, 5)->size() == 5);
  CHECK(store.EventsSince("acme", id, 41)->empty());
}

TEST_CASE_METHOD(StoreFixture, "Models are listed by name in pages", "[store]") {
  std::string id = Create();
  RunStore run(&database.pool(), Take());
  std::vector<ModelRecord> models;
  for (int i = 0; i < 450; ++i) {
    models.push_back({.name = "m" + std::to_string(1000 + i),
                      .status = i % 2 == 0 ? "even" : "odd",
                      .source_sql = "SELECT 1"});
  }
  REQUIRE(
      run.Write(Change([&](MigrationWriter& writer) { return writer.UpsertModels(models); })).ok());
  std::vector<std::string> names;
  std::string token;
  do {
    auto page = store.ListModels("acme", id, "odd", 100, token);
    REQUIRE(page.ok());
    for (const ModelRecord& model : page->items) names.push_back(model.name);
    token = page->next_token;
  } while (!token.empty());
  CHECK(names.size() == 225);
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(store.ListModels("acme", id, "none", 10)->items.empty());
}

TEST_CASE_METHOD(StoreFixture, "Chunks are recorded once each", "[store]") {
  std::string id = Create();
  RunStore run(&database.pool(), Take());
  auto record = [&](ChunkRecord chunk) {
    return run.Write(
        Change([chunk](MigrationWriter& writer) { return writer.RecordChunk(chunk); }));
  };
  REQUIRE(record({.table = "dbo.b", .chunk = 0, .rows = 5, .status = "begun"}).ok());
  REQUIRE(record({.table = "dbo.a", .chunk = 1, .rows = 7, .status = "loaded"}).ok());
  REQUIRE(
      record({.table = "dbo.b", .chunk = 0, .rows = 5, .checksum = "c", .status = "loaded"}).ok());
  auto chunks = store.Chunks("acme", id);
  REQUIRE(chunks->size() == 2);
  CHECK((*chunks)[0].table == "dbo.a");
  CHECK((*chunks)[1].checksum == "c");
  CHECK(store.Chunks("acme", id, "dbo.b")->size() == 1);
}

TEST_CASE_METHOD(StoreFixture, "A watcher is called when its migration has news", "[store]") {
  std::string id = Create();
  std::string other = Create("other");
  EventFeed feed(database.options(), absl::Hours(1));
  absl::Mutex mutex;
  int calls = 0;
  auto wait_for = [&](int count) {
    absl::MutexLock lock(&mutex);
    auto is_there = [&] { return calls >= count; };
    return mutex.AwaitWithTimeout(absl::Condition(&is_there), absl::Seconds(10));
  };
  {
    auto subscription = feed.Subscribe(id, [&] {
      absl::MutexLock lock(&mutex);
      ++calls;
    });
    REQUIRE(store.AppendEvent("acme", id, "tick", "").ok());
    REQUIRE(wait_for(1));
    absl::Notification other_heard;
    auto other_subscription = feed.Subscribe(other, [&] {
      if (!other_heard.HasBeenNotified()) other_heard.Notify();
    });
    REQUIRE(store.AppendEvent("acme", other, "tick", "").ok());
    REQUIRE(other_heard.WaitForNotificationWithTimeout(absl::Seconds(10)));
    int before = [&] {
      absl::MutexLock lock(&mutex);
      return calls;
    }();
    REQUIRE(store.AppendEvent("acme", id, "tick", "").ok());
    CHECK(wait_for(before + 1));
  }
  CHECK(store.AppendEvent("acme", id, "tick", "").ok());
}

}  // namespace
}  // namespace datamigrate::store
