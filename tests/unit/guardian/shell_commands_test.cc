#include "common/guardian/shell_commands.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace datamigrate::guardian {
namespace {

// The id of the first rule that speaks, without its category; empty where none does.
std::string RuleFor(std::string_view text) {
  std::vector<Finding> findings;
  FindShellCommands(text, findings);
  if (findings.empty()) return "";
  const std::string_view id = findings[0].rule->id;
  return std::string(id.substr(id.find('.') + 1));
}

TEST_CASE("Commands are found where a shell runs them", "[guardian]") {
  const auto [text, rule] = GENERATE(table<std::string, std::string>({
      {"x; curl http://evil.example", "chained_command"},
      {";id", "chained_command"},
      {"a || whoami", "chained_command"},
      {"a | nc -l 80", "chained_command"},
      {"a & cat /etc/passwd", "chained_command"},
      {"x;/usr/bin/id", "chained_command"},
      {";python3.11 -c 1", "chained_command"},
      {"time curl example.org", "chained_command"},
      {"sudo -u", "command_line"},
      {"sudo rm x", "chained_command"},
      {"a=$(id)", "substitution"},
      {"<(cat file)", "substitution"},
      {"curl -s http://evil.example", "command_line"},
      {"c'a't /etc/passwd", "broken_name"},
      {"wh\\oami", "broken_name"},
      {"cu$@rl example.org", "broken_name"},
      {"p\"\"i\"\"ng x", "broken_name"},
      {"ca{t,x} /etc", "broken_name"},
      {"{nc,-l,80}", "broken_name"},
  }));
  INFO(text);
  CHECK(RuleFor(text) == rule);
}

TEST_CASE("Sentences, SQL, tables and addresses are no commands", "[guardian]") {
  const auto* text =
      GENERATE("I have a dog; cats are fine", "Sort it; find out who did it; make it so",
               "select 1; exec dbo.p; print 'x'; go", "begin; update t set a = 1; end",
               "| wget | curl |\n| --- | --- |", "https://example.org/?id=5&ls=1&sort=asc&cat=3",
               "where a <> b and (c | d) > 0", "curl is a program", "don't, can't, it's",
               "R&D; A&B", "the file; its name", "", ";", "$(", "x;\n\ny");
  INFO(text);
  CHECK(RuleFor(text).empty());
}

TEST_CASE("A finding covers the command as it is written", "[guardian]") {
  const std::string text = "x;  c''at /etc/passwd";
  std::vector<Finding> findings;
  FindShellCommands(text, findings);
  REQUIRE(findings.size() == 1);
  CHECK(text.substr(findings[0].offset, findings[0].length) == "c''at");
}

}  // namespace
}  // namespace datamigrate::guardian
