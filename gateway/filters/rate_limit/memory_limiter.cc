#include "gateway/filters/rate_limit/memory_limiter.h"

#include <algorithm>

namespace datamigrate::gateway {
namespace {

constexpr int64_t kDaySeconds = 24 * 60 * 60;

}  // namespace

LimitVerdict MemoryLimiter::Charge(const std::vector<Limit>& limits, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (limits.size() > 1) {
    for (const Limit& limit : limits) {
      const LimitVerdict verdict = Ask(limit, now, /*counts=*/false);
      if (!verdict.is_allowed) return verdict;
    }
  }
  LimitVerdict tightest;
  for (const Limit& limit : limits) {
    const LimitVerdict verdict = Ask(limit, now, /*counts=*/true);
    if (&limit == &limits.front() || verdict.remaining < tightest.remaining) tightest = verdict;
  }
  return tightest;
}

LimitVerdict MemoryLimiter::Ask(const Limit& limit, absl::Time now, bool counts) {
  if (limit.window == LimitWindow::kDay) return AskDay(limit, now, counts);
  const SlidingWindow::Verdict verdict = counts ? minutes_.Charge(limit.key, limit.limit, now)
                                                : minutes_.Look(limit.key, limit.limit, now);
  return {verdict.is_allowed, limit.limit, verdict.remaining, verdict.reset_seconds, limit.window};
}

LimitVerdict MemoryLimiter::AskDay(const Limit& limit, absl::Time now, bool counts) {
  const int64_t second = absl::ToUnixSeconds(now);
  if (second / kDaySeconds != day_ || today_.size() > max_keys_) {
    day_ = second / kDaySeconds;
    today_.clear();
  }
  const auto found = today_.find(limit.key);
  uint32_t used = found == today_.end() ? 0 : found->second;
  const bool is_allowed = used < limit.limit;
  if (is_allowed && counts) used = ++today_[limit.key];
  return {is_allowed, limit.limit, limit.limit - std::min(limit.limit, used),
          static_cast<uint32_t>(kDaySeconds - second % kDaySeconds), limit.window};
}

}  // namespace datamigrate::gateway
