#include "agent_engine/providers/json_text.h"

#include <catch2/catch.hpp>

namespace datamigrate::providers {
namespace {

TEST_CASE("JSON that is too deep or not UTF-8 is none", "[providers][json]") {
  CHECK(ParseJson(std::string(100, '[') + std::string(100, ']')).has_value());
  CHECK_FALSE(ParseJson(std::string(101, '[') + std::string(101, ']')).has_value());
  CHECK(ParseJson("\"" + std::string(500, '[') + "\"").has_value());
  CHECK_FALSE(ParseJson("\"\xFF\"").has_value());
  CHECK_FALSE(ParseJson("{} {}").has_value());
  CHECK_FALSE(ParseJson("").has_value());
  CHECK_FALSE(ParseObject("[]").has_value());
}

TEST_CASE("Members of another type are as if they were not there", "[providers][json]") {
  const auto value = *ParseJson(R"({"a":1,"b":"x","c":-5,"d":1.5})");
  CHECK(TextAt(value, "a") == "");
  CHECK(TextAt(value, "b") == "x");
  CHECK(CountAt(value, "a") == 1);
  CHECK(CountAt(value, "b") == 0);
  CHECK(CountAt(value, "c") == 0);
  CHECK(CountAt(value, "d") == 0);
  CHECK(At(*ParseJson("[1]"), "a").is_null());
}

TEST_CASE("Errors are found in every provider's form", "[providers][json]") {
  const auto error = [](const char* text) { return ErrorOf(*ParseJson(text)); };
  CHECK(error(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})")
            .type == "overloaded_error");
  CHECK(error(R"({"error":{"message":"no","type":null,"code":"model_not_found"}})").type ==
        "model_not_found");
  CHECK(error(R"({"error":"model 'x' not found"})").message == "model 'x' not found");
  CHECK(error(R"({"object":"error","message":"too long","type":"BadRequestError"})").message ==
        "too long");
  CHECK(error(R"({"error":{"type":"an injected\nline","message":"a\nb"}})").type == "");
  CHECK(error(R"({"error":{"message":"a\nb"}})").message == "a b");
  CHECK(ForMessage(std::string(299, 'a') + "\xC3\xA4").size() <= 302);
}

TEST_CASE("Schemas are strict when every object says all", "[providers][json]") {
  const auto is_strict = [](const char* text) { return IsStrictSchema(*ParseJson(text)); };
  CHECK(is_strict(R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],)"
                  R"("additionalProperties":false})"));
  CHECK_FALSE(is_strict(R"({"type":"object","properties":{"a":{}},"required":["a"]})"));
  CHECK_FALSE(is_strict(R"({"type":"object","properties":{"a":{}},"required":[],)"
                        R"("additionalProperties":false})"));
  CHECK_FALSE(is_strict(R"({"type":"array","items":{"type":"object"}})"));
}

}  // namespace
}  // namespace datamigrate::providers
