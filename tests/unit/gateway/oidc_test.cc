// An identity provider's documents and tokens, good and forged. tests/oidc signs in with a real
// one.
#include "gateway/identity/oidc/oidc_provider.h"

#include <catch2/catch.hpp>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/crypto/encoding.h"
#include "common/crypto/json_web_key.h"
#include "common/crypto/signing_key.h"
#include "common/crypto/token_keys.h"

namespace datamigrate::gateway {
namespace {

using crypto::SigningKey;
using nlohmann::json;

const absl::Time kNow = absl::FromUnixSeconds(1700000000);
constexpr char kIssuer[] = "https://id.example";

// A provider without a network.
struct FakeProvider {
  FakeProvider() {
    pages[std::string(kIssuer) + "/.well-known/openid-configuration"] = {
        {"issuer", kIssuer},
        {"authorization_endpoint", "https://id.example/authorize"},
        {"token_endpoint", "https://id.example/token"},
        {"jwks_uri", "https://id.example/keys"}};
    PublishKey("k1", key);
  }

  void PublishKey(const std::string& id, const SigningKey& published) {
    pages["https://id.example/keys"] = {
        {"keys",
         {{{"kty", "OKP"},
           {"crv", "Ed25519"},
           {"kid", id},
           {"x", crypto::Base64UrlEncode(published.public_key())}}}}};
  }

  OidcProvider Make() {
    return OidcProvider({.issuer = kIssuer,
                         .client_id = "us",
                         .client_secret = "s&c",
                         .redirect_url = "https://gw.example/callback"},
                        [this](const net::FetchRequest& request) -> absl::StatusOr<std::string> {
                          asked.push_back(request);
                          const auto page = pages.find(request.url);
                          if (page == pages.end()) return absl::UnavailableError("away");
                          return page->second.dump();
                        });
  }

  static json Claims() {
    return {{"iss", kIssuer},
            {"aud", "us"},
            {"sub", "ann"},
            {"nonce", "n1"},
            {"iat", 1700000000},
            {"exp", 1700000600},
            {"email", "ann@example.com"},
            {"email_verified", true},
            {"roles", {"editor", "x"}}};
  }

  std::string Sign(const json& claims, const json& header = {{"alg", "EdDSA"}, {"kid", "k1"}}) {
    const std::string text =
        crypto::Base64UrlEncode(header.dump()) + "." + crypto::Base64UrlEncode(claims.dump());
    return text + "." + crypto::Base64UrlEncode(key.Sign(text));
  }

