#include "agent_engine/routing/clock.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/time/clock.h"

namespace datamigrate::routing {
namespace {

class ComputerClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }

  absl::Duration Steady() override {
    return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
  }

  bool Sleep(absl::Duration pause, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any news;
    std::unique_lock lock(mutex);
    const auto until = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(pause);
    news.wait_until(lock, stop, until, [] { return false; });
    return !stop.stop_requested();
  }
};

}  // namespace

Clock& SystemClock() {
  static auto* const clock = new ComputerClock;
  return *clock;
}

}  // namespace datamigrate::routing
