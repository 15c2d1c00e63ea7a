#include "agent_engine/service/training.h"

#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "catch2/catch.hpp"
#include "common/pg/schema.h"
#include "datamigrate/v1/state.pb.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::service {
namespace {

const Caller kAda{.tenant = "acme", .user = "ada"};
const Caller kEve{.tenant = "globex", .user = "eve"};

void AddAttempt(v1::RewriteVerdict verdict, const std::string& definition, v1::Rewrite& rewrite) {
  v1::RewriteAttempt& attempt = *rewrite.add_attempts();
  attempt.set_verdict(verdict);
  attempt.set_definition(definition);
  attempt.set_model("small");
}

// A migration whose view was rewritten wrongly and then rightly.
v1::MigrationState Rewritten() {
  v1::MigrationState state;
  v1::View& view = *state.mutable_metadata()->add_views();
  view.mutable_name()->set_schema("sales");
  view.mutable_name()->set_name("miller");
  view.set_definition("CREATE VIEW sales.miller AS SELECT id FROM sales.orders");
  v1::Rewrite& rewrite = (*state.mutable_rewrites())["sales.miller"];
  rewrite.add_codes("TP0101");
  AddAttempt(v1::REWRITE_VERDICT_DIFFERS, "CREATE VIEW sales.miller AS SELECT 1 AS id", rewrite);
  AddAttempt(v1::REWRITE_VERDICT_PROVEN, "CREATE VIEW sales.miller AS SELECT id FROM sales.orders",
             rewrite);
  return state;
}

TEST_CASE("Examples that are good enough are listed anonymously, to their own tenant alone",
          "[service]") {
  TestDatabase database;
  store::MigrationStore migrations(&database.pool());
  store::RunHistory history(&database.pool());
  {
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, store::Schema()).ok());
  }
  const auto created = migrations.Create({.tenant = "acme", .name = "shop"});
  REQUIRE(created.ok());
  store::JobQueue queue(&database.pool());
  store::RunStore run(&database.pool(), **queue.Take("one", absl::Seconds(30)));
  workflow::Checkpoint start{.run_id = created->id, .next_node = "tester"};
  start.state = Rewritten().SerializeAsString();
  REQUIRE(run.Commit(start, {}, {}).ok());
  // One that has not begun has no examples, and stops nobody.
  REQUIRE(migrations.Create({.tenant = "acme", .name = "waiting"}).ok());

  Training training(&migrations, &history);
  v1::ListExamplesRequest request;
  request.set_seed(7);
  std::vector<v1::TrainingExample> examples;
  for (int page = 0; page < 2; ++page) {
    const auto listed = training.List(kAda, request);
    REQUIRE(listed.ok());
    examples.insert(examples.end(), listed->examples().begin(), listed->examples().end());
    request.set_page_token(listed->next_page_token());
  }
  CHECK(request.page_token().empty());
  REQUIRE(examples.size() == 2);
  CHECK(examples[0].left_out() == "score");
  CHECK(examples[0].line().empty());
  CHECK(examples[0].score() == 0.2);
  CHECK(examples[1].left_out().empty());
  CHECK(examples[1].line().find("\"messages\"") != std::string::npos);
  CHECK(examples[1].line().find("miller") == std::string::npos);
  CHECK(examples[1].codes(0) == "TP0101");

  CHECK(training.List(kEve, {})->examples().empty());
  request.set_page_token("nonsense");
  CHECK(absl::IsInvalidArgument(training.List(kAda, request).status()));
}

}  // namespace
}  // namespace datamigrate::service
