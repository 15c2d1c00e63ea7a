#include "agent_engine/routing/router.h"

#include <catch2/catch.hpp>

#include "agent_engine/routing/answer_cache.h"
#include "agent_engine/routing/usage_ledger.h"
#include "common/text/text.h"
#include "tests/unit/routing/fakes.h"

namespace datamigrate::routing {
namespace {

struct World {
  explicit World(const std::string& yaml = kTestRoutes,
                 std::map<std::string, std::string, std::less<>> with_keys = {{"env:A", "key-a"},
                                                                              {"env:O", "key-o"}})
      : keys(std::move(with_keys)) {
    auto routes = ParseRoutes(yaml);
    INFO(text::MessageOf(routes.status()));
    REQUIRE(routes.ok());
    router = std::make_unique<Router>(
        *std::move(routes),
        RouterParts{&network, &clock, &keys, &ledger, &cache, [] { return 0.5; }});
  }

  absl::StatusOr<ModelAnswer> Ask(const std::string& text, Task task = Complexity::kComplex) {
    context.task = std::move(task);
    request.messages = {UserMessage(text)};
    return router->Complete(request, context);
  }

  FakeClock clock;
  FakeNetwork network{&clock};
  FakeKeys keys;
  MemoryLedger ledger;
  MemoryCache cache;
  std::unique_ptr<Router> router;
  ModelRequest request;
  CallContext context;
};

TEST_CASE("A call goes to the model of its tier", "[routing]") {
  World world;
  world.network.On("https://a.test", JsonReply(AnthropicBody("hello")));
  world.network.On("https://b.test", JsonReply(AnthropicBody("hello")));
  world.request.system = "rules";
  world.context.agent = "rebuilder";
  const auto answer = world.Ask("hi");
  REQUIRE(answer.ok());
  CHECK(answer->text == "hello");
  CHECK(answer->model == "main");
  CHECK(answer->provider_model == "opus-x");
  CHECK(answer->usage == TokenUsage{16, 4, 2, 5, false});
  // 10 plain at 4, 4 cached at 0.4, 2 written at 5, 5 out at 20: 151.6, rounded up.
  CHECK(answer->cost_microdollars == 152);
  REQUIRE(world.network.requests().size() == 1);
  const net::HttpRequest sent = world.network.requests()[0];
  CHECK(sent.url == "https://a.test/v1/messages");
  CHECK_FALSE(text::Contains(sent.body, "key-a"));
  const auto records = world.ledger.Records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].agent == "rebuilder");
  CHECK(records[0].task == "complex");
  CHECK(records[0].cost_microdollars == 152);
  CHECK(records[0].outcome == "answered");
}

TEST_CASE("A deployment that fails is left for the next one at once", "[routing]") {
  World world;
  world.network.On("https://a.test", JsonReply("{}", 500));
  world.network.On("https://b.test", JsonReply(AnthropicBody("from b")));
  const absl::Duration before = world.clock.Steady();
  const auto answer = world.Ask("hi");
  REQUIRE(answer.ok());
  CHECK(answer->deployment == "main-b");
  CHECK(answer->attempts.size() == 2);
  CHECK(answer->attempts[0].failure == "500");
  CHECK(world.clock.Steady() - before == absl::ZeroDuration());
}

TEST_CASE("A model whose deployments fail is left for its chain, after pauses", "[routing]") {
  World world;
  world.network.On("https://a.test", JsonReply("{}", 529));
  world.network.On("https://b.test", JsonReply("{}", 503));
  world.network.On("https://o.test", JsonReply(OpenAiBody("spare here")));
  const auto answer = world.Ask("hi");
  REQUIRE(answer.ok());
  CHECK(answer->model == "spare");
  CHECK(answer->attempts.size() == 4);  // three on the first model
  CHECK(world.clock.slept() == std::vector<absl::Duration>{absl::Milliseconds(375)});
}

TEST_CASE("The same question is billed once", "[routing][cache]") {
  World world;
  world.network.On("https://a.test", JsonReply(AnthropicBody("hello")));
  REQUIRE(world.Ask("hi").ok());
  const auto again = world.Ask("hi");
  REQUIRE(again.ok());
  CHECK(again->is_from_cache);
  CHECK(again->text == "hello");
  CHECK(again->cost_microdollars == 0);
  CHECK(world.network.requests().size() == 1);

  SECTION("but not for another organization") {
    world.context.tenant = "other";
    world.network.On("https://b.test", JsonReply(AnthropicBody("anew")));
    REQUIRE(world.Ask("hi").ok());
    CHECK(world.network.requests().size() == 2);
  }
  SECTION("nor for anything that shapes the answer") {
    world.network.On("https://b.test", JsonReply(AnthropicBody("anew")));
    world.request.max_output_tokens = 17;
    REQUIRE(world.Ask("hi").ok());
    CHECK(world.network.requests().size() == 2);
  }
}

TEST_CASE("An idempotency key answers with the same answer", "[routing]") {
  World world;
  world.network.On("https://a.test", JsonReply(AnthropicBody("hello")));
  world.context.cache = CacheUse::kNone;
  world.context.idempotency_key = "step-7";
  REQUIRE(world.Ask("hi").ok());
  REQUIRE(world.Ask("hi").ok());
  CHECK(world.network.requests().size() == 1);
  const auto reused = world.Ask("something else");
  CHECK(CauseOf(reused.status()) == FailureCause::kKeyReused);
}

