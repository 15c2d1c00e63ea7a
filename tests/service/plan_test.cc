// A plan that a person reads, changes and approves, and a migration in words, by an engine's calls.
#include <algorithm>
#include <string>

#include "catch2/catch.hpp"
#include "grpcpp/client_context.h"
#include "tests/service/engine_under_test.h"
#include "tests/service/shop.h"

namespace datamigrate::testing {
namespace {

using Catch::Contains;

v1::Plan PlanOf(EngineUnderTest& engine, const std::string& id) {
  v1::GetPlanRequest request;
  request.set_id(id);
  v1::Plan plan;
  grpc::ClientContext context;
  const grpc::Status status = engine.stub().GetPlan(&context, request, &plan);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return plan;
}

v1::PlannedObject ObjectOf(const v1::Plan& plan, const std::string& name) {
  const auto found = std::ranges::find_if(plan.objects(), [&](const v1::PlannedObject& object) {
    return object.name().name() == name;
  });
  REQUIRE(found != plan.objects().end());
  return *found;
}

grpc::Status Answer(EngineUnderTest& engine, const std::string& id, const std::string& question,
                    const std::string& option, const std::vector<v1::PlanEdit>& edits) {
  v1::DecideMigrationRequest request;
  request.set_id(id);
  request.set_question_id(question);
  request.set_option_id(option);
  for (const v1::PlanEdit& edit : edits) *request.add_plan_edits() = edit;
  v1::Migration migration;
  grpc::ClientContext context;
  return engine.stub().DecideMigration(&context, request, &migration);
}

v1::PlanEdit Edit(const std::string& object) {
  v1::PlanEdit edit;
  edit.set_object(object);
  return edit;
}

std::string Words(const v1::Explanation& explanation) {
  std::string text = explanation.headline();
  for (const auto& section : explanation.sections()) {
    text += "\n" + section.title();
    for (const std::string& paragraph : section.paragraphs()) text += "\n" + paragraph;
    for (const std::string& command : section.commands()) text += "\n" + command;
  }
  return text;
}

std::string Explained(EngineUnderTest& engine, const std::string& id) {
  v1::ExplainMigrationRequest request;
  request.set_id(id);
  v1::Explanation explanation;
  grpc::ClientContext context;
  const grpc::Status status = engine.guidance().ExplainMigration(&context, request, &explanation);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return Words(explanation);
}

TEST_CASE("a plan is changed, refused with the reason, changed again and carried out",
          "[service]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  TemporaryDirectory home;
  EngineUnderTest engine(*surroundings, home.path());
  engine.Start();
  v1::CreateMigrationRequest request;
  request.set_source(WriteShop(home.path() / "scripts"));
  request.set_target("duckdb");
  request.mutable_options()->set_require_plan_approval(true);
  const std::string id = engine.Create(request).id();
  int64_t last_sequence = 0;
  REQUIRE(engine.WaitForStop(id, last_sequence).status() == v1::MIGRATION_STATUS_WAITING);

  v1::Plan plan = PlanOf(engine, id);
  CHECK(plan.objects_size() == 4);
  CHECK(plan.by_rules() == 4);
  CHECK(plan.question_id() == engine.Get(id).question().id());
  const v1::PlannedObject totals = ObjectOf(plan, "OrderTotals");
  CHECK(totals.translator() == "rules");
  CHECK(totals.order() > ObjectOf(plan, "SalesOrder").order());
  CHECK(totals.order() < ObjectOf(plan, "BigCustomers").order());
  CHECK_THAT(Explained(engine, id), Contains("Carry out the plan"));

  const grpc::Status unknown =
      Answer(engine, id, plan.question_id(), "revise", {Edit("dbo.Nothing")});
  CHECK(unknown.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_THAT(unknown.error_message(), Contains("dbo.Nothing"));

  v1::PlanEdit as_table = Edit("dbo.ordertotals");
  as_table.set_materialization("table");
  v1::PlanEdit left_out = Edit("dbo.BigCustomers");
  left_out.set_is_left_out(true);
  REQUIRE(Answer(engine, id, plan.question_id(), "revise", {as_table, left_out}).ok());
  REQUIRE(engine.WaitForStop(id, last_sequence).status() == v1::MIGRATION_STATUS_WAITING);
  plan = PlanOf(engine, id);
  CHECK(ObjectOf(plan, "OrderTotals").materialization() == "table");
  CHECK(ObjectOf(plan, "OrderTotals").is_edited());
  CHECK(ObjectOf(plan, "BigCustomers").is_left_out());
  CHECK(plan.beside() == 1);

  REQUIRE(Answer(engine, id, plan.question_id(), "approve", {}).ok());
  const v1::Migration done = engine.WaitForStop(id, last_sequence);
  INFO(done.error());
  REQUIRE(done.status() == v1::MIGRATION_STATUS_SUCCEEDED);
  CHECK(done.validation_result().approved());
  const std::string explained = Explained(engine, id);
  CHECK_THAT(explained, Contains("510 rows were loaded into 2 tables"));
  CHECK_THAT(explained, Contains("datamigrate download " + id));
  CHECK(engine.Terminate() == 0);
}

}  // namespace
}  // namespace datamigrate::testing
