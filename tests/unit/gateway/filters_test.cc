// Each filter alone.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "common/crypto/digest.h"
#include "gateway/filters/access_log/access_log_filter.h"
#include "gateway/filters/audit/audit_filter.h"
#include "gateway/filters/authentication/authentication_filter.h"
#include "gateway/filters/cors/cors_filter.h"
#include "gateway/filters/rate_limit/memory_limiter.h"
#include "gateway/filters/rate_limit/rate_limit_filter.h"
#include "gateway/filters/rate_limit/sliding_window.h"
#include "gateway/filters/request_id/request_id_filter.h"
#include "gateway/filters/security_headers/security_headers_filter.h"
#include "gateway/filters/sign_in_required/sign_in_required_filter.h"
#include "gateway/filters/size_limit/size_limit_filter.h"
#include "gateway/http/router.h"
#include "gateway/http/subscriber.h"

namespace datamigrate::gateway {
namespace {

const Route kRoute = {.method = "POST", .pattern = "/m/{id}", .max_body_bytes = 10, .endpoint = {}};
const Route kOpenRoute = {
    .method = "GET", .pattern = "/open", .needs_principal = false, .endpoint = {}};
const Route kProbe = {.method = "GET",
                      .pattern = "/health",
                      .needs_principal = false,
                      .rate_class = RateClass::kNone,
                      .endpoint = {}};
const Route kLogin = {.method = "POST",
                      .pattern = "/login",
                      .needs_principal = false,
                      .rate_class = RateClass::kCredentials,
                      .endpoint = {}};

Request RequestTo(const Route& route) {
  Request request;
  request.method = route.method;
  request.route = &route;
  request.path = "/m/7";
  request.target = "/m/7?token=secret";
  request.remote_address = "192.0.2.1";
  request.received_at = absl::FromUnixSeconds(1000);
  return request;
}

TEST_CASE("A good request id is kept and a bad one replaced", "[gateway][request_id]") {
  RequestIdFilter filter;
  Request request = RequestTo(kRoute);
  SECTION("good") {
    request.headers.Set("X-Request-Id", "Abc-1.2_3");
    CHECK_FALSE(filter.OnRequest(request).has_value());
    CHECK(request.request_id == "Abc-1.2_3");
  }
  SECTION("bad") {
    const std::string bad =
        GENERATE(as<std::string>(), "", "a b", "a\"b", std::string(65, 'a'), "\xc3\xa4");
    request.headers.Set("X-Request-Id", bad);
    filter.OnRequest(request);
    CHECK(request.request_id.size() == 36);
  }
  Response response;
  filter.OnResponse(request, response);
  CHECK(response.headers.Get("X-Request-Id") == request.request_id);
}

TEST_CASE("The access log holds no query, no forged line, and no probe", "[gateway][access_log]") {
  telemetry::Metrics metrics;
  std::vector<std::string> lines;
  AccessLogFilter filter(metrics, [&](std::string_view line) { lines.emplace_back(line); });
  Request request = RequestTo(kRoute);
  request.path = "/m/7\n\x1b[0m\"";
  request.request_id = "r1";
  request.principal = Principal{"u1", "o1", "s1"};
  Response response = TextResponse(201, "text/plain", "four");
  filter.OnResponse(request, response);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("POST /m/7%0A%1B[0m%22 201 4 "));
  CHECK(lines[0].find("secret") == std::string::npos);
  CHECK(lines[0].ends_with("id=r1 user=u1 from=192.0.2.1"));

