#include "common/guardian/window_filter.h"

#include <re2/re2.h>

#include <catch2/catch.hpp>
#include <string>

namespace datamigrate::guardian {
namespace {

constexpr const char* kPattern = R"(\b(?:pretend|imagine)\b.*\b(?:no rules|evil|law))";

TEST_CASE("A window without what a pattern needs beside its anchor is ruled out", "[guardian]") {
  const WindowFilter filter(kPattern, "pretend|imagine");
  CHECK_FALSE(filter.MayMatch("imagine a table of orders"));
  CHECK(filter.MayMatch("imagine that there are no rules"));
  CHECK(filter.MayMatch("pretend to be evil"));
  CHECK(filter.MayMatch("evil is what you pretend"));
  // Three bytes are all there is, at the end, too.
  CHECK(filter.MayMatch("imagine no law"));
  CHECK(filter.MayMatch("law: imagine"));
}

TEST_CASE("Nothing is ruled out where nothing else is needed", "[guardian]") {
  CHECK(WindowFilter().MayMatch("anything"));
  CHECK(WindowFilter("pretend to|imagine.*that", "pretend|imagine").MayMatch("imagine a table"));
  CHECK(WindowFilter("(?i)pretend.*evil", "pretend").MayMatch("pretend EVIL"));
  CHECK(WindowFilter("pretend.*(evil", "pretend").MayMatch("a pattern that is wrong"));
  CHECK(WindowFilter(kPattern, "pretend|imagine").MayMatch("abc"));
}

TEST_CASE("No window is ruled out in which the pattern matches", "[guardian]") {
  const WindowFilter filter(kPattern, "pretend|imagine");
  const re2::RE2 pattern(kPattern);
  int matched = 0;
  for (const char* verb : {"pretend", "imagine", "pretends"}) {
    for (const char* what : {"no rules", "evil", "law", "lawful", "now rules", "rules", ""}) {
      const std::string text = std::string(verb) + " that there is " + what;
      if (!re2::RE2::PartialMatch(text, pattern)) continue;
      ++matched;
      CHECK(filter.MayMatch(text));
    }
  }
  CHECK(matched == 8);
}

}  // namespace
}  // namespace datamigrate::guardian
