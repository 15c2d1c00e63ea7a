#include "agent_engine/routing/retry_after.h"

#include <catch2/catch.hpp>

namespace datamigrate::routing {
namespace {

absl::Time At(const char* text) {
  absl::Time time;
  REQUIRE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr));
  return time;
}

std::optional<absl::Duration> Wait(std::vector<net::HeaderField> fields,
                                   const char* now = "2026-11-22T12:00:00Z") {
  return RetryAfter({429, std::move(fields)}, At(now));
}

TEST_CASE("Retry-After says seconds or a date", "[routing][retry]") {
  CHECK(Wait({{"Retry-After", "7"}}) == absl::Seconds(7));
  CHECK(Wait({{"retry-after", "0"}}) == absl::ZeroDuration());
  CHECK(Wait({{"retry-after", "1.5"}}) == absl::Milliseconds(1500));
  CHECK(Wait({{"retry-after", "Sun, 22 Nov 2026 12:00:30 GMT"}}) == absl::Seconds(30));
  CHECK(Wait({{"retry-after", "Sunday, 22-Nov-26 12:00:30 GMT"}}) == absl::Seconds(30));
  CHECK(Wait({{"retry-after", "Sun Nov 22 12:00:30 2026"}}) == absl::Seconds(30));
  CHECK(Wait({{"retry-after", "Sun, 22 Nov 2026 11:00:00 GMT"}}) == absl::ZeroDuration());
  CHECK(Wait({{"retry-after", "-5"}}) == std::nullopt);
  CHECK(Wait({{"retry-after", "soon"}}) == std::nullopt);
  CHECK(Wait({{"retry-after", "nan"}}) == std::nullopt);
  CHECK(Wait({}) == std::nullopt);
}

TEST_CASE("Milliseconds are taken before seconds", "[routing][retry]") {
  CHECK(Wait({{"retry-after", "7"}, {"retry-after-ms", "250"}}) == absl::Milliseconds(250));
}

TEST_CASE("A date is compared with the answer's own", "[routing][retry]") {
  CHECK(Wait({{"retry-after", "Sun, 22 Nov 2026 12:00:30 GMT"},
              {"date", "Sun, 22 Nov 2026 12:00:10 GMT"}},
             "2027-11-22T12:00:00Z") == absl::Seconds(20));
}

TEST_CASE("Rate limits that are used up say when they are not", "[routing][retry]") {
  CHECK(Wait({{"anthropic-ratelimit-requests-remaining", "0"},
              {"anthropic-ratelimit-requests-reset", "2026-11-22T12:00:05Z"},
              {"anthropic-ratelimit-input-tokens-remaining", "0"},
              {"anthropic-ratelimit-input-tokens-reset", "2026-11-22T12:00:09Z"},
              {"anthropic-ratelimit-output-tokens-remaining", "50"},
              {"anthropic-ratelimit-output-tokens-reset", "2026-11-22T12:01:00Z"}}) ==
        absl::Seconds(9));
  CHECK(Wait({{"x-ratelimit-remaining-tokens", "0"}, {"x-ratelimit-reset-tokens", "1m2.5s"}}) ==
        absl::Milliseconds(62500));
  CHECK(Wait({{"x-ratelimit-remaining-tokens", "3"}, {"x-ratelimit-reset-tokens", "1m"}}) ==
        std::nullopt);
}

}  // namespace
}  // namespace datamigrate::routing
