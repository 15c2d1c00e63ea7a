// The plan: what it says of each object, and what becomes of a person's changes.
#include "agent_engine/agents/plan.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "absl/strings/match.h"
#include "agent_engine/agents/agent_context.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "tests/unit/agents/rebuilt_migration.h"

namespace datamigrate::agents {
namespace {

using testing::TemporaryFolder;

const char kScript[] =
    "CREATE TABLE dbo.item (id int NOT NULL PRIMARY KEY, title nvarchar(50))\nGO\n"
    "INSERT INTO dbo.item VALUES (1, N'red lamp')\nGO\n"
    "CREATE VIEW dbo.lamps AS SELECT id FROM dbo.item WHERE CONTAINS(title, N'lamp')\nGO\n"
    "CREATE VIEW dbo.lamp_count AS SELECT COUNT(*) AS n FROM dbo.lamps\nGO\n"
    "CREATE VIEW dbo.titles AS SELECT id, title FROM dbo.item\nGO\n"
    "CREATE VIEW dbo.long_titles AS SELECT id FROM dbo.titles WHERE LEN(title) > 5\nGO\n"
    "CREATE TRIGGER dbo.on_item ON dbo.item AFTER INSERT AS SELECT 1\nGO\n";

// A migration that waits for approval of its plan.
class Migration : private TemporaryFolder, public testing::RebuiltMigration {
 public:
  explicit Migration(bool has_models = true)
      : RebuiltMigration((path() / "shop.sql").string(), WithApproval()) {
    std::ofstream(path() / "shop.sql") << kScript;
    if (!has_models) environment().models = nullptr;
    Run(Assess);
    question_ = Run(agents::Plan).interrupt.value_or(workflow::Interrupt{}).question;
  }

  const std::string& question() const { return question_; }

  const v1::PlannedObject& Planned(const std::string& name) {
    static const v1::PlannedObject kNone;
    for (const v1::PlannedObject& planned : state().plan()) {
      if (planned.name().name() == name) return planned;
    }
    return kNone;
  }

  // What the edit, as JSON, does to the plan: the question that is asked then; empty for none.
  std::string Answer(const std::string& option, const std::string& edits) {
    const auto effects =
        Run(agents::Plan, R"({"option": ")" + option + R"(", "plan_edits": )" + edits + "}");
    return effects.interrupt ? effects.interrupt->question : "";
  }

 private:
  static v1::MigrationOptions WithApproval() {
    v1::MigrationOptions options;
    options.set_require_plan_approval(true);
    return options;
  }

  std::string question_;
};

std::string Refusal(const v1::MigrationState& state, const std::string& edit) {
  google::protobuf::RepeatedPtrField<v1::PlanEdit> edits;
  REQUIRE(google::protobuf::util::JsonStringToMessage(edit, edits.Add()).ok());
  const absl::Status checked = CheckPlanEdits(state, edits);
  CHECK((checked.ok() || absl::IsInvalidArgument(checked)));
  return std::string(checked.message());
}

TEST_CASE("the plan says who translates each object, where it goes and what that costs",
          "[agents]") {
  Migration migration;
  const v1::PlannedObject& item = migration.Planned("item");
  CHECK(item.translator() == "rules");
  CHECK(item.layer() == "staging");
  CHECK(item.materialization() == "view");
  CHECK(migration.Planned("titles").layer() == "intermediate");
  CHECK(migration.Planned("long_titles").layer() == "marts");
  CHECK(migration.Planned("long_titles").materialization() == "table");
  CHECK(migration.Planned("titles").order() < migration.Planned("long_titles").order());
  CHECK(migration.Planned("on_item").translator() == "nobody");

  const v1::PlannedObject& lamps = migration.Planned("lamps");
  CHECK(lamps.translator() == lamps.complexity());
  CHECK(lamps.codes_size() == 1);
  CHECK_FALSE(lamps.remark().empty());
  CHECK(lamps.estimate().model() == "scripted");
  // The scripted model takes a micro-dollar for each token.
  CHECK(lamps.estimate().cost_microdollars() ==
        lamps.estimate().input_tokens() + lamps.estimate().output_tokens());
  CHECK(lamps.estimate().input_tokens() > 100);
  // It is refused for what it reads: the rules will do when that is solved.
  CHECK(migration.Planned("lamp_count").translator() == "rules");

  const v1::Plan plan = PlanOf(migration.state());
  CHECK(plan.by_rules() == 4);
  CHECK(plan.by_models() == 1);
  CHECK(plan.by_people() == 0);
  CHECK(plan.beside() == 1);
  CHECK(plan.cost_microdollars() == lamps.estimate().cost_microdollars());
  CHECK(absl::StrContains(migration.question(), "4 objects by rules, 1 by models for about $0.00"));
}

TEST_CASE("without models a person is left with what the rules refuse", "[agents]") {
  Migration migration(/*has_models=*/false);
  CHECK(migration.Planned("lamps").translator() == "person");
  CHECK(migration.Planned("lamps").estimate().person_days() > 0);
  CHECK(PlanOf(migration.state()).by_people() == 1);
  CHECK(absl::StrContains(migration.question(), "1 left to a person"));
}

TEST_CASE("a changed plan is asked about again, and carried out as it was changed", "[agents]") {
  Migration migration;
  const std::string question =
      migration.Answer("revise", R"([{"object": "DBO.Titles", "layer": "marts"},
                    {"object": "dbo.long_titles", "materialization": "view"},
                    {"object": "dbo.item", "materialization": "table"}])");
  CHECK(absl::StrContains(question, "Carry out the plan"));
  CHECK(migration.Planned("titles").is_edited());
  CHECK(migration.Planned("titles").layer() == "marts");
  CHECK(migration.Planned("titles").materialization() == "table");
  CHECK(migration.Planned("long_titles").materialization() == "view");
  CHECK(migration.Planned("item").materialization() == "table");
  CHECK_FALSE(migration.Planned("lamps").is_edited());

