// Sessions that ended, or whose rights changed, while their access tokens have not yet expired.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_ENDED_SESSIONS_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_ENDED_SESSIONS_H_

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/store/session_store.h"

namespace datamigrate::gateway {

// Small: only what changed within one access token's lifetime matters. Filled at once by this
// process's own changes, and regularly from the database with those of others. Thread safe.
class EndedSessions {
 public:
  // Tokens of the session below `generation` are no good any more.
  void Add(const std::string& session_id, int generation = ChangedSession::kEnded) {
    absl::MutexLock lock(&mutex_);
    Raise(generations_, session_id, generation);
    Raise(added_, session_id, generation);
  }

  // Replaces what the database said before by what it says now. What Add brought since the last
  // call stays once more, as the database may have been asked before it knew.
  void Merge(const std::vector<ChangedSession>& changed) {
    Generations generations;
    for (const ChangedSession& session : changed) {
      Raise(generations, session.id, session.generation);
    }
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, generation] : added_) Raise(generations, id, generation);
    added_.clear();
    generations_.swap(generations);
  }

  // True when a token of this session and generation is no good any more.
  bool Contains(const std::string& session_id, int generation) const {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = generations_.find(session_id);
    return found != generations_.end() && generation < found->second;
  }

 private:
  using Generations = std::unordered_map<std::string, int>;

  static void Raise(Generations& generations, const std::string& id, int generation) {
    int& known = generations[id];
    known = std::max(known, generation);
  }

  mutable absl::Mutex mutex_;
  Generations generations_ ABSL_GUARDED_BY(mutex_);
  Generations added_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_ENDED_SESSIONS_H_
