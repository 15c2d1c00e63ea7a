#include "gateway/endpoints/renewed_events.h"

#include <mutex>
#include <utility>

namespace datamigrate::gateway {
namespace {

using Done = std::function<void(EventSource::Next)>;

// Shared with the reads that are pending, which may outlive the stream.
class Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(std::function<std::unique_ptr<EventSource>(int64_t)> open, int64_t after,
        std::function<absl::Time()> now)
      : open_(std::move(open)),
        now_(std::move(now)),
        last_(after),
        events_(open_(after)),
        opened_at_(now_()) {}

  void Read(Done done) {
    std::shared_ptr<EventSource> events;
    {
      std::lock_guard lock(mutex_);
      events = events_;
    }
    if (events == nullptr) return done(absl::CancelledError("nobody reads these events"));
    events->Read([watch = shared_from_this(), done = std::move(done)](EventSource::Next event) {
      watch->Take(std::move(event), done);
    });
  }

  // From any thread. What is called here may call back, so it is not called under the lock.
  void Cancel() {
    std::shared_ptr<EventSource> events;
    {
      std::lock_guard lock(mutex_);
      is_over_ = true;
      events = events_;
    }
    if (events != nullptr) events->Cancel();
  }

  // Nobody reads any more.
  void End() {
    Cancel();
    std::shared_ptr<EventSource> ended;
    std::lock_guard lock(mutex_);
    ended = std::exchange(events_, nullptr);
  }

 private:
  void Take(EventSource::Next event, const Done& done) {
    if (event.ok() && event->has_value()) last_ = (*event)->sequence();
    if (event.ok() || !Renew()) return done(std::move(event));
    Read(done);
  }

  bool Renew() {
    std::shared_ptr<EventSource> ended;
    std::lock_guard lock(mutex_);
    if (is_over_ || now_() - opened_at_ < kShortestWatch) return false;
    ended = std::exchange(events_, open_(last_));
    opened_at_ = now_();
    return true;
  }

  const std::function<std::unique_ptr<EventSource>(int64_t)> open_;
  const std::function<absl::Time()> now_;
  int64_t last_;  // of the one read at a time
  std::mutex mutex_;
  std::shared_ptr<EventSource> events_;  // guarded by mutex_
  absl::Time opened_at_;                 // guarded by mutex_
  bool is_over_ = false;                 // guarded by mutex_
};

class RenewedStream : public EventSource {
 public:
  explicit RenewedStream(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}
  ~RenewedStream() override { watch_->End(); }

  void Read(Done done) override { watch_->Read(std::move(done)); }
  void Cancel() override { watch_->Cancel(); }

 private:
  const std::shared_ptr<Watch> watch_;
};

}  // namespace

std::unique_ptr<EventSource> RenewedEvents(
    std::function<std::unique_ptr<EventSource>(int64_t after)> open, int64_t after,
    std::function<absl::Time()> now) {
  return std::make_unique<RenewedStream>(
      std::make_shared<Watch>(std::move(open), after, std::move(now)));
}

}  // namespace datamigrate::gateway
