#include "gateway/identity/oidc/oidc_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/json_web_key.h"
#include "common/crypto/strict_json.h"
#include "gateway/http/target.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::json;

constexpr absl::Duration kEndpointsFreshFor = absl::Hours(1);
constexpr absl::Duration kKeysRest = absl::Minutes(1);
constexpr absl::Duration kClockTolerance = absl::Seconds(60);
constexpr size_t kLongestToken = 16 * 1024;
constexpr int64_t kLatestSecond = 253402300799;

std::string Text(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

absl::Status Refused(std::string_view reason) {
  return absl::UnauthenticatedError(
      fmt::format("the identity provider's answer is refused: {}", reason));
}

std::optional<absl::Time> Second(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const double second = found->get<double>();
  if (!(second >= 0) || second > static_cast<double>(kLatestSecond)) return std::nullopt;
  return absl::FromUnixSeconds(static_cast<int64_t>(second));
}

std::vector<std::string> TextsOf(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return {found->get<std::string>()};
  std::vector<std::string> texts;
  if (!found->is_array()) return texts;
  for (const Json& item : *found) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

absl::Status CheckClaims(const Json& claims, const OidcOptions& options, const std::string& nonce,
                         absl::Time now) {
  if (Text(claims, "iss") != options.issuer) return Refused("it comes from another issuer");
  const std::vector<std::string> audiences = TextsOf(claims, "aud");
  if (std::ranges::find(audiences, options.client_id) == audiences.end()) {
    return Refused("it is meant for another client");
  }
  const std::string party = Text(claims, "azp");
  if ((audiences.size() > 1 || !party.empty()) && party != options.client_id) {
    return Refused("it was issued to another client");
  }
  const auto expires = Second(claims, "exp");
  const auto issued = Second(claims, "iat");
  if (!expires.has_value() || *expires + kClockTolerance <= now) return Refused("it has expired");
  if (!issued.has_value() || *issued > now + kClockTolerance) return Refused("it is not valid yet");
  if (nonce.empty() || Text(claims, "nonce") != nonce) return Refused("it answers another request");
  if (Text(claims, "sub").empty()) return Refused("it names nobody");
  return absl::OkStatus();
}

}  // namespace

OidcProvider::OidcProvider(OidcOptions options, Fetcher fetch)
    : options_(std::move(options)), fetch_(std::move(fetch)) {}

absl::StatusOr<Json> OidcProvider::FetchObject(const net::FetchRequest& request) const {
  const absl::StatusOr<std::string> body = fetch_(request);
  if (!body.ok()) return body.status();
  std::optional<Json> object = crypto::ParseStrictObject(*body);
  if (!object.has_value()) {
    return absl::UnavailableError("the identity provider answered something else than JSON");
  }
  return *std::move(object);
}

absl::StatusOr<OidcProvider::Endpoints> OidcProvider::Discover(absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    if (now < discovered_at_ + kEndpointsFreshFor) return endpoints_;
  }
  const auto document = FetchObject({.url = options_.issuer + "/.well-known/openid-configuration",
                                     .form = "",
                                     .user = "",
                                     .password = ""});
  if (!document.ok()) return document.status();
  if (Text(*document, "issuer") != options_.issuer) {
    return absl::UnavailableError("the identity provider's document names another issuer");
  }
  const Endpoints endpoints = {Text(*document, "authorization_endpoint"),
                               Text(*document, "token_endpoint"), Text(*document, "jwks_uri")};
  if (endpoints.authorization.empty() || endpoints.token.empty() || endpoints.keys.empty()) {
    return absl::UnavailableError("the identity provider's document lacks an endpoint");
  }
  absl::MutexLock lock(&mutex_);
  endpoints_ = endpoints;
  discovered_at_ = now;
  return endpoints;
}

