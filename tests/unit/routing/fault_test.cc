// What providers do wrong, one fault at a time, against the whole router.
#include <catch2/catch.hpp>

#include "agent_engine/routing/answer_cache.h"
#include "agent_engine/routing/router.h"
#include "agent_engine/routing/usage_ledger.h"
#include "common/text/text.h"
#include "tests/unit/routing/fakes.h"

namespace datamigrate::routing {
namespace {

// One model with one deployment, so that a fault is not hidden by another's answer.
constexpr char kLonely[] = R"(
models:
  main:
    context: 100000
    max_output: 8000
    price: {input: 4, output: 20}
    deployments:
      - {name: main-a, protocol: anthropic, url: "https://a.test", model: opus-x, key: "env:A"}
tiers: {simple: main, medium: main, complex: main, critical: main}
)";

struct World {
  World() : World(kLonely) {}
  explicit World(const std::string& yaml)
      : router(*ParseRoutes(yaml),
               RouterParts{&network, &clock, &keys, &ledger, nullptr, [] { return 0.5; }}) {
    request.messages = {UserMessage("hi")};
  }

  absl::StatusOr<ModelAnswer> Ask() { return router.Complete(request, context); }
  absl::StatusOr<ModelAnswer> Stream() {
    return router.Stream(request, context, [this](const StreamPiece& piece) {
      if (piece.kind == StreamPiece::Kind::kRestart) given.clear();
      given += piece.text;
      return true;
    });
  }
  size_t sent() const { return network.requests().size(); }

  FakeClock clock;
  FakeNetwork network{&clock};
  FakeKeys keys{{{"env:A", "sk-secret-key"}, {"env:O", "key-o"}}};
  MemoryLedger ledger;
  Router router;
  ModelRequest request;
  CallContext context;
  std::string given;
};

Reply ErrorReply(int status, std::string type = "", std::vector<net::HeaderField> fields = {}) {
  Reply reply = JsonReply(type.empty() ? ""
                                       : text::Cat(R"({"type":"error","error":{"type":")", type,
                                                   R"(","message":"about sk-secret-key"}})"),
                          status);
  reply.fields.insert(reply.fields.end(), fields.begin(), fields.end());
  return reply;
}

TEST_CASE("400 is not asked again", "[routing][fault]") {
  World world;
  world.network.On("https://a.test", ErrorReply(400, "invalid_request_error"));
  const auto answer = world.Ask();
  CHECK(CauseOf(answer.status()) == FailureCause::kBadRequest);
  CHECK(world.sent() == 1);
  CHECK(text::Contains(text::MessageOf(answer.status()), "400 invalid_request_error"));
  CHECK_FALSE(text::Contains(text::MessageOf(answer.status()), "sk-secret-key"));
}

TEST_CASE("A refused key is not asked with again, for a while", "[routing][fault]") {
  const int status = GENERATE(401, 403, 404);
  World world;
  world.network.On("https://a.test", ErrorReply(status, "authentication_error"));
  const auto answer = world.Ask();
  CHECK(CauseOf(answer.status()) == FailureCause::kAllFailed);
  CHECK_FALSE(text::Contains(text::MessageOf(answer.status()), "sk-secret-key"));
  CHECK_FALSE(world.Ask().ok());
  CHECK(world.sent() == 1);
  world.clock.Advance(absl::Minutes(2));
  CHECK_FALSE(world.Ask().ok());
  CHECK(world.sent() == 2);
}

TEST_CASE("Passing faults are asked again after pauses", "[routing][fault]") {
  const int status = GENERATE(408, 429, 500, 502, 503, 529);
  World world;
  world.network.On("https://a.test", ErrorReply(status, "overloaded_error"));
  world.network.On("https://a.test", JsonReply(AnthropicBody("at last")));
  const auto answer = world.Ask();
  REQUIRE(answer.ok());
  CHECK(answer->text == "at last");
  CHECK(answer->attempts.size() == 2);
  CHECK(world.clock.slept() == std::vector<absl::Duration>{absl::Milliseconds(375)});
}

