#include "gateway/identity/sign_in.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/time/clock.h"
#include "common/crypto/access_token.h"
#include "common/crypto/digest.h"
#include "common/crypto/random.h"
#include "gateway/http/retry_after.h"
#include "gateway/http/subscriber.h"
#include "gateway/identity/password_policy.h"
#include "gateway/mail/templates.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kLongestEmail = 254;  // RFC 5321 section 4.5.3.1.3, less the angle brackets
constexpr size_t kLongestName = 200;

bool HasControls(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

absl::Status CheckName(std::string_view name) {
  if (name.size() > kLongestName || HasControls(name)) {
    return absl::InvalidArgumentError("a name has at most 200 bytes and no control characters");
  }
  return absl::OkStatus();
}

// What a sign-in is counted for. An account alone has many free failures, so that nobody can lock
// somebody else out with a few; from one address it has few.
class SignInSubjects {
 public:
  SignInSubjects(const std::string& email, const std::string& remote_address)
      : account_("account:" + email),
        address_("address:" + SubscriberOf(remote_address)),
        both_(account_ + " " + address_) {}

  std::vector<AttemptSubject> all() const { return {{both_, 5}, {account_, 50}, {address_, 50}}; }
  // Success clears the pair. Of the others it takes back its own count only: an attacker's own
  // account must not clear the address.
  std::vector<std::string> cleared() const { return {both_}; }
  std::vector<std::string> eased() const { return {account_, address_}; }
  std::vector<std::string> names() const { return {both_, account_, address_}; }

 private:
  const std::string account_;
  const std::string address_;
  const std::string both_;
};

constexpr char kCodeMissing[] = "datamigrate/code-missing";

absl::Status TooManyFailures(absl::Duration wait) {
  return RetryAfter("too many failed sign-ins of this account or from this address", wait);
}

absl::Status WrongCredentials() {
  return absl::UnauthenticatedError("the e-mail address or the password is wrong");
}

}  // namespace

void SendVerifyLink(AccountStore* accounts, PostOffice* office, const User& user,
                    absl::Duration lifetime) {
  const std::string token = crypto::RandomToken();
  const absl::Status added =
      accounts->AddProof(user.id, AccountProof::kVerifyEmail, token, lifetime);
  if (added.ok()) return office->Send(VerifyMail(user.email, office->LinkTo("verify", token)));
  spdlog::error("a link was not made: {}", std::string(added.message()));
}

bool IsCodeMissing(const absl::Status& status) {
  return status.GetPayload(kCodeMissing).has_value();
}

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

SignIn::SignIn(SignInOptions options, const Parts& parts)
    : options_(std::move(options)),
      parts_(parts),
      decoy_hash_(
          crypto::HashPassword(crypto::RandomToken(), options_.password_cost).value_or("")) {}

absl::StatusOr<std::optional<SignedIn>> SignIn::Register(const Registration& registration,
                                                         const ClientPlace& place) {
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
  const AccountStore::NewUser user = {*email, name, organization, *hash};
  if (parts_.office->is_open()) return RegisterByMail(user);
  absl::StatusOr<User> created = parts_.accounts->CreateUser(user);
  if (!created.ok()) return created.status();
  absl::StatusOr<SignedIn> opened = Open(*created, place, /*wants_cookies=*/false);
  if (!opened.ok()) return opened.status();
  return std::optional<SignedIn>(*std::move(opened));
}

absl::StatusOr<std::optional<SignedIn>> SignIn::RegisterByMail(const AccountStore::NewUser& user) {
  const bool is_queued = parts_.office->Post([parts = parts_, options = options_, user] {
    absl::StatusOr<User> created = parts.accounts->CreateUser(user);
    if (created.ok()) {
      return SendVerifyLink(parts.accounts, parts.office, *created, options.verify_link_lifetime);
    }
    if (!absl::IsAlreadyExists(created.status())) {
      return spdlog::error("a registration failed: {}", std::string(created.status().message()));
    }
    absl::StatusOr<std::optional<User>> known = parts.accounts->FindByEmail(user.email);
    if (!known.ok() || !known->has_value()) return;
    const std::string token = crypto::RandomToken();
    const absl::Status added = parts.accounts->AddProof((*known)->id, AccountProof::kResetPassword,
                                                        token, options.reset_link_lifetime);
    if (!added.ok()) return;
    parts.office->Send(AlreadyRegisteredMail(user.email, parts.office->LinkTo("reset", token)));
  });
  if (!is_queued) return absl::ResourceExhaustedError("too many mails wait");
  return std::optional<SignedIn>();
}

