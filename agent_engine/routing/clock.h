// Time, injected, so that tests need not wait.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_CLOCK_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_CLOCK_H_

#include <stop_token>

#include "absl/time/time.h"

namespace datamigrate::routing {

// Thread safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // The time of day, which may jump: for budgets' days and for dates that providers send.
  virtual absl::Time Now() = 0;

  // Since some beginning; never jumps: for time-outs, pauses and rates.
  virtual absl::Duration Steady() = 0;

  // False when `stop` ended it before its time.
  virtual bool Sleep(absl::Duration pause, const std::stop_token& stop) = 0;
};

// The computer's.
Clock& SystemClock();

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_CLOCK_H_
