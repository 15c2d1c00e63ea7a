#include "agent_engine/service/watch_reactor.h"

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "agent_engine/service/messages.h"

namespace datamigrate::service {
namespace {

constexpr int kEventsPerRead = 200;

// Reads on the pool while nothing waits to be written; has at most one read and one write in
// flight. Lives until gRPC is done with it and no read is under way.
class WatchReactor : public grpc::ServerWriteReactor<v1::MigrationEvent>,
                     public std::enable_shared_from_this<WatchReactor> {
 public:
  WatchReactor(store::MigrationStore* store, WorkPool* pool, Caller caller,
               const v1::WatchMigrationRequest& request)
      : store_(store),
        pool_(pool),
        caller_(std::move(caller)),
        id_(request.id()),
        last_sequence_(request.after_sequence()) {}

  void Start(store::EventFeed* feed) {
    self_ = shared_from_this();
    subscription_ = feed->Subscribe(id_, [weak = weak_from_this()] {
      if (const auto reactor = weak.lock()) reactor->ReadMore();
    });
    ReadMore();
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      is_writing_ = false;
      if (!ok) end_ = grpc::Status(grpc::StatusCode::CANCELLED, "the watcher has gone");
    }
    WriteOrFinish();
    ReadMore();
  }

  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      end_ = grpc::Status(grpc::StatusCode::CANCELLED, "the watcher has gone");
    }
    WriteOrFinish();
  }

  void OnDone() override {
    subscription_ = {};
    self_.reset();
  }

 private:
  struct Read {
    std::vector<store::EventRecord> events;
    bool is_last = false;
  };

  // Starts a read unless one is under way, events still wait, or the call is about to end.
  void ReadMore() {
    {
      absl::MutexLock lock(&mutex_);
      if (is_reading_) must_read_again_ = true;
      if (is_reading_ || end_ || !waiting_.empty()) return;
      is_reading_ = true;
    }
    if (pool_->Submit([self = shared_from_this()] { self->ReadNow(); })) return;
    absl::MutexLock lock(&mutex_);
    is_reading_ = false;  // The feed calls again in a few seconds.
  }

  void ReadNow() {
    const absl::StatusOr<Read> read = Fetch();
    bool again = false;
    {
      absl::MutexLock lock(&mutex_);
      is_reading_ = false;
      again = std::exchange(must_read_again_, false);
      if (!read.ok()) {
        end_ = ToGrpc(read.status());
      } else {
        for (const auto& event : read->events) waiting_.push_back(ToMessage(event));
        if (!read->events.empty()) last_sequence_ = read->events.back().sequence;
        if (read->is_last) end_ = grpc::Status::OK;
      }
    }
    WriteOrFinish();
    if (again) ReadMore();
  }

  // The status is read first: what it had ended with is then among the events.
  absl::StatusOr<Read> Fetch() {
    int64_t after = 0;
    {
      absl::MutexLock lock(&mutex_);
      after = last_sequence_;
    }
    if (absl::Now() >= caller_.watches_until) {
      return absl::UnauthenticatedError(
          "the watch has lasted longer than its token may; watch again with a new one");
    }
    const auto record = store_->Get(caller_.tenant, id_);
    if (!record.ok()) return record.status();
    auto events = store_->EventsSince(caller_.tenant, id_, after, kEventsPerRead);
    if (!events.ok()) return events.status();
    const bool is_last = store::IsFinished(record->status) && events->size() < kEventsPerRead;
    return Read{*std::move(events), is_last};
  }

  void WriteOrFinish() {
    std::optional<grpc::Status> finish;
    bool must_write = false;
    {
      absl::MutexLock lock(&mutex_);
      if (is_writing_ || is_finished_) return;
      const bool is_gone = end_ && !end_->ok();
      if (!waiting_.empty() && !is_gone) {
        current_ = std::move(waiting_.front());
        waiting_.pop_front();
        is_writing_ = must_write = true;
      } else if (end_) {
        is_finished_ = true;
        finish = *end_;
      }
    }
    if (must_write) StartWrite(&current_);
    if (finish) Finish(*finish);
  }

  store::MigrationStore* const store_;
  WorkPool* const pool_;
  const Caller caller_;
  const std::string id_;
  std::shared_ptr<WatchReactor> self_;  // Until OnDone.
  store::EventFeed::Subscription subscription_;
  v1::MigrationEvent current_;  // Belongs to the write under way.

  absl::Mutex mutex_;
  std::deque<v1::MigrationEvent> waiting_ ABSL_GUARDED_BY(mutex_);
  int64_t last_sequence_ ABSL_GUARDED_BY(mutex_);
  bool is_reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool must_read_again_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);  // How to end once nothing waits.
};

}  // namespace

grpc::ServerWriteReactor<v1::MigrationEvent>* StartWatch(store::MigrationStore* store,
                                                         store::EventFeed* feed, WorkPool* pool,
                                                         Caller caller,
                                                         const v1::WatchMigrationRequest& request) {
  const auto reactor = std::make_shared<WatchReactor>(store, pool, std::move(caller), request);
  reactor->Start(feed);
  return reactor.get();
}

}  // namespace datamigrate::service
