// Schemas, the check of requests, and the document that both come from.
#include <catch2/catch.hpp>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

#include "common/telemetry/metrics.h"
#include "gateway/endpoints/account_endpoints.h"
#include "gateway/endpoints/api_key_endpoints.h"
#include "gateway/endpoints/engine_token_endpoints.h"
#include "gateway/endpoints/message_reader.h"
#include "gateway/endpoints/migration_endpoints.h"
#include "gateway/endpoints/model_endpoints.h"
#include "gateway/endpoints/oidc_endpoints.h"
#include "gateway/endpoints/operation_endpoints.h"
#include "gateway/endpoints/organization_endpoints.h"
#include "gateway/endpoints/password_endpoints.h"
#include "gateway/endpoints/run_endpoints.h"
#include "gateway/endpoints/schedule_endpoints.h"
#include "gateway/endpoints/second_factor_endpoints.h"
#include "gateway/endpoints/session_endpoints.h"
#include "gateway/openapi/document.h"
#include "gateway/openapi/json_schema.h"
#include "gateway/openapi/message_schema.h"
#include "gateway/openapi/request_check.h"

namespace datamigrate::gateway {
namespace {

namespace json = boost::json;

std::string Finding(std::string_view schema, std::string_view value) {
  return JsonSchema(json::parse({schema.data(), schema.size()}))
      .Check(json::parse({value.data(), value.size()}))
      .value_or("");
}

TEST_CASE("A schema says where a value is wrong and what belongs there", "[gateway][openapi]") {
  const auto test = GENERATE(table<std::string, std::string, std::string>({
      {R"({"type":"object"})", "[]", "the body must be a JSON object"},
      {R"({"type":"object","required":["a"]})", "{}", "/a is missing"},
      {R"({"type":"object","properties":{"a":{}},"additionalProperties":false})", R"({"b":1})",
       "/b is not known here; known are: a"},
      {R"({"type":"object","properties":{"a/~":{"type":"string"}}})", R"({"a/~":1})",
       "/a~1~0 must be a text"},
      {R"({"type":"object","additionalProperties":{"type":"boolean"}})", R"({"x":0})",
       "/x must be true or false"},
      {R"({"type":"array","items":{"type":"integer"}})", "[1,2,\"3\"]",
       "/2 must be a whole number from -9223372036854775808 to 9223372036854775807"},
      {R"({"type":"array","maxItems":1})", "[1,2]", "the body must have at most 1 items"},
      {R"({"type":"integer","minimum":1,"maximum":5})", "6",
       "the body must be a whole number from 1 to 5"},
      {R"({"type":"integer","minimum":1,"maximum":5})", "1.5",
       "the body must be a whole number from 1 to 5"},
      {R"({"type":"integer","minimum":1,"maximum":5})", "1e300",
       "the body must be a whole number from 1 to 5"},
      {R"({"type":"number"})", "\"1\"", "the body must be a number"},
      {R"({"type":"number","minimum":0})", "-0.5", "the body must be at least 0"},
      {R"({"type":"number","maximum":9})", "9.5", "the body must be at most 9"},
      {R"({"type":"string","minLength":1})", "\"\"", "the body must not be empty"},
      {R"({"type":"string","minLength":3})", "\"äö\"", "the body must have at least 3 characters"},
      {R"({"type":"string","maxLength":1})", "\"äö\"", "the body must have at most 1 characters"},
      {R"({"type":"string","enum":["a","b"],"description":"or so"})", "\"c\"",
       "the body must be one of a, b (or so)"},
      {R"({"type":"string","pattern":"^[a-z]*$"})", "\"aB\"", "the body must match ^[a-z]*$"},
      {R"({"type":"string"})", "null", "the body must be a text"},
  }));
  CHECK(Finding(std::get<0>(test), std::get<1>(test)) == std::get<2>(test));
}

TEST_CASE("A value that is as the schema says passes", "[gateway][openapi]") {
  const auto test = GENERATE(table<std::string, std::string>({
      {R"({})", "null"},
      {R"({"type":"object","properties":{"a":{"type":"string"}}})", R"({"b":1})"},
      {R"({"type":"integer","minimum":1,"maximum":5})", "5.0"},
      {R"({"type":"string","maxLength":2})", "\"äö\""},
      {R"({"type":"number"})", "1"},
  }));
  CHECK(Finding(std::get<0>(test), std::get<1>(test)) == "");
}

TEST_CASE("A schema that says more than is checked is not accepted", "[gateway][openapi]") {
  CHECK_THROWS_AS(JsonSchema(json::parse(R"({"minProperties":1})")), std::invalid_argument);
  CHECK_THROWS_AS(JsonSchema(json::parse(R"({"type":"null"})")), std::invalid_argument);
  CHECK_THROWS_AS(JsonSchema(json::parse(R"({"pattern":"("})")), std::invalid_argument);
}

constexpr NamedSchema kCreate = {.name = "Create",
                                 .text = R"({"required":["source"],"properties":{"name":null}})",
                                 .message = "datamigrate.v1.CreateMigrationRequest"};

TEST_CASE("A message's fields are its schema, with the text laid over", "[gateway][openapi]") {
  const json::object schema = ResolveSchema(kCreate, SchemaUse::kRequest);
  const json::object& properties = schema.at("properties").as_object();
  CHECK_FALSE(properties.contains("name"));
  CHECK(properties.at("source").at("type") == "string");
  CHECK(properties.at("options").at("additionalProperties") == false);
  CHECK(properties.at("options").at("properties").at("sqlcmd_variables") ==
        json::parse(R"({"type":"object","additionalProperties":{"type":"string"}})"));
  CHECK(schema.at("required") == json::parse(R"(["source"])"));
  constexpr NamedSchema kNone = {.name = "None", .message = "datamigrate.v1.None"};
  CHECK_THROWS_AS(ResolveSchema(kNone, SchemaUse::kAnswer), std::invalid_argument);
}

Route Checked(const NamedSchema* body) {
  Route route = {.method = "POST", .pattern = "/m/{id}", .endpoint = nullptr};
  route.description.body = body;
  route.description.parameters = {
      {"n", R"({"type":"integer","minimum":1,"maximum":9})", "how many"},
      {"must", R"({"type":"string","maxLength":3})", "any text", Parameter::Place::kQuery, true},
      {"X-Key", R"({"type":"string","pattern":"^[0-9]+$"})", "", Parameter::Place::kHeader}};
  return route;
}

Request Good() {
  Request request;
  request.method = "POST";
  request.query = {{"n", "3"}, {"must", "123"}};
  request.parameters = {{"id", "ä"}};
  request.headers.Set("Content-Type", "application/json; charset=utf-8");
  request.body = R"({"source":"/data"})";
  return request;
}

TEST_CASE("A good request is passed on with its body read", "[gateway][openapi]") {
  const Route route = Checked(&kCreate);
  Request request = Good();
  CHECK_FALSE(RequestCheck(route).Check(request).has_value());
  REQUIRE(request.json != nullptr);
  CHECK(request.json->at("source") == "/data");
}

TEST_CASE("A wrong request is refused with the place and what belongs there",
          "[gateway][openapi]") {
  using Change = void (*)(Request & request);
  const auto test = GENERATE(table<Change, int, std::string>({
      {[](Request& r) { r.query["n"] = "10"; }, 400,
       "\\\"n\\\" must be a whole number from 1 to 9"},
      {[](Request& r) { r.query["n"] = "1x"; }, 400, "\\\"n\\\" must be a whole number"},
      {[](Request& r) { r.query["n"] = ""; }, 400, "\\\"n\\\" must be a whole number"},
      {[](Request& r) { r.query.erase("must"); }, 400, "\\\"must\\\" is missing: any text"},
      {[](Request& r) { r.query["must"] = "\xff"; }, 400, "\\\"must\\\" is not UTF-8"},
      {[](Request& r) { r.headers.Set("X-Key", "a"); }, 400, "\\\"X-Key\\\" must match"},
      {[](Request& r) { r.parameters["id"] = "\xc0\xaf"; }, 400, "\\\"id\\\" in the path is not"},
      {[](Request& r) { r.parameters["id"] = "\xed\xa0\x80"; }, 400, "\\\"id\\\" in the path"},
      {[](Request& r) { r.parameters["id"] = "\xe2\x82"; }, 400, "\\\"id\\\" in the path"},
      {[](Request& r) { r.headers.Remove("Content-Type"); }, 415, "application/json"},
      {[](Request& r) { r.body = ""; }, 400, "needs a JSON object"},
      {[](Request& r) { r.body = "{"; }, 400, "not valid JSON"},
      {[](Request& r) { r.body = R"({"source":"a",})"; }, 400, "not valid JSON"},
      {[](Request& r) { r.body = "{\"source\":\"\xff\"}"; }, 400, "not valid JSON"},
      {[](Request& r) { r.body = std::string(50000, '['); }, 400, "not valid JSON"},
      {[](Request& r) { r.body = "{}"; }, 400, "/source is missing"},
      {[](Request& r) { r.body = R"({"source":null})"; }, 400, "/source must be a text"},
      {[](Request& r) { r.body = R"({"source":"a","Source":"b"})"; }, 400, "/Source is not known"},
  }));
  const Route route = Checked(&kCreate);
  Request request = Good();
  std::get<0>(test)(request);
  const std::optional<Response> refused = RequestCheck(route).Check(request);
  REQUIRE(refused.has_value());
  INFO(refused->body);
  CHECK(refused->status == std::get<1>(test));
  CHECK(refused->body.find(std::get<2>(test)) != std::string::npos);
  CHECK(request.json == nullptr);
}

TEST_CASE("JSON fills a message, and nothing of the wrong type does", "[gateway][openapi]") {
  v1::CreateMigrationRequest message;
  const auto read = [&](std::string_view text) {
    return ReadMessage(json::parse({text.data(), text.size()}).as_object(), message);
  };
  REQUIRE(read(R"({"source":"/a","options":{"require_plan_approval":true,
      "max_rebuild_rounds":2.0,"sqlcmd_variables":{"x":"1","y":""}}})")
              .ok());
  CHECK(message.source() == "/a");
  CHECK(message.options().require_plan_approval());
  CHECK(message.options().max_rebuild_rounds() == 2);
  CHECK(message.options().sqlcmd_variables().at("x") == "1");
  CHECK(message.options().sqlcmd_variables().size() == 2);
  for (const std::string_view wrong :
       {R"({"source":1})", R"({"source":null})", R"({"sources":"a"})", R"({"options":[]})",
        R"({"options":{"max_rebuild_rounds":"2"}})", R"({"options":{"max_rebuild_rounds":1.5}})",
        R"({"options":{"max_rebuild_rounds":2147483648}})",
        R"({"options":{"sqlcmd_variables":{"x":1}}})", R"({"options":{"sqlcmd_variables":[]}})"}) {
    INFO(wrong);
    CHECK(absl::IsInvalidArgument(read(wrong)));
  }
  v1::MigrationEvent event;
  CHECK(ReadMessage(json::parse(R"({"sequence":"9007199254740993","progress":0.5,
                                    "status":"MIGRATION_STATUS_RUNNING"})")
                        .as_object(),
                    event)
            .ok());
  CHECK(event.sequence() == 9007199254740993);
  CHECK(event.status() == v1::MIGRATION_STATUS_RUNNING);
  // A time is a text.
  const auto read_at = [&](const std::string& at) {
    return ReadMessage(json::parse(R"({"at":)" + at + "}").as_object(), event);
  };
  REQUIRE(read_at(R"("2026-12-01T02:00:00+01:00")").ok());
  CHECK(event.at().seconds() == 1796086800);
  for (const char* wrong : {R"("tomorrow")", "5", R"({"seconds":"5"})", R"([])", R"("")"}) {
    CHECK(absl::IsInvalidArgument(read_at(wrong)));
  }
}

