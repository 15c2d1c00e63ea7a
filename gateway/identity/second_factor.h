// Codes of an authenticator app beside the password. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_SECOND_FACTOR_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_SECOND_FACTOR_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/sealing_key.h"
#include "gateway/store/second_factor_store.h"

namespace datamigrate::gateway {

class SecondFactor {
 public:
  // `store` must outlive the object.
  SecondFactor(crypto::SealingKey key, SecondFactorStore* store)
      : key_(std::move(key)), store_(store) {}

  struct Enrollment {
    std::string secret;  // base 32, to be typed in
    std::string uri;     // otpauth://…, to be shown as a picture
  };
  // Makes a secret, which is asked for once Confirm has seen a code of it.
  // Errors: kFailedPrecondition when the user has a second factor.
  absl::StatusOr<Enrollment> Begin(const std::string& user_id, const std::string& email);

  // Returns ten recovery codes, each good once in the place of a code; they are not shown again.
  // Errors: kPermissionDenied for a wrong code; kFailedPrecondition when there is nothing to
  // confirm.
  absl::StatusOr<std::vector<std::string>> Confirm(const std::string& user_id,
                                                   const std::string& code, absl::Time now);

  absl::StatusOr<bool> IsAsked(const std::string& user_id);

  // True for a code of the app, or a recovery code, that was not used before; spends it.
  absl::StatusOr<bool> Spend(const std::string& user_id, const std::string& code, absl::Time now);

  absl::Status Remove(const std::string& user_id) { return store_->Remove(user_id); }

 private:
  const crypto::SealingKey key_;
  SecondFactorStore* const store_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_SECOND_FACTOR_H_
