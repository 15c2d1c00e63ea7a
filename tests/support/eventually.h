// Waits for what another thread or process does a moment later.
#ifndef DATAMIGRATE_TESTS_SUPPORT_EVENTUALLY_H_
#define DATAMIGRATE_TESTS_SUPPORT_EVENTUALLY_H_

#include <chrono>
#include <thread>

namespace datamigrate::testing {

// Asks `is_so` again and again until it says yes; false when it has not after half a minute. The
// bound is in time and not in rounds: what is waited for has a pace of its own.
template <typename Predicate>
bool Eventually(const Predicate& is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  do {
    if (is_so()) return true;
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

}  // namespace datamigrate::testing

#endif  // DATAMIGRATE_TESTS_SUPPORT_EVENTUALLY_H_
