#include "agent_engine/workflow/clock.h"

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace datamigrate::workflow {
namespace {

class RealClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }

  bool SleepUntil(absl::Time wake_time, const CancellationToken& token) override {
    absl::Notification cancelled;
    CancellationSubscription subscription = token.OnCancel([&cancelled] { cancelled.Notify(); });
    return !cancelled.WaitForNotificationWithDeadline(wake_time);
  }
};

}  // namespace

Clock& SystemClock() {
  static RealClock clock;
  return clock;
}

}  // namespace datamigrate::workflow
