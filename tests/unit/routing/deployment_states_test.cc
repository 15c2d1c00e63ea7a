#include "agent_engine/routing/deployment_states.h"

#include <catch2/catch.hpp>

namespace datamigrate::routing {
namespace {

using Outcome = DeploymentStates::Outcome;

struct Fixture {
  Fixture() {
    a.name = "a";
    b.name = "b";
  }
  // The name that is lent; "" for a wait.
  std::string Pick(int64_t tokens = 100) {
    const auto picked = states.Pick({&a, &b}, tokens, now);
    if (const auto* found = std::get_if<DeploymentStates::Picked>(&picked)) {
      return found->deployment->name;
    }
    wait = std::get<DeploymentStates::Wait>(picked).until - now;
    return "";
  }
  void Finish(const Deployment& deployment, DeploymentStates::Result result) {
    states.Finish(deployment, result, rules, now);
  }

  DeploymentStates states;
  CooldownRules rules;
  Deployment a, b;
  absl::Duration now = absl::Hours(1);
  absl::Duration wait;
};

TEST_CASE("The least busy deployment is lent", "[routing][states]") {
  Fixture f;
  CHECK(f.Pick() == "a");
  CHECK(f.Pick() == "b");
  f.Finish(f.a, {Outcome::kAnswered});
  CHECK(f.Pick() == "a");
  f.Finish(f.b, {Outcome::kAnswered});
  f.now += absl::Seconds(1);
  CHECK(f.Pick() == "b");
}

TEST_CASE("Failures in a row let a deployment cool, ever longer, and one call probes it",
          "[routing][states]") {
  Fixture f;
  f.b.max_in_flight = 1;
  REQUIRE(f.Pick() == "a");
  f.Finish(f.a, {Outcome::kNoVerdict});
  REQUIRE(f.Pick() == "b");  // and stays busy
  for (int i = 0; i < 3; ++i) {
    REQUIRE(f.Pick() == "a");
    f.Finish(f.a, {Outcome::kFailed, "500"});
  }
  CHECK(f.Pick() == "");
  f.now += absl::Seconds(5);
  CHECK(f.Pick() == "a");
  CHECK(f.Pick() == "");  // one probe at a time
  f.Finish(f.a, {Outcome::kFailed, "500"});
  f.now += absl::Seconds(9);
  CHECK(f.Pick() == "");
  f.now += absl::Seconds(1);
  CHECK(f.Pick() == "a");
  f.Finish(f.a, {Outcome::kAnswered});
  CHECK(f.Pick() == "a");
  CHECK(f.Pick() == "a");
}

TEST_CASE("A success between failures starts their count anew", "[routing][states]") {
  Fixture f;
  for (int i = 0; i < 10; ++i) {
    for (const Outcome outcome : {Outcome::kFailed, Outcome::kFailed, Outcome::kAnswered}) {
      const std::string name = f.Pick();
      REQUIRE(name != "");
      f.Finish(f.a.name == name ? f.a : f.b, {outcome, "500"});
      f.now += absl::Seconds(1);
    }
  }
}

TEST_CASE("A deployment that says when it may be asked is left alone until then",
          "[routing][states]") {
  Fixture f;
  REQUIRE(f.Pick() == "a");
  f.Finish(f.a, {Outcome::kMustWait, "429", f.now + absl::Seconds(7)});
  CHECK(f.Pick() == "b");
  CHECK(f.Pick() == "b");
  f.now += absl::Seconds(7);
  CHECK(f.Pick() == "a");
}

TEST_CASE("Requests and tokens of a minute are held to", "[routing][states]") {
  Fixture f;
  f.a.requests_per_minute = 2;
  f.b.tokens_per_minute = 1000;
  int of_a = 0, of_b = 0;
  for (int i = 0; i < 10; ++i) {
    const std::string name = f.Pick(400);
    if (name == "a") ++of_a;
    if (name == "b") ++of_b;
  }
  CHECK(of_a == 2);
  CHECK(of_b == 2);
  CHECK(f.wait == absl::Seconds(12));  // until b has 400 again: 200 are missing
  f.now += absl::Seconds(12);
  CHECK(f.Pick(400) == "b");
  // What was counted too high is given back.
  f.Finish(f.b, {Outcome::kAnswered, "", absl::ZeroDuration(), -300});
  CHECK(f.Pick(300) == "b");
}

TEST_CASE("A call of more than a minute's tokens goes when all of them are there",
          "[routing][states]") {
  Fixture f;
  f.a.tokens_per_minute = 100;
  f.b.tokens_per_minute = 100;
  CHECK(f.Pick(5000) == "a");
  CHECK(f.Pick(5000) == "b");
  CHECK(f.Pick(5000) == "");
}

}  // namespace
}  // namespace datamigrate::routing
