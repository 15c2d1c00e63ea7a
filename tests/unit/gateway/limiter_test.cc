// Limits in memory, and in a Redis that the test starts.
#include <signal.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gateway/filters/rate_limit/memory_limiter.h"
#include "gateway/filters/rate_limit/rate_limit_filter.h"
#include "gateway/filters/rate_limit/redis_limiter.h"
#include "gateway/http/router.h"
#include "tests/support/child_process.h"
#include "tests/support/eventually.h"

namespace datamigrate::gateway {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

Limit Day(std::string key, uint32_t limit) {
  return {std::move(key), limit, LimitWindow::kDay};
}

TEST_CASE("A request counts under all limits or none", "[gateway][limits]") {
  MemoryLimiter limiter(100);
  const std::vector<Limit> both = {{"u1", 5}, {"o", 2}};
  CHECK(limiter.Charge(both, kNow).remaining == 1);
  CHECK(limiter.Charge(both, kNow).limit == 2);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(limiter.Charge(both, kNow).is_allowed);
  // The refused ones took nothing from the user.
  CHECK(limiter.Charge({{"u1", 5}}, kNow).remaining == 2);
}

TEST_CASE("A day's quota ends with the day", "[gateway][limits]") {
  MemoryLimiter limiter(100);
  const absl::Time evening = absl::FromUnixSeconds(1700006390);  // 23:59:50 UTC
  CHECK(limiter.Charge({Day("d", 1)}, evening).is_allowed);
  const LimitVerdict refused = limiter.Charge({Day("d", 1)}, evening);
  CHECK_FALSE(refused.is_allowed);
  CHECK(refused.reset_seconds == 10);
  CHECK(limiter.Charge({Day("d", 1)}, evening + absl::Seconds(10)).is_allowed);
}

TEST_CASE("An organization has limits of its own, and places", "[gateway][limits]") {
  telemetry::Metrics metrics;
  LimitBook book;
  book.Replace({{"big", OrganizationLimits{.granted = {.per_minute = 4, .writes_per_minute = 1}}},
                {"narrow", OrganizationLimits{.chosen = {.concurrent = 1}}}});
  RateLimitFilter filter({.per_minute = 2}, std::make_unique<MemoryLimiter>(100), &book, metrics);
  const auto request = [](const std::string& organization, const std::string& method) {
    Request made;
    made.method = method;
    made.received_at = kNow;
    made.remote_address = "192.0.2.1";
    made.principal = Principal{"user of " + organization, organization, "s"};
    return made;
  };
  const auto status = [&](const std::string& organization, const std::string& method) {
    Request made = request(organization, method);
    std::optional<Response> response = filter.OnRequest(made);
    Response answer = response.has_value() ? *std::move(response) : Response();
    filter.OnResponse(made, answer);
    return answer.status;
  };
  const auto get = [&](const std::string& organization) { return status(organization, "GET"); };
  CHECK(std::vector<int>{get("small"), get("small"), get("small")} ==
        std::vector<int>{200, 200, 429});
  CHECK(status("big", "POST") == 200);
  CHECK(status("big", "POST") == 429);
  CHECK(std::vector<int>{get("big"), get("big"), get("big"), get("big")} ==
        std::vector<int>{200, 200, 200, 429});

  Request first = request("narrow", "GET");
  REQUIRE_FALSE(filter.OnRequest(first).has_value());
  Request second = request("narrow", "GET");
  const auto refused = filter.OnRequest(second);
  REQUIRE(refused.has_value());
  CHECK(refused->headers.Get("Retry-After") == "1");
  Response answer;
  filter.OnResponse(second, answer);
  filter.OnResponse(first, answer);
}

TEST_CASE("An organization chooses within what the operator permits", "[gateway][limits]") {
  const RateLimits gateway = {.per_minute = 100, .organization_per_day = 0};
  CHECK(EffectiveLimits(gateway, {}).per_minute == 100);
  CHECK(EffectiveLimits(gateway, {.chosen = {.per_minute = 50}}).per_minute == 50);
  CHECK(EffectiveLimits(gateway, {.chosen = {.per_minute = 500}}).per_minute == 100);
  CHECK(EffectiveLimits(gateway, {.granted = {.per_minute = 600}}).per_minute == 600);
  const OrganizationLimits both = {.granted = {.per_minute = 600}, .chosen = {.per_minute = 500}};
  CHECK(EffectiveLimits(gateway, both).per_minute == 500);
  // The choice was made when more was permitted.
  CHECK(EffectiveLimits(gateway, {.granted = {.per_minute = 20}, .chosen = {.per_minute = 50}})
            .per_minute == 20);
  // No limit is more than any.
  CHECK(EffectiveLimits(gateway, {.chosen = {.per_day = 1000}}).organization_per_day == 1000);
  CHECK(EffectiveLimits(gateway, {.granted = {.concurrent = 0}, .chosen = {.concurrent = 7}})
            .organization_concurrent == 7);
}

TEST_CASE("Addresses of Redis are read, and wrong ones refused without the password",
          "[gateway][limits]") {
  const auto full = ParseRedisUrl("redis://ann:p%40ss@cache.example:7000/3");
  REQUIRE(full.ok());
  CHECK(full->host == "cache.example");
  CHECK(full->port == 7000);
  CHECK(full->user == "ann");
  CHECK(full->password == "p@ss");
  CHECK(full->database == 3);
  CHECK(ParseRedisUrl("redis://127.0.0.1")->port == 6379);
  CHECK(ParseRedisUrl("unix:/run/redis.sock")->socket == "/run/redis.sock");
  const std::string wrong = GENERATE("", "redis://", "http://h", "redis://secret@h", "redis://h:x",
                                     "redis://h:1/x", "redis://:secret@", "rediss://h");
  INFO(wrong);
  const auto refused = ParseRedisUrl(wrong);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.status().message().find("secret") == absl::string_view::npos);
}

