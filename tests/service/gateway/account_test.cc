// Accounts over HTTP: sessions, passwords, links by mail, and what guessing costs.
#include <catch2/catch.hpp>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/pg/pool.h"
#include "common/pg/transaction.h"
#include "gateway/store/attempt_store.h"
#include "tests/service/gateway/gateway_fixture.h"
#include "tests/support/eventually.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using testing::RawResponse;
using Fixture = testing::GatewayFixture;

constexpr char kPassword[] = "a long password";

// A gateway that writes its mails to files.
struct MailFolder {
  testing::TemporaryDirectory mails;
};

struct MailFixture : MailFolder, Fixture {
  MailFixture()
      : Fixture([this](Config& changed) {
          changed.mail.route = "file:" + mails.path().string();
          changed.public_url = "https://gateway.example";
        }) {}

  // The only mail to `address` that was not read yet; waits for it.
  std::string ReadMail(const std::string& address) {
    std::string text;
    const auto has_come = [&] {
      for (const auto& entry : std::filesystem::directory_iterator(mails.path())) {
        if (entry.path().extension() != ".eml") continue;
        text = testing::ReadFile(entry.path());
        if (text.find("To: <" + address + ">") == std::string::npos) continue;
        std::filesystem::remove(entry.path());
        return true;
      }
      return false;
    };
    if (!testing::Eventually(has_come)) FAIL("no mail came to " << address);
    return text;
  }

  // What stands behind "#<action>=" in the mail's link.
  std::string ReadToken(const std::string& address, const std::string& action) {
    const std::string mail = ReadMail(address);
    const std::string before = "https://gateway.example/account#" + action + "=";
    const size_t begin = mail.find(before);
    REQUIRE(begin != std::string::npos);
    return mail.substr(begin + before.size(), 43);
  }

  RawResponse Post(const std::string& path, const json& body) {
    return Ask("POST", "/api/v1/auth/" + path, body.dump());
  }
};

RawResponse LogIn(Fixture& fixture, const std::string& email, const std::string& password) {
  return fixture.Ask("POST", "/api/v1/auth/login",
                     json{{"email", email}, {"password", password}}.dump());
}

TEST_CASE("A user sees the open sessions and ends them", "[gateway][service][account]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string first = fixture.token;
  fixture.token.clear();
  const RawResponse login = fixture.Ask(
      "POST", "/api/v1/auth/login",
      json{{"email", "ann@example.com"}, {"password", kPassword}}.dump(), "User-Agent: test/1\r\n");
  fixture.token = json::parse(login.body)["access_token"];
  json sessions = json::parse(fixture.Ask("GET", "/api/v1/auth/sessions").body)["sessions"];
  REQUIRE(sessions.size() == 2);
  CHECK(sessions[0]["is_current"] == true);
  CHECK(sessions[0]["user_agent"] == "test/1");
  CHECK(sessions[0]["remote_address"] == "127.0.0.1");
  const std::string other = sessions[1]["id"];

  CHECK(fixture.Ask("DELETE", "/api/v1/auth/sessions/" + other).status == 204);
  CHECK(fixture.Ask("DELETE", "/api/v1/auth/sessions/" + other).status == 404);
  CHECK(fixture.Ask("DELETE", "/api/v1/auth/sessions/nonsense").status == 400);
  std::swap(fixture.token, const_cast<std::string&>(first));
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 401);
  std::swap(fixture.token, const_cast<std::string&>(first));
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 200);
}

TEST_CASE("Another user's session is not there", "[gateway][service][account]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string id =
      json::parse(fixture.Ask("GET", "/api/v1/auth/sessions").body)["sessions"][0]["id"];
  const std::string ann = fixture.token;
  fixture.token.clear();
  fixture.SignUp("bob@example.com");
  CHECK(fixture.Ask("DELETE", "/api/v1/auth/sessions/" + id).status == 404);
  CHECK(fixture.Ask("DELETE", "/api/v1/auth/sessions").status == 204);
  fixture.token = ann;
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 200);
}