  SigningKey key = SigningKey::Generate();
  std::map<std::string, json> pages;
  std::vector<net::FetchRequest> asked;
};

TEST_CASE("The browser is sent with state, nonce and a PKCE challenge", "[gateway][oidc]") {
  FakeProvider fake;
  OidcProvider provider = fake.Make();
  // RFC 7636 appendix B.
  const auto url =
      provider.AuthorizationUrl({"s1", "n1", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}, kNow);
  REQUIRE(url.ok());
  CHECK(url->starts_with("https://id.example/authorize?response_type=code&client_id=us&"));
  CHECK(url->find("&state=s1&nonce=n1&") != std::string::npos);
  CHECK(url->find("&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"
                  "code_challenge_method=S256") != std::string::npos);
  CHECK(url->find("redirect_uri=https%3A%2F%2Fgw.example%2Fcallback") != std::string::npos);
  CHECK(provider.AuthorizationUrl({"s2", "n2", "v"}, kNow + absl::Minutes(59)).ok());
  CHECK(fake.asked.size() == 1);
}

TEST_CASE("A code is redeemed with the verifier and the client's secret", "[gateway][oidc]") {
  FakeProvider fake;
  OidcProvider provider = fake.Make();
  fake.pages["https://id.example/token"] = {{"id_token", fake.Sign(FakeProvider::Claims())}};
  const auto identity = provider.Redeem("c&1", {"s1", "n1", "v1"}, kNow);
  REQUIRE(identity.ok());
  CHECK(identity->subject == "ann");
  CHECK(identity->email == "ann@example.com");
  CHECK(identity->roles == std::vector<std::string>{"editor", "x"});
  const net::FetchRequest& token = fake.asked[1];
  CHECK(token.form.find("code=c%261&") != std::string::npos);
  CHECK(token.form.find("code_verifier=v1") != std::string::npos);
  CHECK(token.user == "us");
  CHECK(token.password == "s%26c");
}

TEST_CASE("An ID token must hold in every claim", "[gateway][oidc]") {
  FakeProvider fake;
  OidcProvider provider = fake.Make();
  json claims = FakeProvider::Claims();
  CHECK(provider.CheckIdToken(fake.Sign(claims), "n1", kNow).ok());
  SECTION("issuer") {
    claims["iss"] = GENERATE("https://other.example", "https://id.example/");
  }
  SECTION("audience") {
    claims["aud"] = "them";
  }
  SECTION("authorized party") {
    claims["aud"] = {"us", "them"};
    claims["azp"] = "them";
  }
  SECTION("several audiences without an authorized party") {
    claims["aud"] = {"us", "them"};
  }
  SECTION("nonce") {
    claims["nonce"] = GENERATE(json("n2"), json(nullptr), json(""));
  }
  SECTION("expired") {
    claims["exp"] = 1699999900;
  }
  SECTION("of the future") {
    claims["iat"] = 1700000100;
  }
  SECTION("missing") {
    claims.erase(GENERATE("iss", "aud", "sub", "nonce", "iat", "exp"));
  }
  SECTION("times of another type") {
    claims["exp"] = GENERATE(json("soon"), json(-1), json(1e300));
  }
  CHECK(absl::IsUnauthenticated(provider.CheckIdToken(fake.Sign(claims), "n1", kNow).status()));
}

TEST_CASE("An address that the provider has not verified is none", "[gateway][oidc]") {
  FakeProvider fake;
  OidcProvider provider = fake.Make();
  json claims = FakeProvider::Claims();
  claims["email_verified"] = GENERATE(json(false), json("true"), json(nullptr), json(1));
  const auto identity = provider.CheckIdToken(fake.Sign(claims), "n1", kNow);
  REQUIRE(identity.ok());
  CHECK(identity->email.empty());
}

TEST_CASE("An ID token is signed by a published key, with its algorithm", "[gateway][oidc]") {
  FakeProvider fake;
  OidcProvider provider = fake.Make();
  const json claims = FakeProvider::Claims();
  const auto check = [&](const std::string& token) {
    return provider.CheckIdToken(token, "n1", kNow).ok();
  };
  CHECK(check(fake.Sign(claims)));
  CHECK_FALSE(check(fake.Sign(claims, {{"alg", "none"}, {"kid", "k1"}})));
  CHECK_FALSE(check(fake.Sign(claims, {{"alg", "RS256"}, {"kid", "k1"}})));
  CHECK_FALSE(check(fake.Sign(claims, {{"alg", "EdDSA"}, {"kid", "k1"}, {"crit", {"b64"}}})));
  CHECK_FALSE(check(fake.Sign(claims, {{"alg", "EdDSA"}})));
  const std::string text = crypto::Base64UrlEncode(R"({"alg":"HS256","kid":"k1"})") + "." +
                           crypto::Base64UrlEncode(claims.dump());
  const auto confused = crypto::TokenKey::Hs256(fake.key.public_key());
  CHECK_FALSE(check(text + "." + crypto::Base64UrlEncode(confused->Sign(text))));
  CHECK_FALSE(check(text + "."));
  FakeProvider other;
  CHECK_FALSE(check(other.Sign(claims)));
  for (const std::string wrong : {"", "a.b", "a.b.c", "...."}) CHECK_FALSE(check(wrong));
}

TEST_CASE("A new key is fetched, but a made-up name not again and again", "[gateway][oidc]") {
  FakeProvider fake;
  OidcProvider provider = fake.Make();
  const json claims = FakeProvider::Claims();
  const std::string token = fake.Sign(claims, {{"alg", "EdDSA"}, {"kid", "k2"}});
  CHECK_FALSE(provider.CheckIdToken(token, "n1", kNow).ok());
  fake.PublishKey("k2", fake.key);
  const size_t asked = fake.asked.size();
  CHECK_FALSE(provider.CheckIdToken(token, "n1", kNow + absl::Seconds(59)).ok());
  CHECK(fake.asked.size() == asked);
  CHECK(provider.CheckIdToken(token, "n1", kNow + absl::Seconds(60)).ok());
}

TEST_CASE("A provider that is away or lies about its name is not used", "[gateway][oidc]") {
  FakeProvider fake;
  OidcProvider provider = fake.Make();
  const std::string document = std::string(kIssuer) + "/.well-known/openid-configuration";
  SECTION("away") {
    fake.pages.clear();
  }
  SECTION("another issuer") {
    fake.pages[document]["issuer"] = "https://evil.example";
  }
  SECTION("no endpoint") {
    fake.pages[document].erase("token_endpoint");
  }
  CHECK(absl::IsUnavailable(provider.AuthorizationUrl({"s", "n", "v"}, kNow).status()));
}

TEST_CASE("Plain HTTP goes to this machine alone", "[gateway][oidc]") {
  for (const std::string url :
       {"http://id.example/", "ftp://127.0.0.1/", "file:///etc/passwd",
        "http://127.0.0.1.evil.example/", "http://localhost@evil.example/"}) {
    INFO(url);
    CHECK(absl::IsInvalidArgument(net::Fetch({.url = url}).status()));
  }
  CHECK(absl::IsUnavailable(net::Fetch({.url = "http://127.0.0.1:1/"}).status()));
}

TEST_CASE("Keys that cannot be read verify nothing", "[gateway][oidc]") {
  const json key =
      GENERATE(json(nullptr), json::object(), json({{"kty", "RSA"}, {"n", "AQAB"}, {"e", "AQAB"}}),
               json({{"kty", "EC"}, {"crv", "P-256"}, {"x", "AA"}, {"y", "AA"}}),
               json({{"kty", "EC"},
                     {"crv", "P-256"},
                     {"x", std::string(43, 'A')},
                     {"y", std::string(43, 'A')}}),
               json({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "AA"}}));
  for (const std::string algorithm : {"RS256", "ES256", "EdDSA", "HS256", "none", ""}) {
    CHECK_FALSE(crypto::VerifyWithJsonWebKey(key, algorithm, "message", std::string(64, 'a')));
  }
}

}  // namespace
}  // namespace datamigrate::gateway
