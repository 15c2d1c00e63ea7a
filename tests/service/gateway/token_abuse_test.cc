// What attackers do with tokens, cookies, keys and codes, tried on a whole gateway.
#include <catch2/catch.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/crypto/access_token.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/engine_token.h"
#include "common/crypto/signing_key.h"
#include "common/crypto/token_keys.h"
#include "gateway/http/problem.h"
#include "gateway/http/server.h"
#include "gateway/http/target.h"
#include "tests/service/gateway/gateway_fixture.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using testing::RawResponse;
using Fixture = testing::GatewayFixture;

constexpr char kPassword[] = "a long password";

json Part(const std::string& token, int index) {
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  return json::parse(*crypto::Base64UrlDecode(
      index == 0 ? token.substr(0, first) : token.substr(first + 1, last - first - 1)));
}

std::string Forge(const crypto::TokenKey& key, const json& header, const json& claims) {
  const std::string text =
      crypto::Base64UrlEncode(header.dump()) + "." + crypto::Base64UrlEncode(claims.dump());
  return text + "." + crypto::Base64UrlEncode(key.Sign(text));
}

// A signed-in user, and the key that signs at the gateway.
struct Attacked : Fixture {
  Attacked() : Fixture([](Config& changed) { changed.credential_rate_limit = 10000; }) {
    SignUp("ann@example.com");
    good = token;
  }

  crypto::TokenKey Key() const {
    return crypto::TokenKeys::LoadOrCreate(config.jwt_key_file, crypto::TokenAlgorithm::kEdDsa,
                                           absl::Now())
        ->Signing(absl::Now());
  }

  int StatusWith(const std::string& credential) {
    token = credential;
    return Ask("GET", "/api/v1/auth/me").status;
  }

  std::string good;
};

TEST_CASE("Forged access tokens open nothing", "[gateway][service][abuse]") {
  Attacked attacked;
  const crypto::TokenKey key = attacked.Key();
  const json header = Part(attacked.good, 0);
  const json claims = Part(attacked.good, 1);
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  REQUIRE(attacked.StatusWith(Forge(key, header, claims)) == 200);

  const auto with_header = [&](const char* name, const json& value) {
    json changed = header;
    changed[name] = value;
    return Forge(key, changed, claims);
  };
  const auto with_claim = [&](const char* name, const json& value) {
    json changed = claims;
    changed[name] = value;
    return Forge(key, header, changed);
  };
  const crypto::TokenKey confused = *crypto::TokenKey::Hs256(*key.public_key());
  json hs256 = header;
  hs256["alg"] = "HS256";
  json none = header;
  none["alg"] = "none";
  const std::string unsigned_text =
      crypto::Base64UrlEncode(none.dump()) + "." + crypto::Base64UrlEncode(claims.dump());
  const std::string signature = attacked.good.substr(attacked.good.rfind('.') + 1);
  const std::vector<std::pair<std::string, std::string>> forged = {
      {"alg none", unsigned_text + "."},
      {"alg none with a signature", unsigned_text + "." + signature},
      {"key confusion", Forge(confused, hs256, claims)},
      {"another key", Forge(crypto::SigningKey::Generate(), header, claims)},
      {"expired", with_claim("exp", now - 1)},
      {"not yet issued", with_claim("iat", now + 60)},
      {"not yet valid", with_claim("nbf", now + 60)},
      {"another audience", with_claim("aud", "datamigrate-engine")},
      {"several audiences", with_claim("aud", {"datamigrate-api", "x"})},
      {"another issuer", with_claim("iss", "somebody")},
      {"no session", with_claim("sid", "")},
      {"kid that is a path", with_header("kid", "../../../../dev/null")},
      {"kid that is a statement", with_header("kid", "x' UNION SELECT 'key' --")},
      {"kid that is a URL", with_header("kid", "https://evil.example/key")},
      {"kid of another type", with_header("kid", json::array({header["kid"]}))},
      {"an extension", with_header("crit", json::array({"x"}))},
      {"a token for the engine",
       crypto::SignEngineToken(key, {.user_id = claims["sub"],
                                     .organization_id = claims["org"],
                                     .scope = "migrations:read",
                                     .issued_at = absl::Now(),
                                     .expires_at = absl::Now() + absl::Minutes(1)})}};
  for (const auto& [what, token] : forged) {
    INFO(what);
    CHECK(attacked.StatusWith(token) == 401);
  }
  // Keys that a token brings along or points to are not looked at: neither theirs nor in place of
  // ours.
  json brought = header;
  brought["jwk"] = {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "AAAA"}};
  brought["jku"] = "http://127.0.0.1:1/keys";
  brought["x5u"] = "http://127.0.0.1:1/chain";
  CHECK(attacked.StatusWith(Forge(crypto::SigningKey::Generate(), brought, claims)) == 401);
  CHECK(attacked.StatusWith(Forge(key, brought, claims)) == 200);
}