TEST_CASE("A changed password ends the other sessions", "[gateway][service][account]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string old_token = fixture.token;
  fixture.token.clear();
  fixture.token = json::parse(LogIn(fixture, "ann@example.com", kPassword).body)["access_token"];
  const auto change = [&](const std::string& current, const std::string& next) {
    return fixture
        .Ask("POST", "/api/v1/auth/password",
             json{{"current_password", current}, {"password", next}}.dump())
        .status;
  };
  CHECK(change("not the password", "another long one") == 403);
  CHECK(change(kPassword, "short") == 400);
  CHECK(change(kPassword, "another long one") == 204);
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 200);
  fixture.token = old_token;
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 401);
  fixture.token.clear();
  CHECK(LogIn(fixture, "ann@example.com", kPassword).status == 401);
  CHECK(LogIn(fixture, "ann@example.com", "another long one").status == 200);
}

TEST_CASE("Guessing is slowed down, whether the account is there or not",
          "[gateway][service][account]") {
  Fixture fixture([](Config& config) { config.credential_rate_limit = 1000; });
  fixture.SignUp("ann@example.com");
  fixture.token.clear();
  const auto statuses = [&](const std::string& email) {
    std::vector<int> seen;
    for (int i = 0; i < 7; ++i) seen.push_back(LogIn(fixture, email, "not it at all").status);
    return seen;
  };
  const std::vector<int> known = statuses("ann@example.com");
  CHECK(known == std::vector<int>{401, 401, 401, 401, 401, 429, 429});
  // The right password has to wait as well, or guessing would go on. Asked for before the wait of a
  // second is over.
  const RawResponse locked = LogIn(fixture, "ann@example.com", kPassword);
  CHECK(locked.status == 429);
  CHECK(std::stoi(locked.headers.at("retry-after")) >= 1);
  CHECK(statuses("nobody@example.com") == known);
}

TEST_CASE("Guesses at the same time all count", "[gateway][service][account]") {
  Fixture fixture;
  pg::PoolOptions options;
  options.connection.url = fixture.database.url();
  pg::Pool pool(options);
  AttemptStore store(&pool);
  REQUIRE(*store.Begin({{"a", 5}, {"b", 5}}) == absl::ZeroDuration());
  std::atomic<int> allowed = 1;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < 5; ++k) {
          // The subjects come in different orders and block nobody.
          const auto wait =
              i % 2 == 0 ? store.Begin({{"a", 5}, {"b", 5}}) : store.Begin({{"b", 5}, {"a", 5}});
          allowed += wait.ok() && *wait == absl::ZeroDuration() ? 1 : 0;
        }
      });
    }
  }
  CHECK(allowed == 5);
  REQUIRE(store.Succeed({"a"}, {"b"}).ok());
  CHECK(*store.Begin({{"a", 5}}) == absl::ZeroDuration());
  CHECK(*store.Begin({{"b", 5}}) == absl::ZeroDuration());
  CHECK(*store.Begin({{"b", 5}}) > absl::ZeroDuration());
}

TEST_CASE("Common and breached passwords are refused", "[gateway][service][account]") {
  Fixture fixture([](Config& config) { config.credential_rate_limit = 1000; });
  const std::string password = GENERATE(
      "password123", "P4ssw0rd!!", "1234567890", "qwertyuiop", "aaaaaaaaaaaa", "abcabcabcabc",
      "Summer2024!!", "bob.miller1", "bob.miller@example.com", "iloveyou!!", "12345678910");
  INFO(password);
  const RawResponse response =
      fixture.Ask("POST", "/api/v1/auth/register",
                  json{{"email", "bob.miller@example.com"}, {"password", password}}.dump());
  CHECK(response.status == 400);
  CHECK(response.body.find(password) == std::string::npos);
}

TEST_CASE("Registering by mail answers the same for an address that is taken",
          "[gateway][service][account]") {
  MailFixture fixture;
  const auto register_with = [&](const std::string& email) {
    RawResponse response =
        fixture.Ask("POST", "/api/v1/auth/register",
                    json{{"email", email}, {"password", kPassword}}.dump(), "X-Request-Id: r\r\n");
    return std::to_string(response.status) + response.body;
  };
  const std::string first = register_with("ann@example.com");
  CHECK(first.starts_with("202"));
  const std::string token = fixture.ReadToken("ann@example.com", "verify");
  CHECK(register_with("ann@example.com") == first);
  CHECK(fixture.ReadMail("ann@example.com").find("account already") != std::string::npos);

  // Nobody signs in before the address is proved, and only the right password tells so.
  CHECK(LogIn(fixture, "ann@example.com", "not it at all").status == 401);
  CHECK(LogIn(fixture, "ann@example.com", kPassword).status == 403);
  const std::string newer = fixture.ReadToken("ann@example.com", "verify");
  CHECK(fixture.Post("verify", {{"token", token}}).status == 400);
  CHECK(fixture.Post("verify", {{"token", newer}}).status == 204);
  CHECK(fixture.Post("verify", {{"token", newer}}).status == 400);
  CHECK(LogIn(fixture, "ann@example.com", kPassword).status == 200);
}

