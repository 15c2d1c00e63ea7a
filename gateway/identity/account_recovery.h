// Proving an address and changing a password. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_ACCOUNT_RECOVERY_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_ACCOUNT_RECOVERY_H_

#include <string>

#include "absl/status/status.h"
#include "gateway/identity/sign_in.h"

namespace datamigrate::gateway {

class AccountRecovery {
 public:
  // The parts must outlive the object.
  AccountRecovery(SignInOptions options, const SignIn::Parts& parts)
      : options_(std::move(options)), parts_(parts) {}

  // Spends the token of a link, after which the user can sign in. Errors: kInvalidArgument.
  absl::Status Verify(const std::string& token);

  // Sends a link to the address if it is a user's. The answer and its time are the same either
  // way. Errors: kUnimplemented where mail is off; kResourceExhausted when too many mails wait.
  absl::Status RequestReset(const std::string& email);

  // Spends the token, sets the password and ends every session of the user.
  // Errors: kInvalidArgument for the token or the password; the token is not spent when the
  // password is refused.
  absl::Status Reset(const std::string& token, const std::string& password);

  // Sets the password of a signed-in user and ends the other sessions.
  // Errors: kInvalidArgument for a refused password; kPermissionDenied when `current` is wrong;
  // RetryAfter after too many wrong ones.
  absl::Status ChangePassword(const Principal& principal, const std::string& current,
                              const std::string& password);

  // The user, if `password` is right. Errors: kPermissionDenied; RetryAfter after too many wrong
  // ones.
  absl::StatusOr<User> ProvePassword(const std::string& user_id, const std::string& password);

 private:
  absl::Status SetPassword(const User& user, const std::string& password,
                           const std::string& kept_session);

  const SignInOptions options_;
  const SignIn::Parts parts_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_ACCOUNT_RECOVERY_H_
