#include "gateway/policy/policy.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/policy/policy_book.h"

namespace datamigrate::gateway {
namespace {

using guardian::Category;
using guardian::FieldKind;
using nlohmann::json;

const RuleScores kScores = {{"sql_injection.tautology", 1},
                            {"sql_injection.comment", 0.4},
                            {"sql_injection.model", 1},
                            {"secret.github_token", 1}};
const absl::Time kNow = absl::FromUnixSeconds(1795000000);

Policy PolicyOf(const json& document) {
  return Policy::Parse(document, kScores).value();
}

Reaction React(const Policy& policy, const Finding& finding) {
  return policy.Judge(finding, kScores, kNow).reaction;
}

Finding Attack(double score = 1, std::vector<std::string> rules = {"sql_injection.tautology"},
               FieldKind kind = FieldKind::kChat) {
  return {kind, Category::kSqlInjection, score, std::move(rules)};
}

Finding Secret() {
  return {FieldKind::kChat, Category::kSecret, 1, {"secret.github_token"}};
}

TEST_CASE("A finding is written and read", "[gateway][policy]") {
  const Finding finding = Attack(1.25, {"sql_injection.tautology", "sql_injection.model"});
  const std::string text = FindingText(finding);
  CHECK(text == "chat:sql_injection:1.25:sql_injection.tautology+sql_injection.model");
  CHECK(ParseFinding(text) == finding);
  // What was not enough stays so.
  CHECK(ParseFinding(FindingText(Attack(0.9999)))->score < 1);
  CHECK_FALSE(ParseFinding("").has_value());
  CHECK_FALSE(ParseFinding("chat:nonsense:1:x").has_value());
  CHECK_FALSE(ParseFinding("nonsense:secret:1:x").has_value());
}

TEST_CASE("Without a policy of its own an organization has the Guardian's", "[gateway][policy]") {
  const std::shared_ptr<const Policy> policy = PolicyBook().Find("o1");
  CHECK(React(*policy, Attack()) == Reaction::kBlock);
  CHECK(React(*policy, Attack(0.4, {"sql_injection.comment"})) == Reaction::kAllow);
  CHECK(React(*policy, Secret()) == Reaction::kAllow);
  // What a client may have to send, a model need not tell.
  Finding answered = Secret();
  answered.kind = FieldKind::kModelOutput;
  CHECK(React(*policy, answered) == Reaction::kSanitize);
}

TEST_CASE("Reactions are by category, and by rule before that", "[gateway][policy]") {
  const Policy policy = PolicyOf({{"reactions",
                                   {{{"to", "sql_injection"}, {"reaction", "report"}},
                                    {{"to", "sql_injection.model"}, {"reaction", "sanitize"}},
                                    {{"to", "secret"}, {"reaction", "block"}}}}});
  CHECK(React(policy, Attack()) == Reaction::kReport);
  CHECK(React(policy, Attack(2, {"sql_injection.tautology", "sql_injection.model"})) ==
        Reaction::kSanitize);
  CHECK(React(policy, Secret()) == Reaction::kBlock);
}

TEST_CASE("A threshold is by category and kind of field", "[gateway][policy]") {
  const Policy policy =
      PolicyOf({{"thresholds",
                 {{{"category", "sql_injection"}, {"score", 0.4}},
                  {{"category", "sql_injection"}, {"field", "metadata"}, {"score", 1.5}}}}});
  CHECK(React(policy, Attack(0.4, {"sql_injection.comment"})) == Reaction::kBlock);
  CHECK(React(policy, Attack(0.3, {"sql_injection.comment"})) == Reaction::kBlock);  // by its rule
  CHECK(React(policy, Attack(1.4, {"sql_injection.tautology", "sql_injection.comment"},
                             FieldKind::kMetadata)) == Reaction::kAllow);
  CHECK(React(policy, Attack(1.6, {"sql_injection.tautology", "sql_injection.comment"},
                             FieldKind::kMetadata)) == Reaction::kBlock);
}

TEST_CASE("What is on the allow list does not count until it expires", "[gateway][policy]") {
  const auto with = [](const std::string& expires_at, const json& more = json::object()) {
    json entry = {{"rule", "sql_injection.tautology"}, {"expires_at", expires_at}};
    entry.update(more);
    return PolicyOf({{"allow", json::array({entry})}});
  };
  CHECK(React(with("2099-01-01T00:00:00Z"), Attack()) == Reaction::kAllow);
  CHECK(React(with("2020-01-01T00:00:00Z"), Attack()) == Reaction::kBlock);
  CHECK(React(with("2099-01-01T00:00:00Z", {{"field", "metadata"}}), Attack()) == Reaction::kBlock);
  const Finding both = Attack(1.4, {"sql_injection.tautology", "sql_injection.comment"});
  CHECK(React(with("2099-01-01T00:00:00Z"), both) == Reaction::kAllow);
  const Finding model = Attack(2, {"sql_injection.tautology", "sql_injection.model"});
  CHECK(React(with("2099-01-01T00:00:00Z"), model) == Reaction::kBlock);
  CHECK(with("2099-01-01T00:00:00Z").Judge(model, kScores, kNow).rules ==
        std::vector<std::string>{"sql_injection.model"});
}

TEST_CASE("In report mode nothing is refused or cut", "[gateway][policy]") {
  const Policy policy =
      PolicyOf({{"mode", "report"}, {"reactions", {{{"to", "secret"}, {"reaction", "sanitize"}}}}});
  CHECK(React(policy, Attack()) == Reaction::kReport);
  CHECK(React(policy, Secret()) == Reaction::kReport);
  CHECK(React(policy, Attack(0.4, {"sql_injection.comment"})) == Reaction::kAllow);
}

TEST_CASE("A wrong policy is refused with the place", "[gateway][policy]") {
  const auto [document, place] = GENERATE(table<json, std::string>({
      {{{"reactions", {{{"to", "nonsense"}, {"reaction", "block"}}}}}, "/reactions/0/to"},
      {{{"reactions", {{{"to", "secret"}, {"reaction", "burn"}}}}}, "/reactions/0/reaction"},
      {{{"thresholds", {{{"category", "x"}, {"score", 1}}}}}, "/thresholds/0/category"},
      {{{"thresholds", {{{"category", "secret"}, {"field", "x"}, {"score", 1}}}}},
       "/thresholds/0/field"},
      {{{"thresholds", {{{"category", "secret"}}}}}, "/thresholds/0/score"},
      {{{"thresholds", {{{"category", "secret"}, {"score", 101}}}}}, "/thresholds/0/score"},
      {{{"allow", {{{"rule", "x"}}}}}, "/allow/0/rule"},
      {{{"allow", {{{"rule", "secret.github_token"}, {"expires_at", "soon"}}}}},
       "/allow/0/expires_at"},
  }));
  const absl::Status status = Policy::Parse(document, kScores).status();
  CHECK(absl::IsInvalidArgument(status));
  CHECK(std::string(status.message()).starts_with(place));
}

TEST_CASE("The book keeps the latest version", "[gateway][policy]") {
  PolicyBook book;
  const json report = {{"mode", "report"}};
  book.Add("o1", 2, PolicyOf(report));
  book.Add("o1", 1, Policy());
  CHECK(book.VersionOf("o1") == 2);
  CHECK(React(*book.Find("o1"), Attack()) == Reaction::kReport);
  CHECK(React(*book.Find("o2"), Attack()) == Reaction::kBlock);
}

}  // namespace
}  // namespace datamigrate::gateway
