// Cross-validation of the whole scanner on labelled texts (../shared/guardian), so that no change
// of rules, features or training costs what was reached. The floors are the goals of the Guardian,
// or, where a figure stays below its goal, what it was when it was last looked at.
#include <catch2/catch.hpp>
#include <filesystem>

#include "common/guardian/training/corpus.h"
#include "common/guardian/training/measurement.h"

namespace datamigrate::guardian {
namespace {

const std::filesystem::path kShared =
    std::filesystem::path(DATAMIGRATE_SOURCE_DIR) / ".." / "shared";

TEST_CASE("The Guardian tells attacks from harmless texts that it has not seen", "[guardian]") {
  const std::filesystem::path folder = kShared / "guardian";
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: " << folder << " is not there");
    return;
  }
  absl::StatusOr<std::vector<LabelledText>> corpus = ReadCorpus(folder.string());
  REQUIRE(corpus.ok());
  AddScripts((kShared / "corpus").string(), *corpus);
  const absl::StatusOr<RuleBook> rules = RuleBook::Compile();
  REQUIRE(rules.ok());
  const Measured measured = MeasureAndTrain(*corpus, *rules, {});
  Print(measured.tallies);
  const auto blocked = [&](const char* group) {
    return measured.tallies.at(group).PercentBlocked();
  };
  CHECK(blocked("sqli") >= 98);
  CHECK(blocked("xss") >= 98);
  CHECK(blocked("lfi") >= 99);
  CHECK(blocked("rce") >= 92);
  CHECK(blocked("prompt_injection") >= 70);
  CHECK(blocked("benign_prose") <= 0.3);
  CHECK(blocked("hard_prose") <= 2);
  CHECK(blocked("benign_sql") <= 0.5);
  CHECK(blocked("benign_sql, field sql") <= 0.1);
  CHECK(measured.tallies.at("secret").PercentSanitized() >= 97);
  CHECK(measured.tallies.at("secret").PercentDisclosed() >= 95);
  // A secret is found in few of what looks like one; a command among them is stopped as such.
  CHECK(measured.tallies.at("secret_lookalike").PercentDisclosed() <= 2);
  CHECK(blocked("secret_lookalike") <= 2);
}

}  // namespace
}  // namespace datamigrate::guardian
