#include "gateway/filters/rate_limit/sliding_window.h"

#include <algorithm>

namespace datamigrate::gateway {

void SlidingWindow::Advance(Entry& entry, int64_t second) {
  const int64_t steps = std::min<int64_t>(second - entry.last_second, kSeconds);
  for (int64_t step = 1; step <= steps; ++step) {
    uint32_t& slot = entry.counts[static_cast<size_t>((entry.last_second + step) % kSeconds)];
    entry.total -= slot;
    slot = 0;
  }
  if (steps == kSeconds) {
    entry.counts.fill(0);
    entry.total = 0;
  }
  entry.last_second = std::max(entry.last_second, second);
}

uint32_t SlidingWindow::SecondsToReset(Entry& entry) {
  int64_t& first = entry.first_second;
  first = std::max(first, entry.last_second - kSeconds + 1);
  while (first < entry.last_second && entry.counts[static_cast<size_t>(first % kSeconds)] == 0) {
    ++first;
  }
  // The second after the window's oldest begins when that one leaves.
  return static_cast<uint32_t>(first + kSeconds - entry.last_second);
}

SlidingWindow::Entry& SlidingWindow::Find(const std::string& key, int64_t second) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    by_age_.splice(by_age_.begin(), by_age_, found->second.age);
    Advance(found->second, second);
    return found->second;
  }
  if (entries_.size() >= max_keys_) {
    entries_.erase(by_age_.back());
    by_age_.pop_back();
  }
  by_age_.push_front(key);
  Entry& entry = entries_[key];
  entry.age = by_age_.begin();
  entry.last_second = second;
  entry.first_second = second;
  return entry;
}

SlidingWindow::Verdict SlidingWindow::Charge(const std::string& key, uint32_t limit,
                                             absl::Time now) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = Find(key, absl::ToUnixSeconds(now));
  const bool is_allowed = entry.total < limit;
  if (is_allowed) {
    ++entry.counts[static_cast<size_t>(entry.last_second % kSeconds)];
    ++entry.total;
  }
  return {is_allowed, limit - std::min(limit, entry.total), SecondsToReset(entry)};
}

SlidingWindow::Verdict SlidingWindow::Look(const std::string& key, uint32_t limit, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {limit > 0, limit, kSeconds};
  Entry& entry = found->second;
  Advance(entry, absl::ToUnixSeconds(now));
  return {entry.total < limit, limit - std::min(limit, entry.total), SecondsToReset(entry)};
}

size_t SlidingWindow::keys() const {
  absl::MutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace datamigrate::gateway