TEST_CASE("A cookie's token does not work as a bearer's, nor the other way round",
          "[gateway][service][abuse]") {
  Attacked attacked;
  attacked.token.clear();
  const RawResponse signed_in = attacked.Ask(
      "POST", "/api/v1/auth/login",
      json{{"email", "ann@example.com"}, {"password", kPassword}, {"session", "cookie"}}.dump());
  REQUIRE(signed_in.status == 200);
  std::map<std::string, std::string> attributes;
  std::map<std::string, std::string> values;
  for (const std::string& cookie : signed_in.set_cookies) {
    const size_t equals = cookie.find('=');
    const size_t semicolon = cookie.find(';');
    attributes[cookie.substr(0, equals)] = cookie.substr(semicolon + 2);
    values[cookie.substr(0, equals)] = cookie.substr(equals + 1, semicolon - equals - 1);
  }
  CHECK(attributes["__Host-datamigrate"] == "Path=/; Secure; Max-Age=900; HttpOnly; SameSite=Lax");
  CHECK(attributes["__Host-datamigrate-refresh"] ==
        "Path=/; Secure; Max-Age=2592000; HttpOnly; SameSite=Strict");
  CHECK(attributes["__Host-datamigrate-csrf"] ==
        "Path=/; Secure; Max-Age=2592000; SameSite=Strict");

  CHECK(attacked.StatusWith(values["__Host-datamigrate"]) == 401);
  attacked.token.clear();
  const auto with_cookie = [&](const std::string& value) {
    return attacked
        .Ask("GET", "/api/v1/auth/me", "", "Cookie: __Host-datamigrate=" + value + "\r\n")
        .status;
  };
  CHECK(with_cookie(values["__Host-datamigrate"]) == 200);
  CHECK(with_cookie(attacked.good) == 401);
  // Two cookies of one name: who planted which is not known.
  CHECK(with_cookie(values["__Host-datamigrate"] + "; __Host-datamigrate=planted") == 401);
}

TEST_CASE("The CSRF token of another session is as good as none", "[gateway][service][abuse]") {
  Attacked attacked;
  attacked.token.clear();
  struct Session {
    std::string cookie;
    std::string csrf;
  };
  const auto sign_in = [&] {
    const RawResponse response = attacked.Ask(
        "POST", "/api/v1/auth/login",
        json{{"email", "ann@example.com"}, {"password", kPassword}, {"session", "cookie"}}.dump());
    const std::string& first = response.set_cookies.at(0);
    return Session{first.substr(0, first.find(';')), json::parse(response.body)["csrf_token"]};
  };
  const Session ours = sign_in();
  const Session other = sign_in();
  const auto change = [&](const std::string& fields) {
    return attacked
        .Ask("POST", "/api/v1/orgs", R"({"name":"x"})", "Cookie: " + ours.cookie + "\r\n" + fields)
        .status;
  };
  CHECK(change("") == 403);
  CHECK(change("X-CSRF-Token: \r\n") == 403);
  CHECK(change("X-CSRF-Token: " + other.csrf + "\r\n") == 403);
  CHECK(change("X-CSRF-Token: " + crypto::Sha256Hex(ours.csrf) + "\r\n") == 403);
  CHECK(change("X-CSRF-Token: " + ours.csrf + "\r\nOrigin: https://evil.example\r\n") == 403);
  CHECK(change("X-CSRF-Token: " + ours.csrf + "\r\nSec-Fetch-Site: cross-site\r\n") == 403);
  CHECK(change("X-CSRF-Token: " + ours.csrf + "\r\n") == 201);
}

TEST_CASE("An API key gets nothing that it lacks", "[gateway][service][abuse]") {
  Attacked attacked;
  attacked.token = attacked.good;
  const auto make = [&](const json& scopes) {
    return attacked.Ask("POST", "/api/v1/api-keys", json{{"name", "k"}, {"scopes", scopes}}.dump());
  };
  const RawResponse made =
      make({"migrations:read", "api-keys:write", "members:write", "roles:write"});
  REQUIRE(made.status == 201);
  attacked.token = json::parse(made.body)["key"];
  // Neither a broader key, nor one like itself that would outlive it.
  CHECK(make({"migrations:write"}).status == 403);
  CHECK(make({"migrations:read"}).status == 403);
  // Nor by a role or a member that has more.
  CHECK(attacked.Ask("PUT", "/api/v1/roles/strong", R"({"permissions":["migrations:write"]})")
            .status == 403);
  CHECK(attacked.Ask("POST", "/api/v1/invitations", R"({"email":"x@example.com","role":"editor"})")
            .status == 403);
  // Nor its maker's session, second factor or password.
  for (const char* path : {"/api/v1/auth/totp", "/api/v1/auth/password", "/api/v1/orgs"}) {
    INFO(path);
    CHECK(attacked.Ask("POST", path, "{}").status == 403);
  }
  CHECK(attacked.Ask("DELETE", "/api/v1/auth/sessions").status == 403);
  // Its token for the engine has what of its scopes the engine knows.
  const RawResponse granted = attacked.Ask("POST", "/api/v1/engine-tokens");
  REQUIRE(granted.status == 201);
  CHECK(json::parse(granted.body)["scopes"] == json::array({"migrations:read"}));
  CHECK(Part(json::parse(granted.body)["token"], 1)["scope"] == "migrations:read");
  CHECK(granted.headers.at("cache-control") == "no-store");
}

