// Views of a real database, written so that the rules refuse them, and a model that answers some of
// them rightly and others wrongly. What the server returned for each view decides
// (../shared/expected). Skipped where that is absent.
#include <catch2/catch.hpp>
#include <map>

#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/tsql/parser/parser.h"
#include "tests/unit/agents/rebuilt_migration.h"

namespace datamigrate::agents {
namespace {

namespace fs = std::filesystem;
using testing::AnswerWith;

const fs::path kShared = fs::path(DATAMIGRATE_SOURCE_DIR) / "../shared";

// The query of a CREATE VIEW statement.
std::string QueryOf(const std::string& definition) {
  diagnostics::DiagnosticSink sink;
  const tsql::ParseResult parsed = tsql::ParseBatch(definition, {}, sink);
  REQUIRE(parsed.ok);
  return std::string(parsed.tree.Root().Children().front().Child(tsql::Role::kQuery).Text());
}

std::string ViewOf(const v1::View& view, const std::string& query) {
  return "CREATE VIEW [" + view.name().schema() + "].[" + view.name().name() + "] AS " + query;
}

// Each gives other rows than the query as long as that gives any.
const char* const kMistakes[] = {
    "SELECT * FROM ($) AS q WHERE 1 = 0",
    "SELECT * FROM ($) AS q UNION ALL SELECT * FROM ($) AS q",
    "SELECT TOP 1 * FROM ($) AS q UNION ALL SELECT TOP 1 * FROM ($) AS q UNION ALL SELECT TOP 1 * "
    "FROM ($) AS q",
};

std::string Mistaken(const std::string& query, size_t number) {
  std::string text = kMistakes[number % std::size(kMistakes)];
  for (size_t at = 0; (at = text.find('$', at)) != std::string::npos; at += query.size()) {
    text.replace(at, 1, query);
  }
  return text;
}

TEST_CASE("right rewrites of a real database are accepted by execution, and wrong ones are caught",
          "[agents][corpus]") {
  if (!fs::exists(kShared / "expected/northwind")) {
    WARN("skipped: there are no expected results beside the repository");
    return;
  }
  v1::MigrationOptions options;
  options.set_results((kShared / "expected/northwind").string());
  options.set_results_tolerance(
      0.0801);  // Half cents of money times real; ../shared/expected/README.md.
  testing::RebuiltMigration migration((kShared / "corpus/northwind").string(), options);
  migration.Run(Assess);

  std::map<std::string, bool> is_right;
  size_t number = 0;
  for (v1::View& view : *migration.state().mutable_metadata()->mutable_views()) {
    const std::string object = view.name().schema() + "." + view.name().name();
    if (!fs::exists(kShared / "expected/northwind" / (object + ".csv"))) continue;
    const std::string query = QueryOf(view.definition());
    const bool right = number % 2 == 0;
    is_right[object] = right;
    // A model that errs once is right when it hears of it, as long as it is asked again.
    std::vector<std::string> answers = {
        AnswerWith(ViewOf(view, right ? query : Mistaken(query, number))),
        AnswerWith(ViewOf(view, query))};
    migration.Script(object, std::move(answers));
    view.set_definition(
        ViewOf(view, "SELECT * FROM (" + query + ") AS q WHERE CONTAINS(*, N'x') OR 1 = 1"));
    ++number;
  }
  REQUIRE(is_right.size() == 16);
  for (const auto agent : {Plan, Execute, LoadData}) migration.Run(agent);
  for (int rounds = 0; migration.TestInProcess() && rounds < 20; ++rounds) {
    CHECK_FALSE(migration.Run(Rebuild).interrupt.has_value());
  }
  int caught = 0;
  for (const auto& [object, right] : is_right) {
    INFO(object);
    const auto found = migration.state().rewrites().find(object);
    REQUIRE(found != migration.state().rewrites().end());
    const v1::Rewrite& rewrite = found->second;
    for (const v1::RewriteAttempt& attempt : rewrite.attempts()) INFO(attempt.reason());
    CHECK(rewrite.attempts_size() == (right ? 1 : 2));
    CHECK(rewrite.accepted() == rewrite.attempts_size() - 1);
    if (!right) {
      ++caught;
      CHECK(rewrite.attempts(0).verdict() == v1::REWRITE_VERDICT_DIFFERS);
    }
    CHECK(rewrite.attempts(rewrite.attempts_size() - 1).verdict() == v1::REWRITE_VERDICT_PROVEN);
  }
  CHECK(caught == 8);
  CHECK(migration.state().result_comparisons_size() == 16);
  for (const v1::ResultComparison& result : migration.state().result_comparisons()) {
    INFO(result.object());
    CHECK(result.difference() == "");
  }
}

}  // namespace
}  // namespace datamigrate::agents
