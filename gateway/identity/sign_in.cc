#include "gateway/identity/sign_in.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "common/crypto/access_token.h"
#include "common/crypto/random.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kLongestEmail = 254;  // RFC 5321 section 4.5.3.1.3, less the angle brackets
constexpr size_t kShortestPassword = 10;
constexpr size_t kLongestPassword = 256;
constexpr size_t kLongestName = 200;

// Characters, not bytes: UTF-8 continuation bytes do not count.
size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool HasControls(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

absl::Status CheckName(std::string_view name) {
  if (name.size() > kLongestName || HasControls(name)) {
    return absl::InvalidArgumentError("a name has at most 200 bytes and no control characters");
  }
  return absl::OkStatus();
}

absl::Status WrongCredentials() {
  return absl::UnauthenticatedError("the e-mail address or the password is wrong");
}

}  // namespace

absl::StatusOr<std::string> NormalizeEmail(std::string_view email) {
  const absl::Status refused =
      absl::InvalidArgumentError("\"email\" is not an e-mail address such as ann@example.com");
  while (email.starts_with(' ')) email.remove_prefix(1);
  while (email.ends_with(' ')) email.remove_suffix(1);
  const size_t at = email.find('@');
  if (email.size() > kLongestEmail || at == 0 || at == std::string_view::npos ||
      at + 1 == email.size() || email.rfind('@') != at) {
    return refused;
  }
  std::string normalized;
  for (const char c : email) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f) return refused;
    normalized += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return normalized;
}

absl::Status CheckPassword(std::string_view password, std::string_view email) {
  if (CountCharacters(password) < kShortestPassword) {
    return absl::InvalidArgumentError("\"password\" must have at least 10 characters");
  }
  if (password.size() > kLongestPassword) {
    return absl::InvalidArgumentError("\"password\" must have at most 256 bytes");
  }
  if (password == email) {
    return absl::InvalidArgumentError("\"password\" must not be the e-mail address");
  }
  return absl::OkStatus();
}

SignIn::SignIn(SignInOptions options, crypto::SigningKey key, AccountStore* accounts,
               EndedSessions* ended_sessions)
    : options_(std::move(options)),
      key_(std::move(key)),
      accounts_(accounts),
      ended_sessions_(ended_sessions),
      decoy_hash_(
          crypto::HashPassword(crypto::RandomToken(), options_.password_cost).value_or("")) {}

absl::StatusOr<SignedIn> SignIn::Register(const Registration& registration) {
  absl::StatusOr<std::string> email = NormalizeEmail(registration.email);
  if (!email.ok()) return email.status();
  for (const absl::Status& checked :
       {CheckPassword(registration.password, *email), CheckName(registration.name),
        CheckName(registration.organization_name)}) {
    if (!checked.ok()) return checked;
  }
  absl::StatusOr<std::string> hash =
      crypto::HashPassword(registration.password, options_.password_cost);
  if (!hash.ok()) return hash.status();
  const std::string name = registration.name.empty() ? *email : registration.name;
  const std::string organization =
      registration.organization_name.empty() ? name : registration.organization_name;
  absl::StatusOr<User> user = accounts_->CreateUser({*email, name, organization, *hash});
  if (!user.ok()) return user.status();
  return Open(*user);
}

absl::StatusOr<SignedIn> SignIn::LogIn(std::string_view email, const std::string& password) {
  if (password.size() > kLongestPassword) return WrongCredentials();
  const absl::StatusOr<std::string> normalized = NormalizeEmail(email);
  absl::StatusOr<std::optional<User>> user = std::optional<User>();
  if (normalized.ok()) user = accounts_->FindByEmail(*normalized);
  if (!user.ok()) return user.status();
  const bool is_known = user->has_value();
  const bool matches =
      crypto::PasswordMatches(password, is_known ? (*user)->password_hash : decoy_hash_);
  if (!is_known || !matches) return WrongCredentials();
  if (crypto::NeedsRehash((*user)->password_hash, options_.password_cost)) {
    absl::StatusOr<std::string> hash = crypto::HashPassword(password, options_.password_cost);
    if (hash.ok()) accounts_->ReplacePasswordHash((*user)->id, *hash).IgnoreError();
  }
  return Open(**user);
}

absl::StatusOr<SignedIn> SignIn::Open(const User& user) {
  std::string refresh_token = crypto::RandomToken();
  absl::StatusOr<Session> session =
      accounts_->StartSession(user, refresh_token, options_.session_lifetime);
  if (!session.ok()) return session.status();
  return Tokens(*session, std::move(refresh_token));
}

absl::StatusOr<SignedIn> SignIn::Refresh(const std::string& refresh_token) {
  std::string next = crypto::RandomToken();
  absl::StatusOr<Session> session = accounts_->RotateRefreshToken(refresh_token, next);
  if (!session.ok()) return session.status();
  return Tokens(*session, std::move(next));
}

SignedIn SignIn::Tokens(const Session& session, std::string refresh_token) const {
  const absl::Time now = absl::Now();
  crypto::AccessClaims claims;
  claims.issuer = options_.issuer;
  claims.audience = options_.audience;
  claims.user_id = session.user_id;
  claims.organization_id = session.organization_id;
  claims.session_id = session.id;
  claims.issued_at = now;
  claims.expires_at = now + options_.access_token_lifetime;
  return {session.user_id, session.organization_id, crypto::SignAccessToken(key_, claims),
          options_.access_token_lifetime, std::move(refresh_token)};
}

absl::Status SignIn::LogOut(const Principal& principal) {
  const absl::Status ended = accounts_->EndSession(principal.session_id);
  if (ended.ok()) ended_sessions_->Add(principal.session_id);
  return ended;
}

absl::StatusOr<Principal> SignIn::Check(std::string_view token, absl::Time now) const {
  std::optional<Principal> principal = verified_.Find(token, now);
  if (!principal.has_value()) {
    absl::StatusOr<crypto::AccessClaims> claims =
        crypto::VerifyAccessToken(key_, token, {options_.issuer, options_.audience}, now);
    if (!claims.ok()) return claims.status();
    principal = Principal{claims->user_id, claims->organization_id, claims->session_id};
    verified_.Add(token, *principal, claims->expires_at, now);
  }
  if (ended_sessions_->Contains(principal->session_id)) {
    return absl::UnauthenticatedError("the session has ended");
  }
  return *std::move(principal);
}

}  // namespace datamigrate::gateway