TEST_CASE("A budget refuses before anything is sent, and says which", "[routing][budget]") {
  World world(std::string(kTestRoutes) +
              "budgets:\n  - {name: daily, scope: organization, window: day, dollars: 0.10}\n");
  world.network.On("https://a.test", JsonReply(AnthropicBody("hello")));
  world.network.On("https://b.test", JsonReply(AnthropicBody("hello")));
  world.context.tenant = "acme";
  world.context.cache = CacheUse::kNone;
  int answered = 0;
  absl::Status refused;
  for (int i = 0; i < 1000 && refused.ok(); ++i) {
    const auto answer = world.Ask("hi");
    if (answer.ok()) ++answered;
    refused = answer.status();
  }
  CHECK(CauseOf(refused) == FailureCause::kBudgetSpent);
  CHECK(text::Contains(text::MessageOf(refused), "the budget \"daily\" of \"acme\" is $0.10"));
  CHECK(text::Contains(text::MessageOf(refused), "2026-11-23T00:00:00Z"));
  // 4096 tokens at 20 are 81920 micro-dollars to be set aside; each call costs 152.
  CHECK(answered == (100000 - 81920) / 152 + 1);
  CHECK(world.network.requests().size() == static_cast<size_t>(answered));

  world.clock.Advance(absl::Hours(24));
  CHECK(world.Ask("hi").ok());
}

TEST_CASE("What a call would cost is known before it is made", "[routing]") {
  World world;
  world.request.messages = {UserMessage(std::string(300, 'x'))};
  const auto estimate = world.router->Estimate(world.request, Complexity::kComplex, 10);
  REQUIRE(estimate.has_value());
  CHECK(estimate->model == "main");
  CHECK(estimate->input_tokens >= 100);
  // At most: input that the provider writes to its cache is 5, output 20.
  CHECK(estimate->cost_microdollars == estimate->input_tokens * 5 + 10 * 20);
  CHECK(world.network.requests().empty());
}

TEST_CASE("Without keys nothing is asked, and the cause says so", "[routing]") {
  World world(kTestRoutes, {});
  CHECK_FALSE(world.router->IsConfigured(Complexity::kComplex));
  CHECK(world.router->IsConfigured(Complexity::kSimple));
  CHECK_FALSE(world.router->Estimate(ModelRequest(), Complexity::kComplex, 10).has_value());
  const auto answer = world.Ask("hi");
  CHECK(CauseOf(answer.status()) == FailureCause::kNotConfigured);
  CHECK(text::Contains(text::MessageOf(answer.status()), "main-a has no key"));
  CHECK(world.network.requests().empty());
}

TEST_CASE("A request too large for a model goes to one that is large enough", "[routing]") {
  World world;
  world.network.On("https://o.test", JsonReply(OpenAiBody("large")));
  const auto answer = world.Ask(std::string(330000, 'x'));
  REQUIRE(answer.ok());
  CHECK(answer->model == "spare");
  const auto too_large = world.Ask(std::string(3300000, 'x'));
  CHECK(CauseOf(too_large.status()) == FailureCause::kTooLarge);
}

TEST_CASE("An answer that is not in the schema is asked for once more", "[routing][schema]") {
  World world;
  world.request.answer_schema =
      R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})";
  SECTION("and taken when it is then") {
    world.network.On("https://a.test", JsonReply(AnthropicBody("{\\\"n\\\":\\\"one\\\"}")));
    world.network.On("https://b.test", JsonReply(AnthropicBody("```json\\n{\\\"n\\\": 1}\\n```")));
    const auto answer = world.Ask("hi");
    REQUIRE(answer.ok());
    CHECK(answer->text == "{\"n\":1}");
    const auto sent = world.network.requests();
    REQUIRE(sent.size() == 2);
    CHECK(text::Contains(sent[1].body, "/n must be of type integer"));
  }
  SECTION("and then left for the next model") {
    world.network.On("https://a.test", JsonReply(AnthropicBody("no")));
    world.network.On("https://b.test", JsonReply(AnthropicBody("no")));
    world.network.On("https://o.test", JsonReply(OpenAiBody("never")));
    const auto answer = world.Ask("hi");
    CHECK(CauseOf(answer.status()) == FailureCause::kAnswerNotInSchema);
    CHECK(world.network.requests().size() == 4);
  }
}

TEST_CASE("A model's other name is told and not believed", "[routing]") {
  World world;
  world.network.On("https://a.test", JsonReply(AnthropicBody("hello", "haiku-y")));
  const auto answer = world.Ask("hi");
  REQUIRE(answer.ok());
  CHECK(answer->model == "main");
  CHECK(answer->provider_model == "haiku-y");
  CHECK(world.ledger.Records()[0].provider_model == "haiku-y");
}

TEST_CASE("Requests that cannot be sent are refused before anything is", "[routing]") {
  World world;
  CHECK(CauseOf(world.Ask("\xC3\x28").status()) == FailureCause::kBadRequest);
  world.request.answer_schema = "{\"type\":";
  CHECK(CauseOf(world.Ask("hi").status()) == FailureCause::kBadRequest);
  world.request = {};
  world.request.temperature = 1.5;
  CHECK(CauseOf(world.Ask("hi").status()) == FailureCause::kBadRequest);
  CHECK(world.network.requests().empty());
}

TEST_CASE("A caller who stops is told so, and no other model is asked", "[routing]") {
  World world;
  std::stop_source stop;
  stop.request_stop();
  world.context.stop = stop.get_token();
  CHECK(CauseOf(world.Ask("hi").status()) == FailureCause::kStopped);
}

TEST_CASE("New routes hold for the next call", "[routing]") {
  World world;
  world.network.On("https://o.test", JsonReply(OpenAiBody("spare")));
  auto routes = ParseRoutes(kTestRoutes);
  routes->tiers[2] = "spare";
  world.router->SetRoutes(*std::move(routes));
  CHECK(world.Ask("hi")->model == "spare");
}

}  // namespace
}  // namespace datamigrate::routing