absl::StatusOr<std::string> OidcProvider::AuthorizationUrl(const OidcAttempt& attempt,
                                                           absl::Time now) {
  const auto endpoints = Discover(now);
  if (!endpoints.ok()) return endpoints.status();
  const std::string challenge = crypto::Base64UrlEncode(crypto::Sha256(attempt.verifier));
  return fmt::format(
      "{}{}response_type=code&client_id={}&redirect_uri={}&scope=openid%20email%20profile&state={}"
      "&nonce={}&code_challenge={}&code_challenge_method=S256",
      endpoints->authorization, endpoints->authorization.find('?') == std::string::npos ? '?' : '&',
      PercentEncode(options_.client_id), PercentEncode(options_.redirect_url), attempt.state,
      attempt.nonce, challenge);
}

absl::StatusOr<OidcIdentity> OidcProvider::Redeem(const std::string& code,
                                                  const OidcAttempt& attempt, absl::Time now) {
  const auto endpoints = Discover(now);
  if (!endpoints.ok()) return endpoints.status();
  net::FetchRequest request;
  request.url = endpoints->token;
  request.form = fmt::format(
      "grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}", PercentEncode(code),
      PercentEncode(options_.redirect_url), PercentEncode(attempt.verifier));
  if (options_.client_secret.empty()) {
    request.form += "&client_id=" + PercentEncode(options_.client_id);
  } else {
    // RFC 6749 section 2.3.1: both are form-encoded before they go into the header.
    request.user = PercentEncode(options_.client_id);
    request.password = PercentEncode(options_.client_secret);
  }
  const auto answer = FetchObject(request);
  if (!answer.ok()) return answer.status();
  return CheckIdToken(Text(*answer, "id_token"), attempt.nonce, now);
}

absl::StatusOr<Json> OidcProvider::FindKey(const std::string& id, absl::Time now) {
  const auto find = [&](const Json& keys) -> std::optional<Json> {
    if (!keys.is_array()) return std::nullopt;
    for (const Json& key : keys) {
      if (key.is_object() && Text(key, "kid") == id) return key;
    }
    return std::nullopt;
  };
  {
    absl::MutexLock lock(&mutex_);
    if (auto key = find(keys_); key.has_value()) return *std::move(key);
    if (now < keys_at_ + kKeysRest) return Refused("it is signed with an unknown key");
    keys_at_ = now;
  }
  const auto endpoints = Discover(now);
  if (!endpoints.ok()) return endpoints.status();
  const auto document =
      FetchObject({.url = endpoints->keys, .form = "", .user = "", .password = ""});
  if (!document.ok()) return document.status();
  absl::MutexLock lock(&mutex_);
  keys_ = document->value("keys", Json::array());
  if (auto key = find(keys_); key.has_value()) return *std::move(key);
  return Refused("it is signed with an unknown key");
}

absl::StatusOr<OidcIdentity> OidcProvider::CheckIdToken(const std::string& token,
                                                        const std::string& nonce, absl::Time now) {
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  if (token.size() > kLongestToken || first == last) return Refused("it holds no ID token");
  const auto part = [&](size_t begin, size_t end) -> std::optional<Json> {
    const auto text = crypto::Base64UrlDecode(std::string_view(token).substr(begin, end - begin));
    return text.has_value() ? crypto::ParseStrictObject(*text) : std::nullopt;
  };
  const std::optional<Json> header = part(0, first);
  const auto signature = crypto::Base64UrlDecode(std::string_view(token).substr(last + 1));
  if (!header.has_value() || !signature.has_value() || header->contains("crit")) {
    return Refused("its ID token is malformed");
  }
  const auto key = FindKey(Text(*header, "kid"), now);
  if (!key.ok()) return key.status();
  if (!crypto::VerifyWithJsonWebKey(*key, Text(*header, "alg"),
                                    std::string_view(token).substr(0, last), *signature)) {
    return Refused("its signature is wrong");
  }
  const std::optional<Json> claims = part(first + 1, last);
  if (!claims.has_value()) return Refused("its ID token is malformed");
  if (absl::Status good = CheckClaims(*claims, options_, nonce, now); !good.ok()) return good;
  const auto verified = claims->find("email_verified");
  const bool is_verified = verified != claims->end() && *verified == true;
  return OidcIdentity{options_.issuer, Text(*claims, "sub"),
                      is_verified ? Text(*claims, "email") : std::string(), Text(*claims, "name"),
                      TextsOf(*claims, options_.role_claim)};
}

}  // namespace datamigrate::gateway
