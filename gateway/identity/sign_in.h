// Registering, signing in and out, and the tokens that prove it.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_SIGN_IN_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_SIGN_IN_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/password_hash.h"
#include "gateway/http/message.h"
#include "gateway/identity/ended_sessions.h"
#include "gateway/identity/second_factor.h"
#include "gateway/identity/token_key_ring.h"
#include "gateway/identity/verified_tokens.h"
#include "gateway/mail/post_office.h"
#include "gateway/store/account_store.h"
#include "gateway/store/attempt_store.h"
#include "gateway/store/organization_store.h"
#include "gateway/store/session_store.h"

namespace datamigrate::gateway {

struct SignInOptions {
  std::string issuer = "datamigrate";
  std::string audience = "datamigrate-api";
  absl::Duration access_token_lifetime = absl::Minutes(15);
  absl::Duration session_lifetime = absl::Hours(24 * 30);
  absl::Duration verify_link_lifetime = absl::Hours(24);
  absl::Duration reset_link_lifetime = absl::Hours(1);
  crypto::PasswordCost password_cost;
};

struct Registration {
  std::string email;
  std::string password;
  std::string name;               // "": the address
  std::string organization_name;  // "": made from the name
};

struct Credentials {
  std::string email;
  std::string password;
  std::string code;  // of the second factor, or a recovery code; "": none is sent
  bool wants_cookies = false;
};

// What a client holds after signing in. Both tokens are secrets.
struct SignedIn {
  std::string user_id;
  std::string organization_id;
  std::string access_token;
  absl::Duration access_token_lifetime;
  std::string refresh_token;
  std::string csrf_token = "";  // "" unless cookies are wanted
};

// True for a failure to sign in that the code of a second factor would mend.
bool IsCodeMissing(const absl::Status& status);

// Lower case, without spaces around. Errors: kInvalidArgument when it cannot be an address.
absl::StatusOr<std::string> NormalizeEmail(std::string_view email);

// Thread safe. Everything but Check blocks; Register and LogIn also hash a password.
class SignIn {
 public:
  // What signing in works with; all must outlive the object.
  struct Parts {
    TokenKeyRing* keys;
    AccountStore* accounts;
    SessionStore* sessions;
    OrganizationStore* organizations;
    AttemptStore* attempts;
    EndedSessions* ended_sessions;
    PostOffice* office;
    SecondFactor* second_factor;
  };
  SignIn(SignInOptions options, const Parts& parts);

  // Where mail is on: nothing, whether the address is new or taken, after the same work; the mail
  // says more to whoever may read it. Where it is off the new user is signed in.
  // Errors: kInvalidArgument; kAlreadyExists when the address is taken and mail is off.
  absl::StatusOr<std::optional<SignedIn>> Register(const Registration& registration,
                                                   const ClientPlace& place);

  // Errors: kUnauthenticated, the same and after the same time whether the address is unknown or
  // the password wrong, and with IsCodeMissing after the right password where the user has a
  // second factor; RetryAfter (429) after too many failures of the account, the address or
  // both; kPermissionDenied, after the right password, while the address is not verified and mail
  // is on: then a new link is on its way; kPermissionDenied for a member of no organization.
  absl::StatusOr<SignedIn> LogIn(const Credentials& credentials, const ClientPlace& place);

  // Opens a session, with cookies, for somebody whom an identity provider has proved.
  absl::StatusOr<SignedIn> OpenFor(const User& user, const ClientPlace& place) {
    return Open(user, place, /*wants_cookies=*/true);
  }

  // Trades a refresh token for new tokens. Errors: kUnauthenticated.
  absl::StatusOr<SignedIn> Refresh(const std::string& refresh_token);

  // Moves the principal's session to another organization that the user is a member of. The
  // session's earlier access tokens are no good any more; its refresh token, which the answer
  // leaves out, goes on. Errors: kNotFound for one that the user is no member of.
  absl::StatusOr<SignedIn> Switch(const Principal& principal, const std::string& organization_id);

  // Ends the principal's session: its refresh token and its access tokens are no good any more.
  absl::Status LogOut(const Principal& principal);

  // Who `token` speaks for at `now`. Errors: kUnauthenticated.
  absl::StatusOr<Principal> Check(std::string_view token, absl::Time now) const;

  const SignInOptions& options() const { return options_; }
  const TokenKeyRing& keys() const { return *parts_.keys; }

 private:
  static constexpr size_t kMaxVerifiedTokens = 10000;

  absl::StatusOr<std::optional<SignedIn>> RegisterByMail(const AccountStore::NewUser& user);
  // OK when the user has no second factor or `code` is one of it.
  absl::Status CheckCode(const User& user, const std::string& code);
  absl::StatusOr<SignedIn> Open(const User& user, const ClientPlace& place, bool wants_cookies);
  SignedIn Tokens(const Session& session, const Membership& membership,
                  std::string refresh_token) const;
  void RehashIfCheap(const User& user, const std::string& password);

  const SignInOptions options_;
  const Parts parts_;
  mutable VerifiedTokens verified_{kMaxVerifiedTokens};
  const std::string decoy_hash_;  // compared with when the address is unknown
};

// Writes to a user who has not yet proved the address. Runs on the office's thread.
void SendVerifyLink(AccountStore* accounts, PostOffice* office, const User& user,
                    absl::Duration lifetime);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_SIGN_IN_H_
