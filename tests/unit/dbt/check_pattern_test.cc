#include "agent_engine/dbt/check_pattern.h"

#include <catch2/catch.hpp>

namespace datamigrate::dbt {
namespace {

TEST_CASE("Lists of values are recognized in every spelling", "[dbt]") {
  for (const char* text :
       {"[Kind] IN ('A','B')", "Kind in (N'A', N'B', 'A')", "([Kind]='B' OR [kind]=N'A')",
        "((\"Kind\")) = 'A'", "([Kind]='A' or ([KIND]='B'))"}) {
    INFO(text);
    const auto list = FindValueList(text);
    if (std::string(text).starts_with("((\"Kind\")")) {
      CHECK_FALSE(list);  // A column in parentheses of its own is more than needed.
      continue;
    }
    REQUIRE(list);
    CHECK(list->are_text);
    CHECK(list->values.size() == 2);
  }
  const auto numbers = FindValueList("([n]=(1) OR [n]=((-2)) OR [n] IN (3.5, +4))");
  REQUIRE(numbers);
  CHECK(numbers->values == std::vector<std::string>{"1", "-2", "3.5", "+4"});
  CHECK_FALSE(numbers->are_text);
  CHECK(FindValueList("[a]]b]='it''s'")->column == "a]b");
  CHECK(FindValueList("[a]]b]='it''s'")->values[0] == "it's");
}

TEST_CASE("Every other condition is left alone", "[dbt]") {
  for (const char* text : {"",
                           "(",
                           "[a]='x' AND [b]='y'",
                           "[a]='x' OR [b]='y'",
                           "[a]='x' OR [a]=1",
                           "[a]<>'x'",
                           "[a] NOT IN (1)",
                           "upper([a])='X'",
                           "[a] IN ()",
                           "[a] IN (1",
                           "[a]=1 OR",
                           "[a]='x",
                           "[a",
                           "[a]=1e5",
                           "[a]=$1",
                           "[a]=@v",
                           "[a]=[b]",
                           "[a]=1 extra",
                           "[a] IS NULL OR [a]=1",
                           "1=[a]",
                           "[a]=--1\n2"}) {
    INFO(text);
    CHECK_FALSE(FindValueList(text));
  }
  CHECK_FALSE(FindValueList(std::string(100'000, '(')));
}

}  // namespace
}  // namespace datamigrate::dbt
