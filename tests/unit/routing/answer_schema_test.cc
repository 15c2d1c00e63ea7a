#include "agent_engine/routing/answer_schema.h"

#include <catch2/catch.hpp>

#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

std::string FaultOf(const char* schema, const char* text) {
  REQUIRE(CheckSchema(schema).ok());
  return text::MessageOf(MatchSchema(text, schema).status());
}

TEST_CASE("JSON is found in what models write around it", "[routing][schema]") {
  constexpr char kSchema[] = R"({"type":"object","required":["a"]})";
  for (const char* text : {R"({"a": 1})", "  {\"a\":1}\n", "```json\n{\"a\": 1}\n```",
                           "```\n{\"a\":1}\n```", "Here it is:\n{\"a\":1}\nDone."}) {
    const auto found = MatchSchema(text, kSchema);
    INFO(text);
    REQUIRE(found.ok());
    CHECK(*found == R"({"a":1})");
  }
  CHECK(FaultOf(kSchema, "no") == "the answer is not JSON");
  CHECK(FaultOf(kSchema, "{}") == "the answer needs \"a\"");
  CHECK(FaultOf(kSchema, "[]") == "the answer must be of type object");
}

TEST_CASE("Each keyword holds", "[routing][schema]") {
  struct Row {
    const char* schema;
    const char* good;
    const char* bad;
  };
  const Row row = GENERATE(values<Row>({
      {R"({"type":"integer"})", "1.0", "1.5"},
      {R"({"type":["string","null"]})", "null", "1"},
      {R"({"enum":["a",1]})", "1", "2"},
      {R"({"const":{"a":1}})", R"({"a":1})", R"({"a":2})"},
      {R"({"properties":{"a":{"type":"string"}}})", R"({"a":"x"})", R"({"a":1})"},
      {R"({"properties":{"a":true},"additionalProperties":false})", R"({"a":1})", R"({"b":1})"},
      {R"({"additionalProperties":{"type":"number"}})", R"({"b":1})", R"({"b":"x"})"},
      {R"({"items":{"type":"string"}})", R"(["a"])", "[1]"},
      {R"({"prefixItems":[{"type":"string"}],"items":false})", R"(["a"])", R"(["a",1])"},
      {R"({"minItems":1,"maxItems":2})", "[1]", "[]"},
      {R"({"maxItems":2})", "[1,2]", "[1,2,3]"},
      {R"({"uniqueItems":true})", "[1,2]", "[1,1]"},
      {R"({"minLength":2})", R"("äö")", R"("ä")"},
      {R"({"maxLength":2})", R"("äö")", R"("äöü")"},
      {R"({"pattern":"^a+$"})", R"("aa")", R"("ab")"},
      {R"({"minimum":1,"exclusiveMaximum":2})", "1", "2"},
      {R"({"exclusiveMinimum":1,"maximum":2})", "2", "1"},
      {R"({"multipleOf":0.1})", "0.3", "0.35"},
      {R"({"allOf":[{"minimum":1},{"maximum":2}]})", "1", "3"},
      {R"({"anyOf":[{"type":"string"},{"minimum":5}]})", "5", "4"},
      {R"({"oneOf":[{"minimum":1},{"maximum":5}]})", "6", "3"},
      {R"({"not":{"type":"string"}})", "1", R"("x")"},
      {R"({"$defs":{"n":{"type":"number"}},"items":{"$ref":"#/$defs/n"}})", "[1]", R"(["x"])"},
  }));
  INFO(row.schema);
  CHECK(FaultOf(row.schema, row.good) == "");
  CHECK(FaultOf(row.schema, row.bad) != "");
}

TEST_CASE("Schemas that would be held to in part are refused", "[routing][schema]") {
  for (const char* schema :
       {"", "[]", "true", "{", R"({"if":{}})", R"({"properties":{"a":{"dependentRequired":{}}}})",
        R"s({"pattern":"(?=x)"})s", R"({"$ref":"https://x.test/s"})", R"({"items":1})"}) {
    INFO(schema);
    CHECK_FALSE(CheckSchema(schema).ok());
  }
}

TEST_CASE("A schema that refers to itself ends", "[routing][schema]") {
  constexpr char kSchema[] = R"({"$ref":"#"})";
  CHECK(FaultOf(kSchema, "1") != "");
}

}  // namespace
}  // namespace datamigrate::routing
