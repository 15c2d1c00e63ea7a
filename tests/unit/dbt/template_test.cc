#include "agent_engine/dbt/template.h"

#include <catch2/catch.hpp>

namespace datamigrate::dbt {
namespace {

TemplateScope Scope() {
  TemplateScope scope;
  scope.ref = [](const std::string& model) {
    return absl::StatusOr<std::string>("<" + model + ">");
  };
  scope.source = [](const std::string& source, const std::string& table) {
    return absl::StatusOr<std::string>("<" + source + "/" + table + ">");
  };
  scope.var = [](const std::string& name, const std::string& value) { return name + "=" + value; };
  return scope;
}

TEST_CASE("Calls are replaced by what they stand for", "[dbt]") {
  CHECK(*RenderTemplate("select * from {{ ref('a') }} join {{source('s', 't')}}", Scope()) ==
        "select * from <a> join <s/t>");
  CHECK(*RenderTemplate("{{ var('p', 'it\\'s') }} {{ var('q', -1.5) }} {{ var('r') }}", Scope()) ==
        "p=it's q=-1.5 r=");
}

TEST_CASE("Escaped text comes back unchanged", "[dbt]") {
  for (const std::string text : {"{{ x }}", "{% if %}", "{# note #}", "{", "}}", "{{{",
                                 "a {{ b }} {{", "{{ env_var('HOME') }}", "{{ '{{' }}", "100%}"}) {
    INFO(text);
    CHECK(*RenderTemplate(EscapeJinja(text), Scope()) == text);
    CHECK(*RenderTemplate(EscapeJinjaExceptCalls(text), Scope()) == text);
  }
}

TEST_CASE("Only the translator's own calls stay calls", "[dbt]") {
  const std::string sql =
      "select '{{ var(\"x\") }}', '{{ env_var(''HOME'') }}', {{ var('p', '1') }} from {{ ref('m') "
      "}}";
  CHECK(*RenderTemplate(EscapeJinjaExceptCalls(sql), Scope()) ==
        "select '{{ var(\"x\") }}', '{{ env_var(''HOME'') }}', p=1 from <m>");
  const auto vars = FindVarCalls("{{ var('p', '1') }} {{ ref('m') }} '{{ var('q', 2) }}'");
  REQUIRE(vars.size() == 2);
  CHECK(vars[0].name == "p");
  CHECK(vars[1].default_value == "2");
}

TEST_CASE("Anything beyond our part of Jinja is refused", "[dbt]") {
  for (const char* text :
       {"{% if x %}", "{# x #}", "{{ x", "{{ x }}", "{{ f('a') }}", "{{ ref('a' }}",
        "{{ ref('a, 'b') }}", "{{ ref('a', 'b', 'c') }}", "{{ }}", "{{ 'a }}"}) {
    INFO(text);
    CHECK(absl::IsInvalidArgument(RenderTemplate(text, Scope()).status()));
  }
}

TEST_CASE("Values that look like calls are told apart for dbt", "[dbt]") {
  CHECK(TestArgument("ref (x)") == "{{ '' }}ref (x)");
  CHECK(TestArgument(" doc('a')") == "{{ '' }} doc('a')");
  CHECK(TestArgument("reference(x)") == "reference(x)");
  CHECK(TestArgument("plain") == "plain");
}

}  // namespace
}  // namespace datamigrate::dbt
