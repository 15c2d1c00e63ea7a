// What a migration does when a step of it fails for good: it asks, rolls back or stops, as its
// options say. The step is dbt's, whose program is away until a test puts it there.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "agent_engine/data/duckdb_database.h"
#include "catch2/catch.hpp"
#include "grpcpp/client_context.h"
#include "tests/service/engine_under_test.h"
#include "tests/service/shop.h"

namespace datamigrate::testing {
namespace {

using Catch::Contains;

struct Recovering {
  explicit Recovering(const Surroundings& found)
      : dbt(found.dbt),
        source(WriteShop(home.path() / "scripts")),
        engine({found.database_url, link().string()}, home.path()) {
    engine.Start();
  }

  std::filesystem::path link() const { return home.path() / "dbt"; }
  std::filesystem::path Folder() const { return home.path() / "migrations" / id; }
  bool HasProject() const { return std::filesystem::exists(Folder() / "project"); }
  bool HasData() const { return std::filesystem::exists(Folder() / "warehouse.duckdb"); }

  void Create(v1::WhenStepFails choice) {
    v1::CreateMigrationRequest request;
    request.set_source(source);
    request.set_target("duckdb");
    request.mutable_options()->set_when_step_fails(choice);
    id = engine.Create(request).id();
  }

  v1::Migration Stop() { return engine.WaitForStop(id, last_sequence); }

  void InstallDbt() { std::filesystem::create_symlink(dbt, link()); }

  void CheckSucceeded() {
    const v1::Migration done = Stop();
    INFO(done.error());
    REQUIRE(done.status() == v1::MIGRATION_STATUS_SUCCEEDED);
    CHECK(done.validation_result().approved());
    CHECK(done.deployment_result().rows_loaded() == kShopOrders + 10);
    CHECK(HasProject());
    CHECK(HasData());
  }

  void CheckRolledBack(const v1::Migration& migration) {
    REQUIRE(migration.status() == v1::MIGRATION_STATUS_FAILED);
    CHECK_THAT(migration.error(), Contains("rolled back to before step executor"));
    CHECK_THAT(migration.error(), Contains("dbt"));
    CHECK_FALSE(HasProject());
    CHECK_FALSE(HasData());
    CHECK(migration.dbt_project_path().empty());
    CHECK_FALSE(migration.has_validation_result());
    CHECK(Models().models().empty());
    CHECK(std::filesystem::exists(Folder() / "migration.log"));
  }

  v1::ListModelsResponse Models() {
    v1::ListModelsRequest request;
    request.set_migration_id(id);
    v1::ListModelsResponse response;
    grpc::ClientContext context;
    REQUIRE(engine.stub().ListModels(&context, request, &response).ok());
    return response;
  }

  TemporaryDirectory home;
  const std::string dbt;
  const std::string source;
  EngineUnderTest engine;
  std::string id = {};
  int64_t last_sequence = 0;
};

std::vector<std::string> OptionsOf(const v1::Migration& migration) {
  std::vector<std::string> ids;
  for (const auto& option : migration.question().options()) ids.push_back(option.id());
  return ids;
}

TEST_CASE("a migration that is to ask goes on when a person has mended what was wrong",
          "[service]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  Recovering run(*surroundings);
  run.Create(v1::WHEN_STEP_FAILS_ASK);
  const v1::Migration asked = run.Stop();
  INFO(asked.error());
  REQUIRE(asked.status() == v1::MIGRATION_STATUS_WAITING);
  CHECK_THAT(asked.question().text(), Contains("Step tester failed"));
  CHECK_THAT(asked.question().text(), Contains("dbt"));
  CHECK(OptionsOf(asked) == std::vector<std::string>{"retry", "roll_back", "give_up"});
  for (const auto& option : asked.question().options()) CHECK_FALSE(option.risk().empty());

  run.engine.Kill();
  run.engine.Start();
  CHECK(run.engine.Get(run.id).question().text() == asked.question().text());
  run.InstallDbt();
  run.engine.Decide(run.id, "retry");
  run.CheckSucceeded();
  CHECK(run.engine.Terminate() == 0);
}

TEST_CASE("a person may have everything rolled back, and a resumed migration makes it anew",
          "[service]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  Recovering run(*surroundings);
  run.Create(v1::WHEN_STEP_FAILS_ASK);
  REQUIRE(run.Stop().status() == v1::MIGRATION_STATUS_WAITING);
  CHECK(run.HasProject());
  CHECK(run.HasData());
  run.engine.Decide(run.id, "roll_back");
  run.CheckRolledBack(run.Stop());

  run.InstallDbt();
  run.engine.Resume(run.id);
  run.CheckSucceeded();
  CHECK_FALSE(run.Models().models().empty());
  CHECK(run.engine.Terminate() == 0);
}

TEST_CASE("a migration rolls back by itself, or leaves all as it is, as its options say",
          "[service]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  Recovering run(*surroundings);
  run.Create(v1::WHEN_STEP_FAILS_ROLL_BACK);
  run.CheckRolledBack(run.Stop());

  run.last_sequence = 0;
  run.Create(v1::WHEN_STEP_FAILS_STOP);
  const v1::Migration stopped = run.Stop();
  REQUIRE(stopped.status() == v1::MIGRATION_STATUS_FAILED);
  CHECK_THAT(stopped.error(), Contains("node tester"));
  CHECK(run.HasProject());
  CHECK(run.HasData());
  run.InstallDbt();
  run.engine.Resume(run.id);
  run.CheckSucceeded();
  CHECK(run.engine.Terminate() == 0);
}

}  // namespace
}  // namespace datamigrate::testing
