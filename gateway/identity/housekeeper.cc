#include "gateway/identity/housekeeper.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"

namespace datamigrate::gateway {

Housekeeper::Housekeeper(std::vector<Chore> chores)
    : thread_([this, chores = std::move(chores)] { Run(chores); }) {}

Housekeeper::~Housekeeper() {
  stop_.Notify();
  thread_.join();
}

void Housekeeper::Run(const std::vector<Chore>& chores) {
  std::vector<absl::Time> due(chores.size(), absl::InfinitePast());
  std::vector<bool> is_failing(chores.size(), false);
  while (!chores.empty()) {
    for (size_t i = 0; i < chores.size(); ++i) {
      if (due[i] > absl::Now()) continue;
      const absl::Status done = chores[i].run();
      if (done.ok() == is_failing[i]) {
        spdlog::log(done.ok() ? spdlog::level::info : spdlog::level::warn, "{}: {}", chores[i].name,
                    done.ok() ? "works again" : std::string(done.message()));
      }
      is_failing[i] = !done.ok();
      due[i] = absl::Now() + chores[i].interval;
    }
    const absl::Time next = *std::ranges::min_element(due);
    if (stop_.WaitForNotificationWithDeadline(next)) return;
  }
}

}  // namespace datamigrate::gateway
