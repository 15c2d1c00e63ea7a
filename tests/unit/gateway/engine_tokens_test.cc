// The tokens that the gateway sends to the engine with its calls.
#include "gateway/identity/engine_tokens.h"

#include <catch2/catch.hpp>

#include <string>

#include "common/crypto/engine_token.h"
#include "common/crypto/published_keys.h"
#include "common/crypto/signing_key.h"

namespace datamigrate::gateway {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

EngineCaller Ann(PermissionSet permissions = *PermissionsOfRole("editor")) {
  return {"ann", "acme", "", permissions};
}

struct Tokens {
  TokenKeyRing ring{crypto::TokenKeys(crypto::SigningKey::Generate())};
  EngineTokens tokens{&ring};

  absl::StatusOr<crypto::EngineClaims> Read(const std::string& token, absl::Time now) const {
    return crypto::VerifyEngineToken(
        *crypto::PublishedKeys::Parse(crypto::PublishKeys(*ring.keys())), token, now);
  }
};

TEST_CASE("A caller's token says who it is and what of its rights the engine knows",
          "[gateway][engine_tokens]") {
  Tokens made;
  const auto claims = made.Read(made.tokens.For(Ann(), kNow), kNow);
  REQUIRE(claims.ok());
  CHECK(claims->user_id == "ann");
  CHECK(claims->organization_id == "acme");
  CHECK(claims->scope ==
        "migrations:read migrations:write migrations:decide models:read models:use");
  CHECK(claims->expires_at == kNow + EngineTokens::kLifetime);
  const auto viewer = made.Read(made.tokens.For(Ann(*PermissionsOfRole("viewer")), kNow), kNow);
  CHECK(viewer->scope == "migrations:read models:read");
  const auto owner = made.Read(made.tokens.For(Ann(*PermissionsOfRole("owner")), kNow), kNow);
  CHECK(owner->scope ==
        "migrations:read migrations:write migrations:decide models:read models:use models:write "
        "policies:write");
}

TEST_CASE("A token serves its caller's calls while a minute of it is left",
          "[gateway][engine_tokens]") {
  Tokens made;
  const std::string first = made.tokens.For(Ann(), kNow);
  const absl::Duration served = EngineTokens::kLifetime - EngineTokens::kLeft;
  CHECK(made.tokens.For(Ann(), kNow + served - absl::Seconds(1)) == first);
  CHECK(made.tokens.For(Ann(), kNow + served) != first);
  CHECK(made.Read(first, kNow + served).ok());
  // Nobody else gets it: neither by name nor by right, nor with a key.
  Tokens other;
  const std::string one = other.tokens.For({"a", "b c", "", {}}, kNow);
  CHECK(other.tokens.For({"a", "b", "c", {}}, kNow) != one);
  CHECK(other.tokens.For(Ann(), kNow) != other.tokens.For(Ann({}), kNow));
}

TEST_CASE("After a rotation the next token is the new key's", "[gateway][engine_tokens]") {
  Tokens made;
  const std::string first = made.tokens.For(Ann(), kNow);
  made.ring.Replace(crypto::TokenKeys(crypto::SigningKey::Generate()));
  CHECK_FALSE(made.Read(first, kNow).ok());
  const absl::Time later = kNow + EngineTokens::kLifetime;
  CHECK(made.Read(made.tokens.For(Ann(), later), later).ok());
}

TEST_CASE("A gateway that signs with a secret has no tokens for engines",
          "[gateway][engine_tokens]") {
  TokenKeyRing ring{crypto::TokenKeys(*crypto::TokenKey::Hs256(std::string(32, 's')))};
  EngineTokens tokens(&ring);
  CHECK(tokens.For(Ann(), kNow).empty());
  CHECK(absl::IsFailedPrecondition(tokens.Grant(Ann(), kNow).status()));
}

TEST_CASE("A client's token is for what the engine knows, and for five minutes",
          "[gateway][engine_tokens]") {
  Tokens made;
  EngineCaller key = Ann();
  key.api_key_id = "key";
  const auto granted = made.tokens.Grant(key, kNow);
  REQUIRE(granted.ok());
  CHECK(granted->expires_at == kNow + absl::Minutes(5));
  CHECK(made.Read(granted->text, kNow)->api_key_id == "key");
  CHECK(made.Read(granted->text, kNow)->is_client);
  CHECK_FALSE(made.Read(made.tokens.For(key, kNow), kNow)->is_client);
  PermissionSet other;
  other.Add(Permission::kMembersRead);
  CHECK(absl::IsPermissionDenied(made.tokens.Grant(Ann(other), kNow).status()));
}

}  // namespace
}  // namespace datamigrate::gateway