TEST_CASE("429 with Retry-After is waited for", "[routing][fault]") {
  World world;
  world.network.On("https://a.test", ErrorReply(429, "rate_limit_error", {{"Retry-After", "7"}}));
  world.network.On("https://a.test", JsonReply(AnthropicBody("at last")));
  const absl::Duration before = world.clock.Steady();
  REQUIRE(world.Ask().ok());
  CHECK(world.clock.Steady() - before == absl::Seconds(7));
}

TEST_CASE("A huge Retry-After ends the call and not the deployment", "[routing][fault]") {
  World world;
  world.network.On("https://a.test",
                   ErrorReply(429, "rate_limit_error", {{"Retry-After", "99999999999999"}}));
  world.network.On("https://a.test", JsonReply(AnthropicBody("at last")));
  const auto answer = world.Ask();
  CHECK(CauseOf(answer.status()) == FailureCause::kAllFailed);
  CHECK(text::Contains(text::MessageOf(answer.status()), "try again in 1h"));
  CHECK(world.clock.slept().empty());
  world.clock.Advance(absl::Hours(1));
  CHECK(world.Ask().ok());
}

TEST_CASE("A clock that is set does not change a pause", "[routing][fault]") {
  World world;
  world.network.On("https://a.test", ErrorReply(429, "rate_limit_error", {{"Retry-After", "60"}}));
  world.network.On("https://a.test", JsonReply(AnthropicBody("at last")));
  CHECK_FALSE(world.Ask().ok());
  world.clock.Jump(-absl::Hours(24 * 365));
  world.clock.Advance(absl::Seconds(61));
  CHECK(world.Ask().ok());
}

TEST_CASE("A deployment that keeps failing is left alone and then probed once",
          "[routing][fault]") {
  World world;
  world.network.On("https://a.test", ErrorReply(500));
  CHECK_FALSE(world.Ask().ok());
  CHECK(world.sent() == 3);
  CHECK(CauseOf(world.Ask().status()) == FailureCause::kAllFailed);
  const auto deployments = world.router.Deployments();
  REQUIRE(deployments.size() == 1);
  CHECK(deployments[0].last_failure == "500");
  CHECK(deployments[0].failures_in_a_row >= 3);
  CHECK(deployments[0].cools_for > absl::ZeroDuration());
}

TEST_CASE("Answers that are none are named", "[routing][fault]") {
  World world;
  Reply reply = JsonReply("<html>Sign in</html>");
  std::string expected;
  SECTION("HTML") {
    reply.fields = {{"Content-Type", "text/html; charset=utf-8"}};
    expected = "HTML";
  }
  SECTION("invalid JSON") {
    reply.body = "{\"content\": [";
    expected = "not JSON";
  }
  SECTION("other JSON") {
    reply.body = "{\"hello\": 1}";
    expected = "no content";
  }
  SECTION("bytes that are not UTF-8") {
    reply.body = AnthropicBody("\xFF\xFE");
    expected = "not JSON";
  }
  SECTION("nesting that would exhaust the stack") {
    reply.body = std::string(100000, '[');
    expected = "not JSON";
  }
  SECTION("a redirect") {
    reply.status = 302;
    reply.fields = {{"location", "https://elsewhere.test"}};
    expected = "redirect";
  }
  SECTION("50 MB") {
    reply.body = std::string(50 << 20, ' ');
    reply.piece = 1 << 20;
    expected = "more than 16777216 bytes";
  }
  world.network.On("https://a.test", reply);
  const auto answer = world.Ask();
  CHECK(CauseOf(answer.status()) == FailureCause::kAllFailed);
  CHECK(text::Contains(text::MessageOf(answer.status()), expected));
}

TEST_CASE("A provider that is silent for a minute is left", "[routing][fault]") {
  World world;
  world.context.timeout = absl::Minutes(10);
  Reply silent = StreamReply(AnthropicEvents({"hello"}));
  SECTION("before its first word") {
    silent.delay = absl::Minutes(5);
  }
  SECTION("before its body") {
    silent.body_delay = absl::Minutes(5);
  }
  world.network.On("https://a.test", silent);
  world.network.On("https://a.test", StreamReply(AnthropicEvents({"hel", "lo"})));
  const absl::Duration before = world.clock.Steady();
  const auto answer = world.Stream();
  REQUIRE(answer.ok());
  CHECK(world.given == "hello");
  CHECK(world.clock.Steady() - before < absl::Seconds(61));
  // What the silent one may bill counts.
  CHECK(answer->attempts[0].cost_microdollars > 0);
}

