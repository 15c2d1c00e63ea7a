// Browser sessions and second factors over HTTP.
#include <catch2/catch.hpp>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/crypto/totp.h"
#include "tests/service/gateway/gateway_fixture.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using testing::RawResponse;
using Fixture = testing::GatewayFixture;

constexpr char kPassword[] = "a long password";

// Sends what a browser on a page of ours would.
struct Browser : Fixture {
  Browser() : Fixture([](Config& changed) { changed.credential_rate_limit = 10000; }) {}

  RawResponse Send(const std::string& method, const std::string& path, const json& body = nullptr,
                   const std::string& more = "") {
    std::string fields = "Sec-Fetch-Site: same-origin\r\nOrigin: http://test\r\n" + more;
    if (!cookies.empty()) {
      fields += "Cookie: ";
      for (const auto& [name, value] : cookies) fields += name + "=" + value + "; ";
      fields += "\r\n";
    }
    if (sends_csrf && cookies.contains("__Host-datamigrate-csrf")) {
      fields += "X-CSRF-Token: " + cookies["__Host-datamigrate-csrf"] + "\r\n";
    }
    token.clear();
    return Ask(method, path, body.is_null() ? "" : body.dump(), fields);
  }

  // Signs in and keeps the cookies, as a browser does.
  json LogIn() {
    const RawResponse response =
        Send("POST", "/api/v1/auth/login",
             {{"email", "ann@example.com"}, {"password", kPassword}, {"session", "cookie"}});
    INFO(response.body);
    REQUIRE(response.status == 200);
    Keep(response);
    return json::parse(response.body);
  }

  void Keep(const RawResponse& response) {
    for (const std::string& cookie : response.set_cookies) {
      CHECK(cookie.starts_with("__Host-"));
      CHECK(cookie.find("; Path=/; Secure;") != std::string::npos);
      CHECK(cookie.find("SameSite=") != std::string::npos);
      const size_t equals = cookie.find('=');
      cookies[cookie.substr(0, equals)] = cookie.substr(equals + 1, cookie.find(';') - equals - 1);
    }
  }

  std::map<std::string, std::string> cookies;
  bool sends_csrf = true;
};

TEST_CASE("A browser's session lives in cookies that scripts cannot read",
          "[gateway][service][session]") {
  Browser browser;
  browser.SignUp("ann@example.com");
  const json answer = browser.LogIn();
  CHECK_FALSE(answer.contains("access_token"));
  CHECK_FALSE(answer.contains("refresh_token"));
  CHECK(answer["csrf_token"] == browser.cookies["__Host-datamigrate-csrf"]);
  CHECK(browser.Send("GET", "/api/v1/auth/me").status == 200);
  CHECK(browser.Send("POST", "/api/v1/orgs", {{"name", "mine"}}).status == 201);

  browser.sends_csrf = false;
  CHECK(browser.Send("GET", "/api/v1/auth/me").status == 200);
  CHECK(browser.Send("POST", "/api/v1/orgs", {{"name", "forged"}}).status == 403);
  CHECK(browser.Send("POST", "/api/v1/auth/refresh").status == 403);
  browser.sends_csrf = true;

  // Refreshing brings new tokens and keeps the CSRF token.
  const std::string old = browser.cookies["__Host-datamigrate-refresh"];
  const RawResponse refreshed = browser.Send("POST", "/api/v1/auth/refresh");
  REQUIRE(refreshed.status == 200);
  browser.Keep(refreshed);
  CHECK(browser.cookies["__Host-datamigrate-refresh"] != old);
  CHECK(browser.Send("POST", "/api/v1/orgs", {{"name", "second"}}).status == 201);

  const RawResponse out = browser.Send("POST", "/api/v1/auth/logout");
  CHECK(out.status == 204);
  CHECK(browser.Send("GET", "/api/v1/auth/me").status == 401);
  browser.Keep(out);
  CHECK(browser.cookies["__Host-datamigrate"].empty());
}

TEST_CASE("Signing in opens a session of its own, whatever cookie was planted",
          "[gateway][service][session]") {
  Browser browser;
  browser.SignUp("ann@example.com");
  browser.cookies = {{"__Host-datamigrate", "planted"},
                     {"__Host-datamigrate-refresh", "planted"},
                     {"__Host-datamigrate-csrf", "planted"}};
  browser.LogIn();
  const auto first = browser.cookies;
  for (const auto& [name, value] : first) CHECK(value != "planted");
  browser.LogIn();
  for (const auto& [name, value] : browser.cookies) CHECK(value != first.at(name));
}

TEST_CASE("Another site's page cannot sign its visitor in", "[gateway][service][session]") {
  Browser browser;
  browser.SignUp("ann@example.com");
  browser.token.clear();
  const std::string body = json{{"email", "ann@example.com"}, {"password", kPassword}}.dump();
  CHECK(browser.Ask("POST", "/api/v1/auth/login", body, "Sec-Fetch-Site: cross-site\r\n").status ==
        403);
  CHECK(
      browser.Ask("POST", "/api/v1/auth/login", body, "Origin: https://evil.example\r\n").status ==
      403);
}

