// Counts events per key over the last minute.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_SLIDING_WINDOW_H_
#define DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_SLIDING_WINDOW_H_

#include <array>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace datamigrate::gateway {

// The window is 60 slots of a second, so it slides with that precision and a key takes a fixed
// amount of memory whatever the limit. At most `max_keys` are kept; beyond, the key that was not
// seen for longest is forgotten. Thread safe.
class SlidingWindow {
 public:
  static constexpr int kSeconds = 60;

  explicit SlidingWindow(size_t max_keys) : max_keys_(max_keys) {}

  struct Verdict {
    bool is_allowed;
    uint32_t remaining;      // of the limit, after this event
    uint32_t reset_seconds;  // until the oldest counted event leaves the window, 1 to 60
  };

  // Counts one event unless `limit` events lie in the window already. `now` may not go backwards
  // by more than the caller is willing to see counted in the present second.
  Verdict Charge(const std::string& key, uint32_t limit, absl::Time now);

  // What Charge would say, without counting.
  Verdict Look(const std::string& key, uint32_t limit, absl::Time now);

  size_t keys() const;

 private:
  struct Entry {
    std::array<uint32_t, kSeconds> counts{};
    uint32_t total = 0;
    int64_t last_second = 0;   // the newest second that `counts` covers
    int64_t first_second = 0;  // no second before it has counts
    std::list<std::string>::iterator age;
  };

  static void Advance(Entry& entry, int64_t second);
  static uint32_t SecondsToReset(Entry& entry);
  Entry& Find(const std::string& key, int64_t second) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_keys_;
  mutable absl::Mutex mutex_;
  std::unordered_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::list<std::string> by_age_ ABSL_GUARDED_BY(mutex_);  // newest first
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_SLIDING_WINDOW_H_