absl::StatusOr<SignedIn> SignIn::LogIn(const Credentials& credentials, const ClientPlace& place) {
  if (credentials.password.size() > kLongestPassword) return WrongCredentials();
  const absl::StatusOr<std::string> normalized = NormalizeEmail(credentials.email);
  if (!normalized.ok()) return WrongCredentials();
  const SignInSubjects subjects(*normalized, place.remote_address);
  const absl::StatusOr<absl::Duration> wait = parts_.attempts->Begin(subjects.all());
  if (!wait.ok()) return wait.status();
  if (*wait > absl::ZeroDuration()) return TooManyFailures(*wait);

  const absl::StatusOr<std::optional<User>> user = parts_.accounts->FindByEmail(*normalized);
  if (!user.ok()) return user.status();
  const bool is_known = user->has_value();
  const bool matches = crypto::PasswordMatches(credentials.password,
                                               is_known ? (*user)->password_hash : decoy_hash_);
  if (!is_known || !matches) return WrongCredentials();
  const absl::Status coded = CheckCode(**user, credentials.code);
  if (IsCodeMissing(coded)) parts_.attempts->Succeed({}, subjects.names()).IgnoreError();
  if (!coded.ok()) return coded;
  parts_.attempts->Succeed(subjects.cleared(), subjects.eased()).IgnoreError();
  if (parts_.office->is_open() && !(*user)->is_verified) {
    const bool is_queued = parts_.office->Post([parts = parts_, options = options_, user = **user] {
      SendVerifyLink(parts.accounts, parts.office, user, options.verify_link_lifetime);
    });
    return absl::PermissionDeniedError(
        is_queued ? "confirm your e-mail address first: a new link is on its way to you"
                  : "confirm your e-mail address first, with the link that was sent to you");
  }
  RehashIfCheap(**user, credentials.password);
  return Open(**user, place, credentials.wants_cookies);
}

absl::Status SignIn::CheckCode(const User& user, const std::string& code) {
  const absl::StatusOr<bool> is_asked = parts_.second_factor->IsAsked(user.id);
  if (!is_asked.ok()) return is_asked.status();
  if (!*is_asked) return absl::OkStatus();
  if (code.empty()) {
    absl::Status missing = absl::UnauthenticatedError(
        "send the code of your second factor, or a recovery code, as \"code\" too");
    missing.SetPayload(kCodeMissing, absl::Cord());
    return missing;
  }
  const absl::StatusOr<bool> is_spent = parts_.second_factor->Spend(user.id, code, absl::Now());
  if (!is_spent.ok()) return is_spent.status();
  return *is_spent ? absl::OkStatus()
                   : absl::UnauthenticatedError("\"code\" is wrong or was used already");
}

void SignIn::RehashIfCheap(const User& user, const std::string& password) {
  if (!crypto::NeedsRehash(user.password_hash, options_.password_cost)) return;
  const absl::StatusOr<std::string> hash = crypto::HashPassword(password, options_.password_cost);
  if (hash.ok()) parts_.accounts->ReplacePasswordHash(user.id, *hash).IgnoreError();
}