  Request probe = RequestTo(kProbe);
  filter.OnResponse(probe, response);
  CHECK(lines.size() == 1);
  const std::string text = metrics.Print();
  CHECK(text.find("requests_total{method=\"POST\",route=\"/m/{id}\",status=\"201\"} 1") !=
        std::string::npos);
  CHECK(text.find("requests_total{method=\"GET\",route=\"/health\",status=\"201\"} 1") !=
        std::string::npos);
}

TEST_CASE("An invented method does not become a label", "[gateway][access_log]") {
  telemetry::Metrics metrics;
  AccessLogFilter filter(metrics, [](std::string_view) {});
  Request request;
  request.method = "BREW";
  Response response;
  filter.OnResponse(request, response);
  CHECK(metrics.Print().find("BREW") == std::string::npos);
}

TEST_CASE("Only listed origins may call", "[gateway][cors]") {
  CorsFilter filter({"https://app.example.com"});
  Request request = RequestTo(kRoute);
  Response response;
  SECTION("listed") {
    request.headers.Set("Origin", "https://app.example.com");
    filter.OnResponse(request, response);
    CHECK(response.headers.Get("Access-Control-Allow-Origin") == "https://app.example.com");
    CHECK_FALSE(response.headers.Has("Access-Control-Allow-Credentials"));
  }
  SECTION("not listed") {
    request.headers.Set("Origin", "https://app.example.com.evil.example");
    filter.OnResponse(request, response);
    CHECK_FALSE(response.headers.Has("Access-Control-Allow-Origin"));
  }
  CHECK(response.headers.Get("Vary") == "Origin");
}

TEST_CASE("A preflight request is answered before anybody asks who it is", "[gateway][cors]") {
  CorsFilter filter({"https://app.example.com"});
  Request request = RequestTo(kRoute);
  request.method = "OPTIONS";
  request.headers.Set("Origin", "https://app.example.com");
  request.headers.Set("Access-Control-Request-Method", "POST");
  const auto response = filter.OnRequest(request);
  REQUIRE(response.has_value());
  CHECK(response->status == 204);
  CHECK(response->headers.Has("Access-Control-Allow-Methods"));
}

TEST_CASE("Security fields are set unless the endpoint knows better",
          "[gateway][security_headers]") {
  SecurityHeadersFilter filter;
  Response response;
  response.headers.Set("Cache-Control", "public");
  filter.OnResponse(Request(), response);
  CHECK(response.headers.Get("Cache-Control") == "public");
  CHECK(response.headers.Get("X-Content-Type-Options") == "nosniff");
  CHECK(response.headers.Get("X-Frame-Options") == "DENY");
}

TEST_CASE("Long targets, many fields and large bodies are refused", "[gateway][size_limit]") {
  SizeLimitFilter filter({.max_target_bytes = 20, .max_header_fields = 2});
  Request request = RequestTo(kRoute);
  CHECK_FALSE(filter.OnRequest(request).has_value());
  SECTION("target") {
    request.target = std::string(21, 'a');
    CHECK(filter.OnRequest(request)->status == 414);
  }
  SECTION("fields") {
    for (const char* name : {"A", "B", "C"}) request.headers.Add(name, "1");
    CHECK(filter.OnRequest(request)->status == 431);
  }
  SECTION("body") {
    request.body = std::string(11, 'a');
    CHECK(filter.OnRequest(request)->status == 413);
  }
}

TEST_CASE("A bearer token becomes a principal or a reason", "[gateway][authentication]") {
  AuthenticationFilter filter(
      [](std::string_view token, absl::Time now) -> absl::StatusOr<Principal> {
        CHECK(now == absl::FromUnixSeconds(1000));
        if (token != "good") return absl::UnauthenticatedError("no good");
        return Principal{"u", "o", "s"};
      });
  Request request = RequestTo(kRoute);
  SECTION("none") {
    filter.OnRequest(request);
    CHECK(request.refused_credential.empty());
    CHECK_FALSE(request.principal.has_value());
  }
  SECTION("good") {
    request.headers.Set("Authorization", "bearer good");
    filter.OnRequest(request);
    CHECK(request.principal->user_id == "u");
  }
  SECTION("bad") {
    request.headers.Set("Authorization", GENERATE("Bearer bad", "Basic good", "good", "Bearer"));
    filter.OnRequest(request);
    CHECK_FALSE(request.principal.has_value());
    CHECK_FALSE(request.refused_credential.empty());
  }
  SECTION("two") {
    request.headers.Add("Authorization", "Bearer good");
    request.headers.Add("Authorization", "Bearer good");
    filter.OnRequest(request);
    CHECK_FALSE(request.principal.has_value());
  }
}

TEST_CASE("A cookie signs in where our own page sends it", "[gateway][authentication]") {
  const std::string csrf = "csrf-token";
  AuthenticationFilter filter([&](std::string_view token, absl::Time) -> absl::StatusOr<Principal> {
    if (token != "good" && token != "bearer") return absl::UnauthenticatedError("no");
    Principal principal{"u", "o", "s"};
    if (token == "good") principal.csrf_sha256 = crypto::Sha256Hex(csrf);
    return principal;
  });
  Request request = RequestTo(kRoute);
  request.headers.Add("Host", "gateway.example");
  request.headers.Add("Cookie", "a=b; __Host-datamigrate=good");
  const auto status = [&] {
    request.principal.reset();
    const auto response = filter.OnRequest(request);
    return response.has_value() ? response->status : request.principal.has_value() ? 200 : 401;
  };
  request.method = "GET";
  CHECK(status() == 200);
  SECTION("a change needs the session's token") {
    request.method = GENERATE("POST", "PUT", "PATCH", "DELETE");
    CHECK(status() == 403);
    request.headers.Set("X-CSRF-Token", "another");
    CHECK(status() == 403);
    request.headers.Set("X-CSRF-Token", csrf);
    CHECK(status() == 200);
    request.headers.Set("Origin", "https://gateway.example");
    CHECK(status() == 200);
    request.headers.Set(
        "Origin", GENERATE("https://evil.example", "null", "https://gateway.example.evil.example"));
    CHECK(status() == 403);
  }
  SECTION("another site's page gets nothing, a link from it does") {
    request.headers.Set("Sec-Fetch-Site", GENERATE("cross-site", "same-site"));
    CHECK(status() == 403);
    request.headers.Set("Sec-Fetch-Mode", "navigate");
    CHECK(status() == 200);
    request.method = "POST";
    request.headers.Set("X-CSRF-Token", csrf);
    CHECK(status() == 403);
  }
  SECTION("a WebSocket of another site is refused, and one of no page") {
    request.headers.Set("Connection", "keep-alive, Upgrade");
    request.headers.Set("Upgrade", "websocket");
    request.headers.Set("Origin", "https://evil.example");
    CHECK(status() == 403);
    request.headers.Remove("Origin");
    CHECK(status() == 403);
    request.headers.Set("Origin", "https://gateway.example");
    CHECK(status() == 200);
    request.headers.Set("Upgrade", "something");
    CHECK(status() == 403);
  }
  SECTION("two cookies of the name are none") {
    request.headers.Add("Cookie", "__Host-datamigrate=good");
    CHECK(status() == 401);
  }
  SECTION("a bearer token is no cookie, a cookie no bearer token") {
    request.headers.Set("Cookie", "__Host-datamigrate=bearer");
    CHECK(status() == 401);
    request.headers.Remove("Cookie");
    request.headers.Set("Authorization", "Bearer good");
    CHECK(status() == 401);
    request.headers.Set("Authorization", "Bearer bearer");
    CHECK(status() == 200);
  }
}

TEST_CASE("A route that needs a principal refuses without one", "[gateway][sign_in_required]") {
  SignInRequiredFilter filter;
  Request request = RequestTo(kRoute);
  SECTION("none") {
    const auto response = filter.OnRequest(request);
    REQUIRE(response.has_value());
    CHECK(response->status == 401);
    CHECK(response->headers.Get("WWW-Authenticate") == "Bearer realm=\"datamigrate\"");
  }
  SECTION("refused") {
    request.refused_credential = "the token has expired";
    const auto response = filter.OnRequest(request);
    REQUIRE(response.has_value());
    CHECK(response->headers.Get("WWW-Authenticate") ==
          "Bearer realm=\"datamigrate\", error=\"invalid_token\"");
    CHECK(response->body.find("the token has expired") != std::string::npos);
  }
  SECTION("given, for a route that forgot to name a permission") {
    request.principal = Principal{"u", "o", "s"};
    CHECK(filter.OnRequest(request)->status == 403);
  }
  SECTION("given, with a role and with an API key") {
    Route route = kRoute;
    request.route = &route;
    request.principal = Principal{"u", "o", "s"};
    const auto status = [&](Permission permission) {
      route.permission = permission;
      const auto response = filter.OnRequest(request);
      return response.has_value() ? response->status : 200;
    };
    request.principal->permissions.Add(Permission::kMembersRead);
    CHECK(status(Permission::kMembersRead) == 200);
    CHECK(status(Permission::kMembersWrite) == 403);
    CHECK(status(Permission::kOwn) == 200);
    CHECK(status(Permission::kIdentified) == 200);
    request.principal->key_id = "k";
    CHECK(status(Permission::kMembersRead) == 200);
    CHECK(status(Permission::kOwn) == 403);
    CHECK(status(Permission::kIdentified) == 200);
  }
  SECTION("open or unknown") {
    request.route = GENERATE(&kOpenRoute, static_cast<const Route*>(nullptr));
    CHECK_FALSE(filter.OnRequest(request).has_value());
  }
}

TEST_CASE("The window slides by the second", "[gateway][rate_limit]") {
  SlidingWindow window(10);
  const auto at = [](int64_t second) { return absl::FromUnixSeconds(1000 + second); };
  CHECK(window.Charge("a", 3, at(0)).remaining == 2);
  CHECK(window.Charge("a", 3, at(30)).remaining == 1);
  CHECK(window.Charge("a", 3, at(30)).remaining == 0);
  const auto refused = window.Charge("a", 3, at(59));
  CHECK_FALSE(refused.is_allowed);
  CHECK(refused.reset_seconds == 1);
  CHECK(window.Charge("b", 3, at(59)).is_allowed);
  // The first event has left; the refused one was never counted.
  const auto allowed = window.Charge("a", 3, at(60));
  CHECK(allowed.is_allowed);
  CHECK(allowed.remaining == 0);
  CHECK(allowed.reset_seconds == 30);
  CHECK_FALSE(window.Charge("a", 3, at(89)).is_allowed);
  CHECK(window.Charge("a", 3, at(90)).remaining == 1);
  CHECK(window.Charge("a", 3, at(100000)).remaining == 2);
}

TEST_CASE("Never more than the limit in any minute, compared with a plain list",
          "[gateway][rate_limit]") {
  SlidingWindow window(10);
  std::vector<int64_t> allowed;
  uint32_t random = 12345;
  for (int64_t second = 0; second < 5000;) {
    random = random * 1664525 + 1013904223;
    second += (random >> 24) % 4;
    const auto in_window = std::count_if(allowed.begin(), allowed.end(),
                                         [&](int64_t then) { return then > second - 60; });
    const auto verdict = window.Charge("k", 20, absl::FromUnixSeconds(1000000 + second));
    REQUIRE(verdict.is_allowed == (in_window < 20));
    if (verdict.is_allowed) allowed.push_back(second);
  }
}

TEST_CASE("The window forgets the key that was not seen for longest", "[gateway][rate_limit]") {
  SlidingWindow window(2);
  const absl::Time now = absl::FromUnixSeconds(1000);
  window.Charge("a", 5, now);
  window.Charge("b", 5, now);
  window.Charge("a", 5, now);
  window.Charge("c", 5, now);
  CHECK(window.keys() == 2);
  CHECK(window.Charge("a", 5, now).remaining == 2);
  CHECK(window.Charge("b", 5, now).remaining == 4);
}

TEST_CASE("Requests beyond the limit get 429 with the time to wait", "[gateway][rate_limit]") {
  telemetry::Metrics metrics;
  LimitBook book;
  RateLimitFilter filter({.per_minute = 2, .credentials_per_minute = 1},
                         std::make_unique<MemoryLimiter>(100), &book, metrics);
  const auto send = [&](Request request) {
    auto early = filter.OnRequest(request);
    Response response = early.has_value() ? *std::move(early) : Response();
    filter.OnResponse(request, response);
    return response;
  };
  Request request = RequestTo(kRoute);
  const Response first = send(request);
  CHECK(first.status == 200);
  CHECK(first.headers.Get("RateLimit-Limit") == "2");
  CHECK(first.headers.Get("RateLimit-Remaining") == "1");
  CHECK(first.headers.Get("RateLimit-Reset") == "60");
  CHECK(first.headers.Get("RateLimit-Policy") == "2;w=60");
  CHECK(send(request).status == 200);
  const Response refused = send(request);
  CHECK(refused.status == 429);
  CHECK(refused.headers.Get("Retry-After") == "60");

  SECTION("another address is another bucket") {
    request.remote_address = "192.0.2.2";
    CHECK(send(request).status == 200);
  }
  SECTION("a user is another bucket than the address") {
    request.principal = Principal{"u1", "o", "s"};
    CHECK(send(request).status == 200);
    request.remote_address = "192.0.2.2";
    CHECK(send(request).status == 200);
    CHECK(send(request).status == 429);
  }
  SECTION("probes are not counted") {
    CHECK(send(RequestTo(kProbe)).status == 200);
  }
  SECTION("sign-in has its own smaller limit, whoever is signed in") {
    Request login = RequestTo(kLogin);
    CHECK(send(login).status == 200);
    login.principal = Principal{"u1", "o", "s"};
    CHECK(send(login).status == 429);
  }
}

TEST_CASE("Addresses of one IPv6 network are one subscriber", "[gateway][rate_limit]") {
  CHECK(SubscriberOf("2001:db8:1:2::1") == SubscriberOf("2001:db8:1:2:ffff::9"));
  CHECK(SubscriberOf("2001:db8:1:2::1") != SubscriberOf("2001:db8:1:3::1"));
  CHECK(SubscriberOf("192.0.2.1") == "192.0.2.1");
}

class RecordingLog : public AuditLog {
 public:
  bool Append(audit::Row row, Done done) override {
    rows.push_back(std::move(row));
    is_awaited.push_back(done != nullptr);
    if (done) done(answer);
    return !is_full;
  }
  std::vector<audit::Row> rows;
  std::vector<bool> is_awaited;
  absl::Status answer;
  bool is_full = false;
};

struct Audited {
  Audited() {
    request.request_id = "r1";
    request.parameters = {{"id", "7"}};
    request.principal = Principal{"u1", "o1", "s1"};
    request.body = "abc";
  }
  // As the chain does.
  void Pass() {
    if (filter.Holds(request, response)) {
      bool went_on = false;
      filter.Hold(request, response, [&] { went_on = true; });
      CHECK(went_on);
    }
    filter.OnResponse(request, response);
  }

