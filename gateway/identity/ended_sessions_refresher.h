// Keeps EndedSessions up to date with what other gateways did.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_ENDED_SESSIONS_REFRESHER_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_ENDED_SESSIONS_REFRESHER_H_

#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gateway/identity/ended_sessions.h"
#include "gateway/store/account_store.h"

namespace datamigrate::gateway {

// Asks the database every `pause`, on a thread of its own, until destroyed. While the database is
// away the last answer stays.
class EndedSessionsRefresher {
 public:
  // The pointers must outlive the refresher. `token_lifetime`: how long an ended session matters.
  EndedSessionsRefresher(AccountStore* accounts, EndedSessions* sessions,
                         absl::Duration token_lifetime, absl::Duration pause = absl::Seconds(5));
  ~EndedSessionsRefresher();

 private:
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_ENDED_SESSIONS_REFRESHER_H_
