// Tokens for the engine, and the keys that it checks them with.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "common/crypto/access_token.h"
#include "common/crypto/encoding.h"
#include "common/crypto/engine_token.h"
#include "common/crypto/published_keys.h"
#include "common/crypto/signing_key.h"

namespace datamigrate::crypto {
namespace {

using nlohmann::json;

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

EngineClaims Claims() {
  return {.user_id = "user",
          .organization_id = "org",
          .scope = "migrations:read migrations:write",
          .issued_at = kNow,
          .expires_at = kNow + absl::Minutes(2)};
}

PublishedKeys Published(const TokenKeys& keys) {
  return *PublishedKeys::Parse(PublishKeys(keys));
}

// A token with any header and the claims of `claims`, signed by `key`.
std::string Forge(const TokenKey& key, const json& header, const json& claims) {
  const std::string text = Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(claims.dump());
  return text + "." + Base64UrlEncode(key.Sign(text));
}

json Part(const std::string& token, int index) {
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  return json::parse(*Base64UrlDecode(index == 0 ? token.substr(0, first)
                                                 : token.substr(first + 1, last - first - 1)));
}

TEST_CASE("An engine token is read by whoever has the published keys", "[crypto][token]") {
  const TokenKey key = SigningKey::Generate();
  EngineClaims claims = Claims();
  claims.api_key_id = "key";
  const std::string token = SignEngineToken(key, claims);
  const auto read = VerifyEngineToken(Published(key), token, kNow);
  REQUIRE(read.ok());
  CHECK(read->user_id == "user");
  CHECK(read->organization_id == "org");
  CHECK(read->scope == "migrations:read migrations:write");
  CHECK(read->api_key_id == "key");
  CHECK(read->expires_at == claims.expires_at);
  CHECK_FALSE(VerifyEngineToken(Published(key), token, claims.expires_at).ok());
  CHECK_FALSE(
      VerifyEngineToken(Published(key), token, kNow - kClockTolerance - absl::Seconds(1)).ok());
}

TEST_CASE("Access tokens and engine tokens do not pass for each other", "[crypto][token]") {
  const TokenKey key = SigningKey::Generate();
  AccessClaims access{.issuer = "datamigrate",
                      .audience = "datamigrate-api",
                      .user_id = "user",
                      .organization_id = "org",
                      .session_id = "session",
                      .issued_at = kNow,
                      .expires_at = kNow + absl::Minutes(15)};
  CHECK(absl::IsUnauthenticated(
      VerifyEngineToken(Published(key), SignAccessToken(key, access), kNow).status()));
  CHECK(absl::IsUnauthenticated(VerifyAccessToken(key, SignEngineToken(key, Claims()),
                                                  {"datamigrate", "datamigrate-api"}, kNow)
                                    .status()));
}

TEST_CASE("No other algorithm and no other key opens an engine token", "[crypto][token]") {
  const SigningKey signing = SigningKey::Generate();
  const TokenKey key = signing;
  const PublishedKeys published = Published(key);
  const std::string good = SignEngineToken(key, Claims());
  const json header = Part(good, 0);
  const json claims = Part(good, 1);
  SECTION("none") {
    json none = header;
    none["alg"] = GENERATE("none", "None", "", "HS256");
    const std::string text = Base64UrlEncode(none.dump()) + "." + Base64UrlEncode(claims.dump());
    CHECK_FALSE(VerifyEngineToken(published, text + ".", kNow).ok());
    CHECK_FALSE(VerifyEngineToken(published, Forge(key, none, claims), kNow).ok());
  }
  SECTION("the public key as a shared secret") {
    json confused = header;
    confused["alg"] = GENERATE("HS256", "EdDSA");
    const TokenKey secret = *TokenKey::Hs256(signing.public_key());
    CHECK_FALSE(VerifyEngineToken(published, Forge(secret, confused, claims), kNow).ok());
  }
  SECTION("a key that the token brings along or points to") {
    const SigningKey theirs = SigningKey::Generate();
    json brought = header;
    brought["jwk"] = {
        {"kty", "OKP"}, {"crv", "Ed25519"}, {"x", Base64UrlEncode(theirs.public_key())}};
    brought["jku"] = "https://example.com/keys";
    brought["x5u"] = "https://example.com/chain";
    CHECK_FALSE(VerifyEngineToken(published, Forge(theirs, brought, claims), kNow).ok());
    // They do not spoil a good one either: nobody looks at them.
    CHECK(VerifyEngineToken(published, Forge(key, brought, claims), kNow).ok());
  }
  SECTION("a key's name that means something elsewhere") {
    json named = header;
    named["kid"] = GENERATE("../../etc/passwd", "' OR 1=1 --", "", "a\nb", "http://x/y");
    const auto read = VerifyEngineToken(published, Forge(key, named, claims), kNow);
    CHECK(absl::IsUnauthenticated(read.status()));
    CHECK(IsKeyUnknown(read.status()));
    named["kid"] = 7;
    CHECK_FALSE(VerifyEngineToken(published, Forge(key, named, claims), kNow).ok());
  }
  SECTION("an extension") {
    json extended = header;
    extended["crit"] = json::array({"exp"});
    CHECK_FALSE(VerifyEngineToken(published, Forge(key, extended, claims), kNow).ok());
  }
}

TEST_CASE("An engine token without a claim, for others or from others is refused",
          "[crypto][token]") {
  const TokenKey key = SigningKey::Generate();
  const std::string good = SignEngineToken(key, Claims());
  json claims = Part(good, 1);
  SECTION("without") {
    claims.erase(GENERATE("sub", "org", "iat", "exp", "iss", "aud"));
  }
  SECTION("other") {
    const auto change =
        GENERATE(table<const char*, json>({{"aud", "datamigrate-api"},
                                           {"aud", json::array({"datamigrate-engine"})},
                                           {"iss", "somebody"},
                                           {"sub", 7},
                                           {"org", json()},
                                           {"exp", -1},
                                           {"exp", 1e30},
                                           {"exp", 1700000601},
                                           {"nbf", "soon"},
                                           {"nbf", 1700000031}}));
    claims[std::get<0>(change)] = std::get<1>(change);
  }
  const auto read = VerifyEngineToken(Published(key), Forge(key, Part(good, 0), claims), kNow);
  CHECK(absl::IsUnauthenticated(read.status()));
  CHECK_FALSE(IsKeyUnknown(read.status()));
}

TEST_CASE("Published keys leave shared secrets and other kinds of keys out", "[crypto][key]") {
  const TokenKey shared = *TokenKey::Hs256(std::string(32, 's'));
  CHECK(PublishKeys(shared) == R"({"keys":[]})");
  CHECK_FALSE(PublishedKeys::Parse(PublishKeys(shared)).ok());
  const std::string x = Base64UrlEncode(SigningKey::Generate().public_key());
  const json good = {{"kty", "OKP"}, {"crv", "Ed25519"}, {"kid", "a"}, {"x", x}};
  const auto change = GENERATE(table<const char*, json>({{"kty", "oct"},
                                                         {"crv", "X25519"},
                                                         {"alg", "HS256"},
                                                         {"use", "enc"},
                                                         {"kid", ""},
                                                         {"x", "AAAA"},
                                                         {"x", 7}}));
  json wrong = good;
  wrong[std::get<0>(change)] = std::get<1>(change);
  CHECK(PublishedKeys::Parse(json{{"keys", {good, wrong, 7}}}.dump())->size() == 1);
  CHECK_FALSE(PublishedKeys::Parse(json{{"keys", {wrong}}}.dump()).ok());
  CHECK_FALSE(PublishedKeys::Parse(GENERATE("", "[]", "{}", R"({"keys":{}})", "<html>")).ok());
}

TEST_CASE("A scope has its permissions and no parts of them", "[crypto][token]") {
  CHECK(HasPermission("migrations:read", "migrations:read"));
  CHECK(HasPermission("a migrations:read b", "migrations:read"));
  CHECK_FALSE(HasPermission("migrations:reader xmigrations:read", "migrations:read"));
  CHECK_FALSE(HasPermission("", "migrations:read"));
}

}  // namespace
}  // namespace datamigrate::crypto
