// Registering, signing in and out, and the tokens that prove it.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_SIGN_IN_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_SIGN_IN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/password_hash.h"
#include "common/crypto/signing_key.h"
#include "gateway/http/message.h"
#include "gateway/identity/ended_sessions.h"
#include "gateway/identity/verified_tokens.h"
#include "gateway/store/account_store.h"

namespace datamigrate::gateway {

struct SignInOptions {
  std::string issuer = "datamigrate";
  std::string audience = "datamigrate-api";
  absl::Duration access_token_lifetime = absl::Minutes(15);
  absl::Duration session_lifetime = absl::Hours(24 * 30);
  crypto::PasswordCost password_cost;
};

struct Registration {
  std::string email;
  std::string password;
  std::string name;               // "": the address
  std::string organization_name;  // "": made from the name
};

// What a client holds after signing in. Both tokens are secrets.
struct SignedIn {
  std::string user_id;
  std::string organization_id;
  std::string access_token;
  absl::Duration access_token_lifetime;
  std::string refresh_token;
};

// Lower case, without spaces around. Errors: kInvalidArgument when it cannot be an address.
absl::StatusOr<std::string> NormalizeEmail(std::string_view email);

// Errors: kInvalidArgument for fewer than 10 characters, more than 256 bytes, or the address itself
// (NIST SP 800-63B section 5.1.1.2: length counts, rules about kinds of characters do not).
absl::Status CheckPassword(std::string_view password, std::string_view email);

// Thread safe. Everything but Check blocks; Register and LogIn also hash a password.
class SignIn {
 public:
  // The pointers must outlive the object.
  SignIn(SignInOptions options, crypto::SigningKey key, AccountStore* accounts,
         EndedSessions* ended_sessions);

  // Errors: kInvalidArgument; kAlreadyExists when the address is taken.
  absl::StatusOr<SignedIn> Register(const Registration& registration);

  // Errors: kUnauthenticated, the same and after the same time whether the address is unknown or
  // the password wrong.
  absl::StatusOr<SignedIn> LogIn(std::string_view email, const std::string& password);

  // Trades a refresh token for new tokens. Errors: kUnauthenticated.
  absl::StatusOr<SignedIn> Refresh(const std::string& refresh_token);

  // Ends the principal's session: its refresh token and its access tokens are no good any more.
  absl::Status LogOut(const Principal& principal);

  // Who `token` speaks for at `now`. Errors: kUnauthenticated.
  absl::StatusOr<Principal> Check(std::string_view token, absl::Time now) const;

  const crypto::SigningKey& key() const { return key_; }

 private:
  static constexpr size_t kMaxVerifiedTokens = 10000;

  absl::StatusOr<SignedIn> Open(const User& user);
  SignedIn Tokens(const Session& session, std::string refresh_token) const;

  const SignInOptions options_;
  const crypto::SigningKey key_;
  AccountStore* const accounts_;
  EndedSessions* const ended_sessions_;
  mutable VerifiedTokens verified_{kMaxVerifiedTokens};
  const std::string decoy_hash_;  // compared with when the address is unknown
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_SIGN_IN_H_
