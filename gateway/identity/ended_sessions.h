// Sessions that ended while their access tokens have not yet expired.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_ENDED_SESSIONS_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_ENDED_SESSIONS_H_

#include <string>
#include <unordered_set>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace datamigrate::gateway {

// Small: only what ended within one access token's lifetime matters. Filled at once by this
// process's own sign-outs, and regularly from the database with those of others. Thread safe.
class EndedSessions {
 public:
  void Add(const std::string& session_id) {
    absl::MutexLock lock(&mutex_);
    ids_.insert(session_id);
    added_.insert(session_id);
  }

  // Replaces what the database said before by what it says now. What Add brought since the last
  // call stays once more, as the database may have been asked before it knew.
  void Merge(const std::vector<std::string>& session_ids) {
    std::unordered_set<std::string> ids(session_ids.begin(), session_ids.end());
    absl::MutexLock lock(&mutex_);
    ids.insert(added_.begin(), added_.end());
    added_.clear();
    ids_.swap(ids);
  }

  bool Contains(const std::string& session_id) const {
    absl::ReaderMutexLock lock(&mutex_);
    return ids_.contains(session_id);
  }

 private:
  mutable absl::Mutex mutex_;
  std::unordered_set<std::string> ids_ ABSL_GUARDED_BY(mutex_);
  std::unordered_set<std::string> added_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_ENDED_SESSIONS_H_
