#include "agent_engine/training/example.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace datamigrate::training {
namespace {

v1::RewriteAttempt Attempt(v1::RewriteVerdict verdict, const std::string& definition) {
  v1::RewriteAttempt attempt;
  attempt.set_verdict(verdict);
  attempt.set_definition(definition);
  attempt.set_model("m");
  return attempt;
}

v1::MigrationState State() {
  v1::MigrationState state;
  v1::View* view = state.mutable_metadata()->add_views();
  view->mutable_name()->set_schema("sales");
  view->mutable_name()->set_name("miller_orders");
  view->set_definition(
      "CREATE VIEW sales.miller_orders AS SELECT id FROM sales.orders WHERE CONTAINS(note, "
      "'Miller')");
  v1::Rewrite& rewrite = (*state.mutable_rewrites())["sales.miller_orders"];
  rewrite.add_codes("TP0101");
  *rewrite.add_attempts() =
      Attempt(v1::REWRITE_VERDICT_DIFFERS, "CREATE VIEW sales.miller_orders AS SELECT 1 AS id");
  *rewrite.add_attempts() = Attempt(
      v1::REWRITE_VERDICT_PROVEN,
      "CREATE VIEW sales.miller_orders AS SELECT id FROM sales.orders WHERE note LIKE '%Miller%'");
  *rewrite.add_attempts() = Attempt(v1::REWRITE_VERDICT_NOT_ASKED, "");
  rewrite.set_accepted(1);
  return state;
}

TEST_CASE("answers are scored by what was measured", "[training]") {
  const std::vector<Example> examples = ExamplesOf(State());
  REQUIRE(examples.size() == 2);
  CHECK(examples[0].score == 0.2);
  CHECK(examples[1].score == 1.0);
  CHECK(examples[1].codes == std::vector<std::string>{"TP0101"});
  const v1::RewriteAttempt unproven = Attempt(v1::REWRITE_VERDICT_UNPROVEN, "x");
  CHECK(ScoreOf(unproven, true) > ScoreOf(unproven, false));
  CHECK(ScoreOf(unproven, true) < kLeastScore);
}

TEST_CASE("an example becomes messages without a word of the source", "[training]") {
  const auto line = LineOf(ExamplesOf(State())[1], 7);
  REQUIRE(line.ok());
  CHECK(line->find('\n') == std::string::npos);
  const auto parsed = nlohmann::json::parse(*line);
  REQUIRE(parsed["messages"].size() == 3);
  const std::string texts = parsed["messages"][1].dump() + parsed["messages"][2].dump();
  for (const char* word : {"iller", "sales", "orders", "note"}) {
    INFO(word);
    CHECK(texts.find(word) == std::string::npos);
  }
  CHECK(parsed["messages"][0]["role"] == "system");
  CHECK(parsed["messages"][1]["content"].get<std::string>().find("TP0101") != std::string::npos);
  const auto answer = nlohmann::json::parse(parsed["messages"][2]["content"].get<std::string>());
  CHECK(answer["definition"].get<std::string>().find("LIKE '%w1%'") != std::string::npos);
}

TEST_CASE("what cannot be read is not exported", "[training]") {
  Example example = ExamplesOf(State())[1];
  example.rewritten = "CREATE VIEW sales.v AS SELECT 'Miller";
  CHECK(absl::IsInvalidArgument(LineOf(example, 7).status()));
}

TEST_CASE("about one object of ten is for evaluation, and always the same", "[training]") {
  int evaluation = 0;
  for (int i = 0; i < 1000; ++i) {
    Example example;
    example.object = "dbo.v" + std::to_string(i);
    evaluation += IsForEvaluation(example);
    CHECK(IsForEvaluation(example) == IsForEvaluation(example));
  }
  CHECK(evaluation > 60);
  CHECK(evaluation < 140);
}

}  // namespace
}  // namespace datamigrate::training