// All of the gateway's routes. Their endpoints are never called.
std::vector<Route> AllRoutes() {
  static const telemetry::Metrics metrics;
  std::vector<Route> routes;
  AddAccountRoutes(nullptr, nullptr, routes);
  AddMigrationRoutes({}, routes);
  AddModelRoutes({}, routes);
  AddRunRoutes(nullptr, routes);
  AddScheduleRoutes(nullptr, routes);
  AddPasswordRoutes(nullptr, routes);
  AddSecondFactorRoutes({nullptr, nullptr, nullptr}, routes);
  AddOidcRoutes(nullptr, absl::Hours(1), routes);
  AddSessionRoutes(nullptr, nullptr, routes);
  AddOrganizationRoutes({nullptr, nullptr, nullptr, nullptr, nullptr}, routes);
  AddApiKeyRoutes(nullptr, nullptr, routes);
  AddEngineTokenRoutes(nullptr, routes);
  AddMetricsRoute(&metrics, MetricsAudience::kThisMachine, routes);
  AddOperationRoutes(nullptr, routes);
  return routes;
}

// Every "$ref" below `value`.
void CollectReferences(const json::value& value, std::set<std::string>& references) {
  if (value.is_array()) {
    for (const auto& each : value.get_array()) CollectReferences(each, references);
  } else if (value.is_object()) {
    for (const auto& [name, each] : value.get_object()) {
      if (name == "$ref") references.insert(std::string(each.as_string()));
      CollectReferences(each, references);
    }
  }
}

