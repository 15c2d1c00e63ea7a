// Sessions and their refresh tokens in PostgreSQL. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_STORE_SESSION_STORE_H_
#define DATAMIGRATE_GATEWAY_STORE_SESSION_STORE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"

namespace datamigrate::gateway {

// Where a request comes from, as its owner will recognize it in a list of sessions.
struct ClientPlace {
  std::string remote_address;
  std::string user_agent;  // at most 200 bytes are kept
};

struct Session {
  std::string id;
  std::string user_id;
  std::string organization_id;
  int generation = 0;
  std::string csrf_sha256;  // hex; "" where the tokens are not in cookies
};

struct ListedSession {
  std::string id;
  ClientPlace place;
  absl::Time created_at;
  absl::Time last_used_at;
  absl::Time expires_at;
};

// A session whose access tokens below `generation` are no good any more.
struct ChangedSession {
  static constexpr int kEnded = INT32_MAX;
  std::string id;
  int generation;  // kEnded: all of them
};

class SessionStore {
 public:
  // `pool` must outlive the store.
  explicit SessionStore(pg::Pool* pool) : pool_(pool) {}

  struct NewSession {
    std::string user_id;
    std::string organization_id;
    std::string refresh_token;
    std::string csrf_sha256;
    ClientPlace place;
    absl::Duration lifetime;
  };
  // Opens a session that its first refresh token continues.
  absl::StatusOr<Session> Start(const NewSession& session);

  // Continues the session of `used` with the token `next`.
  // Errors: kUnauthenticated for an unknown or spent token, or an ended session. A spent token
  // means that somebody has copied it: the session ends, for thief and owner alike (RFC 9700
  // section 4.14.2).
  absl::StatusOr<Session> Rotate(const std::string& used, const std::string& next);

  // Moves an open session, and the user's next ones, to another organization. Its generation is
  // raised. Errors: kUnauthenticated for a session that has ended.
  absl::StatusOr<Session> Move(const std::string& session_id, const std::string& organization_id);

  // Ends one session; without effect on one that has ended. `reason` as in 0003_sessions.sql.
  absl::Status End(const std::string& session_id, std::string_view reason);

  // Ends the session if it is the user's. Errors: kNotFound.
  absl::Status EndOwn(const std::string& user_id, const std::string& session_id,
                      std::string_view reason);

  // Ends every session of the user but `kept` ("" for all) and returns the ended ones.
  absl::StatusOr<std::vector<std::string>> EndAll(const std::string& user_id,
                                                  const std::string& kept, std::string_view reason);

  // The user's open sessions, the one used last first; at most 100.
  absl::StatusOr<std::vector<ListedSession>> List(const std::string& user_id);

  // Sessions that ended or changed in the `last` minutes or so, by the database's clock.
  absl::StatusOr<std::vector<ChangedSession>> ChangedWithin(absl::Duration last);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_SESSION_STORE_H_
