// Users and their organizations in PostgreSQL. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_STORE_ACCOUNT_STORE_H_
#define DATAMIGRATE_GATEWAY_STORE_ACCOUNT_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"

namespace datamigrate::gateway {

struct User {
  std::string id;
  std::string organization_id;  // that the next session begins in
  std::string email;            // lower case
  std::string name;
  std::string password_hash;
  bool is_verified = false;  // the address is known to be the user's
};

// What a link sent by mail proves.
enum class AccountProof { kVerifyEmail, kResetPassword };

class AccountStore {
 public:
  // `pool` must outlive the store.
  explicit AccountStore(pg::Pool* pool) : pool_(pool) {}

  struct NewUser {
    std::string email;
    std::string name;
    std::string organization_name;
    std::string password_hash;
  };
  // Creates the user and an organization that it owns.
  // Errors: kAlreadyExists when the address is taken.
  absl::StatusOr<User> CreateUser(const NewUser& user);

  // Nothing when there is no such user.
  absl::StatusOr<std::optional<User>> FindByEmail(const std::string& email);
  absl::StatusOr<std::optional<User>> FindById(const std::string& id);

  absl::Status ReplacePasswordHash(const std::string& user_id, const std::string& hash);

  // Keeps the hash of `token`, which is good for one use within `lifetime`. Earlier tokens of the
  // user for the same purpose are no good any more.
  absl::Status AddProof(const std::string& user_id, AccountProof proof, const std::string& token,
                        absl::Duration lifetime);

  // Spends `token` and marks its user's address as verified, as only its mailbox had the token.
  // Errors: kInvalidArgument for a token that is unknown, spent or expired.
  absl::StatusOr<User> SpendProof(AccountProof proof, const std::string& token);

  // The user whom an identity provider calls `subject`; nothing when it has not been here.
  absl::StatusOr<std::optional<User>> FindFederated(const std::string& issuer,
                                                    const std::string& subject);
  // From now on `subject` is the user, whose address the provider has verified.
  absl::Status LinkFederated(const std::string& issuer, const std::string& subject,
                             const std::string& user_id);

  // One cheap query, to learn whether the database answers before `deadline`.
  absl::Status Ping(absl::Time deadline);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_ACCOUNT_STORE_H_
