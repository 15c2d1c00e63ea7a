// Puts new migrations into the database by groups: those that wait while a group commits are the
// next group. The workers are told when a group's callers have their answers.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_CREATION_QUEUE_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_CREATION_QUEUE_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent_engine/store/announcer.h"
#include "agent_engine/store/migration_store.h"

namespace datamigrate::store {

struct CreationQueueOptions {
  // While one group commits the next one is collected; with more, groups are smaller.
  int writers = 2;
  size_t max_group = 256;
  size_t max_waiting = 4096;
};

// Thread safe.
class CreationQueue {
 public:
  using Done = std::function<void(absl::StatusOr<CreatedMigration>)>;

  // `store` must outlive the queue.
  CreationQueue(MigrationStore* store, const CreationQueueOptions& options);
  // Writes what waits, then ends.
  ~CreationQueue();

  struct Item {
    NewMigration migration;
    Done done;
  };

  // Queues migrations, which go into one group if it has room for them. Returns the last ones, of
  // which too many wait already: their `done` is not called. That of the others is called once, on
  // a writer's thread, which it may not keep.
  [[nodiscard]] std::vector<Item> Submit(std::vector<Item> items) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();
  // What waits, at most a group; nothing when the queue ends.
  std::vector<Item> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasNews() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return is_stopping_ || !waiting_.empty();
  }

  MigrationStore* const store_;
  const CreationQueueOptions options_;
  absl::Mutex mutex_;
  std::deque<Item> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Announcer announcer_;
  std::vector<std::thread> writers_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_CREATION_QUEUE_H_