  SECTION("what the approval changes besides counts, too") {
    CHECK(migration.Answer("approve", R"([{"object": "dbo.titles", "materialization": "view"}])")
              .empty());
    migration.Run(Execute);
    CHECK_FALSE(migration.FileOf("models/marts/dbo/dbo__titles.sql").empty());
    CHECK(migration.FileOf("models/intermediate/dbo/dbo__titles.sql").empty());
    CHECK(migration.Planned("titles").materialization() == "view");
  }
  SECTION("\"default\" takes a change back") {
    migration.Answer("revise", R"([{"object": "dbo.titles", "layer": "default"}])");
    CHECK(migration.Planned("titles").layer() == "intermediate");
    CHECK_FALSE(migration.Planned("titles").is_edited());
  }
  SECTION("a rejected plan ends the migration") {
    CHECK(absl::IsCancelled(migration.Try(agents::Plan, R"({"option": "reject"})").status()));
  }
}

TEST_CASE("what is left out stays beside the project and is no fault of it", "[agents]") {
  Migration migration;
  migration.Answer("approve", R"([{"object": "dbo.titles", "is_left_out": true},
                                  {"object": "dbo.lamps", "is_left_out": true}])");
  CHECK(migration.Planned("titles").translator() == "nobody");
  CHECK(PlanOf(migration.state()).beside() == 3);
  migration.Run(Execute);
  CHECK(migration.FileOf("models/intermediate/dbo/dbo__titles.sql").empty());
  CHECK(absl::StrContains(migration.FileOf("unconverted/dbo/dbo__titles.sql"),
                          "SELECT id, title FROM dbo.item"));
  CHECK(absl::StrContains(migration.FileOf("README.md"), "VF0103"));
  std::map<std::string, std::pair<int, int>> counts;  // Found and refused.
  for (const v1::ObjectCount& count : migration.state().object_counts()) {
    counts[count.kind()] = {count.found(), count.refused()};
  }
  CHECK(counts["left out"] == std::pair(2, 0));
  // long_titles and lamp_count, which read them.
  CHECK(counts["view"] == std::pair(2, 2));
  migration.Run(LoadData);
  migration.TestInProcess();
  CHECK(migration.state().to_rewrite().empty());
}

TEST_CASE("the plan decides which model is asked first, and whether one is", "[agents]") {
  Migration migration;
  std::string edit = R"([{"object": "dbo.lamps", "translator": "critical"}])";
  std::string expected = "critical";
  SECTION("a tier") {}
  SECTION("nobody") {
    edit = R"([{"object": "dbo.lamps", "translator": "person"}])";
    expected = "";
  }
  migration.Answer("approve", edit);
  CHECK(migration.Planned("lamps").translator() == (expected.empty() ? "person" : expected));
  for (const auto agent : {Execute, LoadData}) migration.Run(agent);
  migration.TestInProcess();
  CHECK(migration.state().to_rewrite_size() == (expected.empty() ? 0 : 1));
  if (expected.empty()) return;
  migration.Run(Rebuild);
  REQUIRE(migration.RewriteOf("dbo.lamps").attempts_size() == 1);
  CHECK(migration.RewriteOf("dbo.lamps").attempts(0).tier() == expected);
}

TEST_CASE("a change that cannot be is refused with what can be", "[agents]") {
  Migration migration;
  const v1::MigrationState& state = migration.state();
  CHECK(Refusal(state, R"({"object": "dbo.titles", "layer": "marts"})").empty());
  CHECK(Refusal(state, R"({"object": "dbo.none", "layer": "marts"})") ==
        "the plan cannot be changed for dbo.none: the plan has no such object");
  CHECK(absl::EndsWith(Refusal(state, R"({"object": "dbo.titles", "layer": "gold"})"),
                       "there is no layer 'gold'; there are intermediate and marts, and default"));
  CHECK(absl::EndsWith(Refusal(state, R"({"object": "dbo.item", "layer": "marts"})"),
                       "a table has no choice of layer"));
  CHECK(absl::StrContains(Refusal(state, R"({"object": "dbo.item", "is_left_out": true})"),
                          "tables are moved with their rows"));
  CHECK(absl::EndsWith(Refusal(state, R"({"object": "dbo.on_item", "materialization": "view"})"),
                       "a trigger of this kind has no model"));
  CHECK(absl::StrContains(
      Refusal(state, R"({"object": "dbo.titles", "materialization": "incremental"})"),
      "there are view and table"));
  CHECK(absl::StrContains(Refusal(state, R"({"object": "dbo.titles", "translator": "gpt"})"),
                          "simple, medium, complex, critical and person"));
}

}  // namespace
}  // namespace datamigrate::agents
