#include "agent_engine/store/event_feed.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/time/clock.h"

namespace datamigrate::store {

EventFeed::Subscription::Subscription(Subscription&& other) noexcept
    : feed_(std::exchange(other.feed_, nullptr)), id_(std::exchange(other.id_, 0)) {}

EventFeed::Subscription& EventFeed::Subscription::operator=(Subscription&& other) noexcept {
  std::swap(feed_, other.feed_);
  std::swap(id_, other.id_);
  return *this;
}

EventFeed::Subscription::~Subscription() {
  if (feed_ != nullptr) feed_->Unsubscribe(id_);
}

EventFeed::EventFeed(pg::ConnectionOptions options, absl::Duration look_again)
    : look_again_(look_again), listener_(std::move(options), {kEventsChannel}) {
  thread_ = std::thread([this] { Loop(); });
}

EventFeed::~EventFeed() {
  {
    absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  listener_.Wake();
  thread_.join();
}

EventFeed::Subscription EventFeed::Subscribe(std::string_view migration_id,
                                             std::function<void()> on_change) {
  absl::MutexLock lock(&mutex_);
  int64_t id = next_id_++;
  watchers_[id] =
      std::make_shared<Watcher>(Watcher{std::string(migration_id), std::move(on_change)});
  return Subscription(this, id);
}

void EventFeed::Unsubscribe(int64_t id) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(id);
  if (std::this_thread::get_id() == thread_.get_id()) return;
  auto is_over = [this, id]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return calling_ != id; };
  mutex_.Await(absl::Condition(&is_over));
}

void EventFeed::Call(std::string_view migration_id) {
  std::vector<int64_t> ids;
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, watcher] : watchers_) {
    if (migration_id.empty() || watcher->migration_id == migration_id) ids.push_back(id);
  }
  for (int64_t id : ids) {
    auto found = watchers_.find(id);  // an earlier callback may have ended it
    if (found == watchers_.end()) continue;
    std::shared_ptr<Watcher> watcher = found->second;
    calling_ = id;
    mutex_.Unlock();
    watcher->on_change();
    mutex_.Lock();
    calling_ = 0;
  }
}

void EventFeed::Loop() {
  while (true) {
    absl::StatusOr<std::vector<pg::Notification>> arrived =
        listener_.Wait(absl::Now() + look_again_);
    {
      absl::MutexLock lock(&mutex_);
      if (is_stopping_) return;
    }
    std::set<std::string> changed;
    if (arrived.ok()) {
      for (pg::Notification& notification : *arrived) changed.insert(notification.payload);
    }
    if (changed.empty()) Call("");
    for (const std::string& migration_id : changed) Call(migration_id);
  }
}

}  // namespace datamigrate::store