TEST_CASE("Without a Redis, requests are counted in memory and soon not kept waiting",
          "[gateway][limits]") {
  telemetry::Metrics metrics;
  RedisLimiterOptions options;
  options.address.socket = "/nowhere/redis.sock";
  options.rest = absl::Hours(1);
  RedisLimiter limiter(options, metrics);
  CHECK(limiter.Blocks());
  CHECK(limiter.Charge({{"a", 2}}, kNow).is_allowed);
  CHECK_FALSE(limiter.Blocks());
  CHECK(limiter.Charge({{"a", 2}}, kNow).is_allowed);
  CHECK_FALSE(limiter.Charge({{"a", 2}}, kNow).is_allowed);
}

// A redis-server on a Unix socket, or nothing where none is installed.
struct Redis {
  explicit Redis(const std::filesystem::path& home)
      : socket(home / "redis.sock"),
        process({"/usr/bin/redis-server", "--port", "0", "--unixsocket", socket, "--save", "",
                 "--appendonly", "no", "--daemonize", "no", "--dir", home},
                home / "log") {}

  std::string socket;
  testing::ChildProcess process;
};

// Waits until a request is counted by Redis: then the count of those in memory stays.
bool WaitUntilShared(RedisLimiter& limiter, const telemetry::Metrics& metrics) {
  return testing::Eventually([&] {
    const std::string before = metrics.Print();
    limiter.Charge({{"probe", 1000000}}, absl::Now());
    return metrics.Print() == before;
  });
}

TEST_CASE("Gateways share their counts through Redis and survive its end",
          "[gateway][limits][redis]") {
  if (!std::filesystem::exists("/usr/bin/redis-server")) {
    std::cout << "skipped: there is no redis-server (Debian package redis-server)\n";
    return;
  }
  signal(SIGPIPE, SIG_IGN);  // as the gateway's main does
  const testing::TemporaryDirectory home;
  auto redis = std::make_unique<Redis>(home.path());
  telemetry::Metrics metrics;
  telemetry::Metrics other_metrics;
  RedisLimiterOptions options;
  options.address.socket = redis->socket;
  options.timeout = absl::Seconds(2);  // the machine may be busy; what is late is tested elsewhere
  options.rest = absl::Milliseconds(1);
  RedisLimiter here(options, metrics);
  RedisLimiter there(options, other_metrics);
  REQUIRE(WaitUntilShared(here, metrics));
  REQUIRE(WaitUntilShared(there, other_metrics));

  const std::vector<Limit> limits = {{"u", 10}, {"o", 6}};
  const absl::Time now = absl::Now();
  int allowed = 0;
  LimitVerdict last;
  for (int i = 0; i < 6; ++i) {
    last = here.Charge(limits, now);
    allowed += last.is_allowed ? 1 : 0;
    last = there.Charge(limits, now);
    allowed += last.is_allowed ? 1 : 0;
  }
  CHECK(allowed == 6);
  CHECK(last.limit == 6);
  CHECK(last.remaining == 0);
  CHECK(last.reset_seconds >= 1);
  CHECK(last.reset_seconds <= 60);
  CHECK(here.Charge({{"u", 10}}, now).remaining == 3);
  CHECK(here.Charge({Day("d", 1)}, now).is_allowed);
  CHECK_FALSE(there.Charge({Day("d", 1)}, now).is_allowed);

  // Many at once: exactly as many as the limit says.
  std::atomic<int> at_once = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 20; ++k) at_once += here.Charge({{"many", 50}}, now).is_allowed ? 1 : 0;
      });
    }
  }
  CHECK(at_once == 50);

  // Without it each counts alone; when it is back they share again.
  redis.reset();
  const absl::Time begin = absl::Now();
  CHECK(here.Charge(limits, now).is_allowed);
  CHECK(absl::Now() - begin < absl::Milliseconds(500));
  CHECK(there.Charge(limits, now).is_allowed);
  redis = std::make_unique<Redis>(home.path());
  CHECK(WaitUntilShared(here, metrics));
}

}  // namespace
}  // namespace datamigrate::gateway
