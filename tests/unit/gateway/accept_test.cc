// Media types by their weights.
#include "gateway/http/accept.h"

#include <catch2/catch.hpp>

#include <array>

namespace datamigrate::gateway {
namespace {

TEST_CASE("The client's weights decide about the media type", "[gateway][accept]") {
  constexpr std::array<std::string_view, 2> kOffered = {"text/html", "application/json"};
  const auto choice = [&](std::string_view accept) {
    const auto chosen = ChooseMediaType(accept, kOffered);
    return chosen.has_value() ? kOffered[*chosen] : "none";
  };
  for (const char* page :
       {"", " ,", "*/*", "text/html", "TEXT/HTML", "text/*", "application/json, text/html",
        "text/html;level=1", "application/json;q=0.5, */*;q=0.8",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "*/*, application/json;q=0"}) {
    INFO(page);
    CHECK(choice(page) == "text/html");
  }
  for (const char* data : {"application/json", "application/*", "text/html;q=0.9, application/json",
                           "*/*, text/html;q=0", "application/json ; q=0.001, text/html; q=0",
                           "text/*;q=0.1, */*;q=0.2"}) {
    INFO(data);
    CHECK(choice(data) == "application/json");
  }
  for (const char* none : {"image/png", "text/html;q=0", "*/*;q=0", "text/html;q=x", "text", "*",
                           "text/htm", "text/html/x"}) {
    INFO(none);
    CHECK(choice(none) == "none");
  }
}

}  // namespace
}  // namespace datamigrate::gateway
