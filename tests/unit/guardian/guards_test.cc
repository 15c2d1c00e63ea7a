#include "common/guardian/guards.h"

#include <catch2/catch.hpp>
#include <string>

namespace datamigrate::guardian {
namespace {

// Asks a guard about the anchor at the front of `text`.
bool Asked(bool (*guard)(std::string_view, size_t, size_t), std::string_view text,
           std::string_view anchor) {
  REQUIRE(text.starts_with(anchor));
  return guard(text, 0, anchor.size());
}

TEST_CASE("A name is followed by an assignment behind quotes and blanks", "[guardian]") {
  const auto asked = [](std::string_view text) {
    return Asked(IsFollowedByAssignment, text, "password");
  };
  for (const char* text : {"password=x", "password: x", "password\": 1", "password'] \t= 1",
                           "password      = x", "password:=x"}) {
    CAPTURE(text);
    CHECK(asked(text));
  }
  for (const char* text : {"password", "password is secret = 1", "password\n\n\n\n\n\n\n=",
                           "passwords=x", "password\"\"\"=x", "password "}) {
    CAPTURE(text);
    CHECK_FALSE(asked(text));
  }
}

TEST_CASE("A token is assigned behind a name, however it is quoted", "[guardian]") {
  const auto asked = [](std::string_view text) {
    return Asked(IsAssignedToken<40, 8>, text, "key");
  };
  for (const char* text : {"key=12345678", "key: \"12345678\"", "key_of_all => '12345678'",
                           "key, `12345678`", "key = \"= '12345678", "key=12 other=12345678"}) {
    CAPTURE(text);
    CHECK(asked(text));
  }
  for (const char* text :
       {"key", "key=1234567", "key 12345678", "key=1234 5678", "key=\"1234\"5678",
        "key                    of    a      door=12345678"}) {
    CAPTURE(text);
    CHECK_FALSE(asked(text));
  }
}

TEST_CASE("A reference is followed by a URL", "[guardian]") {
  for (const char* text : {"]:http://a", "]: <https://a>", "]:    //a", "]: HTTP://a"}) {
    CAPTURE(text);
    CHECK(Asked(IsFollowedByUrl, text, "]:"));
  }
  for (const char* text : {"]:", "]: x", "]:     //a", "]: /a", "]: <"}) {
    CAPTURE(text);
    CHECK_FALSE(Asked(IsFollowedByUrl, text, "]:"));
  }
}

TEST_CASE("A name is called, quoted or not; more than a name always may be", "[guardian]") {
  CHECK(Asked(IsCalled, "alert (1)", "alert"));
  CHECK(Asked(IsCalled, "confirm`1`", "confirm"));
  CHECK(Asked(IsCalled, "prompt\"](1)", "prompt"));
  CHECK(Asked(IsCalled, "document.cookie", "document.cookie"));
  CHECK_FALSE(Asked(IsCalled, "prompt and answer", "prompt"));
  CHECK_FALSE(Asked(IsCalled, "alert", "alert"));
}

}  // namespace
}  // namespace datamigrate::guardian
