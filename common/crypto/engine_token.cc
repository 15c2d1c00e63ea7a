#include "common/crypto/engine_token.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace datamigrate::crypto {

using Json = nlohmann::json;

std::string SignEngineToken(const TokenKey& key, const EngineClaims& claims) {
  Json body = {{"iss", kEngineTokenIssuer},
               {"aud", kEngineTokenAudience},
               {"sub", claims.user_id},
               {"org", claims.organization_id},
               {"scope", claims.scope},
               {"iat", absl::ToUnixSeconds(claims.issued_at)},
               {"exp", absl::ToUnixSeconds(claims.expires_at)}};
  if (!claims.api_key_id.empty()) body["key"] = claims.api_key_id;
  if (claims.is_client) body["client"] = true;
  return SignToken(key, body);
}

absl::StatusOr<EngineClaims> VerifyEngineToken(const PublishedKeys& keys, std::string_view token,
                                               absl::Time now) {
  const auto find = [&keys](std::string_view id) { return keys.Find(id); };
  const absl::StatusOr<Json> body =
      OpenToken(find, token, {kEngineTokenIssuer, kEngineTokenAudience}, now, "the engine token");
  if (!body.ok()) return body.status();
  EngineClaims claims;
  claims.user_id = TextOf(*body, "sub");
  claims.organization_id = TextOf(*body, "org");
  claims.scope = TextOf(*body, "scope");
  claims.api_key_id = TextOf(*body, "key");
  claims.is_client = body->value("client", Json(false)) == true;
  claims.issued_at = *SecondOf(*body, "iat");  // OpenToken has seen both
  claims.expires_at = *SecondOf(*body, "exp");
  if (claims.user_id.empty() || claims.organization_id.empty()) {
    return absl::UnauthenticatedError("the engine token lacks a claim");
  }
  if (claims.expires_at - claims.issued_at > kLongestEngineToken) {
    return absl::UnauthenticatedError("the engine token is good for too long");
  }
  return claims;
}

bool HasPermission(std::string_view scope, std::string_view permission) {
  while (!scope.empty()) {
    const size_t end = std::min(scope.find(' '), scope.size());
    if (scope.substr(0, end) == permission) return true;
    scope.remove_prefix(std::min(end + 1, scope.size()));
  }
  return false;
}

}  // namespace datamigrate::crypto