TEST_CASE("A call's own time ends it", "[routing][fault]") {
  World world;
  world.context.timeout = absl::Seconds(20);
  Reply silent = JsonReply(AnthropicBody("hello"));
  silent.delay = absl::Minutes(5);
  world.network.On("https://a.test", silent);
  const absl::Duration before = world.clock.Steady();
  const auto answer = world.Ask();
  CHECK(CauseOf(answer.status()) == FailureCause::kTimeout);
  CHECK(world.clock.Steady() - before == absl::Seconds(20));
}

TEST_CASE("Pings do not put off the first word's time-out", "[routing][fault]") {
  World world;
  world.context.timeout = absl::Minutes(10);
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += "event: ping\ndata: {\"type\":\"ping\"}\n\n";
  Reply reply = StreamReply(pings);
  reply.piece = 36;
  reply.body_delay = absl::Seconds(10);
  world.network.On("https://a.test", reply);
  world.network.On("https://a.test", StreamReply(AnthropicEvents({"hello"})));
  const absl::Duration before = world.clock.Steady();
  REQUIRE(world.Stream().ok());
  CHECK(world.clock.Steady() - before < absl::Minutes(2));
}

TEST_CASE("A stream that is cut at any byte is asked for again, and nothing is said twice",
          "[routing][fault]") {
  const std::string events = AnthropicEvents({"one ", "two ", "three"});
  for (size_t cut = 0; cut < events.size(); ++cut) {
    World world;
    Reply reply = StreamReply(events);
    reply.cut_at = cut;
    reply.piece = 7;
    world.network.On("https://a.test", reply);
    world.network.On("https://a.test", StreamReply(AnthropicEvents({"one tw", "o three"})));
    std::vector<StreamPiece> pieces;
    const auto answer =
        world.router.Stream(world.request, world.context, [&](const StreamPiece& piece) {
          pieces.push_back(piece);
          return true;
        });
    INFO("cut at " << cut);
    REQUIRE(answer.ok());
    std::string joined;
    for (const StreamPiece& piece : pieces) {
      CHECK(piece.kind == StreamPiece::Kind::kText);
      joined += piece.text;
    }
    CHECK(joined == "one two three");
    CHECK(answer->text == joined);
  }
}

TEST_CASE("A whole answer that is cut at any byte is asked for again", "[routing][fault]") {
  const std::string body = AnthropicBody("hello");
  for (size_t cut = 0; cut < body.size(); ++cut) {
    World world;
    Reply reply = JsonReply(body);
    reply.cut_at = cut;
    world.network.On("https://a.test", reply);
    world.network.On("https://a.test", JsonReply(AnthropicBody("hello")));
    const auto answer = world.Ask();
    INFO("cut at " << cut);
    REQUIRE(answer.ok());
    CHECK(answer->attempts.size() == 2);
  }
}

TEST_CASE("A server that knows no streams is understood", "[routing][fault]") {
  World world;
  world.network.On("https://a.test", JsonReply(AnthropicBody("whole")));
  const auto answer = world.Stream();
  REQUIRE(answer.ok());
  CHECK(world.given == "whole");
}

TEST_CASE("An error within a stream is one", "[routing][fault]") {
  World world;
  world.network.On("https://a.test",
                   StreamReply("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
                               "\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"));
  world.network.On("https://a.test", StreamReply(AnthropicEvents({"hello"})));
  const auto answer = world.Stream();
  REQUIRE(answer.ok());
  CHECK(answer->attempts[0].failure == "an error in the stream: overloaded_error");
}

TEST_CASE("OpenAI's quota that is used up is not waited for", "[routing][fault]") {
  World world(R"(
models:
  main:
    context: 1000
    max_output: 100
    price: {input: 1, output: 1}
    deployments: [{name: o, protocol: openai, url: "https://o.test", model: m, key: "env:O"}]
tiers: {simple: main, medium: main, complex: main, critical: main}
)");
  world.network.On("https://o.test",
                   JsonReply(R"({"error":{"code":"insufficient_quota","message":"pay"}})", 429));
  CHECK_FALSE(world.Ask().ok());
  CHECK(world.sent() == 1);
}

}  // namespace
}  // namespace datamigrate::routing