absl::StatusOr<SignedIn> SignIn::Open(const User& user, const ClientPlace& place,
                                      bool wants_cookies) {
  const auto membership = parts_.organizations->MembershipOf(user.id, user.organization_id);
  if (!membership.ok()) return membership.status();
  if (!membership->has_value()) {
    return absl::PermissionDeniedError("you belong to no organization any more; ask to be invited");
  }
  std::string refresh_token = crypto::RandomToken();
  const std::string csrf_token = wants_cookies ? crypto::RandomToken() : "";
  absl::StatusOr<Session> session =
      parts_.sessions->Start({.user_id = user.id,
                              .organization_id = (*membership)->organization.id,
                              .refresh_token = refresh_token,
                              .csrf_sha256 = wants_cookies ? crypto::Sha256Hex(csrf_token) : "",
                              .place = place,
                              .lifetime = options_.session_lifetime});
  if (!session.ok()) return session.status();
  SignedIn signed_in = Tokens(*session, **membership, std::move(refresh_token));
  signed_in.csrf_token = csrf_token;
  return signed_in;
}

absl::StatusOr<SignedIn> SignIn::Refresh(const std::string& refresh_token) {
  std::string next = crypto::RandomToken();
  absl::StatusOr<Session> session = parts_.sessions->Rotate(refresh_token, next);
  if (!session.ok()) return session.status();
  const auto membership =
      parts_.organizations->MembershipOf(session->user_id, session->organization_id);
  if (!membership.ok()) return membership.status();
  if (!membership->has_value() || (*membership)->organization.id != session->organization_id) {
    return absl::UnauthenticatedError("you are no member of the organization any more");
  }
  return Tokens(*session, **membership, std::move(next));
}

absl::StatusOr<SignedIn> SignIn::Switch(const Principal& principal,
                                        const std::string& organization_id) {
  const auto membership = parts_.organizations->MembershipOf(principal.user_id, organization_id);
  if (!membership.ok()) return membership.status();
  if (!membership->has_value() || (*membership)->organization.id != organization_id) {
    return absl::NotFoundError("you are a member of no such organization");
  }
  const absl::StatusOr<Session> session =
      parts_.sessions->Move(principal.session_id, organization_id);
  if (!session.ok()) return session.status();
  parts_.ended_sessions->Add(session->id, session->generation);
  return Tokens(*session, **membership, "");
}

SignedIn SignIn::Tokens(const Session& session, const Membership& membership,
                        std::string refresh_token) const {
  const absl::Time now = absl::Now();
  crypto::AccessClaims claims;
  claims.issuer = options_.issuer;
  claims.audience = options_.audience;
  claims.user_id = session.user_id;
  claims.organization_id = session.organization_id;
  claims.session_id = session.id;
  claims.generation = session.generation;
  claims.role = membership.role;
  claims.scope = membership.permissions.ToScope();
  claims.csrf_sha256 = session.csrf_sha256;
  claims.issued_at = now;
  claims.expires_at = now + options_.access_token_lifetime;
  return {session.user_id, session.organization_id,
          crypto::SignAccessToken(parts_.keys->keys()->Signing(now), claims),
          options_.access_token_lifetime, std::move(refresh_token)};
}

absl::Status SignIn::LogOut(const Principal& principal) {
  const absl::Status ended = parts_.sessions->End(principal.session_id, "signed_out");
  if (ended.ok()) parts_.ended_sessions->Add(principal.session_id);
  return ended;
}

absl::StatusOr<Principal> SignIn::Check(std::string_view token, absl::Time now) const {
  std::optional<Principal> principal = verified_.Find(token, now);
  if (!principal.has_value()) {
    absl::StatusOr<crypto::AccessClaims> claims = crypto::VerifyAccessToken(
        *parts_.keys->keys(), token, {options_.issuer, options_.audience}, now);
    if (!claims.ok()) return claims.status();
    principal = Principal{.user_id = claims->user_id,
                          .organization_id = claims->organization_id,
                          .session_id = claims->session_id,
                          .role = claims->role,
                          .permissions = PermissionSet::FromScope(claims->scope),
                          .generation = claims->generation,
                          .csrf_sha256 = claims->csrf_sha256};
    verified_.Add(token, *principal, claims->expires_at, now);
  }
  if (parts_.ended_sessions->Contains(principal->session_id, principal->generation)) {
    return absl::UnauthenticatedError("the session has ended or changed; refresh the token");
  }
  return *std::move(principal);
}

}  // namespace datamigrate::gateway