TEST_CASE("Every route is described, and the document holds together", "[gateway][openapi]") {
  const std::vector<Route> routes = AllRoutes();
  const json::value document = json::parse(ApiDocument(routes, "1.2.3"));
  CHECK(document.at("openapi") == "3.1.0");
  CHECK(document.at("info").at("version") == "1.2.3");
  for (const Route& route : routes) {
    INFO(route.method << " " << route.pattern);
    RequestCheck check(route);
    std::string method(route.method);
    std::ranges::transform(method, method.begin(), [](char c) { return std::tolower(c); });
    const json::object& operation = document.at("paths")
                                        .at({route.pattern.data(), route.pattern.size()})
                                        .at(method)
                                        .as_object();
    CHECK(operation.contains("security") == route.needs_principal);
    CHECK(operation.at("responses").as_object().contains("default"));
  }
  std::set<std::string> references;
  CollectReferences(document, references);
  CHECK(references.size() > 10);
  for (const std::string& reference : references) {
    INFO(reference);
    boost::system::error_code error;
    CHECK(document.find_pointer(reference.substr(1), error) != nullptr);
  }
}

TEST_CASE("A route that will go away is said to be deprecated, and no other",
          "[gateway][openapi]") {
  std::vector<Route> routes = AllRoutes();
  Route old = routes.front();
  old.pattern = "/api/v0/old";
  old.description.operation_id = "doAsBefore";
  old.deprecation = Deprecation{absl::FromUnixSeconds(1688169599), std::nullopt, ""};
  routes.push_back(std::move(old));
  const json::value document = json::parse(ApiDocument(routes, "1"));
  for (const auto& [path, operations] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      INFO(path << " " << method);
      CHECK(operation.as_object().contains("deprecated") == (path == "/api/v0/old"));
    }
  }
}

TEST_CASE("Files come in parts, and events by WebSocket", "[gateway][openapi]") {
  const json::value document = json::parse(ApiDocument(AllRoutes(), "1"));
  const auto responses = [&](const std::string& what) {
    return document.at("paths").at("/api/v1/migrations/{id}/" + what).at("get").at("responses");
  };
  CHECK(responses("project").as_object().contains("206"));
  CHECK(responses("report").at("200").at("content").as_object().contains("application/json"));
  CHECK(responses("report").at("206").at("content").as_object().contains("multipart/byteranges"));
  CHECK_FALSE(responses("events").at("101").as_object().contains("content"));
}

TEST_CASE("A route without a description, or with another's id, has no document",
          "[gateway][openapi]") {
  std::vector<Route> routes = AllRoutes();
  SECTION("none") {
    routes.push_back({.method = "GET", .pattern = "/x", .endpoint = nullptr});
  }
  SECTION("the same id") {
    routes.push_back(routes.front());
  }
  CHECK_THROWS_AS(ApiDocument(routes, "1"), std::invalid_argument);
}

}  // namespace
}  // namespace datamigrate::gateway
