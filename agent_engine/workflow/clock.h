// Time, injected, so that tests need not wait.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_CLOCK_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_CLOCK_H_

#include "absl/time/time.h"
#include "agent_engine/workflow/cancellation.h"

namespace datamigrate::workflow {

// Thread safe.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual absl::Time Now() = 0;

  // Returns at `wake_time`, or as soon as `token` is cancelled; true when the time was reached.
  virtual bool SleepUntil(absl::Time wake_time, const CancellationToken& token) = 0;
};

// The computer's clock.
Clock& SystemClock();

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_CLOCK_H_
