// An engine that is killed at any moment loses nothing and repeats nothing.
#include <map>
#include <set>

#include "agent_engine/data/duckdb_database.h"
#include "catch2/catch.hpp"
#include "tests/service/engine_under_test.h"
#include "tests/service/shop.h"

namespace datamigrate::testing {
namespace {

// Where to kill: at the first event of a step that fits.
struct Moment {
  std::string step;
  std::string message_part;  // Empty: when the step starts.
};

const std::vector<Moment> kMoments = {
    {"assessment", ""},     {"planner", ""},   {"executor", ""},          {"data", ""},
    {"data", "rows"},       {"tester", ""},    {"tester", "dbt compile"}, {"tester", "dbt run"},
    {"tester", "dbt test"}, {"optimizer", ""}, {"evaluation", ""},
};

bool Fits(const v1::MigrationEvent& event, const Moment& moment) {
  if (event.step() != moment.step) return false;
  return moment.message_part.empty()
             ? event.kind() == "step_started"
             : event.message().find(moment.message_part) != std::string::npos;
}

// Runs the migration to its end without harm. The tests have one database and a source each.
v1::Migration RunUndisturbed(EngineUnderTest& engine, const std::string& source) {
  const v1::Migration created = engine.Create(source, "undisturbed:" + source);
  engine.Watch(created.id(), 0, IsEnd);
  return engine.Get(created.id());
}

int64_t CountRows(const v1::Migration& migration, const std::string& query) {
  const auto database = data::Database::Open(migration.deployment_result().database_path());
  REQUIRE(database.ok());
  auto connection = database->Connect();
  REQUIRE(connection.ok());
  const auto count = connection->QueryInteger(query);
  INFO(count.status());
  REQUIRE(count.ok());
  return *count;
}

void CheckSameResult(const v1::Migration& killed, const v1::Migration& undisturbed) {
  CHECK(killed.validation_result().score() == undisturbed.validation_result().score());
  CHECK(killed.validation_result().approved());
  CHECK(killed.deployment_result().rows_loaded() == undisturbed.deployment_result().rows_loaded());
  REQUIRE(killed.object_counts_size() == undisturbed.object_counts_size());
  for (int i = 0; i < killed.object_counts_size(); ++i) {
    CHECK(killed.object_counts(i).SerializeAsString() ==
          undisturbed.object_counts(i).SerializeAsString());
  }
  CHECK(CountRows(killed, "SELECT count(*) FROM raw_dbo.\"SalesOrder\"") == kShopOrders);
}

// Sequences have no gaps and no step finished twice.
void CheckHistory(const std::vector<v1::MigrationEvent>& events) {
  std::map<std::string, int> finished;
  for (size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i].sequence() == static_cast<int64_t>(i) + 1);
    if (events[i].kind() == "step_finished" && !events[i].step().empty() &&
        events[i].message().empty()) {
      ++finished[events[i].step()];
    }
  }
  for (const char* step : {"assessment", "planner", "executor", "data", "tester", "optimizer"}) {
    INFO(step);
    CHECK(finished[step] == 1);
  }
}

TEST_CASE("a migration whose engine is killed at every node finishes as if nothing had happened",
          "[service]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  TemporaryDirectory home;
  const std::string source = WriteShop(home.path() / "scripts");
  EngineUnderTest engine(*surroundings, home.path());
  engine.Start();
  const v1::Migration undisturbed = RunUndisturbed(engine, source);
  INFO(undisturbed.error());
  REQUIRE(undisturbed.status() == v1::MIGRATION_STATUS_SUCCEEDED);

  const v1::Migration created = engine.Create(source, "killed");
  std::set<size_t> kills;
  int64_t last_sequence = 0;
  for (size_t i = 0; i < kMoments.size(); ++i) {
    INFO(kMoments[i].step << " " << kMoments[i].message_part);
    const auto events = engine.Watch(created.id(), last_sequence,
                                     [&](const auto& event) { return Fits(event, kMoments[i]); });
    REQUIRE_FALSE(events.empty());
    REQUIRE(Fits(events.back(), kMoments[i]));
    last_sequence = events.back().sequence();
    engine.Kill();
    kills.insert(i);
    engine.Start();
  }
  engine.Watch(created.id(), last_sequence, IsEnd);

  const v1::Migration killed = engine.Get(created.id());
  INFO(killed.error());
  CHECK(kills.size() == kMoments.size());
  REQUIRE(killed.status() == v1::MIGRATION_STATUS_SUCCEEDED);
  CheckSameResult(killed, undisturbed);
  CheckHistory(engine.Watch(created.id(), 0, IsEnd));
  CHECK(engine.Create(source, "killed").id() == created.id());
  CHECK(engine.Terminate() == 0);
}

bool IsPaused(const v1::MigrationEvent& event) {
  return event.kind() == "paused";
}

TEST_CASE("a migration that is paused in the middle of steps finishes as if nothing had happened",
          "[service]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  TemporaryDirectory home;
  const std::string source = WriteShop(home.path() / "scripts");
  EngineUnderTest engine(*surroundings, home.path());
  engine.Start();
  const v1::Migration undisturbed = RunUndisturbed(engine, source);
  REQUIRE(undisturbed.status() == v1::MIGRATION_STATUS_SUCCEEDED);

  const std::vector<Moment> moments = {
      {"assessment", ""}, {"data", "rows"}, {"tester", "dbt run"}, {"tester", "dbt test"}};
  const v1::Migration created = engine.Create(source, "paused");
  int64_t last_sequence = 0;
  for (size_t i = 0; i < moments.size(); ++i) {
    INFO(moments[i].step << " " << moments[i].message_part);
    auto events = engine.Watch(created.id(), last_sequence,
                               [&](const auto& event) { return Fits(event, moments[i]); });
    REQUIRE_FALSE(events.empty());
    last_sequence = events.back().sequence();
    engine.Pause(created.id());
    // With the engine killed the pause is the next one's to see to.
    if (i % 2 == 1) {
      engine.Kill();
      engine.Start();
    }
    events = engine.Watch(created.id(), last_sequence,
                          [](const auto& event) { return IsPaused(event) || IsEnd(event); });
    REQUIRE_FALSE(events.empty());
    REQUIRE(IsPaused(events.back()));
    last_sequence = events.back().sequence();
    CHECK(engine.Get(created.id()).status() == v1::MIGRATION_STATUS_PAUSED);
    if (i % 2 == 0) {
      engine.Kill();
      engine.Start();
    }
    engine.Resume(created.id());
  }
  engine.Watch(created.id(), last_sequence, IsEnd);
  const v1::Migration paused = engine.Get(created.id());
  INFO(paused.error());
  REQUIRE(paused.status() == v1::MIGRATION_STATUS_SUCCEEDED);
  CheckSameResult(paused, undisturbed);
  CheckHistory(engine.Watch(created.id(), 0, IsEnd));
  CHECK(engine.Terminate() == 0);
}

}  // namespace
}  // namespace datamigrate::testing
