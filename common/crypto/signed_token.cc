#include "common/crypto/signed_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "absl/strings/cord.h"
#include "common/crypto/encoding.h"
#include "common/crypto/strict_json.h"

namespace datamigrate::crypto {
namespace {

using Json = nlohmann::json;

// 9999-12-31: keeps times from a token inside what absl::Time prints and compares.
constexpr uint64_t kLatestSecond = 253402300799;

constexpr char kUnknownKey[] = "datamigrate.crypto.unknown_key";

// Says why tokens are refused.
class Refusal {
 public:
  explicit Refusal(std::string_view name) : name_(name) {}
  absl::Status operator()(std::string_view reason) const {
    return absl::UnauthenticatedError(fmt::format("{} {}", name_, reason));
  }

 private:
  const std::string_view name_;
};

std::optional<Json> ParseObject(std::string_view part) {
  const std::optional<std::string> text = Base64UrlDecode(part);
  if (!text.has_value()) return std::nullopt;
  return ParseStrictObject(*text);
}

// The key that the header names, for its own algorithm.
absl::StatusOr<Verifier> KeyOf(const Json& header, FindVerifier find, const Refusal& refuse) {
  if (header.contains("crit")) return refuse("asks for an extension that is not supported");
  std::optional<Verifier> key = find(TextOf(header, "kid"));
  if (!key.has_value()) {
    absl::Status unknown = refuse("is signed with an unknown key");
    unknown.SetPayload(kUnknownKey, absl::Cord());
    return unknown;
  }
  if (TextOf(header, "alg") != key->algorithm) return refuse("is signed with another algorithm");
  return *std::move(key);
}

absl::Status CheckClaims(const Json& claims, const ExpectedToken& expected, absl::Time now,
                         const Refusal& refuse) {
  const std::optional<absl::Time> issued = SecondOf(claims, "iat");
  const std::optional<absl::Time> expires = SecondOf(claims, "exp");
  if (!issued.has_value() || !expires.has_value()) return refuse("lacks a claim");
  absl::Time begins = *issued;
  if (claims.contains("nbf")) {
    const std::optional<absl::Time> not_before = SecondOf(claims, "nbf");
    if (!not_before.has_value()) return refuse("has a claim of a wrong type");
    begins = std::max(begins, *not_before);
  }
  if (TextOf(claims, "iss") != expected.issuer) return refuse("comes from another issuer");
  if (TextOf(claims, "aud") != expected.audience) return refuse("is meant for another service");
  if (*expires <= now) return refuse("has expired");
  if (begins > now + kClockTolerance) return refuse("is not valid yet");
  return absl::OkStatus();
}

}  // namespace

std::string TextOf(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<absl::Time> SecondOf(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const uint64_t second = found->get<uint64_t>();
  if (second > kLatestSecond) return std::nullopt;
  return absl::FromUnixSeconds(static_cast<int64_t>(second));
}

bool IsKeyUnknown(const absl::Status& status) {
  return status.GetPayload(kUnknownKey).has_value();
}

std::string SignToken(const TokenKey& key, const Json& claims) {
  const Json header = {{"alg", key.algorithm_name()}, {"typ", "JWT"}, {"kid", key.id()}};
  const std::string signed_text =
      Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(claims.dump());
  return signed_text + "." + Base64UrlEncode(key.Sign(signed_text));
}

absl::StatusOr<Json> OpenToken(FindVerifier find, std::string_view token,
                               const ExpectedToken& expected, absl::Time now,
                               std::string_view name) {
  const Refusal refuse(name);
  if (token.size() > kLongestAccessToken) return refuse("is too long");
  const size_t first_dot = token.find('.');
  const size_t last_dot = token.rfind('.');
  if (first_dot == last_dot) return refuse("does not have three parts");
  const std::optional<Json> header = ParseObject(token.substr(0, first_dot));
  if (!header.has_value()) return refuse("is malformed");
  const absl::StatusOr<Verifier> key = KeyOf(*header, find, refuse);
  if (!key.ok()) return key.status();

  const std::optional<std::string> signature = Base64UrlDecode(token.substr(last_dot + 1));
  const std::string_view signed_text = token.substr(0, last_dot);
  if (!signature.has_value() || !key->verify(signed_text, *signature)) {
    return refuse("has a wrong signature");
  }
  std::optional<Json> claims = ParseObject(token.substr(first_dot + 1, last_dot - first_dot - 1));
  if (!claims.has_value()) return refuse("is malformed");
  if (absl::Status valid = CheckClaims(*claims, expected, now, refuse); !valid.ok()) return valid;
  return *std::move(claims);
}

}  // namespace datamigrate::crypto
