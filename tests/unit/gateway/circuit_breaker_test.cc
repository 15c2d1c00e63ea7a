// When an engine that fails is asked again.
#include "gateway/engine_client/circuit_breaker.h"

#include <catch2/catch.hpp>

namespace datamigrate::gateway {
namespace {

const absl::Status kAway = absl::UnavailableError("away");
const absl::Status kSlow = absl::DeadlineExceededError("slow");

struct Fixture {
  bool Call(const absl::Status& outcome) {
    if (!breaker.Admit()) return false;
    breaker.Note(outcome);
    return true;
  }

  absl::Time now = absl::FromUnixSeconds(1000);
  CircuitBreaker breaker{{.failures = 3, .pause = absl::Seconds(2), .now = [this] { return now; }}};
};

TEST_CASE("Failures in a row open the circuit for a while", "[gateway][engine_client]") {
  Fixture fixture;
  CHECK(fixture.Call(kAway));
  CHECK(fixture.Call(kSlow));
  CHECK_FALSE(fixture.breaker.is_open());
  CHECK(fixture.Call(kAway));
  CHECK(fixture.breaker.is_open());
  CHECK_FALSE(fixture.Call(absl::OkStatus()));
  fixture.now += absl::Milliseconds(1999);
  CHECK_FALSE(fixture.Call(absl::OkStatus()));

  SECTION("one good call closes it") {
    fixture.now += absl::Milliseconds(1);
    CHECK(fixture.Call(absl::OkStatus()));
    CHECK_FALSE(fixture.breaker.is_open());
    CHECK(fixture.Call(kAway));
    CHECK(fixture.Call(kAway));
  }
  SECTION("one bad call opens it again") {
    fixture.now += absl::Milliseconds(1);
    CHECK(fixture.Call(kSlow));
    CHECK_FALSE(fixture.Call(absl::OkStatus()));
  }
  SECTION("one call only tries") {
    fixture.now += absl::Milliseconds(1);
    CHECK(fixture.breaker.Admit());
    CHECK_FALSE(fixture.breaker.Admit());
    fixture.breaker.Note(absl::OkStatus());
    CHECK(fixture.breaker.Admit());
  }
}

TEST_CASE("What the engine refuses is an answer", "[gateway][engine_client]") {
  Fixture fixture;
  for (int i = 0; i < 10; ++i) {
    CHECK(fixture.Call(kAway));
    CHECK(fixture.Call(absl::NotFoundError("none")));
  }
  CHECK_FALSE(fixture.breaker.is_open());
}

}  // namespace
}  // namespace datamigrate::gateway
