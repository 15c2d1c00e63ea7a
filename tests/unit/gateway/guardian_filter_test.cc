#include "gateway/filters/guardian/guardian_filter.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/clock.h"

#include "gateway/filters/guardian/field_kinds.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {
namespace {

using guardian::FieldKind;

const Route kRoute = {.method = "POST", .pattern = "/m/{id}", .endpoint = {}};

const guardian::RuleBook& Rules() {
  static const guardian::RuleBook& rules =
      *new guardian::RuleBook(guardian::RuleBook::Compile().value());
  return rules;
}

// A request of an organization with a policy of its own, after the filter.
struct Governed {
  Governed(const nlohmann::json& policy, const std::string& body) {
    PolicyBook policies;
    policies.Add("o1", 1, Policy::Parse(policy, ScoresOf(Rules())).value());
    telemetry::Metrics metrics;
    GuardianFilter filter(&Rules(), &policies, metrics);
    request.method = "POST";
    request.route = &kRoute;
    request.principal = Principal{"u1", "o1", "s1"};
    request.body = body;
    request.json = std::make_shared<const boost::json::value>(boost::json::parse(body));
    request.received_at = absl::Now();
    answer = filter.BeforeEndpoint(request);
  }
  Request request;
  std::optional<Response> answer;
};

std::optional<Response> Answer(const std::string& body, const std::string& id = "7") {
  telemetry::Metrics metrics;
  const PolicyBook policies;
  GuardianFilter filter(&Rules(), &policies, metrics);
  Request request;
  request.method = "POST";
  request.route = &kRoute;
  request.path = "/m/7";
  request.parameters["id"] = id;
  if (!body.empty()) {
    request.json = std::make_shared<const boost::json::value>(boost::json::parse(body));
  }
  return filter.BeforeEndpoint(request);
}

TEST_CASE("Fields are known by their names", "[gateway][guardian]") {
  CHECK(KindOfField("password") == FieldKind::kSecret);
  CHECK(KindOfField("source") == FieldKind::kPath);
  CHECK(KindOfField("sql") == FieldKind::kSql);
  CHECK(KindOfField("name") == FieldKind::kIdentifier);
}

TEST_CASE("Ordinary requests pass the Guardian", "[gateway][guardian]") {
  CHECK_FALSE(Answer("").has_value());
  CHECK_FALSE(Answer(R"({"name":"Orders of O'Brien","source":"/data/scripts"})").has_value());
  CHECK_FALSE(
      Answer(R"({"sql":"SELECT 1 UNION SELECT null FROM t WHERE a = '' OR 1=1"})").has_value());
  CHECK_FALSE(Answer(R"({"password":"' or 1=1 --"})").has_value());
}

TEST_CASE("An attack is refused with its field and rule, not its text", "[gateway][guardian]") {
  const std::string body =
      GENERATE(as<std::string>(), R"({"name":"1' UNION SELECT null, version() -- zebra"})",
               R"({"a":[1,{"name":"1' UNION SELECT null, version() -- zebra"}]})");
  const std::optional<Response> response = Answer(body);
  REQUIRE(response.has_value());
  CHECK(response->status == 403);
  CHECK(response->body.find("name") != std::string::npos);
  CHECK(response->body.find("sql_injection.union_select") != std::string::npos);
  CHECK(response->body.find("zebra") == std::string::npos);
}

TEST_CASE("Names of fields and parts of the path are looked at, too", "[gateway][guardian]") {
  CHECK(Answer(R"({"<script>alert(1)</script>":1})").has_value());
  CHECK(Answer("", "<script>alert(1)</script>").has_value());
}

constexpr const char* kAttack = R"({"name":"1' UNION SELECT null, version() -- zebra"})";

TEST_CASE("A name is judged alike however often it comes", "[gateway][guardian]") {
  telemetry::Metrics metrics;
  const PolicyBook policies;
  GuardianFilter filter(&Rules(), &policies, metrics);
  for (int i = 0; i < 3; ++i) {
    for (const auto& [name, is_refused] :
         {std::pair(std::string("description"), false),
          std::pair(std::string("1' UNION SELECT null, version() --"), true),
          std::pair(std::string(100, 'n'), false)}) {
      INFO(name);
      Request request;
      request.json =
          std::make_shared<const boost::json::value>(boost::json::object{{name, "a text"}});
      CHECK(filter.BeforeEndpoint(request).has_value() == is_refused);
    }
  }
}

TEST_CASE("Names that are known to be harmless are found again, a bounded number of them",
          "[gateway][guardian]") {
  HarmlessNames names;
  CHECK_FALSE(names.Has(""));
  CHECK_FALSE(names.Has("name"));
  names.Add("name");
  CHECK(names.Has("name"));
  CHECK_FALSE(names.Has("Name"));
  const std::string longest(HarmlessNames::kLongest, 'n');
  names.Add(longest);
  names.Add(longest + "n");
  CHECK(names.Has(longest));
  CHECK_FALSE(names.Has(longest + "n"));
  for (size_t i = 0; i < 10 * HarmlessNames::kPlaces; ++i) names.Add(std::to_string(i));
  CHECK(names.Has(std::to_string(10 * HarmlessNames::kPlaces - 1)));
}

TEST_CASE("What was found is noted without the text", "[gateway][guardian][policy]") {
  const Governed blocked(nlohmann::json::object(), kAttack);
  REQUIRE(blocked.answer.has_value());
  CHECK(blocked.request.scan.verdict == "block");
  CHECK(std::ranges::find(blocked.request.scan.rules, "sql_injection.union_select") !=
        blocked.request.scan.rules.end());
  REQUIRE(blocked.request.scan.findings.size() == 1);
  const std::optional<Finding> finding = ParseFinding(blocked.request.scan.findings[0]);
  REQUIRE(finding.has_value());
  CHECK(finding->category == guardian::Category::kSqlInjection);
  CHECK(finding->score >= 1);
  const Governed plain(nlohmann::json::object(), R"({"name":"orders"})");
  CHECK(plain.request.scan.verdict == "allow");
  CHECK(plain.request.scan.findings.empty());
}

TEST_CASE("A policy that reports lets an attack pass and says so", "[gateway][guardian][policy]") {
  const Governed governed({{"mode", "report"}}, kAttack);
  CHECK_FALSE(governed.answer.has_value());
  CHECK(governed.request.scan.verdict == "report");
  CHECK(governed.request.body == kAttack);
}

TEST_CASE("A policy that sanitises cuts out what was found and nothing else",
          "[gateway][guardian][policy]") {
  const nlohmann::json policy = {
      {"reactions", {{{"to", "personal_data"}, {"reaction", "sanitize"}}}}};
  const std::string body =
      R"({"email":"ann.miller@gmail.com","comment":"é mail ann.miller@gmail.com é, card 4539 1488 0343 6467.",)"
      R"("list":["ok",{"text":"bob.miller@gmail.com"}],"n":7})";
  const Governed governed(policy, body);
  REQUIRE_FALSE(governed.answer.has_value());
  CHECK(governed.request.scan.verdict == "sanitize");
  const auto passed = nlohmann::json::parse(governed.request.body);
  CHECK(passed["email"] == "ann.miller@gmail.com");
  const std::string comment = passed["comment"];
  CHECK(comment.find("gmail.com") == std::string::npos);
  CHECK(comment.find("4539") == std::string::npos);
  CHECK(comment.starts_with("é mail [personal_data."));
  CHECK(comment.find("] é, card [personal_data.") != std::string::npos);
  CHECK(passed["list"][0] == "ok");
  CHECK(passed["list"][1]["text"].get<std::string>().starts_with("[personal_data."));
  CHECK(passed["n"] == 7);
  CHECK(*governed.request.json == boost::json::parse(governed.request.body));
}

TEST_CASE("A field's name that should be sanitised is blocked", "[gateway][guardian][policy]") {
  const Governed governed({{"reactions", {{{"to", "personal_data"}, {"reaction", "sanitize"}}}}},
                          R"({"mail to ann.miller@gmail.com":1})");
  REQUIRE(governed.answer.has_value());
  CHECK(governed.request.scan.verdict == "block");
}

}  // namespace
}  // namespace datamigrate::gateway
