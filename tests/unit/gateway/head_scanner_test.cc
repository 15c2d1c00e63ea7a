#include "gateway/http/head_scanner.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace datamigrate::gateway {
namespace {

using Finding = HeadScanner::Finding;

const std::string kHead =
    "GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + std::string(100, 'v') + "\r\n\r\n";

Finding FindingOf(const std::string& bytes) {
  return HeadScanner().Scan(bytes);
}

TEST_CASE("A head is whole with its last byte, however it is cut", "[gateway][http]") {
  for (size_t piece = 1; piece <= kHead.size(); ++piece) {
    HeadScanner scanner;
    for (size_t seen = piece; seen < kHead.size(); seen += piece) {
      CHECK(scanner.Scan(kHead.substr(0, seen)) == Finding::kPartial);
    }
    CHECK(scanner.Scan(kHead + "body") == Finding::kWhole);
    CHECK(scanner.begin() == 0);
    CHECK(scanner.end() == kHead.size());
  }
}

TEST_CASE("A line feed, a NUL or a carriage return alone is wrong at every place",
          "[gateway][http]") {
  for (const char wrong : {'\n', '\0', '\r'}) {
    for (size_t at = 0; at + 4 < kHead.size(); ++at) {
      // Beside a carriage return or line feed it may make another right line end.
      if (kHead[at] == '\r' || kHead[at] == '\n' || (at > 0 && kHead[at - 1] == '\r')) continue;
      if (kHead[at + 1] == '\r' && wrong == '\n') continue;
      std::string bytes = kHead;
      bytes[at] = wrong;
      INFO("byte " << int{wrong} << " at " << at);
      CHECK(FindingOf(bytes) == Finding::kWrong);
    }
  }
}

TEST_CASE("A line feed before the next line's end is seen before it", "[gateway][http]") {
  CHECK(FindingOf("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n") == Finding::kWrong);
  CHECK(FindingOf("GET / HTTP/1.1\n") == Finding::kWrong);
  CHECK(FindingOf(std::string("GET /\0 HTTP/1.1\r\n\r\n", 20)) == Finding::kWrong);
  CHECK(FindingOf("GET / HTTP/1.1\r\n folded\r\n\r\n") == Finding::kWrong);
}

}  // namespace
}  // namespace datamigrate::gateway
