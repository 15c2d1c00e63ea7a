// Targets, routes, messages and problems.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "gateway/http/problem.h"
#include "gateway/http/response_head.h"
#include "gateway/http/router.h"
#include "gateway/http/target.h"

namespace datamigrate::gateway {
namespace {

TEST_CASE("A target is split and decoded", "[gateway][target]") {
  const auto target = ParseTarget("/api/a%20b/c%2Fd?x=1&y=a+b%26c&x=2&flag");
  REQUIRE(target.has_value());
  CHECK(target->path == "/api/a%20b/c%2Fd");
  CHECK(target->segments == std::vector<std::string>{"api", "a b", "c/d"});
  CHECK(target->query ==
        std::map<std::string, std::string>{{"x", "1"}, {"y", "a b&c"}, {"flag", ""}});
}

TEST_CASE("Targets that could mislead are refused", "[gateway][target]") {
  const std::string target =
      GENERATE("", "api", "*", "/a%", "/a%2", "/a%zz", "/a%00", "/a%0d%0ab", "/a/../b",
               "/a/%2e%2e/b", "/./a", "/a b", "/a?x=%0", "/a#b", std::string("/a\0b", 4), "/a\x7f");
  INFO(target);
  CHECK_FALSE(ParseTarget(target).has_value());
}

TEST_CASE("Percent encoding and decoding are inverse", "[gateway][target]") {
  std::string text;
  for (int c = 0x20; c < 0x100; ++c) {
    if (c != 0x7f) text += static_cast<char>(c);
  }
  CHECK(PercentDecode(PercentEncode(text)) == text);
}

Route Named(std::string_view method, std::string_view pattern) {
  return {.method = method, .pattern = pattern, .endpoint = nullptr};
}

TEST_CASE("The router finds routes by method and path", "[gateway][router]") {
  const Router router({Named("GET", "/m/{id}"), Named("POST", "/m"), Named("GET", "/m"),
                       Named("GET", "/m/latest"), Named("GET", "/m/{id}/models/{name}"),
                       Named("GET", "/")});
  const auto pattern_of = [&](std::string_view method, std::string_view path) {
    const Router::Match match = router.Find(method, ParseTarget(path)->segments);
    return match.route == nullptr ? std::string_view("-") : match.route->pattern;
  };
  CHECK(pattern_of("GET", "/m/1") == "/m/{id}");
  CHECK(pattern_of("HEAD", "/m/1") == "/m/{id}");
  CHECK(pattern_of("GET", "/m/latest") == "/m/latest");
  CHECK(pattern_of("GET", "/") == "/");
  CHECK(pattern_of("GET", "/m/") == "-");
  CHECK(pattern_of("GET", "/m/1/") == "-");
  CHECK(pattern_of("PUT", "/m") == "-");
  CHECK(router.Find("PUT", {"m"}).allowed_methods == std::vector<std::string_view>{"POST", "GET"});
  CHECK(router.Find("GET", {"x"}).allowed_methods.empty());
  // The literal path has its own methods alone.
  const Router with_literal({Named("DELETE", "/m/{id}"), Named("POST", "/m/accept")});
  CHECK(with_literal.Find("DELETE", {"m", "accept"}).route == nullptr);
  CHECK(with_literal.Find("DELETE", {"m", "accept"}).allowed_methods ==
        std::vector<std::string_view>{"POST"});
  CHECK(with_literal.Find("DELETE", {"m", "7"}).route != nullptr);
  CHECK(router.Find("GET", {"m", "7", "models", "a/b"}).parameters ==
        std::map<std::string, std::string>{{"id", "7"}, {"name", "a/b"}});
}

TEST_CASE("Header names compare without case and values cannot break lines", "[gateway][message]") {
  Headers headers;
  headers.Set("Location", "/a\r\nSet-Cookie: x");
  CHECK(headers.Get("lOCATION") == "/a  Set-Cookie: x");
  headers.Set("LOCATION", "/b");
  CHECK(headers.fields().size() == 1);
  headers.Add("location", "/c");
  CHECK(headers.Count("Location") == 2);
}

TEST_CASE("A response's own framing fields are left out", "[gateway][message]") {
  Response response = TextResponse(200, "text/plain", "abc");
  response.headers.Set("Content-Length", "7");
  response.headers.Set("Transfer-Encoding", "chunked");
  CHECK(ResponseHead(response, {}, absl::UnixEpoch()) ==
        "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
        "Content-Length: 3\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("A problem names status, place and request", "[gateway][problem]") {
  Request request;
  request.path = "/a\xff";
  request.request_id = "r1";
  const Response response = Problem(request, 409, "taken \"twice\"");
  CHECK(response.status == 409);
  CHECK(response.headers.Get("Content-Type") == "application/problem+json");
  const auto document = nlohmann::json::parse(response.body);
  CHECK(document["type"] == "about:blank");
  CHECK(document["title"] == "Conflict");
  CHECK(document["status"] == 409);
  CHECK(document["detail"] == "taken \"twice\"");
  CHECK(document["instance"] == "/a\xef\xbf\xbd");
  CHECK(document["request_id"] == "r1");
}

}  // namespace
}  // namespace datamigrate::gateway
