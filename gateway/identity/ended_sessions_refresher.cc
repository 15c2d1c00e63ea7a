#include "gateway/identity/ended_sessions_refresher.h"

namespace datamigrate::gateway {

EndedSessionsRefresher::EndedSessionsRefresher(AccountStore* accounts, EndedSessions* sessions,
                                               absl::Duration token_lifetime, absl::Duration pause)
    : thread_([this, accounts, sessions, token_lifetime, pause] {
        do {
          auto ended = accounts->SessionsEndedWithin(token_lifetime + absl::Minutes(1));
          if (ended.ok()) sessions->Merge(*ended);
        } while (!stop_.WaitForNotificationWithTimeout(pause));
      }) {}

EndedSessionsRefresher::~EndedSessionsRefresher() {
  stop_.Notify();
  thread_.join();
}

}  // namespace datamigrate::gateway