// The bytes of a base 32 text.
std::string Unbase32(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = bits << 5 | static_cast<uint32_t>(digits.find(c));
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255);
  }
  return bytes;
}

struct Phone {
  // Codes of this step and the next are good; each once.
  std::string Code(int64_t later = 0) const {
    return crypto::TotpCode(secret, crypto::TotpStep(absl::Now()) + later);
  }
  std::string secret;
};

// Sets a second factor up for the signed-in user; returns the recovery codes.
std::vector<std::string> Enroll(Fixture& fixture, Phone& phone) {
  const RawResponse begun =
      fixture.Ask("POST", "/api/v1/auth/totp", json{{"password", kPassword}}.dump());
  REQUIRE(begun.status == 200);
  const json enrollment = json::parse(begun.body);
  CHECK(enrollment["uri"].get<std::string>().starts_with("otpauth://totp/DataMigrate:ann%40"));
  phone.secret = Unbase32(enrollment["secret"]);
  CHECK(fixture.Ask("POST", "/api/v1/auth/totp/confirm", json{{"code", "000000x"}}.dump()).status ==
        403);
  const RawResponse confirmed =
      fixture.Ask("POST", "/api/v1/auth/totp/confirm", json{{"code", phone.Code(-1)}}.dump());
  REQUIRE(confirmed.status == 200);
  return json::parse(confirmed.body)["recovery_codes"];
}

TEST_CASE("A second factor is asked for after the right password alone",
          "[gateway][service][session]") {
  Fixture fixture([](Config& changed) { changed.credential_rate_limit = 10000; });
  fixture.SignUp("ann@example.com");
  Phone phone;
  const std::vector<std::string> recovery = Enroll(fixture, phone);
  CHECK(recovery.size() == 10);
  CHECK(fixture.Ask("POST", "/api/v1/auth/totp", json{{"password", kPassword}}.dump()).status ==
        409);
  const std::string signed_in = fixture.token;
  fixture.token.clear();
  const auto log_in = [&](const std::string& password, const std::string& code) {
    return fixture.Ask(
        "POST", "/api/v1/auth/login",
        json{{"email", "ann@example.com"}, {"password", password}, {"code", code}}.dump());
  };
  const RawResponse missing = log_in(kPassword, "");
  CHECK(missing.status == 401);
  CHECK(json::parse(missing.body)["code_required"] == true);
  CHECK_FALSE(json::parse(log_in("not it at all", "").body).contains("code_required"));
  CHECK(log_in(kPassword, "12345").status == 401);
  const std::string code = phone.Code();
  CHECK(log_in("not it at all", code).status == 401);
  CHECK(log_in(kPassword, code).status == 200);
  CHECK(log_in(kPassword, code).status == 401);
  CHECK(log_in(kPassword, recovery[0]).status == 200);
  CHECK(log_in(kPassword, recovery[0]).status == 401);

  fixture.token = signed_in;
  const auto remove = [&](const std::string& with) {
    return fixture
        .Ask("DELETE", "/api/v1/auth/totp", json{{"password", kPassword}, {"code", with}}.dump())
        .status;
  };
  CHECK(remove("nonsense") == 403);
  CHECK(remove(recovery[1]) == 204);
  fixture.token.clear();
  CHECK(log_in(kPassword, "").status == 200);
}

TEST_CASE("Where an organization requires a second factor, nothing goes without",
          "[gateway][service][session]") {
  Fixture fixture([](Config& changed) { changed.credential_rate_limit = 10000; });
  json tokens = fixture.SignUp("ann@example.com");
  const std::string organization = tokens["user"]["organization_id"];
  CHECK(fixture.Ask("PATCH", "/api/v1/orgs/" + organization, json{{"requires_totp", true}}.dump())
            .status == 200);
  const auto refresh = [&] {
    fixture.token.clear();
    tokens = json::parse(fixture
                             .Ask("POST", "/api/v1/auth/refresh",
                                  json{{"refresh_token", tokens["refresh_token"]}}.dump())
                             .body);
    fixture.token = tokens["access_token"];
  };
  refresh();
  const RawResponse refused = fixture.Ask("GET", "/api/v1/migrations");
  CHECK(refused.status == 403);
  CHECK(refused.body.find("second factor") != std::string::npos);
  Phone phone;
  Enroll(fixture, phone);
  refresh();
  CHECK(fixture.Ask("GET", "/api/v1/migrations").status == 200);
  CHECK(fixture
            .Ask("DELETE", "/api/v1/auth/totp",
                 json{{"password", kPassword}, {"code", phone.Code()}}.dump())
            .status == 409);
}

}  // namespace
}  // namespace datamigrate::gateway