  telemetry::Metrics metrics;
  RecordingLog log;
  RefusalTally refusals{&log};
  AuditFilter filter{&log, &refusals, metrics};
  Request request = RequestTo(kRoute);
  Response response = TextResponse(200, "text/plain", "");
};

TEST_CASE("Changes are audited and plain reads are not", "[gateway][audit]") {
  Audited audited;
  SECTION("read") {
    audited.request.method = GENERATE("GET", "HEAD");
    audited.Pass();
    CHECK(audited.log.rows.empty());
  }
  SECTION("change") {
    audited.Pass();
    REQUIRE(audited.log.rows.size() == 1);
    CHECK(audited.log.is_awaited[0]);
    const audit::Row& row = audited.log.rows[0];
    CHECK(row.organization_id == "o1");
    CHECK(row.user_id == "u1");
    CHECK(row.session_id == "s1");
    CHECK(row.action == "POST /m/{id}");
    CHECK(row.object == "7");
    CHECK(row.status == 200);
    CHECK(row.request_id == "r1");
    CHECK(row.remote_address == "192.0.2.1");
    // FIPS 180-4's own example.
    CHECK(row.text_sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }
  SECTION("a password's hash is not kept") {
    audited.request.route = &kLogin;
    audited.Pass();
    CHECK(audited.log.rows.at(0).text_sha256.empty());
  }
  SECTION("what the Guardian blocked, whatever the method") {
    audited.request.method = "GET";
    audited.request.scan = {"block", {"a.b", "c.d"}, {"chat:a:1.00:a.b"}};
    audited.Pass();
    REQUIRE(audited.log.rows.size() == 1);
    CHECK(audited.log.is_awaited[0]);
    CHECK(audited.log.rows[0].verdict == "block");
    CHECK(audited.log.rows[0].rules == "a.b c.d");
    CHECK(audited.log.rows[0].findings == "chat:a:1.00:a.b");
  }
}

TEST_CASE("What is not recorded is not confirmed", "[gateway][audit]") {
  Audited audited;
  SECTION("the database is away") {
    audited.log.answer = absl::UnavailableError("away");
  }
  SECTION("too much waits") {
    audited.log.is_full = true;
    audited.request.method = "GET";
    static const Route download = {
        .method = "GET",
        .pattern = "/m/{id}",
        .endpoint = {},
        .description = {.operation_id = "downloadProject", .tag = "", .summary = ""}};
    audited.request.route = &download;
  }
  audited.Pass();
  CHECK(audited.response.status == 503);
  CHECK(audited.response.headers.Has("Retry-After"));
  CHECK(audited.log.rows.size() == 1);
  CHECK(audited.metrics.Print().find("audit_unrecorded_total 1") != std::string::npos);
}

TEST_CASE("Refusals before the endpoint are counted behind the answer", "[gateway][audit]") {
  Audited audited;
  audited.response = TextResponse(GENERATE(401, 403, 429), "text/plain", "");
  for (int i = 0; i < 3; ++i) audited.filter.OnResponse(audited.request, audited.response);
  CHECK(audited.log.rows.empty());
  audited.refusals.Flush();
  REQUIRE(audited.log.rows.size() == 1);
  CHECK(audited.log.rows[0].occurrences == 3);
  CHECK_FALSE(audited.log.is_awaited[0]);
}

}  // namespace
}  // namespace datamigrate::gateway
