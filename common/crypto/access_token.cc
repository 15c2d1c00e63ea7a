#include "common/crypto/access_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/crypto/encoding.h"
#include "common/crypto/strict_json.h"

namespace datamigrate::crypto {
namespace {

using Json = nlohmann::json;

// 9999-12-31: keeps times from a token inside what absl::Time prints and compares.
constexpr int64_t kLatestSecond = 253402300799;

absl::Status Refused(std::string_view reason) {
  return absl::UnauthenticatedError(fmt::format("the access token {}", reason));
}

std::optional<Json> ParseObject(std::string_view part) {
  const std::optional<std::string> text = Base64UrlDecode(part);
  if (!text.has_value()) return std::nullopt;
  return ParseStrictObject(*text);
}

// The text at `name`, or "" when it is missing or something else.
std::string Text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<absl::Time> Second(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const uint64_t second = found->get<uint64_t>();
  if (second > static_cast<uint64_t>(kLatestSecond)) return std::nullopt;
  return absl::FromUnixSeconds(static_cast<int64_t>(second));
}

// The key that the header names, for its own algorithm.
absl::StatusOr<const TokenKey*> KeyOf(const Json& header, const TokenKeys& keys) {
  if (header.contains("crit")) return Refused("asks for an extension that is not supported");
  const TokenKey* key = keys.Find(Text(header, "kid"));
  if (key == nullptr) return Refused("is signed with an unknown key");
  if (Text(header, "alg") != key->algorithm_name()) {
    return Refused("is signed with another algorithm");
  }
  return key;
}

absl::StatusOr<AccessClaims> ReadClaims(const Json& object) {
  AccessClaims claims;
  claims.issuer = Text(object, "iss");
  claims.audience = Text(object, "aud");
  claims.user_id = Text(object, "sub");
  claims.organization_id = Text(object, "org");
  claims.session_id = Text(object, "sid");
  const std::optional<absl::Time> issued = Second(object, "iat");
  const std::optional<absl::Time> expires = Second(object, "exp");
  if (claims.user_id.empty() || claims.organization_id.empty() || claims.session_id.empty() ||
      !issued.has_value() || !expires.has_value()) {
    return Refused("lacks a claim");
  }
  if (object.contains("nbf")) {
    const std::optional<absl::Time> begins = Second(object, "nbf");
    if (!begins.has_value()) return Refused("has a claim of a wrong type");
    claims.not_before = *begins;
  }
  if (const auto found = object.find("gen"); found != object.end()) {
    if (!found->is_number_unsigned() || found->get<uint64_t>() >= INT32_MAX) {
      return Refused("has a claim of a wrong type");
    }
    claims.generation = found->get<int>();
  }
  claims.role = Text(object, "role");
  claims.scope = Text(object, "scope");
  claims.csrf_sha256 = Text(object, "csrf");
  claims.issued_at = *issued;
  claims.expires_at = *expires;
  return claims;
}

absl::Status CheckClaims(const AccessClaims& claims, const ExpectedToken& expected,
                         absl::Time now) {
  if (claims.issuer != expected.issuer) return Refused("comes from another issuer");
  if (claims.audience != expected.audience) return Refused("is meant for another service");
  if (claims.expires_at <= now) return Refused("has expired");
  if (std::max(claims.issued_at, claims.not_before) > now + kClockTolerance)
    return Refused("is not valid yet");
  return absl::OkStatus();
}

}  // namespace

std::string SignAccessToken(const TokenKey& key, const AccessClaims& claims) {
  const Json header = {{"alg", key.algorithm_name()}, {"typ", "JWT"}, {"kid", key.id()}};
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
  const std::string signed_text =
      Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(body.dump());
  return signed_text + "." + Base64UrlEncode(key.Sign(signed_text));
}

absl::StatusOr<AccessClaims> VerifyAccessToken(const TokenKeys& keys, std::string_view token,
                                               const ExpectedToken& expected, absl::Time now) {
  if (token.size() > kLongestAccessToken) return Refused("is too long");
  const size_t first_dot = token.find('.');
  const size_t last_dot = token.rfind('.');
  if (first_dot == last_dot) return Refused("does not have three parts");
  const std::optional<Json> header = ParseObject(token.substr(0, first_dot));
  if (!header.has_value()) return Refused("is malformed");
  const absl::StatusOr<const TokenKey*> key = KeyOf(*header, keys);
  if (!key.ok()) return key.status();

  const std::optional<std::string> signature = Base64UrlDecode(token.substr(last_dot + 1));
  const std::string_view signed_text = token.substr(0, last_dot);
  if (!signature.has_value() || !(*key)->Verify(signed_text, *signature)) {
    return Refused("has a wrong signature");
  }
  const std::optional<Json> body =
      ParseObject(token.substr(first_dot + 1, last_dot - first_dot - 1));
  if (!body.has_value()) return Refused("is malformed");
  absl::StatusOr<AccessClaims> claims = ReadClaims(*body);
  if (!claims.ok()) return claims;
  if (absl::Status valid = CheckClaims(*claims, expected, now); !valid.ok()) return valid;
  return claims;
}

}  // namespace datamigrate::crypto
