#include "agent_engine/store/short_jobs.h"

#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/store/short_job_worker.h"
#include "common/pg/schema.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::store {
namespace {

class ShortJobsFixture {
 public:
  ShortJobsFixture() : queue(&database.pool()) {
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, Schema()).ok());
  }

  void Add(int count, int priority = 0) {
    std::vector<NewShortJob> jobs;
    for (int i = 0; i < count; ++i) {
      jobs.push_back({.tenant = "acme",
                      .kind = "mail",
                      .payload = std::string("\0\xff", 2) + std::to_string(i),
                      .priority = priority});
    }
    REQUIRE(queue.Enqueue(jobs).ok());
  }
  std::vector<ShortJob> Take(int most, const std::vector<ShortJob>& done = {}) {
    auto jobs = queue.Exchange("one", "mail", done, most);
    REQUIRE(jobs.ok());
    return *jobs;
  }
  void ExpireLeases() {
    database.Run(
        "UPDATE jobs SET lease_until = clock_timestamp() - interval '1 second'"
        " WHERE status = 'running'");
  }
  std::string Rows(const std::string& where = "true") {
    return database.Value("SELECT count(*) AS value FROM jobs WHERE " + where);
  }

  TestDatabase database;
  ShortJobQueue queue;
};

TEST_CASE_METHOD(ShortJobsFixture, "Short jobs come with their payload, urgent ones first",
                 "[store]") {
  Add(2);
  Add(1, 7);
  std::vector<ShortJob> first = Take(1);
  REQUIRE(first.size() == 1);
  CHECK(first[0].payload == std::string("\0\xff", 2) + "0");
  CHECK(first[0].tenant == "acme");
  CHECK(Take(10, first).size() == 2);
  CHECK(Rows() == "2");
  CHECK(Take(10).empty());
  auto others = queue.Exchange("one", "other kind", {}, 10);
  CHECK(others->empty());
}

TEST_CASE_METHOD(ShortJobsFixture, "A job of a dead worker is taken again, and only then",
                 "[store]") {
  Add(3);
  std::vector<ShortJob> dead = Take(3);
  CHECK(Take(3).empty());
  REQUIRE(queue.Extend("one", dead).ok());
  ExpireLeases();
  // Its own owner, late: what it has done is done, and is not taken again in the same breath.
  std::vector<ShortJob> again = Take(3, {dead[0]});
  CHECK(again.size() == 2);
  CHECK(again[0].attempts == 2);
  // The first taker's word counts no more.
  CHECK(Take(0, dead).empty());
  CHECK(Rows() == "2");
  CHECK(Take(0, again).empty());
  CHECK(Rows() == "0");
}

TEST_CASE_METHOD(ShortJobsFixture, "Many workers share the jobs without repeating one", "[store]") {
  constexpr int kJobs = 2000;
  Add(kJobs);
  absl::Mutex mutex;
  std::multiset<std::string> ran;
  auto run = [&](const ShortJob& job) {
    absl::MutexLock lock(&mutex);
    ran.insert(job.id);
    return absl::OkStatus();
  };
  std::vector<std::unique_ptr<ShortJobWorker>> workers;
  for (int i = 0; i < 3; ++i) {
    ShortJobWorkerOptions options{.owner = "w" + std::to_string(i), .kind = "mail", .batch = 50};
    workers.push_back(std::make_unique<ShortJobWorker>(&queue, options, run));
    workers.back()->Start();
  }
  {
    absl::MutexLock lock(&mutex);
    auto is_over = [&] { return ran.size() >= kJobs; };
    CHECK(mutex.AwaitWithTimeout(absl::Condition(&is_over), absl::Seconds(30)));
  }
  for (auto& worker : workers) worker->Stop();
  CHECK(ran.size() == kJobs);
  CHECK(std::set<std::string>(ran.begin(), ran.end()).size() == kJobs);
  CHECK(Rows() == "0");
}

TEST_CASE_METHOD(ShortJobsFixture, "Failures come back or are set aside with their reason",
                 "[store]") {
  Add(3);
  std::vector<ShortJob> jobs = Take(3);
  REQUIRE(queue.Fail("one", jobs[0], "away", absl::ZeroDuration()).ok());
  REQUIRE(queue.Fail("one", jobs[1], "wrong address").ok());
  REQUIRE(queue.Release("one", {jobs[2]}).ok());
  auto aside = queue.Aside("acme");
  REQUIRE(aside->size() == 1);
  CHECK(aside->front().id == jobs[1].id);
  CHECK(aside->front().error == "wrong address");
  CHECK(queue.Aside("globex")->empty());
  CHECK(queue.Requeue("globex", jobs[1].id).code() == absl::StatusCode::kNotFound);
  std::vector<ShortJob> again = Take(3);
  REQUIRE(again.size() == 2);
  CHECK(again[0].attempts + again[1].attempts == 3);  // one failed, one was released
  REQUIRE(queue.Requeue("acme", jobs[1].id).ok());
  CHECK(Take(3).size() == 1);
}

TEST_CASE_METHOD(ShortJobsFixture, "A job that kills its workers is set aside", "[store]") {
  Add(1);
  for (int i = 0; i < queue.options().max_attempts; ++i) {
    REQUIRE(Take(1).size() == 1);
    ExpireLeases();
  }
  CHECK(Take(1).empty());
  CHECK(*JobQueue(&database.pool()).FailExhausted() == 0);  // those of runs are its business
  CHECK(*queue.SetAsideExhausted() == 1);
  CHECK(queue.Aside("acme")->front().error == "its worker stopped 5 times while it ran");
}

TEST_CASE_METHOD(ShortJobsFixture, "A worker that is stopped gives back what it did not begin",
                 "[store]") {
  Add(20);
  absl::Notification began;
  absl::Notification go_on;
  int ran = 0;
  ShortJobWorkerOptions options{.owner = "w", .kind = "mail", .threads = 1, .batch = 20};
  ShortJobWorker worker(&queue, options, [&](const ShortJob&) -> absl::Status {
    if (++ran == 1) throw std::runtime_error("broken");
    if (ran == 2) began.Notify();
    go_on.WaitForNotification();
    return absl::OkStatus();
  });
  worker.Start();
  began.WaitForNotification();
  std::thread stopper([&] { worker.Stop(); });
  go_on.Notify();
  stopper.join();
  CHECK(queue.Aside("acme")->front().error == "unexpected exception: broken");
  CHECK(Rows("status = 'running'") == "0");
  CHECK(Rows("status = 'queued'") == std::to_string(20 - ran));
}

}  // namespace
}  // namespace datamigrate::store