TEST_CASE("A forgotten password is set anew by a link, once", "[gateway][service][account]") {
  MailFixture fixture;
  fixture.Post("register", {{"email", "ann@example.com"}, {"password", kPassword}});
  fixture.Post("verify", {{"token", fixture.ReadToken("ann@example.com", "verify")}});
  const json tokens = json::parse(LogIn(fixture, "ann@example.com", kPassword).body);

  const RawResponse known = fixture.Post("password/forgot", {{"email", "ann@example.com"}});
  const RawResponse unknown = fixture.Post("password/forgot", {{"email", "no@example.com"}});
  CHECK(known.status == 202);
  CHECK(known.status == unknown.status);
  CHECK(known.body == unknown.body);

  const std::string token = fixture.ReadToken("ann@example.com", "reset");
  CHECK(fixture.Post("verify", {{"token", token}}).status == 400);
  CHECK(fixture.Post("password/reset", {{"token", token}, {"password", "short"}}).status == 400);
  CHECK(fixture.Post("password/reset", {{"token", token}, {"password", "a new long one"}}).status ==
        204);
  CHECK(fixture.ReadMail("ann@example.com").find("was changed") != std::string::npos);
  CHECK(fixture.Post("password/reset", {{"token", token}, {"password", "one more long"}}).status ==
        400);
  CHECK(fixture.Post("refresh", {{"refresh_token", tokens["refresh_token"]}}).status == 401);
  fixture.token = tokens["access_token"];
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 401);
  fixture.token.clear();
  CHECK(LogIn(fixture, "ann@example.com", "a new long one").status == 200);
  CHECK(std::filesystem::is_empty(fixture.mails.path()));
}

TEST_CASE("Without mail nobody can be sent a link, and it says so", "[gateway][service][account]") {
  Fixture fixture;
  for (const char* email : {"ann@example.com", "no@example.com"}) {
    CHECK(
        fixture.Ask("POST", "/api/v1/auth/password/forgot", json{{"email", email}}.dump()).status ==
        501);
  }
}

TEST_CASE("Bodies with a member twice are refused", "[gateway][service][account]") {
  Fixture fixture;
  CHECK(fixture
            .Ask("POST", "/api/v1/auth/login",
                 R"({"email":"a@example.com","password":"x","email":"b@example.com"})")
            .status == 400);
}

TEST_CASE("A rotated key takes over while old tokens stay good", "[gateway][service][account]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const auto keys = [&] {
    return json::parse(fixture.Ask("GET", "/.well-known/jwks.json").body)["keys"];
  };
  CHECK(keys().size() == 1);
  REQUIRE(RotateTokenKey(fixture.config).ok());
  CHECK(testing::Eventually([&] { return keys().size() == 2; }));
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 200);
}

TEST_CASE("With HS256 no key is published", "[gateway][service][account]") {
  Fixture fixture([](Config& config) { config.jwt_algorithm = crypto::TokenAlgorithm::kHs256; });
  fixture.SignUp("ann@example.com");
  CHECK(fixture.Ask("GET", "/api/v1/auth/me").status == 200);
  CHECK(json::parse(fixture.Ask("GET", "/.well-known/jwks.json").body)["keys"].empty());
  const RawResponse refused = fixture.Ask("POST", "/api/v1/engine-tokens");
  CHECK(refused.status == 409);
  CHECK(refused.body.find("--jwt-algorithm EdDSA") != std::string::npos);
}

TEST_CASE("The account page runs its own script only", "[gateway][service][account]") {
  Fixture fixture;
  const RawResponse page = fixture.Ask("GET", "/account");
  CHECK(page.status == 200);
  const std::string policy = page.headers.at("content-security-policy");
  CHECK(policy.find("script-src 'sha256-") != std::string::npos);
  CHECK(policy.find("script-src 'unsafe") == std::string::npos);
}

}  // namespace
}  // namespace datamigrate::gateway
