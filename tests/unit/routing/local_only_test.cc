#include <catch2/catch.hpp>

#include "agent_engine/routing/router.h"
#include "common/net/address_rule.h"
#include "common/text/text.h"
#include "tests/unit/routing/fakes.h"

namespace datamigrate::routing {
namespace {

TEST_CASE("With \"local only\" no request leaves the site", "[routing][local]") {
  FakeClock clock;
  FakeNetwork network(&clock);  // records every request
  FakeKeys keys({{"env:A", "a"}, {"env:O", "o"}});
  Router router(*ParseRoutes(std::string(kTestRoutes) + "local: {only: true}\n"),
                {&network, &clock, &keys, nullptr, nullptr, {}});
  network.On("https://", JsonReply(AnthropicBody("from far away")));
  network.On("http://127.0.0.1:8000", JsonReply(OpenAiBody("from here")));
  ModelRequest request;
  request.messages = {UserMessage("secret")};
  CallContext context;
  for (const Complexity tier :
       {Complexity::kSimple, Complexity::kMedium, Complexity::kComplex, Complexity::kCritical}) {
    context.task = tier;
    const auto answer = router.Complete(request, context);
    if (tier == Complexity::kSimple) {
      REQUIRE(answer.ok());
      CHECK(answer->text == "from here");
    } else {
      CHECK(CauseOf(answer.status()) == FailureCause::kLocalOnly);
      CHECK_FALSE(router.IsConfigured(tier));
    }
  }
  const auto sent = network.requests();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].url == "http://127.0.0.1:8000/v1/chat/completions");
  // The transport is told to look at the address, too, and to use no proxy.
  REQUIRE(sent[0].addresses != nullptr);
  CHECK_FALSE(sent[0].addresses->Allows(*net::ParseAddress("203.0.113.5")));
  CHECK_FALSE(sent[0].allows_proxy);
}

TEST_CASE("Addresses of the site are known by their networks", "[net][local]") {
  const auto rule =
      net::AddressRule::Make({"Models.internal"}, {"203.0.113.0/24", "2001:db8::/32"});
  REQUIRE(rule.ok());
  for (const char* local :
       {"127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "100.64.0.1", "::1", "fd00::1", "203.0.113.5", "2001:db8::1", "::ffff:10.0.0.1"}) {
    INFO(local);
    CHECK(rule->Allows(*net::ParseAddress(local)));
    CHECK(rule->AllowsHost(local));
  }
  for (const char* far : {"8.8.8.8", "172.32.0.1", "11.0.0.1", "169.254.169.254", "0.0.0.0",
                          "::", "2001:db9::1", "fe80::1", "::ffff:8.8.8.8", "100.128.0.1"}) {
    INFO(far);
    CHECK_FALSE(rule->Allows(*net::ParseAddress(far)));
  }
  CHECK(rule->AllowsHost("localhost"));
  CHECK(rule->AllowsHost("models.INTERNAL"));
  CHECK_FALSE(rule->AllowsHost("models.internal.example.com"));
  CHECK_FALSE(rule->AllowsHost("api.openai.com"));
  CHECK_FALSE(rule->AllowsHost("127.0.0.1.nip.io"));
  CHECK_FALSE(net::AddressRule::Make({}, {"10.0.0.0/33"}).ok());
  CHECK_FALSE(net::AddressRule::Make({}, {"ten"}).ok());
  CHECK_FALSE(net::AddressRule::Make({"http://x"}, {}).ok());
}

TEST_CASE("A URL's host is what is connected to", "[net][local]") {
  CHECK(net::HostOfUrl("https://API.example.com/v1") == "api.example.com");
  CHECK(net::HostOfUrl("http://[::1]:8000/x") == "::1");
  CHECK(net::HostOfUrl("http://127.0.0.1:80?x") == "127.0.0.1");
  CHECK(net::HostOfUrl("http://localhost@evil.test/") == "");
  CHECK(net::HostOfUrl("localhost:80") == "");
}

}  // namespace
}  // namespace datamigrate::routing
