// Two engines of one database keep to what people have said about when migrations run.
#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"
#include "common/pg/connection.h"
#include "google/protobuf/util/time_util.h"
#include "grpcpp/client_context.h"
#include "tests/service/engine_under_test.h"

namespace datamigrate::testing {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::chrono::seconds kPatience{60};

// From when to when a migration ran, in nanoseconds.
struct Span {
  int64_t begin = 0;
  int64_t end = 0;
};

Span SpanOf(EngineUnderTest& engine, const std::string& id) {
  Span span;
  for (const v1::MigrationEvent& event : engine.Watch(id, 0, IsEnd)) {
    const int64_t at = TimeUtil::TimestampToNanoseconds(event.at());
    if (event.kind() == "started") span.begin = at;
    if (IsEnd(event)) span.end = at;
  }
  CHECK(span.begin > 0);
  CHECK(span.end > span.begin);
  return span;
}

v1::CreateMigrationRequest Asked(const std::string& source) {
  v1::CreateMigrationRequest request;
  request.set_source(source);
  request.set_target("duckdb");
  return request;
}

std::string WriteScript(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "shop.sql")
      << "CREATE TABLE dbo.Customer (CustomerId int NOT NULL PRIMARY KEY);\nGO\n";
  return folder.string();
}

TEST_CASE("two engines keep to an organization's limit, to priorities and to an order",
          "[service]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  TemporaryDirectory home;
  const std::string source = WriteScript(home.path() / "scripts");
  const std::vector<std::string> limited = {"--migrations-per-organization", "1"};
  EngineUnderTest one(*surroundings, home.path(), limited);
  EngineUnderTest two(*surroundings, home.path(), limited);
  one.Start();
  two.Start();

  v1::CreateMigrationRequest request = Asked(source);
  const std::string first = one.Create(request).id();
  request.mutable_options()->set_priority(-1);
  const std::string low = one.Create(request).id();
  request.mutable_options()->set_priority(5);
  request.mutable_options()->add_after(first);
  const std::string after = two.Create(request).id();
  CHECK(one.Get(after).waits_for().find("migration " + first) != std::string::npos);
  CHECK(one.Get(after).status() == v1::MIGRATION_STATUS_QUEUED);

  std::vector<Span> spans;
  for (const std::string& id : {first, after, low}) spans.push_back(SpanOf(one, id));
  CHECK(spans[1].begin >= spans[0].end);
  for (const std::string& id : {first, after, low}) {
    INFO(one.Get(id).error());
    CHECK(one.Get(id).status() == v1::MIGRATION_STATUS_SUCCEEDED);
  }
  std::ranges::sort(spans, {}, &Span::begin);
  for (size_t i = 1; i < spans.size(); ++i) CHECK(spans[i].begin >= spans[i - 1].end);
  CHECK(one.Terminate() == 0);
  CHECK(two.Terminate() == 0);
}

v1::ListSchedulesResponse Schedules(EngineUnderTest& engine) {
  v1::ListSchedulesResponse response;
  grpc::ClientContext context;
  const grpc::Status status = engine.schedules().ListSchedules(&context, {}, &response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return response;
}

TEST_CASE("two engines make one migration of a schedule's occurrence", "[service]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  TemporaryDirectory home;
  EngineUnderTest one(*surroundings, home.path());
  EngineUnderTest two(*surroundings, home.path());
  one.Start();
  two.Start();
  v1::CreateScheduleRequest request;
  request.set_name("nightly");
  request.set_cron("0 2 * * *");
  *request.mutable_migration() = Asked(WriteScript(home.path() / "scripts"));
  v1::Schedule schedule;
  {
    grpc::ClientContext context;
    const grpc::Status status = one.schedules().CreateSchedule(&context, request, &schedule);
    INFO(status.error_message());
    REQUIRE(status.ok());
  }
  CHECK(schedule.has_next_at());
  CHECK_FALSE(schedule.has_last_at());

  // Three nights pass in which nobody looks.
  auto database = pg::Connection::Open({.url = surroundings->database_url});
  REQUIRE(database.ok());
  REQUIRE(
      (*database)
          ->Execute({"pass_nights", "UPDATE schedules SET next_at = next_at - interval '3 days'"})
          .ok());
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (Schedules(two).schedules(0).last_migration().empty()) {
    REQUIRE(std::chrono::steady_clock::now() < give_up);
  }
  const std::string id = Schedules(two).schedules(0).last_migration();
  const auto events = two.Watch(id, 0, IsEnd);
  const auto said = std::ranges::find(events, "scheduled", &v1::MigrationEvent::kind);
  REQUIRE(said != events.end());
  CHECK(said->message().find("2 earlier occurrences were missed") != std::string::npos);
  const v1::Migration made = two.Get(id);
  INFO(made.error());
  CHECK(made.status() == v1::MIGRATION_STATUS_SUCCEEDED);
  CHECK(made.name() == "nightly");
  CHECK(made.schedule_id() == schedule.id());

  // Both have looked again since: each end of a migration is after several sweeps.
  v1::ListMigrationsRequest list;
  list.set_name("nightly");
  v1::ListMigrationsResponse listed;
  grpc::ClientContext context;
  REQUIRE(two.stub().ListMigrations(&context, list, &listed).ok());
  CHECK(listed.migrations_size() == 1);
  CHECK(one.Terminate() == 0);
  CHECK(two.Terminate() == 0);
}

}  // namespace
}  // namespace datamigrate::testing
