#include "agent_engine/store/announcer.h"

#include <utility>

namespace datamigrate::store {

Announcer::Announcer(Tell tell, absl::Duration pause)
    : tell_(std::move(tell)), pause_(pause), thread_([this] { Run(); }) {}

Announcer::~Announcer() {
  {
    absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  thread_.join();
}

void Announcer::Add(const std::vector<std::string>& names) {
  absl::MutexLock lock(&mutex_);
  news_.insert(names.begin(), names.end());
}

std::vector<std::string> Announcer::Take() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Announcer::HasNews));
  const std::set<std::string> news = std::exchange(news_, {});
  return {news.begin(), news.end()};
}

void Announcer::Run() {
  while (true) {
    const std::vector<std::string> news = Take();
    if (news.empty()) return;
    tell_(news);
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&is_stopping_), pause_);
  }
}

}  // namespace datamigrate::store
