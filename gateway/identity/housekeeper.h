// What the identity side does at intervals, on one thread of its own.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_HOUSEKEEPER_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_HOUSEKEEPER_H_

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace datamigrate::gateway {

struct Chore {
  std::string name;  // for the log
  absl::Duration interval;
  std::function<absl::Status()> run;
};

// Runs every chore at once and then at its interval, until destroyed. A failure is logged when it
// begins and when it ends, not each time.
class Housekeeper {
 public:
  explicit Housekeeper(std::vector<Chore> chores);
  ~Housekeeper();

 private:
  void Run(const std::vector<Chore>& chores);

  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_HOUSEKEEPER_H_
