#include "gateway/identity/oidc/oidc_sign_in.h"

#include <sodium.h>

#include <algorithm>

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "common/crypto/encoding.h"
#include "common/crypto/random.h"
#include "common/crypto/strict_json.h"

namespace datamigrate::gateway {
namespace {

constexpr absl::Duration kAttemptLifetime = absl::Minutes(10);
constexpr std::string_view kContext = "oidc attempt";
constexpr std::string_view kNoPassword = "!";  // no hash: no password matches
// Roles that claims can give, the one that may do most first. Owners are made by owners alone.
constexpr std::string_view kClaimedRoles[] = {"admin", "editor", "auditor", "viewer"};

bool IsEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

absl::Status WrongAttempt() {
  return absl::UnauthenticatedError(
      "this answer belongs to no sign-in that this browser began in the last ten minutes; begin "
      "again");
}

}  // namespace

absl::StatusOr<OidcSignIn::Start> OidcSignIn::Begin(absl::Time now) {
  if (provider_.options().issuer.empty()) {
    return absl::UnimplementedError("this gateway knows no identity provider");
  }
  const OidcAttempt attempt = {crypto::RandomToken(), crypto::RandomToken(), crypto::RandomToken()};
  absl::StatusOr<std::string> url = provider_.AuthorizationUrl(attempt, now);
  if (!url.ok()) return url.status();
  const nlohmann::json kept = {{"state", attempt.state},
                               {"nonce", attempt.nonce},
                               {"verifier", attempt.verifier},
                               {"until", absl::ToUnixSeconds(now + kAttemptLifetime)}};
  return Start{*std::move(url), crypto::Base64UrlEncode(key_.Seal(kept.dump(), kContext))};
}

absl::StatusOr<OidcAttempt> OidcSignIn::ReadAttempt(const std::string& state,
                                                    const std::string& cookie,
                                                    absl::Time now) const {
  const std::optional<std::string> sealed = crypto::Base64UrlDecode(cookie);
  if (!sealed.has_value()) return WrongAttempt();
  const absl::StatusOr<std::string> text = key_.Open(*sealed, kContext);
  if (!text.ok()) return WrongAttempt();
  const std::optional<nlohmann::json> kept = crypto::ParseStrictObject(*text);
  if (!kept.has_value() || absl::ToUnixSeconds(now) > kept->value("until", int64_t{0}) ||
      !IsEqual(state, kept->value("state", std::string()))) {
    return WrongAttempt();
  }
  return OidcAttempt{state, kept->value("nonce", std::string()),
                     kept->value("verifier", std::string())};
}

absl::StatusOr<SignedIn> OidcSignIn::Finish(const std::string& state, const std::string& code,
                                            const std::string& cookie, const ClientPlace& place,
                                            absl::Time now) {
  if (provider_.options().issuer.empty()) {
    return absl::UnimplementedError("this gateway knows no identity provider");
  }
  const absl::StatusOr<OidcAttempt> attempt = ReadAttempt(state, cookie, now);
  if (!attempt.ok()) return attempt.status();
  const absl::StatusOr<OidcIdentity> identity = provider_.Redeem(code, *attempt, now);
  if (!identity.ok()) return identity.status();
  absl::StatusOr<User> user = FindOrCreate(*identity);
  if (!user.ok()) return user.status();
  if (!organization_id_.empty()) {
    if (absl::Status joined = Join(*user, *identity); !joined.ok()) return joined;
    user->organization_id = organization_id_;
  }
  return sign_in_->OpenFor(*user, place);
}

absl::StatusOr<User> OidcSignIn::FindOrCreate(const OidcIdentity& identity) {
  const auto known = accounts_->FindFederated(identity.issuer, identity.subject);
  if (!known.ok()) return known.status();
  if (known->has_value()) return **known;
  const absl::StatusOr<std::string> email = NormalizeEmail(identity.email);
  if (!email.ok()) {
    return absl::PermissionDeniedError(
        "the identity provider has verified no e-mail address of yours");
  }
  absl::StatusOr<std::optional<User>> user = accounts_->FindByEmail(*email);
  if (!user.ok()) return user.status();
  // An account whose address nobody has proved may be a stranger's, who waits for its owner.
  if (user->has_value() && !(*user)->is_verified) {
    return absl::PermissionDeniedError(
        "there is an account with your e-mail address that was never confirmed; confirm it first");
  }
  if (!user->has_value()) {
    const std::string name = identity.name.empty() ? *email : identity.name.substr(0, 200);
    absl::StatusOr<User> created =
        accounts_->CreateUser({*email, name, name, std::string(kNoPassword)});
    if (!created.ok()) return created.status();
    *user = *std::move(created);
  }
  const absl::Status linked =
      accounts_->LinkFederated(identity.issuer, identity.subject, (*user)->id);
  if (!linked.ok()) return linked;
  return **user;
}

absl::Status OidcSignIn::Join(const User& user, const OidcIdentity& identity) {
  std::string role = "viewer";
  for (const std::string_view candidate : kClaimedRoles) {
    const auto& roles = identity.roles;
    if (std::find(roles.begin(), roles.end(), candidate) == roles.end()) continue;
    role = candidate;
    break;
  }
  return organizations_->PutMember(organization_id_, user.id, role);
}

}  // namespace datamigrate::gateway