// Seconds of computing by this process so far: not of waiting, so other work of the machine counts
// little.
double ProcessSeconds() {
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

TEST_CASE("Signing in costs the same work whether the address is known",
          "[gateway][service][abuse]") {
  Attacked attacked;
  attacked.token.clear();
  const auto work_of = [&](const std::string& email) {
    const double before = ProcessSeconds();
    for (int i = 0; i < 4; ++i) {
      const RawResponse response = attacked.Ask(
          "POST", "/api/v1/auth/login",
          json{{"email", std::to_string(i) + email}, {"password", "not it at all"}}.dump());
      CHECK(response.status == 401);
    }
    return ProcessSeconds() - before;
  };
  for (int i = 0; i < 4; ++i) attacked.SignUp(std::to_string(i) + "known@example.com");
  attacked.token.clear();
  const double known = work_of("known@example.com");
  const double unknown = work_of("unknown@example.com");
  // Four hashes of a password on either side: without them it would be a tenth.
  INFO(known << " s and " << unknown << " s");
  CHECK(unknown > 0.5 * known);
  CHECK(known > 0.5 * unknown);
}

// A provider at this machine that gives a token for each code once, to who has the verifier.
class Provider : public Service {
 public:
  Provider() {
    server_ = *HttpServer::Start({}, this);
    issuer_ = "http://127.0.0.1:" + std::to_string(server_->port());
  }

  const std::string& issuer() const { return issuer_; }

  // What a person who signs in there sends back with the browser.
  std::string CodeFor(const std::map<std::string, std::string>& asked) {
    const std::lock_guard lock(mutex_);
    const std::string code = "code" + std::to_string(codes_.size());
    codes_[code] = asked;
    return code;
  }

  uint64_t MaxBodyBytes(const Request&) const override { return 65536; }
  Response Refuse(Request head, int status, std::string_view detail) override {
    return Problem(head, status, detail);
  }
  void Handle(Request request, Respond respond) override {
    const std::lock_guard lock(mutex_);
    if (request.target == "/.well-known/openid-configuration") {
      respond(Json({{"issuer", issuer_},
                    {"authorization_endpoint", issuer_ + "/authorize"},
                    {"token_endpoint", issuer_ + "/token"},
                    {"jwks_uri", issuer_ + "/keys"}}));
    } else if (request.target == "/keys") {
      respond(Json({{"keys",
                     {{{"kty", "OKP"},
                       {"crv", "Ed25519"},
                       {"kid", "k"},
                       {"x", crypto::Base64UrlEncode(key_.public_key())}}}}}));
    } else {
      respond(Redeem(ParseTarget("/?" + request.body)->query));
    }
  }

  // Tokens carry this nonce instead of the one that was asked for.
  std::string forced_nonce;

 private:
  static Response Json(const json& body) {
    return TextResponse(200, "application/json", body.dump());
  }

  Response Redeem(std::map<std::string, std::string> form) {
    const auto found = codes_.find(form["code"]);
    if (found == codes_.end()) return TextResponse(400, "application/json", "{}");
    const std::map<std::string, std::string> asked = found->second;
    codes_.erase(found);  // RFC 6749 section 4.1.2: once
    const std::string challenge = crypto::Base64UrlEncode(crypto::Sha256(form["code_verifier"]));
    if (asked.at("code_challenge_method") != "S256" || challenge != asked.at("code_challenge")) {
      return TextResponse(400, "application/json", "{}");
    }
    const int64_t now = absl::ToUnixSeconds(absl::Now());
    const json claims = {{"iss", issuer_},
                         {"aud", "us"},
                         {"sub", "ann"},
                         {"nonce", forced_nonce.empty() ? asked.at("nonce") : forced_nonce},
                         {"iat", now},
                         {"exp", now + 60},
                         {"email", "ann@example.org"},
                         {"email_verified", true}};
    return Json({{"id_token", Forge(key_, {{"alg", "EdDSA"}, {"kid", "k"}}, claims)}});
  }

  std::mutex mutex_;
  std::string issuer_;
  crypto::SigningKey key_ = crypto::SigningKey::Generate();
  std::map<std::string, std::map<std::string, std::string>> codes_;
  std::unique_ptr<HttpServer> server_;
};

TEST_CASE("An identity provider's answer is good for the attempt that asked for it, once",
          "[gateway][service][abuse]") {
  Provider provider;
  Fixture fixture([&](Config& changed) {
    changed.credential_rate_limit = 10000;
    changed.oidc.issuer = provider.issuer();
    changed.oidc.client_id = "us";
    changed.public_url = "https://gw.example";
  });
  struct Attempt {
    std::map<std::string, std::string> asked;
    std::string cookie;
  };
  const auto begin = [&](const std::string& query) {
    const RawResponse response = fixture.Ask("GET", "/api/v1/auth/oidc/start" + query);
    REQUIRE(response.status == 302);
    const std::string location = response.headers.at("location");
    CHECK(location.starts_with(provider.issuer() + "/authorize?"));
    const std::string& cookie = response.set_cookies.at(0);
    CHECK(cookie.find("; Path=/; Secure; Max-Age=600; HttpOnly; SameSite=Lax") !=
          std::string::npos);
    return Attempt{ParseTarget(location.substr(provider.issuer().size()))->query,
                   cookie.substr(0, cookie.find(';'))};
  };
  const auto finish = [&](const std::string& state, const std::string& code,
                          const std::string& cookie, const std::string& more = "") {
    return fixture.Ask("GET", "/api/v1/auth/oidc/callback?state=" + state + "&code=" + code + more,
                       "", cookie.empty() ? "" : "Cookie: " + cookie + "\r\n");
  };
  const Attempt attempt = begin("");
  const Attempt other = begin("");
  CHECK(attempt.asked.at("state") != other.asked.at("state"));
  CHECK(attempt.asked.at("nonce") != other.asked.at("nonce"));
  CHECK(attempt.asked.at("code_challenge_method") == "S256");
  CHECK(attempt.asked.at("code_challenge").size() == 43);

  SECTION("nobody else's attempt") {
    const std::string code = provider.CodeFor(attempt.asked);
    const std::string& state = attempt.asked.at("state");
    CHECK(finish(state, code, "").status == 401);            // another browser
    CHECK(finish(state, code, other.cookie).status == 401);  // another attempt
    CHECK(finish("", code, attempt.cookie).status == 401);
    CHECK(finish(other.asked.at("state"), code, attempt.cookie).status == 401);
    CHECK(finish(state, code, attempt.cookie + "x").status == 401);
    // None of these has spent the code.
    CHECK(finish(state, code, attempt.cookie).status == 302);
  }
  SECTION("a code is good once, and for its verifier") {
    const std::string code = provider.CodeFor(attempt.asked);
    CHECK(finish(attempt.asked.at("state"), code, attempt.cookie).status == 302);
    CHECK(finish(attempt.asked.at("state"), code, attempt.cookie).status >= 400);
    const std::string injected = provider.CodeFor(other.asked);  // of an attacker's own attempt
    CHECK(finish(attempt.asked.at("state"), injected, attempt.cookie).status >= 400);
  }
  SECTION("a challenge cannot be taken away, nor the place to return to be changed") {
    const Attempt asked = begin(
        "?code_challenge_method=plain&code_challenge=x&redirect_uri=https://evil.example"
        "&return_to=https://evil.example&nonce=n&state=s");
    CHECK(asked.asked.at("code_challenge_method") == "S256");
    CHECK(asked.asked.at("redirect_uri") == "https://gw.example/api/v1/auth/oidc/callback");
    CHECK(asked.asked.at("state") != "s");
    CHECK(asked.asked.at("nonce") != "n");
    const RawResponse done = finish(asked.asked.at("state"), provider.CodeFor(asked.asked),
                                    asked.cookie, "&return_to=evil.example");
    CHECK(done.status == 302);
    CHECK(done.headers.at("location") == "/");
  }
  SECTION("a token with another attempt's nonce") {
    provider.forced_nonce = other.asked.at("nonce");
    const RawResponse refused =
        finish(attempt.asked.at("state"), provider.CodeFor(attempt.asked), attempt.cookie);
    CHECK(refused.status == 401);
    CHECK(std::ranges::none_of(refused.set_cookies, [](const std::string& cookie) {
      return cookie.starts_with("__Host-datamigrate=");
    }));
  }
}

}  // namespace
}  // namespace datamigrate::gateway
