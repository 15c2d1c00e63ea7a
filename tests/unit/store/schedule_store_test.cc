#include "agent_engine/store/schedule_store.h"

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "tests/unit/store/store_fixture.h"

namespace datamigrate::store {
namespace {

using absl::StatusCode;

absl::Time At(int day, int hour, int minute = 0) {
  return absl::FromCivil(absl::CivilMinute(2026, 12, day, hour, minute), absl::UTCTimeZone());
}

class ScheduleFixture : public StoreFixture {
 public:
  ScheduleFixture() : schedules(&database.pool()) {}

  static NewSchedule Nightly(const std::string& tenant = "acme") {
    return {.name = "nightly",
            .cron = "0 2 * * *",
            .migration = {.tenant = tenant,
                          .created_by = "ada",
                          .name = "shop",
                          .request = "request of shop",
                          .priority = 3}};
  }

  std::string Create(const NewSchedule& schedule = Nightly()) {
    const auto created = schedules.Create(schedule);
    INFO(created.status());
    REQUIRE(created.ok());
    return created->id;
  }

  // As if the occurrence of so long ago were the next one.
  void BeDueSince(const std::string& interval) {
    database.Run(
        "UPDATE schedules SET next_at = date_trunc('minute', clock_timestamp()) - interval '" +
        interval + "'");
  }

  std::vector<MigrationRecord> Made() { return store.List("acme", {}, 100)->items; }

  ScheduleStore schedules;
};

TEST_CASE("The latest of missed occurrences is made up for", "[store]") {
  const CronExpression nightly = *CronExpression::Parse("0 2 * * *");
  DueOccurrence due = OccurrenceAt(nightly, At(1, 2), At(1, 2));
  CHECK(due.at == At(1, 2));
  CHECK(due.missed == 0);
  CHECK(due.next == At(2, 2));
  due = OccurrenceAt(nightly, At(1, 2), At(4, 1, 59));
  CHECK(due.at == At(3, 2));
  CHECK(due.missed == 2);
  CHECK(due.next == At(4, 2));
  // More than are counted.
  due = OccurrenceAt(*CronExpression::Parse("* * * * *"), absl::UnixEpoch(), At(1, 2));
  CHECK(due.missed == kMostMissed);
  CHECK(due.next == At(1, 2, 1));
}

TEST_CASE_METHOD(ScheduleFixture, "A schedule makes nothing before its time, then one migration",
                 "[store]") {
  const std::string id = Create();
  const auto before = schedules.List("acme");
  REQUIRE(before->size() == 1);
  CHECK((*before)[0].next_at > absl::Now());
  CHECK((*before)[0].next_at < absl::Now() + absl::Hours(25));
  CHECK(schedules.MakeDue().value() == 0);
  BeDueSince("1 minute");
  CHECK(schedules.MakeDue().value() == 1);
  CHECK(schedules.MakeDue().value() == 0);

  const auto made = Made();
  REQUIRE(made.size() == 1);
  const auto record = store.Get("acme", made[0].id);
  CHECK(record->name == "shop");
  CHECK(record->created_by == "ada");
  CHECK(record->request == "request of shop");
  CHECK(record->priority == 3);
  CHECK(record->schedule_id == id);
  CHECK(record->scheduled_at.has_value());
  CHECK(EventKinds(record->id) == Words{"created", "scheduled"});
  const auto after = schedules.List("acme");
  CHECK((*after)[0].last_migration == record->id);
  CHECK((*after)[0].last_at == record->scheduled_at);
  CHECK((*after)[0].next_at > absl::Now());
  CHECK(Take().run_id == record->id);
}

TEST_CASE_METHOD(ScheduleFixture, "Of occurrences that nobody looked after one is made up for",
                 "[store]") {
  NewSchedule often = Nightly();
  often.cron = "* * * * *";
  Create(often);
  BeDueSince("10 minutes");
  CHECK(schedules.MakeDue().value() == 1);
  const auto made = Made();
  REQUIRE(made.size() == 1);
  const auto events = store.EventsSince("acme", made[0].id, 1);
  REQUIRE(events->size() == 1);
  // A minute may have begun meanwhile.
  const std::string said = events->front().payload_json;
  INFO(said);
  CHECK((said.find("; 10 earlier occurrences were missed while no engine looked") !=
             std::string::npos ||
         said.find("; 11 earlier occurrences were missed") != std::string::npos));
}

TEST_CASE_METHOD(ScheduleFixture, "Engines that look at once make each occurrence's one migration",
                 "[store]") {
  for (int i = 0; i < 10; ++i) {
    NewSchedule schedule = Nightly();
    schedule.name = std::to_string(i);
    Create(schedule);
  }
  BeDueSince("1 minute");
  std::atomic<int> made = 0;
  std::vector<std::thread> engines;
  for (int i = 0; i < 4; ++i) {
    engines.emplace_back([&] {
      const absl::StatusOr<int> mine = schedules.MakeDue();
      made += mine.ok() ? *mine : 1000;
    });
  }
  for (std::thread& engine : engines) engine.join();
  CHECK(made == 10);
  CHECK(Made().size() == 10);
}

TEST_CASE_METHOD(ScheduleFixture, "The database lets no occurrence make two", "[store]") {
  Create();
  BeDueSince("1 minute");
  REQUIRE(schedules.MakeDue().value() == 1);
  database.Run("UPDATE schedules SET next_at = last_at");
  CHECK_FALSE(schedules.MakeDue().ok());
  CHECK(Made().size() == 1);
}

TEST_CASE_METHOD(ScheduleFixture, "A schedule that cannot be read stops, and says so", "[store]") {
  Create();
  database.Run("UPDATE schedules SET cron = '@reboot'");
  BeDueSince("1 minute");
  CHECK(schedules.MakeDue().value() == 1);
  CHECK(schedules.MakeDue().value() == 0);
  CHECK(Made().empty());
  const auto listed = schedules.List("acme");
  CHECK_FALSE((*listed)[0].next_at.has_value());
  CHECK_FALSE((*listed)[0].error.empty());
}

TEST_CASE_METHOD(ScheduleFixture, "Schedules are an organization's own", "[store]") {
  const std::string id = Create();
  CHECK(schedules.Create(Nightly()).status().code() == StatusCode::kAlreadyExists);
  Create(Nightly("globex"));
  CHECK(schedules.List("acme")->size() == 1);
  CHECK(schedules.List("initech")->empty());
  CHECK(schedules.Remove("globex", id).code() == StatusCode::kNotFound);
  CHECK(schedules.Remove("acme", "x").code() == StatusCode::kInvalidArgument);
  NewSchedule bad = Nightly();
  bad.cron = "0 25 * * *";
  CHECK(schedules.Create(bad).status().code() == StatusCode::kInvalidArgument);

  BeDueSince("1 minute");
  REQUIRE(schedules.MakeDue().value() == 2);
  REQUIRE(schedules.Remove("acme", id).ok());
  CHECK(schedules.Remove("acme", id).code() == StatusCode::kNotFound);
  REQUIRE(Made().size() == 1);
  CHECK(Made()[0].schedule_id == id);
}

TEST_CASE_METHOD(ScheduleFixture, "An organization has a thousand schedules at most", "[store]") {
  database.Run(
      "INSERT INTO schedules (tenant, name, created_by, cron, migration_name, request, target,"
      " job_kind, priority) SELECT 'acme', n::text, 'ada', '* * * * *', 'm', '', 'duckdb',"
      " 'migration', 0 FROM generate_series(1, 1000) AS n");
  CHECK(schedules.Create(Nightly()).status().code() == StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace datamigrate::store
