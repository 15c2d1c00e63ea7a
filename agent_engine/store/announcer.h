// Tells others that there is something new, at once but not more often than they need to hear it.
//
//   Announcer announcer([&](const std::vector<std::string>& runs) { AnnounceEvents(pool, runs); });
//   announcer.Add({run_id});
//
// Each NOTIFY is a transaction, and wakes every session that listens in the database: where news
// come by the thousand, telling of each costs more than what it tells of.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_ANNOUNCER_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_ANNOUNCER_H_

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace datamigrate::store {

// Thread safe.
class Announcer {
 public:
  // Called on the announcer's own thread with what is new, each name once.
  using Tell = std::function<void(const std::vector<std::string>& names)>;

  // After it has told, the announcer rests for `pause`; what comes meanwhile is told together.
  explicit Announcer(Tell tell, absl::Duration pause = absl::Milliseconds(10));
  // Tells what is left, without a pause.
  ~Announcer();

  // Returns at once.
  void Add(const std::vector<std::string>& names) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();
  // What is new; nothing when the announcer ends.
  std::vector<std::string> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasNews() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return is_stopping_ || !news_.empty(); }

  const Tell tell_;
  const absl::Duration pause_;
  absl::Mutex mutex_;
  std::set<std::string> news_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_ANNOUNCER_H_
