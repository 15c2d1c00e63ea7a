#include "common/crypto/access_token.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

namespace datamigrate::crypto {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kName = "the access token";

absl::StatusOr<AccessClaims> ReadClaims(const Json& object) {
  AccessClaims claims;
  claims.issuer = TextOf(object, "iss");
  claims.audience = TextOf(object, "aud");
  claims.user_id = TextOf(object, "sub");
  claims.organization_id = TextOf(object, "org");
  claims.session_id = TextOf(object, "sid");
  if (claims.user_id.empty() || claims.organization_id.empty() || claims.session_id.empty()) {
    return absl::UnauthenticatedError("the access token lacks a claim");
  }
  if (const auto found = object.find("gen"); found != object.end()) {
    if (!found->is_number_unsigned() || found->get<uint64_t>() >= INT32_MAX) {
      return absl::UnauthenticatedError("the access token has a claim of a wrong type");
    }
    claims.generation = found->get<int>();
  }
  claims.role = TextOf(object, "role");
  claims.scope = TextOf(object, "scope");
  claims.csrf_sha256 = TextOf(object, "csrf");
  claims.issued_at = *SecondOf(object, "iat");  // OpenToken has seen both
  claims.expires_at = *SecondOf(object, "exp");
  return claims;
}

}  // namespace

std::string SignAccessToken(const TokenKey& key, const AccessClaims& claims) {
  Json body = {{"iss", claims.issuer},
               {"aud", claims.audience},
               {"sub", claims.user_id},
               {"org", claims.organization_id},
               {"sid", claims.session_id},
               {"iat", absl::ToUnixSeconds(claims.issued_at)},
               {"exp", absl::ToUnixSeconds(claims.expires_at)}};
  if (claims.generation != 0) body["gen"] = claims.generation;
  if (!claims.role.empty()) body["role"] = claims.role;
  if (!claims.scope.empty()) body["scope"] = claims.scope;
  if (!claims.csrf_sha256.empty()) body["csrf"] = claims.csrf_sha256;
  return SignToken(key, body);
}

absl::StatusOr<AccessClaims> VerifyAccessToken(const TokenKeys& keys, std::string_view token,
                                               const ExpectedToken& expected, absl::Time now) {
  const auto find = [&keys](std::string_view id) -> std::optional<Verifier> {
    const TokenKey* key = keys.Find(id);
    if (key == nullptr) return std::nullopt;
    return Verifier{key->algorithm_name(), [key](std::string_view message, std::string_view sign) {
                      return key->Verify(message, sign);
                    }};
  };
  const absl::StatusOr<Json> claims = OpenToken(find, token, expected, now, kName);
  if (!claims.ok()) return claims.status();
  return ReadClaims(*claims);
}

}  // namespace datamigrate::crypto
