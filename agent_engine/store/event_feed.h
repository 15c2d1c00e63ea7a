// Tells watchers in this process that a migration has new events.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_EVENT_FEED_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_EVENT_FEED_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/pg/connection.h"
#include "common/pg/listener.h"

namespace datamigrate::store {

// The channel that hears of every new event; the payload is the migration's id.
inline constexpr char kEventsChannel[] = "datamigrate_events";

// One LISTEN connection and thread for any number of watchers. Thread safe.
class EventFeed {
 public:
  // Ends the watching when it leaves scope; waits for its callback when that is running on the
  // feed's thread. Must not outlive the feed.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(EventFeed* feed, int64_t id) : feed_(feed), id_(id) {}
    Subscription(Subscription&& other) noexcept;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription();

   private:
    EventFeed* feed_ = nullptr;
    int64_t id_ = 0;
  };

  // `look_again` is how often watchers are called without a notification, in case one was lost.
  explicit EventFeed(pg::ConnectionOptions options, absl::Duration look_again = absl::Seconds(5));
  ~EventFeed();

  // Calls `on_change` on the feed's thread whenever the migration may have new events; read them
  // with MigrationStore::EventsSince. It must not block: hand the reading to another thread.
  // Subscribe first and read then, so that nothing falls between.
  [[nodiscard]] Subscription Subscribe(std::string_view migration_id,
                                       std::function<void()> on_change);

 private:
  struct Watcher {
    std::string migration_id;
    std::function<void()> on_change;
  };

  void Loop();
  void Call(std::string_view migration_id);  // empty: everyone
  void Unsubscribe(int64_t id);

  const absl::Duration look_again_;
  pg::Listener listener_;
  absl::Mutex mutex_;
  std::map<int64_t, std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  int64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  int64_t calling_ ABSL_GUARDED_BY(mutex_) = 0;  // the watcher whose callback runs; 0: none
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last, so that all it uses exists
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_EVENT_FEED_H_
