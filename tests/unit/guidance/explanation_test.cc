#include "agent_engine/guidance/explanation.h"

#include <catch2/catch.hpp>

#include "absl/strings/match.h"
#include "agent_engine/guidance/topics.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::guidance {
namespace {

v1::Migration Running() {
  v1::Migration migration;
  migration.set_id("m1");
  migration.set_name("shop");
  migration.set_status(v1::MIGRATION_STATUS_RUNNING);
  migration.set_progress(0.3);
  migration.set_current_step("data");
  return migration;
}

void AddFinding(const char* code, const char* object, v1::MigrationState& state) {
  v1::Diagnostic& diagnostic = *state.add_diagnostics();
  diagnostic.set_code(code);
  diagnostic.set_object(object);
}

TEST_CASE("each code of diagnostics belongs to one topic, and no topic names another",
          "[guidance]") {
  size_t codes = 0;
  for (const diagnostics::DiagnosticKind& kind : diagnostics::AllKinds()) {
    INFO(kind.code);
    CHECK(TopicOf(kind.code) != nullptr);
    ++codes;
  }
  size_t named = 0;
  for (const Topic& topic : Topics()) {
    named += (topic.codes.size() + 1) / 7;  // "TP0101 "
  }
  CHECK(named == codes);
  CHECK(TopicOf("TP9999") == nullptr);
  CHECK(TopicOf("TP01") == nullptr);
  CHECK(TopicOf("") == nullptr);
}

TEST_CASE("a running migration is told with its step", "[guidance]") {
  const v1::Explanation explanation = Explain(Running(), {});
  CHECK(explanation.headline() == "shop is under way: 30 % are done.");
  const std::string text = PlainText(explanation);
  CHECK(absl::StrContains(text, "the rows are being loaded"));
  CHECK(absl::StrContains(text, "datamigrate watch m1"));
}

TEST_CASE("a question is told with its options, what they risk and how to answer", "[guidance]") {
  v1::Migration migration = Running();
  migration.set_status(v1::MIGRATION_STATUS_WAITING);
  v1::Question& question = *migration.mutable_question();
  question.set_id("2");
  question.set_text("Carry out the plan?");
  question.set_recommended("approve");
  v1::Question::Option& approve = *question.add_options();
  approve.set_id("approve");
  approve.set_text("All as planned.");
  v1::Question::Option& reject = *question.add_options();
  reject.set_id("reject");
  reject.set_text("Stop here.");
  reject.set_risk("Nothing is migrated.");
  const std::string text = PlainText(Explain(migration, {}));
  CHECK(absl::StrContains(text, "\"approve\": All as planned. This is what we would choose."));
  CHECK(absl::StrContains(text, "\"reject\": Stop here. What it risks: Nothing is migrated."));
  CHECK(absl::StrContains(text, "datamigrate decide m1 --question 2 --option reject"));
}

TEST_CASE("findings are told by what they mean, with the first objects, weighty ones first",
          "[guidance]") {
  v1::MigrationState state;
  AddFinding("TP0203", "dbo.sorted", state);
  for (const char* object : {"dbo.a", "dbo.b", "dbo.a", "dbo.c", "dbo.d"}) {
    AddFinding("TP0101", object, state);
  }
  AddFinding("VF0101", "dbo.broken", state);
  const std::string text = PlainText(Explain(Running(), state));
  CHECK(absl::StrContains(text, "5 places: dbo.a, dbo.b, dbo.c and others."));
  CHECK(absl::StrContains(text, "1 place: dbo.sorted."));
  const size_t broken = text.find("Models that do not run");
  const size_t refused = text.find("Logic that has no equal");
  const size_t sorted = text.find("Text is compared");
  CHECK(broken < refused);
  CHECK(refused < sorted);
  CHECK(sorted != std::string::npos);
}

TEST_CASE("a failure is told with its meaning, its words, and that nothing is lost", "[guidance]") {
  v1::Migration migration = Running();
  migration.set_status(v1::MIGRATION_STATUS_FAILED);
  migration.set_error("writing shop.duckdb: No space left on device");
  const std::string text = PlainText(Explain(migration, {}));
  CHECK(absl::StrContains(text, "shop has stopped with an error."));
  CHECK(absl::StrContains(text, "The disk is full. Nothing is lost"));
  CHECK(absl::StrContains(text, "No space left on device"));
  CHECK(absl::StrContains(text, "datamigrate resume m1"));
}

TEST_CASE("what was done is told in figures that were measured", "[guidance]") {
  v1::Migration migration = Running();
  migration.set_status(v1::MIGRATION_STATUS_SUCCEEDED);
  v1::MigrationState state;
  v1::ObjectCount& views = *state.add_object_counts();
  views.set_found(10);
  views.set_converted(9);
  views.set_refused(1);
  state.mutable_deployment_result()->set_tables_loaded(1);
  state.mutable_deployment_result()->set_rows_loaded(500);
  state.mutable_validation_result()->set_score(97.25);
  v1::Check& check = *state.mutable_validation_result()->add_checks();
  check.set_name("execution");
  check.set_passed(9);
  check.set_total(10);
  state.add_result_comparisons();
  state.add_result_comparisons()->set_difference("1 row, the source has 2");
  v1::Rewrite& rewrite = (*state.mutable_rewrites())["dbo.a"];
  rewrite.set_accepted(0);
  v1::RewriteAttempt& attempt = *rewrite.add_attempts();
  attempt.set_model("m");
  attempt.set_cost_microdollars(20000);
  const std::string text = PlainText(Explain(migration, state));
  CHECK(absl::StrContains(text, "Of 10 objects in the source, 9 were converted; 1 could not be."));
  CHECK(absl::StrContains(text, "500 rows were loaded into 1 table."));
  CHECK(absl::StrContains(text, "gives 97.2 of 100 points"));
  CHECK(absl::StrContains(text, "9 of 10 models run on the loaded rows."));
  CHECK(absl::StrContains(text, "1 of 2 results that were taken from SQL Server are the same"));
  CHECK(absl::StrContains(text, "asked about 1 object"));
  CHECK(absl::StrContains(text, "gave 1 answer for $0.02, and 1 stands"));
  // It succeeded without approval.
  CHECK(absl::StrContains(text, "is not approved"));
}

}  // namespace
}  // namespace datamigrate::guidance
