#include "gateway/filters/guardian/guardian_filter.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <string>

#include "gateway/filters/guardian/field_kinds.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {
namespace {

using guardian::FieldKind;

const Route kRoute = {.method = "POST", .pattern = "/m/{id}", .endpoint = {}};

std::optional<Response> Answer(const std::string& body, const std::string& id = "7") {
  static const guardian::RuleBook& rules =
      *new guardian::RuleBook(guardian::RuleBook::Compile().value());
  telemetry::Metrics metrics;
  GuardianFilter filter(&rules, metrics);
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

}  // namespace
}  // namespace datamigrate::gateway
