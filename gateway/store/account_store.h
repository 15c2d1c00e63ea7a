// Users, their organizations and their sessions in PostgreSQL. Thread safe; every call blocks.
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
  std::string organization_id;
  std::string email;  // lower case
  std::string name;
  std::string role;
  std::string password_hash;
};

struct Session {
  std::string id;
  std::string user_id;
  std::string organization_id;
};

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

  // Opens a session that its first refresh token continues.
  absl::StatusOr<Session> StartSession(const User& user, const std::string& refresh_token,
                                       absl::Duration lifetime);

  // Continues the session of `used` with the token `next`.
  // Errors: kUnauthenticated for an unknown or spent token, or an ended session. A spent token
  // means that somebody has copied it: the session ends, for thief and owner alike.
  absl::StatusOr<Session> RotateRefreshToken(const std::string& used, const std::string& next);

  // Ends the session; without effect on one that has ended.
  absl::Status EndSession(const std::string& session_id);

  // Ids of the sessions that ended in the `last` minutes or so, by the database's clock.
  absl::StatusOr<std::vector<std::string>> SessionsEndedWithin(absl::Duration last);

  // One cheap query, to learn whether the database answers before `deadline`.
  absl::Status Ping(absl::Time deadline);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_ACCOUNT_STORE_H_
