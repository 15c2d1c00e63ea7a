#include "agent_engine/dbt/yaml.h"

#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>

namespace datamigrate::dbt {
namespace {

TEST_CASE("A YAML reader gets back every string", "[dbt]") {
  for (const std::string text : {"plain",       "two words",  "",
                                 " leading",    "trailing ",  "true",
                                 "No",          "null",       "1",
                                 "1.5",         "-",          "- a",
                                 "a: b",        "a #b",       "#b",
                                 "'quoted'",    "\"quoted\"", "back\\slash",
                                 "line\nbreak", "tab\there",  "{{ jinja }}",
                                 "[a, b]",      "{a: b}",     "*anchor",
                                 "&ref",        "!tag",       "%x",
                                 "@at",         "`tick`",     "|",
                                 ">",           "?",          "Größe",
                                 "订单",        "😀",          "~",
                                 "0x10",        "1e3",        "2020-01-01",
                                 "12:30:45",    "a,b",        "+plus",
                                 "=",           "<<",         "\x01\x7f"}) {
    INFO(text);
    YamlWriter yaml;
    yaml.Field("key", text);
    CHECK(YAML::Load(yaml.Take())["key"].as<std::string>() == text);
    yaml = YamlWriter();
    yaml.Begin("list");
    yaml.Item(text);
    yaml.End();
    CHECK(YAML::Load(yaml.Take())["list"][0].as<std::string>() == text);
  }
}

TEST_CASE("Words that YAML 1.1 takes for booleans and nulls are quoted", "[dbt]") {
  for (const char* word : {"yes", "No", "ON", "off", "y", "N", "true", "False", "null", "NaN"}) {
    CHECK(YamlString(word).front() == '"');
  }
  CHECK(YamlString("None") == "None");
  CHECK(YamlString("note") == "note");
}

TEST_CASE("Blocks and items nest", "[dbt]") {
  YamlWriter yaml;
  yaml.Begin("models");
  yaml.BeginItem();
  yaml.Field("name", "a");
  yaml.Begin("columns");
  yaml.BeginItem();
  yaml.Field("name", "x");
  yaml.Raw("quote", "true");
  yaml.EndItem();
  yaml.End();
  yaml.EndItem();
  yaml.Item("b");
  yaml.End();
  CHECK(yaml.Take() ==
        "models:\n  - name: a\n    columns:\n      - name: x\n        quote: true\n  - b\n");
}

}  // namespace
}  // namespace datamigrate::dbt
